"""What is struck: strips go through the reading network, and columns of probabilities become characters with places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vinspect.vision.evidence import (
    ALPHABET,
    MARKS,
    SURFACES,
    UNREADABLE,
    Character,
    Format,
    StampLine,
    Surface,
    frozen,
)
from vinspect.vision.network import Calibration, Reader, Seen
from vinspect.vision.rectify import HEIGHT, SHARE, rectify
from vinspect.vision.spelled import (
    MARK_CLASSES,
    Look,
    Spelled,
    decode,
    in_photo,
    least,
    levelled,
    moved,
    product,
    score,
    stretch_of,
    turned,
)
from vinspect.vision.within import PLAIN, SHORTEST, UNSURE, bounded, vin_within

CANDIDATES = 5
TURNED = 0.02  # a strip likelier upside down than this is looked at the other way up, too
DOUBTFUL = 0.2  # where a whole number is less likely than this, strips around are looked at
ASKEW = (-0.35, 0.35)  # line heights by which an end of the line may stand lower than where it was found
NEARBY = (*((left, right, 1.0) for left in ASKEW for right in ASKEW), (0, 0, 0.75), (0, 0, 1.35))
HOPELESS, OPEN = 1e-3, 0.7  # where a whole number is as likely as between these, looks from close around vote on it
CLOSE = ((0, 0, 0.85), (0, 0, 1.15))
LABEL = 0.5  # probability from which a surface is a label
WIDTHS = (0.8, 1.3)  # of the strips that vote, times the usual


@dataclass(frozen=True, eq=False)
class Spelling:
    """A number of one or two lines, decoded; not yet held against any rule."""

    lines: tuple[Spelled, ...]
    characters: tuple[Character, ...]
    marks: tuple[str | None, str | None]
    confidence: float  # 0..1, that every character is right
    number: float  # 0..1, that it is a number at all
    surface: Surface

    @property
    def text(self) -> str:
        """The number as it is struck."""
        return "".join(c.text for c in self.characters)


def spell(
    grey: np.ndarray,
    reduction: float,
    lines: tuple[StampLine, ...],
    reader: Reader,
    form: Format = "auto",
    promising: Callable[[Spelling], bool] = lambda first: True,
) -> Spelling | None:
    """Read the lines of one number from the photograph, uint8 (H, W), `reduction` full-scale pixels a pixel.

    None where it is no number. promising: whether what the first look shows is worth more looks where it is doubtful.

    The first look tells whether the number hangs upside down and where its characters stand. Where a character is not
    plain, the strip is cut anew with that, level and of the right height, and read again.
    """

    grey, reduction = _no_larger_than_needed(grey, reduction, lines)

    def look(line: StampLine, stretch: float = 1.0) -> Look:
        strip = rectify(grey, line, reduction=reduction)
        wide = strip if stretch == 1 else rectify(grey, line, reduction=reduction, stretch=stretch)
        return Look(line, strip, reader.see(wide.grey), stretch)

    best = _the_right_way_up(look, lines, form)
    if len(best) == 1 and form != "free":
        best = [vin_within(best[0]) or best[0]]
    calibration = getattr(reader, "calibration", Calibration())
    if promising(_spelling(best, (None, None), calibration)):
        best = _looked_at_again(look, best, form)
    if len(best) == 1:
        best = [bounded(look, best[0], form)]
    best = [s for s in best if len(s.boxes)]
    if sum(len(s.boxes) for s in best) < SHORTEST:
        return None
    best = [_laid_level(s, grey, reduction) for s in best]
    # Marks stand beyond the ends: each end is looked at once more, from a little outside.
    ends = [_end(best[0], 0), _end(best[-1], 1)]
    marks = [_mark(look(end).seen, side) if _within(end, grey, reduction) else None for side, end in enumerate(ends)]
    return _spelling(best, (marks[0], marks[1]), calibration)


def _the_right_way_up(look: Callable[..., Look], lines: tuple[StampLine, ...], form: Format) -> list[Spelled]:
    """The first look, turned over where the number hangs upside down."""
    first = decode([look(line) for line in lines], form)
    if max(s.seen.turned for s in first) < TURNED:
        return first
    return max(first, decode([look(turned(line)) for line in reversed(lines)], form), key=score)


def _looked_at_again(look: Callable[..., Look], first: list[Spelled], form: Format) -> list[Spelled]:
    """The same number from as many more looks as the doubt about it is worth."""
    best = first
    if least(first) < PLAIN:
        best = max(first, decode([look(levelled(s), stretch_of(s)) for s in first], form), key=score)
    if product(best) < DOUBTFUL:
        best = max((best, *_around(look, best, form)), key=product)
    if HOPELESS < product(best) < OPEN:
        best = _voted([best, *_close(look, best, form)])
    return best


def coarsest(lines: tuple[StampLine, ...]) -> float:
    """Full-scale pixels per pixel, 1.0 or more, at which these lines are still twice as high as in their strips."""
    tall = min((float(np.linalg.norm(line.quad[3] - line.quad[0])) for line in lines), default=0.0)
    return max(1.0, tall / (2 * SHARE * HEIGHT))


def _no_larger_than_needed(
    grey: np.ndarray, reduction: float, lines: tuple[StampLine, ...]
) -> tuple[np.ndarray, float]:
    """The photograph reduced once, by a whole number, where every strip would be reduced by twice as much and more."""
    k = int(coarsest(lines) / reduction)
    if k < 2:
        return grey, reduction
    h, w = (n // k for n in grey.shape)
    return cv2.resize(grey[: h * k, : w * k], (w, h), interpolation=cv2.INTER_AREA), reduction * k


def _around(look: Callable[..., Look], lines: list[Spelled], form: Format) -> Iterator[list[Spelled]]:
    """Readings of strips cut a little higher, lower, askew, wider or narrower: where locating was wrong by half a line.

    The best of them once more, level and of the right height.
    """
    best = max((decode([look(moved(s.line, *by)) for s in lines], form) for by in NEARBY), key=product)
    yield best
    yield decode([look(levelled(s), stretch_of(s)) for s in best], form)


def _close(look: Callable[..., Look], lines: list[Spelled], form: Format) -> Iterator[list[Spelled]]:
    """Readings of strips cut a little higher and lower than the line, and of narrower and wider ones."""
    for by in CLOSE:
        yield decode([look(moved(levelled(s), *by)) for s in lines], form)
    for width in WIDTHS:
        yield decode([look(levelled(s), width) for s in lines], form)


def _voted(readings: list[list[Spelled]]) -> list[Spelled]:
    """The first reading of the length that most votes have, with each character's probabilities as all of those see it.

    A vote counts as much as it is sure; probabilities are put together by their weighted geometric mean.
    """
    length = [tuple(len(s.boxes) for s in lines) for lines in readings]
    votes = [product(lines) + 1e-12 for lines in readings]
    most = max(dict.fromkeys(length), key=lambda n: sum(v for v, m in zip(votes, length, strict=True) if m == n))
    alike = [(v, lines) for v, lines, n in zip(votes, readings, length, strict=True) if n == most]
    share = np.array([v for v, _ in alike]) / sum(v for v, _ in alike)
    out = []
    for k, first in enumerate(alike[0][1]):
        logs = np.log([np.maximum(lines[k].shares, 1e-4) for _, lines in alike])
        mean = (
            np.where(first.shares.any(0), np.exp(np.tensordot(share, logs, 1)), 0) if len(first.boxes) else first.shares
        )
        out.append(replace(first, shares=mean / np.maximum(mean.sum(-1, keepdims=True), 1e-300)))
    return out


def _laid_level(s: Spelled, grey: np.ndarray, reduction: float) -> Spelled:
    """The line in a strip that is cut along its own characters, level and as high as any other: so it is judged."""
    line = levelled(s)
    strip = rectify(grey, line, reduction=reduction)
    left, top, right, bottom = s.boxes.astype(np.float64).T
    x, y = (left + right) / 2, (top + bottom) / 2
    sides = np.stack([left, y, x, top, right, y, x, bottom], 1).reshape(-1, 1, 2)
    laid = cv2.perspectiveTransform(sides, np.linalg.inv(strip.to_photo) @ s.strip.to_photo).reshape(-1, 4, 2)
    boxes = np.stack([laid[:, 0, 0], laid[:, 1, 1], laid[:, 2, 0], laid[:, 3, 1]], 1).astype(np.float32)
    return replace(s, line=line, strip=strip, boxes=boxes)


def _spelling(lines: list[Spelled], marks: tuple[str | None, str | None], calibration: Calibration) -> Spelling:
    characters = []
    together = 1.0
    for k, s in enumerate(lines):
        for shares, box in zip(s.shares, s.boxes, strict=True):
            order = np.argsort(-shares)[:CANDIDATES]
            candidates = tuple((ALPHABET[i - 1], float(shares[i])) for i in order if shares[i] > 1e-4)
            text, sure = candidates[0] if candidates else (UNREADABLE, 0.0)
            left, top, right, bottom = (float(v) for v in box)
            quad = in_photo(s.strip, np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
            text = text if sure >= UNSURE else UNREADABLE
            characters.append(Character(text, sure, candidates, quad, frozen(box.copy()), k))
            together *= sure
    surface = surface_of(np.mean([s.seen.surface for s in lines], axis=0))
    number = float(np.mean([s.seen.number for s in lines]))
    return Spelling(tuple(lines), tuple(characters), marks, calibration.whole(together), number, surface)


def surface_of(likely: np.ndarray) -> Surface:
    """The surface by the probabilities of `SURFACES`, float64 (6,): a label where that is likelier than not.

    A number that is taken for print is not judged, so a doubtful one is the likeliest of the other surfaces.
    """
    return "label" if likely[0] > LABEL else SURFACES[1 + int(likely[1:].argmax())]


def _end(s: Spelled, side: int) -> StampLine:
    """The first character or two (side 0) or the last (side 1), and as much beyond, where a mark would stand."""
    cap = SHARE * s.strip.grey.shape[0]
    top = (s.strip.grey.shape[0] - cap) / 2
    edge = float(s.boxes[-1, 2] if side else s.boxes[0, 0])
    outward = 1 if side else -1
    left, right = sorted(
        (edge - outward * cap, edge + outward * 1.3 * cap)
    )  # rectification adds half a cap on both sides
    corners = np.array([[left, top], [right, top], [right, top + cap], [left, top + cap]])
    return StampLine(in_photo(s.strip, corners), 1.0, 1.0)


def _within(end: StampLine, grey: np.ndarray, reduction: float) -> bool:
    """Whether the middle of that end lies in the photograph."""
    x, y = end.quad.mean(0) / reduction
    return bool(0 <= x < grey.shape[1] and 0 <= y < grey.shape[0])


def _mark(end: Seen, side: int) -> str | None:
    """The end mark in the outer half of an end, if one stands there."""
    half = len(end.p) // 2
    likely = (end.p[half:] if side else end.p[:half])[:, MARK_CLASSES].max(0)
    best = int(likely.argmax())
    return MARKS[best] if likely[best] > 0.5 else None
