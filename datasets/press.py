"""The press: a number drawn, struck, pecked, scribed, etched, embossed or printed into a piece of surface, and lit.

One call gives one picture a little larger than the number, with the place of every character. METAL.md's widths,
pitches, scatters and contrasts are the middle of each range; what is drawn goes well beyond them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets import dies, numbers

SURFACES = ("label", "plate", "struck", "peened", "scribed", "etched")
# How often each surface is drawn; struck metal is the hardest to read and the reason for all this.
SHARES = (0.3, 0.14, 0.28, 0.12, 0.1, 0.06)
GLOSSY = 0.5  # share of relief that mirrors what is around it; the rest is lit as matt paint is


@dataclass(frozen=True, eq=False)
class Struck:
    """A picture of a number of which everything is known."""

    grey: np.ndarray  # uint8 (H, W)
    text: str  # without marks
    quads: np.ndarray  # float32 (n, 4, 2), each character's cap-line-to-baseline box, clockwise from its top left
    line: np.ndarray  # float32 (4, 2), the whole number without its marks
    marked: str  # the text with its marks, as struck
    marked_quads: np.ndarray  # float32 (m, 4, 2), the same for `marked`
    surface: str
    die: str  # name of the die set


@dataclass(frozen=True, eq=False)
class Restrike:
    """Some characters of a number struck with other dies: by a forger, or by the wheel that counts the serial part."""

    characters: frozenset[int]  # positions in the text, from 0
    die: dies.DieSet
    width: float  # times the width of the line's own characters
    stroke: float  # times its stroke
    size: float  # times its height, from the same baseline
    scatter: tuple[float, float, float, float, float] | None  # as in _Layout; None: as well placed as the others


def noise(rng: np.random.Generator, h: int, w: int, grain: float, along: float = 1.0) -> np.ndarray:
    """Unit-variance noise whose grains are `grain` pixels across and `along` times as long along x."""
    gy, gx = max(1, round(h / grain)), max(1, round(w / (grain * along)))
    field: np.ndarray = rng.standard_normal((gy, gx), dtype=np.float32)
    if (gy, gx) != (h, w):
        field = cv2.resize(field, (w, h), interpolation=cv2.INTER_CUBIC if grain > 2 else cv2.INTER_LINEAR)
    field -= field.mean()
    return field / max(1e-3, float(field.std()))


def ground(rng: np.random.Generator, h: int, w: int, cap: float) -> tuple[np.ndarray, float]:
    """Bare, painted or dirty metal as grey levels of 255 (float32 (h, w)), and the level of its middle."""
    level = float(rng.choice([rng.uniform(25, 80), rng.uniform(70, 180), rng.uniform(160, 235)], p=[0.3, 0.5, 0.2]))
    g = np.full((h, w), level, np.float32)
    kind = rng.random()
    if kind < 0.45:  # paint: fine grain
        g += noise(rng, h, w, rng.uniform(1, 2.5)) * level * rng.uniform(0.005, 0.045)
    elif kind < 0.7:  # brushed, milled, rolled: streaks
        streak = noise(rng, h, w, rng.uniform(1, 3), rng.uniform(8, 60))
        if rng.random() < 0.3:
            streak = cv2.warpAffine(
                streak,
                cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.uniform(-90, 90)), 1.6),
                (w, h),
                borderMode=cv2.BORDER_REFLECT,
            )
        g += streak * level * rng.uniform(0.03, 0.16) + noise(rng, h, w, 1) * level * 0.02
    elif kind < 0.85:  # zinc, cast skin, textured coat: sparkles
        g += noise(rng, h, w, rng.uniform(1.5, 4)) * level * rng.uniform(0.06, 0.2)
    else:  # rust and old dirt
        g += noise(rng, h, w, rng.uniform(2, 5)) * level * rng.uniform(0.05, 0.15)
    if rng.random() < 0.45:  # stains, wet patches, rust: large blotches, now and then with an edge
        blot = noise(rng, h, w, cap * rng.uniform(0.4, 2.0), rng.uniform(1, 3))
        if rng.random() < 0.4:
            blot = np.tanh(4 * (blot - rng.uniform(0, 1.2)))
        g += blot * level * rng.uniform(0.03, 0.22)
    if rng.random() < 0.25:  # specks
        n = int(rng.integers(3, 60))
        for x, y, r in zip(
            rng.uniform(0, w, n), rng.uniform(0, h, n), rng.uniform(0.3, 0.05 * cap + 0.4, n), strict=True
        ):
            cv2.circle(g, (int(x), int(y)), int(r), float(level * rng.choice([0.3, 0.6, 1.5])), -1, cv2.LINE_AA)
    return g, level


def _scratches(rng: np.random.Generator, g: np.ndarray, cap: float, level: float) -> None:
    h, w = g.shape
    for _ in range(int(rng.integers(1, 14))):
        x, y, a, n = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0, np.pi), rng.uniform(0.5, 6) * cap
        p = np.array([[x, y], [x + n * np.cos(a), y + n * np.sin(a) + rng.normal(0, 2)]], np.float32)
        over = np.zeros(g.shape, np.uint8)
        cv2.polylines(over, [np.round(p * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
        x0, x1 = int(max(0, p[:, 0].min() - 2)), int(min(w, p[:, 0].max() + 3))
        y0, y1 = int(max(0, p[:, 1].min() - 2)), int(min(h, p[:, 1].max() + 3))
        if x1 > x0 and y1 > y0:
            g[y0:y1, x0:x1] += over[y0:y1, x0:x1].astype(np.float32) / 255 * level * rng.uniform(-0.35, 0.5)


def light(rng: np.random.Generator, h: int, w: int, cap: float) -> np.ndarray:
    """How the light falls over the picture: a factor around 1 (float32 (h, w)) with ramps, hot spots, shadow edges."""
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    factor = np.ones((h, w), np.float32)
    if rng.random() < 0.7:
        a, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
        factor += strength * (np.cos(a) * (x / w - 0.5) + 0.4 * np.sin(a) * (y / h - 0.5))
    if rng.random() < 0.3:  # a hot spot or a window's reflection
        cx, cy, rx, ry = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(1, 7) * cap, rng.uniform(0.6, 3) * cap
        factor += rng.uniform(0.15, 1.1) * np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2)
    if rng.random() < 0.22:  # a shadow's edge, a bend, a wet patch
        a = rng.uniform(-1.2, 1.2) if rng.random() < 0.5 else rng.uniform(-0.2, 0.2) + np.pi / 2
        edge = (x - rng.uniform(0, w)) * np.cos(a) + (y - h * rng.uniform(0.1, 0.9)) * np.sin(a)
        factor *= 1 - rng.uniform(0.15, 0.65) / (1 + np.exp(np.clip(-edge / (cap * rng.uniform(0.02, 0.5)), -30, 30)))
    return factor


@dataclass(frozen=True, eq=False)
class _Layout:
    width: float  # of an ordinary character, in cap heights
    pitch: float  # centre to centre; fonts with a pitch of their own use gaps instead
    scatter: tuple[float, float, float, float, float]  # baseline, pitch, turn (deg), size, depth (share)


def _layout(rng: np.random.Generator, surface: str, die: dies.DieSet) -> _Layout:
    u = rng.uniform
    machine = (u(0, 0.02), u(0, 0.03), u(0, 0.8), u(0, 0.015), u(0.05, 0.25))
    by_hand = (u(0.02, 0.08), u(0.03, 0.1), u(1, 5), u(0, 0.05), u(0.15, 0.4))
    if surface in ("label", "plate"):
        width = die.width
        return _Layout(
            width,
            width + u(0.1, 0.35) if rng.random() < 0.75 else width + u(0.3, 0.9),
            (u(0, 0.01), u(0, 0.01), 0.2, 0.0, u(0, 0.1)),
        )
    if surface == "struck":
        width = u(0.5, 0.78)
        return _Layout(width, max(width + 0.1, u(0.72, 1.35)), machine if rng.random() < 0.65 else by_hand)
    if surface == "scribed":
        width = u(0.36, 0.75)
        return _Layout(width, width + u(0.1, 0.35), machine if rng.random() < 0.6 else by_hand)
    width = u(0.38, 0.7)
    return _Layout(width, width + u(0.12, 0.45), machine if rng.random() < 0.85 else by_hand)


def _zero(font: str, size: int) -> float:
    """How wide a font's 0 is, in cap heights."""
    return float((dies.outline(font, "0", size)[0].max(axis=0) > 127).sum()) / size


