"""How each character sits in its line: its place, size, lean and stroke against what the line itself does.

Seven measures are taken of every character on the rubbing. What the line does is fitted robustly (Theil-Sen: P. K. Sen,
J. Am. Stat. Assoc. 63, 1968, 1379), what the character itself brings (a W is wide, an O overshoots the baseline, a 7
leans) is known from other die sets, and equal characters in the number say it better than any table. What is left is
divided by the scatter that the line's own characters show, so a number punched by hand is held to a hand's tolerance.

Honest, and allowed for: letters in another size than digits, and a serial part from another wheel than the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.vision import tolerances
from vinspect.vision.chinese import chinese
from vinspect.vision.evidence import Character, Finding, Language, Reading, Rubbing, frozen
from vinspect.vision.judgeable import FEWEST, why_not
from vinspect.vision.rub import clarity, rub

MEASURES = ("baseline", "pitch", "height", "width", "slant", "turn", "stroke")
Typical = Mapping[str, Mapping[str, tuple[float, float]]]  # of each measure and character: mean and standard deviation
Scatter = Mapping[str, float]  # of each measure: what even the steadiest machine scatters

DIM = 0.7  # clarity: a character less clear than this is not measured
_OFF = 1.5  # pixels: standard deviation of the reader's boxes
_EDGE = 4.5  # pixels around the reader's box in which the true edge is looked for
_FAINT = 0.04  # of a full stroke, per pixel: less steep is no edge
NARROW = "1I-"  # how much of its cell such a character fills is each die set's own affair
_STEEP = 0.4  # tangent: strokes closer than this to upright tell the slant, and these and the level ones the turn
_GROUP = 4  # characters: a part of the number that long may come from another wheel
_PRIOR = 4.0  # characters' worth of belief in a measure's usual scatter
_ODD = 1.5  # standard deviations: less is not worth a word
# of each measure: where it is more, where it is less, and how that is said
_WORDS: dict[str, dict[Language, tuple[str, str, str]]] = {
    "baseline": {
        "en": ("low", "high", "baseline {caps:.2f} cap heights {}"),
        "zh": ("低", "高", "基线偏{} {caps:.2f} 字高"),
    },
    "pitch": {
        "en": ("right", "left", "{caps:.2f} cap heights too far to the {}"),
        "zh": ("右", "左", "偏{} {caps:.2f} 字高"),
    },
    "height": {"en": ("higher", "lower", "{percent:.0f} % {}"), "zh": ("高", "矮", "偏{} {percent:.0f} %")},
    "width": {"en": ("wider", "narrower", "{percent:.0f} % {}"), "zh": ("宽", "窄", "偏{} {percent:.0f} %")},
    "slant": {
        "en": ("right", "left", "leans {degrees:.0f}° to the {}"),
        "zh": ("右", "左", "向{}倾斜 {degrees:.0f}°"),
    },
    "turn": {
        "en": ("clockwise", "anticlockwise", "turned {degrees:.0f}° {}"),
        "zh": ("顺", "逆", "{}时针旋转 {degrees:.0f}°"),
    },
    "stroke": {
        "en": ("heavier", "finer", "strokes {percent:.0f} % {}"),
        "zh": ("粗", "细", "笔画偏{} {percent:.0f} %"),
    },
}


@dataclass(frozen=True, eq=False)
class Layout:
    """The characters of one line as they sit, and how far each is from where the line wants it."""

    boxes: np.ndarray  # float32 (n, 4), left, top, right, bottom in the strip, measured; NaN where an edge is not seen
    residual: np.ndarray  # float32 (n, 7), by MEASURES: cap heights; natural logarithms of sizes; tangents of angles
    z: np.ndarray  # float32 (n, 7), the same over its expected scatter; NaN where not measured
    support: np.ndarray  # float32 (n,), log10 of the likelihood ratio of each character; NaN where not measured


def findings_of(reading: Reading) -> tuple[Finding, ...]:
    """One finding, "layout", for each character that does not sit with the others; none where print is not judged."""
    if why_not(reading) is not None:
        return ()
    found = []
    for line, strip in enumerate(reading.strips):
        places = [i for i, c in enumerate(reading.characters) if c.line == line]
        layout = lay_out(rub(strip), tuple(reading.characters[i] for i in places))
        for k, place in enumerate(places):
            if layout.support[k] >= tolerances.LAYOUT_FLAG:
                support = one_of(len(places), float(layout.support[k]))
                said = ", ".join(words(layout.residual[k], layout.z[k]))
                sentence = f"{ordinal(place)} character does not sit with the others" + (f": {said}." if said else ".")
                same = chinese("layout", (place,), "，".join(words(layout.residual[k], layout.z[k], "zh")))
                quad = reading.characters[place].quad
                found.append(Finding("layout", (place,), round(support, 3), sentence, same, quad))
    return tuple(found)


def one_of(n: int, support: float, share: float = 1.0) -> float:
    """What the log10 likelihood ratio of one character says of the number.

    If one of n was struck again, nobody knows which, the number's ratio is the mean of theirs, and the others' are
    taken as 1. `share`: how many of the altered numbers show it in this way at all.
    """
    return float(np.log10(1 + share * (10.0**support - 1) / n))


def ordinal(place: int) -> str:
    """The place of a character, from 0, as people count: 1st, 2nd, 3rd."""
    n = place + 1
    return f"{n}{'th' if 10 <= n % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def words(residual: np.ndarray, z: np.ndarray, language: Language = "en") -> list[str]:
    """The two measures that are farthest off, in words."""
    far = np.nan_to_num(np.abs(z))
    said = []
    for m in np.argsort(-far)[:2]:
        if far[m] < _ODD:
            continue
        r, name = float(residual[m]), MEASURES[m]
        percent, degrees = abs(np.expm1(r)) * 100, abs(np.degrees(np.arctan(r)))
        more, less, whole = _WORDS[name][language]
        said.append(whole.format(more if r > 0 else less, caps=abs(r), percent=percent, degrees=degrees))
    return said


def lay_out(rubbing: Rubbing, characters: tuple[Character, ...]) -> Layout:
    """Measure the characters of one line, in reading order, on its rubbing."""
    boxes = np.array([c.box for c in characters], np.float32).reshape(-1, 4)
    text = "".join(c.text for c in characters)
    edges, marks = measure(rubbing, boxes, text)
    residual, z = residuals(text, edges, marks)
    return Layout(frozen(edges), frozen(residual), frozen(z), frozen(support_of(z)))


def support_of(z: np.ndarray) -> np.ndarray:
    """The log10 likelihood ratio, float32 (n,), of each character's residuals `z`, float32 (n, 7); NaN without any."""
    support = tolerances.LAYOUT_OFFSET + strange(z) @ np.array(tolerances.LAYOUT_WEIGHTS, np.float32)
    return np.where(np.isfinite(z).any(axis=1), support, np.nan).astype(np.float32)


