"""One look at a line: its columns of probabilities become characters with places."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from vinspect.vision import ctc, vin
from vinspect.vision.evidence import ALPHABET, MARKS, Format, StampLine, Strip, frozen
from vinspect.vision.network import STRIDE, Seen

LONGEST = 24  # characters in a line, words before and after the number included
PREFER_VIN = 5.0  # a number is taken for a VIN while that costs less than so much log probability
DROP = 3.0  # and a character dropped for it while that costs less: one too many is more often an emblem at its ends
ROOMY = 20.0  # strip pixels from one character to the next that the reader is at ease with

# The network's class 0 is the blank, class i the i-th of ALPHABET.
CLASS = {c: i + 1 for i, c in enumerate(ALPHABET)}
MARK_CLASSES = [CLASS[c] for c in MARKS]
IN_VIN = np.array([False] + [c in vin.VIN_ALPHABET for c in ALPHABET])
_FREE = np.array([False] + [c not in MARKS for c in ALPHABET])


@dataclass(frozen=True, eq=False)
class Look:
    """One look at a line."""

    line: StampLine
    strip: Strip
    seen: Seen
    stretch: float  # how many times wider than `strip` the strip was that the reader saw


@dataclass(frozen=True, eq=False)
class Spelled:
    """One line, decoded."""

    line: StampLine
    strip: Strip
    seen: Seen
    shares: np.ndarray  # float64 (n, 40), for each character the probability of each class
    boxes: np.ndarray  # float32 (n, 4), in strip pixels
    stretch: float = 1.0  # see Look


def decode(looks: list[Look], form: Format) -> list[Spelled]:
    """The likeliest characters of all lines together, by the number's format."""
    columns = [folded(look.seen.p) for look in looks]
    chosen = [_free(p) for p in columns]
    total = sum(len(s[1]) for s in chosen)
    allowed = _FREE
    if form != "free" and total == vin.LENGTH and all(IN_VIN[list(s[1])].all() for s in chosen):
        allowed = IN_VIN
    elif form != "free" and (form == "vin" or abs(total - vin.LENGTH) <= 2):
        strict = [ctc.likeliest(p, IN_VIN & ((p.max(0) > 1e-4) | (form == "vin")), vin.LENGTH) for p in columns]
        cuts = range(vin.LENGTH + 1) if len(strict) == 2 else (vin.LENGTH,)
        pairs = [(strict[0][n], strict[1][vin.LENGTH - n]) if len(strict) == 2 else (strict[0][n],) for n in cuts]
        best = max(pairs, key=lambda pair: sum(s[0] for s in pair))
        cost = sum(s[0] for s in chosen) - sum(s[0] for s in best)
        drop = total > vin.LENGTH
        if np.isfinite(sum(s[0] for s in best)) and (form == "vin" or cost < (DROP if drop else PREFER_VIN)):
            chosen, allowed = list(best), IN_VIN
    out = []
    for look, p, (_, sequence) in zip(looks, columns, chosen, strict=True):
        _, shares, occupancy = ctc.alternatives(p, sequence)
        shares = np.where(allowed, shares, 0)
        shares = shares / np.maximum(shares.sum(1, keepdims=True), 1e-300)
        placed = boxes(look.seen.places, occupancy)
        placed[:, [0, 2]] = (placed[:, [0, 2]] + 0.5) / look.stretch - 0.5
        out.append(Spelled(look.line, look.strip, look.seen, shares, placed, look.stretch))
    return out


def _free(p: np.ndarray) -> tuple[float, tuple[int, ...]]:
    """The likeliest characters of whatever number, and their path's log probability."""
    found = ctc.best(p, _FREE)
    if len(found[1]) <= LONGEST:
        return found
    return max(ctc.likeliest(p, _FREE & (p.max(0) > 1e-4), LONGEST), key=lambda s: s[0])


def folded(p: np.ndarray) -> np.ndarray:
    """Probabilities in which an end mark counts as a blank: marks belong to no number."""
    q = p.copy()
    q[:, 0] += q[:, MARK_CLASSES].sum(1)
    q[:, MARK_CLASSES] = 0
    return q