def _dots(strokes: list[np.ndarray], pitch: float) -> np.ndarray:
    """Points every `pitch` pixels along the strokes, float32 (n, 2)."""
    points = []
    for s in strokes:
        steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(s, axis=0).T))])
        n = max(1, round(steps[-1] / pitch))
        at = np.linspace(0, steps[-1], n + 1)
        points.append(np.stack([np.interp(at, steps, s[:, 0]), np.interp(at, steps, s[:, 1])], 1))
    return np.concatenate(points).astype(np.float32)


def render(
    rng: np.random.Generator,
    text: str | None = None,
    surface: str | None = None,
    height: float = 36.0,
    held_out: bool = False,
    restrike: Restrike | None = None,
) -> Struck:
    """Strike `text` (or a number at random) and light it; `height` is the capital's in pixels.

    `held_out` draws die sets and fonts from the families kept apart for the benchmark; `restrike` strikes some of the
    characters with other dies.
    """
    text = numbers.number(rng) if text is None else text
    surface = str(rng.choice(SURFACES, p=SHARES)) if surface is None else surface
    die = dies.die_set(rng, held_out)
    cap = float(height)
    marked = text
    if rng.random() < (0.15 if surface in ("label", "plate") else 0.4):
        mark = "*" if rng.random() < 0.75 else "◆"
        marked = mark + text + mark
    lay = _layout(rng, surface, die)
    stroke = (
        die.stroke if surface in ("label", "plate") or die.skeleton is None else float(np.clip(die.stroke, 0.06, 0.17))
    )
    slant = float(rng.uniform(-0.28, 0.28)) if rng.random() < 0.07 else float(rng.normal(0, 0.01))
    proportional = die.font is not None and surface in ("label", "plate", "etched") and rng.random() < 0.8

    # Where each character stands: centre x, width, in cap heights from the first one's left side.
    margin_x, margin_y = rng.uniform(0.6, 2.2) * cap, rng.uniform(0.45, 1.3) * cap
    squeeze = float(np.exp(rng.normal(0, 0.22))) if die.font else 1.0
    letter_gap = (
        lay.pitch - lay.width
        if not proportional
        else float(rng.uniform(0.0, 0.12) + (rng.uniform(0.1, 0.4) if rng.random() < 0.2 else 0))
    )
    shapes: list[tuple[str, float, np.ndarray | None]] = []
    size = round(cap)
    again = {i + (marked != text) for i in restrike.characters} if restrike is not None else set()
    ordinary = lay.width if die.font is None else _zero(die.font, size) * squeeze
    other = ordinary * restrike.width if restrike is not None else ordinary
    squeezed = other / _zero(restrike.die.font, size) if restrike is not None and restrike.die.font else 1.0
    for i, ch in enumerate(marked):
        own, cell, stretch = die, lay.width, squeeze
        if restrike is not None and i in again:
            own, cell, stretch = restrike.die, other, squeezed
        if own.font:
            mask, _ = dies.outline(own.font, ch, size)
            shapes.append((ch, mask.shape[1] * stretch / cap, mask))
        else:
            wide = cell * (1.15 if ch in "MW" else 1.0)
            shapes.append((ch, wide * (rng.uniform(0.55, 1.0) if ch in "1I" and proportional else 1.0), None))
    x, centres = margin_x, []
    serial_gap = int(rng.integers(1, len(text))) if rng.random() < 0.05 else -1
    mark_gap = rng.uniform(0.0, 0.7) if rng.random() < 0.3 else 0.0
    for i, (ch, wide, _) in enumerate(shapes):
        step = (wide + letter_gap if proportional else max(lay.pitch, wide + 0.04)) * cap
        if ch in "*◆" and i:
            x += mark_gap * cap
        loose = restrike.scatter if restrike is not None and restrike.scatter and i in again else lay.scatter
        centres.append(x + step / 2 + rng.normal(0, loose[1]) * cap)
        x += step + (mark_gap * cap if ch in "*◆" and not i else 0)
        if i == serial_gap:
            x += rng.uniform(0.2, 0.6) * cap
    w, h = int(np.ceil(x + margin_x)), int(np.ceil(cap + 2 * margin_y))

    flat = surface == "etched" or (surface == "label") or (surface == "plate" and rng.random() < 0.4)
    dotted = surface == "peened" or (surface == "plate" and flat and rng.random() < 0.35)
    dot_pitch, dot_radius = rng.uniform(0.05, 0.14) * cap, rng.uniform(0.028, 0.07) * cap
    mask = np.zeros((h, w), np.uint8)
    gain = np.ones((h, w), np.float32)
    quads = np.empty((len(marked), 4, 2), np.float32)
    thick = stroke * cap
    uneven = rng.random() < 0.5
    balls = rng.random() < 0.35
    for i, (ch, wide, shape) in enumerate(shapes):
        own, weight, grown, stretch = die, thick, 1.0, squeeze
        baseline_s, _, turn_s, size_s, depth_s = lay.scatter
        if restrike is not None and i in again:
            own, weight, grown, stretch = restrike.die, thick * restrike.stroke, restrike.size, squeezed
            baseline_s, _, turn_s, size_s, depth_s = restrike.scatter or lay.scatter
        cx, cy = centres[i], margin_y + cap * (1 - grown / 2) + rng.normal(0, baseline_s) * cap
        a = np.radians(rng.normal(0, turn_s))
        k = grown * (1 + rng.normal(0, size_s))
        turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]], np.float32) * k
        half = np.array([[-wide / 2, -0.5], [wide / 2, -0.5], [wide / 2, 0.5], [-wide / 2, 0.5]], np.float32) * cap
        lean = half.copy()
        lean[:, 0] -= slant * half[:, 1]
        quads[i] = lean @ turn.T + (cx, cy)
        if shape is not None:
            m = np.array([[stretch, -slant, 0], [0, 1, 0]], np.float32)
            m[:, 2] = -m[:, :2] @ np.array([shape.shape[1] / 2, shape.shape[0] / 2])
            full = np.concatenate([turn @ m[:, :2], (turn @ m[:, 2:]) + np.array([[cx], [cy]])], 1).astype(np.float32)
            x0, x1 = int(max(0, cx - wide * cap)), int(min(w, cx + wide * cap + 1))
            full[:, 2] -= (x0, 0)
            glyph = cv2.warpAffine(shape, full, (max(1, x1 - x0), h), flags=cv2.INTER_LINEAR)
            if surface in ("peened", "scribed") or (dotted and cap > 20):
                glyph = cv2.morphologyEx(glyph, cv2.MORPH_ERODE, np.ones((2, 2), np.uint8))
            np.maximum(mask[:, x0:x1], glyph, out=mask[:, x0:x1])
        else:
            assert own.skeleton is not None
            inset = min(0.5, weight / cap)
            strokes = []
            for s in own.skeleton[ch]:
                p = (s - 0.5) * np.array([max(0.15, wide - inset) * cap, (1 - inset * 0.9) * cap], np.float32)
                p[:, 0] -= slant * p[:, 1]
                strokes.append(p @ turn.T + np.array([cx, cy], np.float32))
            if dotted:
                for px, py in _dots(strokes, dot_pitch) + rng.normal(0, 0.008 * cap, 2):
                    cv2.circle(mask, (round(px * 16), round(py * 16)), round(dot_radius * 16), 255, -1, cv2.LINE_AA, 4)
            else:
                if surface == "scribed" and rng.random() < 0.5:
                    strokes = [s + rng.normal(0, 0.008 * cap, s.shape).astype(np.float32) for s in strokes]
                dies.draw(mask, strokes, weight)
                if balls and not flat:
                    for s in strokes:
                        for px, py in (s[0], s[-1]):
                            r = weight * rng.uniform(0.45, 0.75)
                            cv2.circle(mask, (round(px * 16), round(py * 16)), round(r * 16), 255, -1, cv2.LINE_AA, 4)
        deep = max(0.25, 1 + rng.normal(0, depth_s))
        x0, x1 = int(max(0, cx - 0.6 * wide * cap)), int(min(w, cx + 0.6 * wide * cap + 1))
        if x1 > x0:
            gain[:, x0:x1] = deep
            if uneven and not flat and rng.random() < 0.5:  # a die held askew is deep on one side
                ramp = np.linspace(-1, 1, x1 - x0, dtype=np.float32)
                if rng.random() < 0.5:
                    gain[:, x0:x1] *= np.clip(1 + rng.uniform(-0.8, 0.8) * ramp, 0.12, None)
                else:
                    down = np.clip((np.arange(h, dtype=np.float32) - cy) / (cap / 2), -1, 1)
                    gain[:, x0:x1] *= np.clip(1 + rng.uniform(-0.8, 0.8) * down, 0.12, None)[:, None]
    if dotted and die.font is not None and not flat:
        gain *= (noise(rng, h, w, max(2.0, dot_pitch)) > -0.3).astype(np.float32)
    cover = mask.astype(np.float32) / 255

    grey = (
        _print(rng, cover, cap, surface, h, w, margin_y)
        if flat
        else _relief(rng, cover, gain, cap, thick, surface, h, w)
    )
    ends = quads[1:-1] if marked != text else quads
    # The line runs from the first character's left side to the last one's right side, straight through all of them.
    tops, bottoms = ends[:, :2].reshape(-1, 2), ends[:, 2:].reshape(-1, 2)
    left, right = float(ends[0, :, 0].min()), float(ends[-1, :, 0].max())
    top, bottom = float(np.median(tops[:, 1])), float(np.median(bottoms[:, 1]))
    line = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return Struck(np.clip(grey, 0, 255).astype(np.uint8), text, ends.copy(), line, marked, quads, surface, die.name)