def strange(z: np.ndarray) -> np.ndarray:
    """How strange each residual is, float32 as `z`: minus the logarithm of a Cauchy density; 0 for NaN.

    No more than at four deviations: what is farther off is as often an edge mistaken, and one measure is no witness.
    """
    return np.log1p(np.clip(np.nan_to_num(z), -4, 4) ** 2).astype(np.float32)


def measure(rubbing: Rubbing, boxes: np.ndarray, text: str) -> tuple[np.ndarray, np.ndarray]:
    """What can be measured of one line's characters, of which the reader says that they stand in `boxes`, (n, 4).

    Returns their edges, float32 (n, 4), left, top, right, bottom in pixels, and slant, turn (tangents, positive
    clockwise) and stroke width (pixels), float32 (n, 3); NaN where a character is not clear or an edge not to be seen.
    """
    edges, marks = _measure(rubbing.stroke, boxes)
    narrow = np.array([c in NARROW for c in text], bool)
    edges[narrow, 0], edges[narrow, 2] = boxes[narrow, 0], boxes[narrow, 2]
    dim = clarity(rubbing, boxes) < DIM
    edges[dim], marks[dim] = np.nan, np.nan
    return edges, marks


def _measure(stroke: np.ndarray, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges as the rubbing shows them, float32 (n, 4), and slant, turn (tangents) and stroke width (pixels), (n, 3)."""
    h, w = stroke.shape
    n = len(boxes)
    edges, marks = np.full((n, 4), np.nan, np.float32), np.full((n, 3), np.nan, np.float32)
    gx = cv2.Sobel(stroke, cv2.CV_32F, 1, 0, scale=0.125)
    gy = cv2.Sobel(stroke, cv2.CV_32F, 0, 1, scale=0.125)
    between = (boxes[1:, 0] + boxes[:-1, 2]) / 2
    lows, highs = np.concatenate([[0], between]), np.concatenate([between, [w]])
    for i, (left, top, right, bottom) in enumerate(boxes):
        x0, x1 = int(max(0, lows[i], left - _EDGE - 1)), int(min(w, np.ceil(highs[i]), right + _EDGE + 2))
        y0, y1 = int(max(0, top - _EDGE - 1)), int(min(h, bottom + _EDGE + 2))
        if x1 - x0 < 5 or y1 - y0 < 8:
            continue
        cell = stroke[y0:y1, x0:x1]
        rows = np.sort(cell, axis=1)[:, -3:].mean(axis=1)
        columns = np.sort(cell, axis=0)[-3:].mean(axis=0)
        edges[i] = (
            x0 + _edge(columns, left - x0, 1),
            y0 + _edge(rows, top - y0, 1),
            x0 + _edge(columns, right - x0, -1),
            y0 + _edge(rows, bottom - y0, -1),
        )
        dx, dy = gx[y0:y1, x0:x1], gy[y0:y1, x0:x1]
        upright, level = np.abs(dy) < _STEEP * np.abs(dx), np.abs(dx) < _STEEP * np.abs(dy)
        across, u, v = dx * dy, float((dx[upright] ** 2).sum()), float((dy[level] ** 2).sum())
        marks[i, 0] = across[upright].sum() / max(1e-3, u)
        marks[i, 1] = (across[upright].sum() - across[level].sum()) / max(1e-3, u + v)
        # A stroke of width s and length l has the area s l and, walked up and down across it, the variation 2 l.
        marks[i, 2] = 2 * cell.sum() / max(1e-3, float(np.hypot(dx, dy).sum()))
    return edges, marks


def _edge(profile: np.ndarray, guess: float, sign: int) -> float:
    """Where the profile rises (sign 1) or falls (-1) most near `guess`, to a fraction of a pixel; NaN where not."""
    rise = np.maximum(sign * np.diff(profile), 0)
    at = np.arange(len(rise)) + 0.5
    rise = rise * np.exp(-((at - guess) ** 2) / (2 * _OFF**2)) * (np.abs(at - guess) <= _EDGE)
    peak = int(np.argmax(rise))
    if rise[peak] < _FAINT:
        return float("nan")
    near = np.abs(np.arange(len(rise)) - peak) <= 2
    # What is farther from the reader's box than he errs is another edge, seldom this one: it counts no more than that.
    return float(np.clip((at * rise)[near].sum() / rise[near].sum(), guess - 2 * _OFF, guess + 2 * _OFF))


def residuals(
    text: str,
    boxes: np.ndarray,
    marks: np.ndarray,
    typical: Typical = tolerances.TYPICAL,
    scatter: Scatter = tolerances.SCATTER,
) -> tuple[np.ndarray, np.ndarray]:
    """What is left of each measure when the line's part and the character's own are taken away: float32 (n, 7), twice.

    First in cap heights, logarithms and tangents, then over the expected scatter. `boxes` float32 (n, 4) in pixels,
    `marks` float32 (n, 3): slant, turn, stroke width.
    """
    n = len(text)
    nothing = np.full((n, len(MEASURES)), np.nan, np.float32)
    if np.isfinite(boxes[:, 3] - boxes[:, 1]).sum() < FEWEST:
        return nothing, nothing.copy()
    raw, x = raw_measures(boxes, marks)
    cap = float(np.nanmedian(boxes[:, 3] - boxes[:, 1]))
    residual, z = nothing, nothing.copy()
    for m, name in enumerate(MEASURES):
        own = np.array([typical.get(name, {}).get(c, (0.0, 0.0)) for c in text], np.float32)
        if name == "pitch":
            value, spread = _astray(boxes / cap)
        else:
            value = level(raw[:, m] - own[:, 0], x, text, name)
            # From the steadier half: the strays of an altered number should not widen what is allowed to it.
            spread = 1.9 * float(np.nanquantile(np.abs(value), 0.4)) if np.isfinite(value).any() else 0.0
        if name in ("pitch", "width"):
            value[[c in NARROW for c in text]] = np.nan
        seen = np.isfinite(value)
        if seen.sum() < 3:
            continue
        common = (seen.sum() * spread**2 + _PRIOR * scatter[name] ** 2) / (seen.sum() + _PRIOR)
        for i in np.flatnonzero(seen):
            equals = [j for j in np.flatnonzero(seen) if j != i and text[j] == text[i]]
            variance, k = float(own[i, 1]) ** 2, len(equals)
            # What its equals say of how this die set draws this character, against what other die sets do.
            trust = variance / (variance + common / k) if k else 0.0
            residual[i, m] = value[i] - trust * (float(np.median(value[equals])) if k else 0.0)
            z[i, m] = residual[i, m] / np.sqrt(common + (1 - trust) * variance)
    return residual, z


def raw_measures(boxes: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The seven measures, float32 (n, 7), before any fit, and the characters' places along the line in cap heights.

    A measure may be NaN, a place never is: it is filled in from those beside it.
    """
    height, width = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    cap = float(np.nanmedian(height))
    x = (boxes[:, 0] + boxes[:, 2]) / 2 / cap
    known, n = np.isfinite(x), np.arange(len(x))
    if known.sum() > 1 and not known.all():
        x = np.where(known, x, np.polyval(np.polyfit(n[known], x[known], 1), n))
    with np.errstate(invalid="ignore", divide="ignore"):
        sizes = np.log(np.maximum(np.stack([height, width, marks[:, 2]], 1) / cap, 1e-3))
    raw = np.stack([boxes[:, 3] / cap, x, sizes[:, 0], sizes[:, 1], marks[:, 0], marks[:, 1], sizes[:, 2]], 1)
    return raw.astype(np.float32), x


def level(value: np.ndarray, x: np.ndarray, text: str, name: str) -> np.ndarray:
    """`value` less the line's robust fit: a slope along x, and one honest step where it explains much."""
    good = np.isfinite(value)
    if good.sum() < 3:
        return value
    v, t = value[good], x[good]
    i, j = np.triu_indices(len(v), 1)
    slope = float(np.median((v[j] - v[i]) / np.maximum(t[j] - t[i], 1e-3)))
    flat = value - slope * (x - np.median(t))
    flat = flat - np.median(flat[good])
    if name in ("height", "width", "stroke", "slant"):
        flat = _step(flat, good, text)
    return flat


def _step(flat: np.ndarray, good: np.ndarray, text: str) -> np.ndarray:
    """`flat` less the medians of two parts of the number, where two parts explain it far better than one.

    The parts are letters and digits, or what stands before and from a place near the end on.
    """
    n = len(text)
    digits = np.array([c.isdigit() for c in text])
    parts = [digits] + [np.arange(n) >= n - k for k in range(_GROUP, n - _GROUP + 1)]
    best, least = flat, 0.6 * float(np.abs(flat[good]).mean())
    for part in parts:
        one, other = good & part, good & ~part
        if one.sum() < _GROUP or other.sum() < _GROUP - 1:
            continue
        split = flat - np.where(part, np.median(flat[one]), np.median(flat[other]))
        cost = float(np.abs(split[good]).mean())
        if cost < least:
            best, least = split, cost
    return best


def _astray(boxes: np.ndarray) -> tuple[np.ndarray, float]:
    """How far each of the boxes (in cap heights) stands off its place between its neighbours, and the line's scatter.

    By centres or by gaps, whichever the line keeps better: dies stand in cells, the characters of a font side by side.
    The steps before and after must disagree in opposite directions: a gap between two groups shifts nobody. NaN at
    the ends.
    """
    out = np.full(len(boxes), np.nan, np.float32)
    centres = np.diff((boxes[:, 0] + boxes[:, 2]) / 2)
    gaps = boxes[1:, 0] - boxes[:-1, 2]
    if np.isfinite(centres).sum() < 3 or np.isfinite(gaps).sum() < 3:
        return out, 0.0
    off = min((s - np.nanmedian(s) for s in (centres, gaps)), key=lambda d: float(np.nanmedian(np.abs(d))))
    before, after = off[:-1], -off[1:]
    least = np.minimum(np.abs(before), np.abs(after)) * np.sign(before)
    out[1:-1] = np.where(np.isfinite(before * after), np.where(before * after > 0, least, 0.0), np.nan)
    return out, 1.4826 * float(np.nanmedian(np.abs(off)))