def boxes(places: np.ndarray, occupancy: np.ndarray) -> np.ndarray:
    """Each character's box in its strip, float32 (n, 4): what its columns say, each as far as it is its own."""
    centre = np.arange(len(places)) * STRIDE + (STRIDE - 1) / 2
    sides = np.stack([centre - 16 * places[:, 0], 48 * places[:, 2], centre + 16 * places[:, 1], 48 * places[:, 3]], 1)
    weight = occupancy / np.maximum(occupancy.sum(0), 1e-12)
    found = weight.T @ sides
    found[:, [0, 2]] = np.clip(found[:, [0, 2]], 0, STRIDE * len(places) - 1)
    found[:, 2] = np.maximum(found[:, 2], found[:, 0] + 1)
    return found.astype(np.float32)


def in_photo(strip: Strip, corners: np.ndarray) -> np.ndarray:
    """Corners in the strip, float (4, 2), as a quadrilateral in the photograph."""
    quad = cv2.perspectiveTransform(corners.astype(np.float64).reshape(-1, 1, 2), strip.to_photo)
    return frozen(quad.reshape(4, 2).astype(np.float32))


def levelled(s: Spelled) -> StampLine:
    """The line through the characters that were read: cap line and baseline by least squares, ends by the outer two."""
    placed = s.boxes.astype(np.float64)
    if len(placed) < 3:
        return s.line
    x = (placed[:, 0] + placed[:, 2]) / 2
    middle, tall = (placed[:, 1] + placed[:, 3]) / 2, placed[:, 3] - placed[:, 1]
    centre = np.polyfit(x, middle, 1)
    height = np.polyfit(x, tall, 1) if len(placed) > 5 else np.array([0.0, np.median(tall)])
    left, right = placed[0, 0], placed[-1, 2]
    ends = np.array([left, right])
    half = np.clip(np.polyval(height, ends), 10, 46) / 2
    level = np.polyval(centre, ends)
    top, bottom = level - half, level + half
    corners = np.array([[left, top[0]], [right, top[1]], [right, bottom[1]], [left, bottom[0]]])
    return StampLine(in_photo(s.strip, corners), s.line.confidence, s.line.upright)


def part(s: Spelled, begin: int, end: int) -> Spelled:
    """The characters from `begin` to before `end`, and the line through them."""
    cut = replace(s, shares=s.shares[begin:end], boxes=s.boxes[begin:end])
    return replace(cut, line=levelled(cut))


def longer(s: Spelled, before: int, after: int) -> StampLine:
    """The line through the characters, so many of their steps longer at its ends."""
    line = levelled(s)
    step = (line.quad[1] - line.quad[0]) / len(s.boxes)
    return replace(line, quad=frozen(line.quad + np.outer([-before, after, after, -before], step).astype(np.float32)))


def moved(line: StampLine, left: float, right: float, taller: float) -> StampLine:
    """The line with its left and right end moved down by shares of its height, and so many times as high."""
    q = line.quad.astype(np.float64)
    top, bottom = q[[0, 1]], q[[3, 2]]
    down, middle = bottom - top, (bottom + top) / 2 + (bottom - top) * np.array([[left], [right]])
    high, low = middle - down * taller / 2, middle + down * taller / 2
    quad = np.array([high[0], high[1], low[1], low[0]], np.float32)
    return StampLine(frozen(quad), line.confidence, line.upright)


def turned(line: StampLine) -> StampLine:
    """The line the other way up."""
    return StampLine(frozen(np.roll(line.quad, 2, axis=0)), line.confidence, 1 - line.upright)


def stretch_of(s: Spelled) -> float:
    """How much wider the next strip should be, so that narrow lettering has its columns: five or more a character."""
    if len(s.boxes) < 3:
        return 1.0
    pitch = float(np.median(np.diff((s.boxes[:, 0] + s.boxes[:, 2]) / 2)))
    wider = ROOMY / max(pitch, 1.0)
    return min(wider, 2.0) if wider > 1.1 else 1.0


def least(lines: list[Spelled]) -> float:
    """The probability of the least sure character."""
    return min((float(s.shares.max(1).min()) for s in lines if len(s.shares)), default=0.0)


def product(lines: list[Spelled]) -> float:
    """The probability that every character is right, were they independent."""
    return float(np.prod([p for s in lines for p in s.shares.max(1)])) if any(len(s.shares) for s in lines) else 0.0


def score(lines: list[Spelled]) -> float:
    """How sure the characters are: mean log probability, less what an upside-down strip costs."""
    best = np.concatenate([s.shares.max(1) for s in lines]) if lines else np.zeros(0)
    over = max((s.seen.turned for s in lines), default=1.0)
    return float(np.log(np.maximum(best, 1e-6)).mean() - 3 * over) if len(best) else -np.inf