def _print(
    rng: np.random.Generator, cover: np.ndarray, cap: float, surface: str, h: int, w: int, margin_y: float
) -> np.ndarray:
    """Ink, foil, paint or a laser's mark: no relief."""
    if surface == "etched":
        g, level = ground(rng, h, w, cap)
        ink = level + rng.choice([-1, 1]) * rng.uniform(0.12, 0.5) * 255
        g = g * light(rng, h, w, cap)
        cover = cv2.GaussianBlur(cover, (0, 0), float(rng.uniform(0.3, 1.0)))
        cover = cover * np.clip(1 + noise(rng, h, w, rng.uniform(1, 3)) * rng.uniform(0.05, 0.5), 0, 1.6)
        return g + (np.clip(ink, 0, 255) - g) * cover * rng.uniform(0.4, 1.0)
    dark = rng.random() < (0.55 if surface == "label" else 0.75)
    paper = rng.uniform(8, 70) if dark else rng.uniform(150, 250)
    ink = rng.uniform(150, 255) if dark else rng.uniform(5, 90)
    if rng.random() < 0.12:
        ink = paper + (ink - paper) * rng.uniform(0.25, 0.6)
    g = np.full((h, w), paper, np.float32)
    if rng.random() < 0.3:
        g += noise(rng, h, w, rng.uniform(1, 6)) * rng.uniform(1, 8)
    others = np.zeros((h, w), np.uint8)
    if surface == "label":
        # The lines above and below reach into the strip, a caption stands before it, frames run past it.
        gap = rng.uniform(0.18, 1.2) * cap
        faces = dies.fonts()
        for y in (margin_y - gap, margin_y + cap + gap + cap * rng.uniform(0.7, 1.2)):
            if rng.random() < 0.75 and faces:
                words = _words(rng)
                size = max(8, round(cap * rng.uniform(0.6, 1.3)))
                x = rng.uniform(-2 * cap, w * 0.4)
                font = str(rng.choice(faces))
                for ch in words:
                    if ch == " ":
                        x += size * 0.4
                        continue
                    glyph, _ = dies.outline(font, ch, size)
                    top = round(y - size - size // 4)
                    _paste(others, glyph, round(x), top)
                    x += glyph.shape[1] + size * 0.06
        if rng.random() < 0.3:
            y = int(rng.choice([margin_y - gap * 0.6, margin_y + cap + gap * 0.6]))
            cv2.line(others, (0, y), (w, y), 255, max(1, int(cap * 0.05)))
        if rng.random() < 0.15:  # bars of a barcode right below or above
            y = int(margin_y + cap + gap * 0.7) if rng.random() < 0.7 else int(margin_y - gap * 0.7 - cap)
            bars = np.repeat(rng.random(w // 2 + 1) < 0.5, 2)[:w]
            others[max(0, y) : max(0, y + int(cap)), :][:, bars] = 255
    elif rng.random() < 0.6:  # a plate's frame
        pad = rng.uniform(0.12, 0.5) * cap
        cv2.rectangle(
            others,
            (int(pad), int(margin_y - pad)),
            (int(w - pad), int(margin_y + cap + pad)),
            255,
            max(1, int(cap * rng.uniform(0.03, 0.12))),
        )
    both = np.maximum(cover, others.astype(np.float32) / 255)
    both = cv2.GaussianBlur(both, (0, 0), float(rng.uniform(0.3, 0.04 * cap)))
    if rng.random() < 0.2:  # worn or poorly printed
        both *= np.clip(1.2 + noise(rng, h, w, rng.uniform(1, 5)) * rng.uniform(0.1, 0.6), 0, 1)
    g += (ink - g) * both
    return g * light(rng, h, w, cap)


def _paste(canvas: np.ndarray, glyph: np.ndarray, x: int, y: int) -> None:
    h, w = canvas.shape
    x0, y0, x1, y1 = max(0, x), max(0, y), min(w, x + glyph.shape[1]), min(h, y + glyph.shape[0])
    if x1 > x0 and y1 > y0:
        part = canvas[y0:y1, x0:x1]
        np.maximum(part, glyph[y0 - y : y1 - y, x0 - x : x1 - x], out=part)


_WORDS = (
    "KG", "kg", "TYPE", "EAC", "TC RU E-RU.MT02.00095", "MADE IN", "CO.,LTD", "GVWR", "1650", "2143", "980", "1085",
    "PAINT", "TRIM", "ENGINE", "MFD BY", "MOTOR", "DATE", "OF", "MANUFACTURE", "THIS VEHICLE CONFORMS TO ALL",
    "V.I.N.", "VIN", "e4*2001/116*0119", "MODEL", "1-", "2-", "LBS", "PASSENGER CAR", "FRONT", "REAR", "TIRE", "MAX",
    "COLOR", "CODE", "SERIES", "AUTOMOBILE", "CHASSIS", "kW", "cm3", "YEAR", "BAUJAHR", "No.", "TRANS/AXLE",
)  # fmt: skip


def _words(rng: np.random.Generator) -> str:
    return " ".join(str(rng.choice(_WORDS)) for _ in range(int(rng.integers(1, 6))))


def _relief(
    rng: np.random.Generator,
    cover: np.ndarray,
    gain: np.ndarray,
    cap: float,
    thick: float,
    surface: str,
    h: int,
    w: int,
) -> np.ndarray:
    """Grooves or ridges in metal under one to three lights, with what has filled them."""
    g, level = ground(rng, h, w, cap)
    if rng.random() < 0.35:
        _scratches(rng, g, cap, level)
    if rng.random() < GLOSSY:
        return _gloss(rng, g, level, cover, gain, cap, thick, surface)
    soft = float(rng.uniform(0.18, 0.55)) * thick
    z = cv2.GaussianBlur(cover, (0, 0), max(0.6, soft)) * cv2.GaussianBlur(gain, (0, 0), 1.5)
    if surface == "plate":
        z = -z * rng.uniform(0.8, 1.3)  # a ridge
    if (cover > 0.5).any():
        z /= max(0.2, float(np.percentile(np.abs(z[cover > 0.5]), 60)))
    gx = cv2.Sobel(z, cv2.CV_32F, 1, 0, ksize=3) * (0.125 * thick)
    gy = cv2.Sobel(z, cv2.CV_32F, 0, 1, ksize=3) * (0.125 * thick)
    pair = np.zeros((h, w), np.float32)
    az = rng.uniform(0, 2 * np.pi)
    for k in range(int(rng.choice([1, 2, 3], p=[0.65, 0.25, 0.1]))):
        a = az if k == 0 else rng.uniform(0, 2 * np.pi)
        pair += (gx * np.cos(a) + gy * np.sin(a)) * (1.0 if k == 0 else rng.uniform(0.2, 0.9))
    # Polarity as photographs have it: bright strokes 45, dark-bright pair 35, dark 20 in a hundred (METAL.md).
    mode = rng.random()
    contrast = float(np.exp(rng.uniform(np.log(0.16), np.log(0.9)))) * max(level, 60)
    if surface == "plate":
        mode = 0.4 + 0.6 * mode
    lop = rng.uniform(0.3, 1.0)
    up, down = (1.0, lop) if rng.random() < 0.5 else (lop, 1.0)
    lit = np.where(pair > 0, pair * up, pair * down)
    inside = np.abs(z)
    if mode < 0.35:  # bright: dust or paint in the groove, or lips that glint
        fill, slope = rng.uniform(0.5, 1.2), rng.uniform(0.0, 0.5)
    elif mode < 0.55:  # dark: grime, or a groove in shadow
        fill, slope = -rng.uniform(0.5, 1.1), rng.uniform(0.0, 0.5)
    else:
        fill, slope = rng.normal(0, 0.15), rng.uniform(0.7, 1.6)
    change = fill * np.clip(inside, 0, 1.4) + slope * lit * 1.6
    if rng.random() < 0.3:  # patchy dirt, or light that turns the polarity along the line
        change *= np.clip(
            1 + noise(rng, h, w, cap * rng.uniform(0.5, 4), rng.uniform(1, 3)) * rng.uniform(0.2, 0.6),
            -0.3 if mode > 0.55 else 0.25,
            2,
        )
    if rng.random() < 0.4:  # a bright or dark lip
        wide = cv2.GaussianBlur(cover, (0, 0), thick * rng.uniform(0.5, 0.9))
        change += rng.uniform(-0.4, 0.6) * np.clip(wide - inside, 0, 1)
    if rng.random() < 0.4:  # glints where walls face the lamp
        g += np.clip(lit - rng.uniform(0.25, 0.6), 0, 1) * rng.uniform(50, 400)
    if rng.random() < 0.15:  # a ghost or shadow beside every stroke: camera shake, a double strike
        dx, dy = rng.normal(0, 0.06 * cap, 2)
        change += rng.uniform(0.2, 0.6) * cv2.warpAffine(change, np.array([[1, 0, dx], [0, 1, dy]], np.float32), (w, h))
    grain = 1 + noise(rng, h, w, 1.5) * rng.uniform(0, 0.2)
    return (g + change * grain * contrast) * light(rng, h, w, cap)


def _gloss(
    rng: np.random.Generator,
    g: np.ndarray,
    level: float,
    cover: np.ndarray,
    gain: np.ndarray,
    cap: float,
    thick: float,
    surface: str,
) -> np.ndarray:
    """Grooves or ridges in metal or glossy paint, float32 (h, w): each slope shows another part of what is around.

    What is around, lamps, sky, walls, the dark below, is a sum of Gaussian lobes over the two slopes of the surface,
    the wider the rougher the metal. The panel's own form and grain tilt it a little everywhere, so that glints wander
    along the line and polarity turns, as in photographs of bare metal.
    """
    h, w = g.shape
    near = np.clip(cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 3) / max(thick / 2, 1), 0, 1)
    profile = rng.random()  # of the die's edge: V, rounded, flat with steep walls
    z = near if profile < 0.3 else np.sqrt(near * (2 - near)) if profile < 0.6 else cover
    z = cv2.GaussianBlur(z.astype(np.float32), (0, 0), max(0.6, float(rng.uniform(0.08, 0.45)) * thick))
    z *= cv2.GaussianBlur(gain, (0, 0), 1.5)
    if rng.random() < 0.4:  # metal or paint heaped up beside the stroke
        z -= rng.uniform(0.1, 0.5) * cv2.GaussianBlur(z, (0, 0), thick * float(rng.uniform(0.5, 1.2)))
    steep = float(np.exp(rng.uniform(np.log(0.25), np.log(1.6)))) * (-1 if surface == "plate" else 1)
    sx = cv2.Sobel(z, cv2.CV_32F, 1, 0, ksize=3) * (0.0625 * thick * steep)
    sy = cv2.Sobel(z, cv2.CV_32F, 0, 1, ksize=3) * (0.0625 * thick * steep)

    def around(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        seen = np.full(x.shape, dim, np.float32)
        for cx, cy, wide, bright in lobes:
            seen += bright * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * wide * wide))
        return seen

    dim = float(rng.uniform(0.15, 1.0))
    lobes = [
        (
            *rng.normal(0, 0.6, 2),
            float(np.exp(rng.uniform(np.log(0.12), np.log(0.9)))),
            float(np.exp(rng.normal(0, 0.8))),
        )
        for _ in range(int(rng.integers(1, 5)))
    ]
    flat = float(around(np.zeros((1, 1)), np.zeros((1, 1)))[0, 0])
    change = around(sx, sy) / flat - 1
    form, grain = rng.uniform(0, 0.15), abs(rng.normal(0, 0.06))
    sx = sx + form * noise(rng, h, w, cap * rng.uniform(1, 6)) + grain * noise(rng, h, w, rng.uniform(1, 2.5))
    sy = sy + form * noise(rng, h, w, cap * rng.uniform(1, 6)) + grain * noise(rng, h, w, rng.uniform(1, 2.5), 4)
    wander = around(sx, sy) / flat - 1 - change
    struck = np.abs(change[cv2.dilate(cover, np.ones((3, 3))) > 0.3])
    if struck.size:  # as strong as photographs have it, from hardly seen to glaring, and stronger than the grain
        strength = float(rng.uniform(0.18, 0.45) if rng.random() < 0.5 else rng.uniform(0.35, 1.1))
        k = float(np.clip(strength / max(float(np.percentile(struck, 85)), 0.02), 0.3, 10))
        change = k * change + min(k, float(rng.uniform(0.1, 0.6)) * strength / max(float(wander.std()), 1e-3)) * wander
    deep = rng.random()
    if deep < 0.35:  # little light comes to the bottom, or dirt lies there
        change -= rng.uniform(0.1, 0.6) * np.clip(z, 0, 1.3)
    elif deep < 0.5:  # dust or primer
        change += rng.uniform(0.1, 0.6) * np.clip(z, 0, 1.3)
    g = g + np.clip(change, -0.95, 3) * max(level, 50) * (1 + noise(rng, h, w, 1.5) * rng.uniform(0, 0.15))
    return g * (light(rng, h, w, cap) if rng.random() < 0.6 else 1.0)
