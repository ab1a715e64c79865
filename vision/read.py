"""What is struck: strips go through the reading network, and columns of probabilities become characters with places."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import onnxruntime

from vinspect.vision import ctc, vin
from vinspect.vision.evidence import (
    ALPHABET,
    MARKS,
    SURFACES,
    UNREADABLE,
    Character,
    Format,
    StampLine,
    Strip,
    Surface,
    frozen,
)
from vinspect.vision.rectify import HEIGHT, SHARE, rectify
from vinspect.vision.rules import maker_and_country

STRIDE = 4  # strip pixels per column of the network's answer
LONGEST = 24  # characters in a line, words before and after the number included
PREFER_VIN = 5.0  # a number is taken for a VIN while that costs less than so much log probability
DROP = 3.0  # and a character dropped for it while that costs less: one too many is more often an emblem at its ends
PART = 10  # characters of a VIN that was cut short
SHORTEST = 5  # characters: less is no number
UNSURE = 0.25  # a character less likely than this is not read
CANDIDATES = 5
PLAIN = 0.9  # characters all as sure as this are not looked at again
DOUBTFUL = 0.2  # where a whole number is less likely than this, strips around are looked at
ASKEW = (-0.35, 0.0, 0.35)  # line heights by which an end of the line may stand lower than where it was found
NEARBY = (*((left, right, 1.0) for left in ASKEW for right in ASKEW if left or right), (0, 0, 0.75), (0, 0, 1.35))
OPEN = 0.7  # where a whole number is less likely than this, looks from close around vote on it
CLOSE = ((0.12, 0.12, 1), (-0.12, -0.12, 1), (0.12, -0.12, 1), (-0.12, 0.12, 1), (0, 0, 0.85), (0, 0, 1.15))
WIDTHS = (0.8, 1.3, 1.7)  # of the strips that vote, times the usual
APART = 1.5  # times the usual step between two characters: there a word ends
ROOMY = 20.0  # strip pixels from one character to the next that the reader is at ease with

# The network's class 0 is the blank, class i the i-th of ALPHABET.
_CLASS = {c: i + 1 for i, c in enumerate(ALPHABET)}
_FREE = np.array([False] + [c not in MARKS for c in ALPHABET])
_VIN = np.array([False] + [c in vin.VIN_ALPHABET for c in ALPHABET])
_MARK = [_CLASS[c] for c in MARKS]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network saw in one strip."""

    p: np.ndarray  # float64 (T, 40), for each column the probability of blank and characters
    places: np.ndarray  # float32 (T, 4): sides from the column's centre in 16 pixels, top and bottom in strip heights
    surface: np.ndarray  # float64 (6,), probabilities, in the order of SURFACES
    turned: float  # 0..1, that the strip hangs upside down
    number: float  # 0..1, that it is a number


class Reader(Protocol):
    """Anything that reads strips: our network, or EasyOCR's with our weights in it."""

    def see(self, strip: np.ndarray) -> Seen:
        """Read a strip, uint8 (48, W)."""
        ...


def pad(strip: np.ndarray) -> np.ndarray:
    """The strip, uint8 (48, W), with its last column repeated until W is a multiple of four."""
    spare = -strip.shape[1] % STRIDE
    return np.concatenate([strip, strip[:, -1:].repeat(spare, 1)], 1) if spare else strip


def seen(names: np.ndarray, places: np.ndarray, whole: np.ndarray, temperature: float = 1.0) -> Seen:
    """The network's three answers, logits float32 (T, 40), (T, 4) and (8,), as probabilities."""
    z = names.astype(np.float64) / temperature
    p = np.exp(z - z.max(1, keepdims=True))
    s = np.exp(whole[:6].astype(np.float64) - whole[:6].max())
    turned, number = 1 / (1 + np.exp(-whole[6:8].astype(np.float64)))
    return Seen(p / p.sum(1, keepdims=True), places, s / s.sum(), float(turned), float(number))


class Network:
    """The reading network in ONNX Runtime (see models/reader.md), with its calibration beside it."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.calibration = Calibration.load(path.with_suffix(".json"))

    def see(self, strip: np.ndarray) -> Seen:
        """Read a strip, uint8 (48, W)."""
        x = pad(strip)[None, None].astype(np.float32) / 127.5 - 1
        names, places, whole = self._session.run(None, {self._input: x})
        return seen(names[0], places[0], whole[0], self.calibration.temperature)


@dataclass(frozen=True)
class Calibration:
    """How the network's probabilities become honest ones; fitted by models/calibrate.py."""

    temperature: float = 1.0  # the logits are divided by it
    slope: float = 1.0  # of a whole number's log odds over those of the product of its characters
    offset: float = 0.0

    @staticmethod
    def load(path: Path) -> Calibration:
        """From its JSON file; the identity where there is none."""
        return Calibration(**json.loads(path.read_text())) if path.exists() else Calibration()

    def whole(self, product: float) -> float:
        """The probability that a whole number is right, from the product of its characters' probabilities."""
        q = min(max(product, 1e-9), 1 - 1e-6)
        return float(1 / (1 + np.exp(-(self.slope * np.log(q / (1 - q)) + self.offset))))


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
    grey: np.ndarray, reduction: float, lines: tuple[StampLine, ...], reader: Reader, form: Format = "auto"
) -> Spelling | None:
    """Read the lines of one number from the photograph, uint8 (H, W), `reduction` full-scale pixels a pixel.

    None where it is no number.

    The first look tells whether the number hangs upside down and where its characters stand. Where a character is not
    plain, the strip is cut anew with that, level and of the right height, and read again.
    """

    grey, reduction = _no_larger_than_needed(grey, reduction, lines)

    def look(line: StampLine, stretch: float = 1.0) -> Look:
        strip = rectify(grey, line, reduction=reduction)
        wide = strip if stretch == 1 else rectify(grey, line, reduction=reduction, stretch=stretch)
        return Look(line, strip, reader.see(wide.grey), stretch)

    first = _decode([look(line) for line in lines], form)
    doubt = max(s.seen.turned for s in first)
    if doubt > 0.02:
        over = _decode([look(_turned(line)) for line in reversed(lines)], form)
        if _score(over) > _score(first):
            first = over
    if len(first) == 1 and form != "free":
        first = [_vin_among_words(first[0])]
    best = first
    if _least(first) < PLAIN:
        again = _decode([look(levelled(s), _stretch(s)) for s in first], form)
        best = max((first, again), key=_score)
    if _product(best) < DOUBTFUL:
        best = max((best, *_around(look, best, form)), key=_product)
    if _product(best) < OPEN:
        best = _voted([best, *_close(look, best, form)])
    if len(best) == 1 and len(best[0].boxes) not in (0, vin.LENGTH) and form != "vin":
        best = [_without_marks(look, best[0], form)]
    if len(best) == 1 and form != "free":
        best = [_vin_without_marks(_vin_further_out(look, best[0], form))]
    best = [s for s in best if len(s.boxes)]
    if sum(len(s.boxes) for s in best) < SHORTEST:
        return None
    best = [replace(s, line=levelled(s)) for s in best]
    # Marks stand beyond the ends: each end is looked at once more, from a little outside.
    ends = [_end(best[0], 0), _end(best[-1], 1)]
    marks = [_mark(look(end).seen, side) if _within(end, grey, reduction) else None for side, end in enumerate(ends)]
    return _spelling(best, (marks[0], marks[1]), getattr(reader, "calibration", Calibration()))


def _no_larger_than_needed(
    grey: np.ndarray, reduction: float, lines: tuple[StampLine, ...]
) -> tuple[np.ndarray, float]:
    """The photograph reduced once, by a whole number, where every strip would be reduced by twice as much and more."""
    tall = min(float(np.linalg.norm(line.quad[3] - line.quad[0])) for line in lines) / reduction
    k = int(tall / (2 * SHARE * HEIGHT))
    if k < 2:
        return grey, reduction
    h, w = (n // k for n in grey.shape)
    return cv2.resize(grey[: h * k, : w * k], (w, h), interpolation=cv2.INTER_AREA), reduction * k


def _around(look: Callable[..., Look], lines: list[Spelled], form: Format) -> Iterator[list[Spelled]]:
    """Readings of strips cut a little higher, lower, askew, wider or narrower: where locating was wrong by half a line.

    The best of them once more, level and of the right height.
    """
    moved = [_decode([look(_moved(s.line, *by)) for s in lines], form) for by in NEARBY]
    best = max(moved, key=_product)
    yield best
    yield _decode([look(levelled(s), _stretch(s)) for s in best], form)


def _close(look: Callable[..., Look], lines: list[Spelled], form: Format) -> Iterator[list[Spelled]]:
    """Readings of strips cut a hair's breadth beside the line, and of narrower and wider ones."""
    for by in CLOSE:
        yield _decode([look(_moved(levelled(s), *by)) for s in lines], form)
    for width in WIDTHS:
        yield _decode([look(levelled(s), width) for s in lines], form)


def _voted(readings: list[list[Spelled]]) -> list[Spelled]:
    """The first reading of the length that most votes have, with each character's probabilities as all of those see it.

    A vote counts as much as it is sure; probabilities are put together by their weighted geometric mean.
    """
    length = [tuple(len(s.boxes) for s in lines) for lines in readings]
    votes = [_product(lines) + 1e-12 for lines in readings]
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


def _moved(line: StampLine, left: float, right: float, taller: float) -> StampLine:
    """The line with its left and right end moved down by shares of its height, and so many times as high."""
    q = line.quad.astype(np.float64)
    top, bottom = q[[0, 1]], q[[3, 2]]
    down, middle = bottom - top, (bottom + top) / 2 + (bottom - top) * np.array([[left], [right]])
    high, low = middle - down * taller / 2, middle + down * taller / 2
    quad = np.array([high[0], high[1], low[1], low[0]], np.float32)
    return StampLine(frozen(quad), line.confidence, line.upright)


def _turned(line: StampLine) -> StampLine:
    return StampLine(frozen(np.roll(line.quad, 2, axis=0)), line.confidence, 1 - line.upright)


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
    return StampLine(_in_photo(s.strip, corners), s.line.confidence, s.line.upright)


def _vin_among_words(s: Spelled) -> Spelled:
    """The word of 17 characters of the VIN's alphabet, where words stand before or after it; else the line as it is."""
    if len(s.boxes) <= vin.LENGTH:
        return s
    middle = (s.boxes[:, 0] + s.boxes[:, 2]) / 2
    steps = np.diff(middle)
    cuts = [0, *(np.flatnonzero(steps > APART * np.median(steps)) + 1), len(middle)]
    for begin, end in pairwise(cuts):
        if end - begin == vin.LENGTH and _VIN[s.shares[begin:end].argmax(1)].all():
            return _part(s, begin, end)
    return s


def _part(s: Spelled, begin: int, end: int) -> Spelled:
    """The characters from `begin` to before `end`, and the line through them."""
    part = replace(s, shares=s.shares[begin:end], boxes=s.boxes[begin:end])
    return replace(part, line=levelled(part))


def _longer(s: Spelled, characters: int) -> StampLine:
    """The line through the characters, so many of their steps longer at either end."""
    line = levelled(s)
    along = (line.quad[1] - line.quad[0]) / len(s.boxes) * characters
    return replace(line, quad=frozen(line.quad + np.outer([-1, 1, 1, -1], along).astype(np.float32)))


def _vin_further_out(look: Callable[..., Look], s: Spelled, form: Format) -> Spelled:
    """The VIN of which locating cut off a part, if a longer strip holds one; else the line as it is."""
    n = len(s.boxes)
    if not PART <= n < vin.LENGTH or not _VIN[s.shares.argmax(1)].all():
        return s
    again = _decode([look(_longer(s, vin.LENGTH - n + 1))], form)[0]
    again = _vin_without_marks(_vin_among_words(again))
    whole = len(again.boxes) == vin.LENGTH and bool(_VIN[again.shares.argmax(1)].all())
    return again if whole and _least([again]) > UNSURE else s


def _vin_without_marks(s: Spelled) -> Spelled:
    """The VIN in a line of one or two characters more, which is what emblems and stars at its ends are read as."""
    n = len(s.boxes)
    named = s.shares.argmax(1)
    if not vin.LENGTH < n <= vin.LENGTH + 2 or not _VIN[named].all():
        return s
    starts = range(n - vin.LENGTH + 1)
    texts = ["".join(ALPHABET[i - 1] for i in named[k : k + vin.LENGTH]) for k in starts]
    sure = [float(s.shares[k : k + vin.LENGTH].max(1).min()) for k in starts]
    begin = max(starts, key=lambda k: (maker_and_country(texts[k])[0] is not None, sure[k]))
    return _part(s, begin, begin + vin.LENGTH)


def _without_marks(look: Callable[..., Look], s: Spelled, form: Format) -> Spelled:
    """The line without outer characters that a longer strip, which shows them whole, takes for end marks."""
    wide = _decode([look(_longer(s, 1))], form)[0]
    n, m = len(s.boxes), len(wide.boxes)
    inside = any(np.array_equal(s.shares[k : k + m].argmax(1), wide.shares.argmax(1)) for k in range(n - m + 1))
    return wide if SHORTEST <= m < n and inside else s


def _stretch(s: Spelled) -> float:
    """How much wider the next strip should be, so that narrow lettering has its columns: five or more a character."""
    if len(s.boxes) < 3:
        return 1.0
    pitch = float(np.median(np.diff((s.boxes[:, 0] + s.boxes[:, 2]) / 2)))
    wider = ROOMY / max(pitch, 1.0)
    return min(wider, 2.0) if wider > 1.1 else 1.0


def _least(lines: list[Spelled]) -> float:
    """The probability of the least sure character."""
    return min((float(s.shares.max(1).min()) for s in lines if len(s.shares)), default=0.0)


def _product(lines: list[Spelled]) -> float:
    """The probability that every character is right, were they independent."""
    return float(np.prod([p for s in lines for p in s.shares.max(1)])) if any(len(s.shares) for s in lines) else 0.0


def _score(lines: list[Spelled]) -> float:
    """How sure the characters are: mean log probability, less what an upside-down strip costs."""
    best = np.concatenate([s.shares.max(1) for s in lines]) if lines else np.zeros(0)
    turned = max((s.seen.turned for s in lines), default=1.0)
    return float(np.log(np.maximum(best, 1e-6)).mean() - 3 * turned) if len(best) else -np.inf


def _decode(looks: list[Look], form: Format) -> list[Spelled]:
    """The likeliest characters of all lines together, by the number's format."""
    columns = [folded(look.seen.p) for look in looks]
    free = [ctc.likeliest(p, _FREE & (p.max(0) > 1e-4), LONGEST) for p in columns]
    chosen = [max(by_length, key=lambda s: s[0]) for by_length in free]
    allowed = _FREE
    if form != "free" and (form == "vin" or abs(sum(len(s[1]) for s in chosen) - vin.LENGTH) <= 2):
        strict = [ctc.likeliest(p, _VIN & ((p.max(0) > 1e-4) | (form == "vin")), vin.LENGTH) for p in columns]
        cuts = range(vin.LENGTH + 1) if len(strict) == 2 else (vin.LENGTH,)
        pairs = [(strict[0][n], strict[1][vin.LENGTH - n]) if len(strict) == 2 else (strict[0][n],) for n in cuts]
        best = max(pairs, key=lambda pair: sum(s[0] for s in pair))
        cost = sum(s[0] for s in chosen) - sum(s[0] for s in best)
        longer = sum(len(s[1]) for s in chosen) > vin.LENGTH
        if np.isfinite(sum(s[0] for s in best)) and (form == "vin" or cost < (DROP if longer else PREFER_VIN)):
            chosen, allowed = list(best), _VIN
    out = []
    for look, p, (_, sequence) in zip(looks, columns, chosen, strict=True):
        _, shares, occupancy = ctc.alternatives(p, sequence)
        shares = np.where(allowed, shares, 0)
        shares = shares / np.maximum(shares.sum(1, keepdims=True), 1e-300)
        placed = boxes(look.seen.places, occupancy)
        placed[:, [0, 2]] = (placed[:, [0, 2]] + 0.5) / look.stretch - 0.5
        out.append(Spelled(look.line, look.strip, look.seen, shares, placed))
    return out


def folded(p: np.ndarray) -> np.ndarray:
    """Probabilities in which an end mark counts as a blank: marks belong to no number."""
    q = p.copy()
    q[:, 0] += q[:, _MARK].sum(1)
    q[:, _MARK] = 0
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


def _spelling(lines: list[Spelled], marks: tuple[str | None, str | None], calibration: Calibration) -> Spelling:
    characters = []
    product = 1.0
    for k, s in enumerate(lines):
        for shares, box in zip(s.shares, s.boxes, strict=True):
            order = np.argsort(-shares)[:CANDIDATES]
            candidates = tuple((ALPHABET[i - 1], float(shares[i])) for i in order if shares[i] > 1e-4)
            text, sure = candidates[0] if candidates else (UNREADABLE, 0.0)
            left, top, right, bottom = (float(v) for v in box)
            quad = _in_photo(s.strip, np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
            text = text if sure >= UNSURE else UNREADABLE
            characters.append(Character(text, sure, candidates, quad, frozen(box.copy()), k))
            product *= sure
    surface = SURFACES[int(np.mean([s.seen.surface for s in lines], axis=0).argmax())]
    number = float(np.mean([s.seen.number for s in lines]))
    return Spelling(tuple(lines), tuple(characters), marks, calibration.whole(product), number, surface)


def _in_photo(strip: Strip, corners: np.ndarray) -> np.ndarray:
    """Corners in the strip, float (4, 2), as a quadrilateral in the photograph."""
    quad = cv2.perspectiveTransform(corners.astype(np.float64).reshape(-1, 1, 2), strip.to_photo)
    return frozen(quad.reshape(4, 2).astype(np.float32))


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
    return StampLine(_in_photo(s.strip, corners), 1.0, 1.0)


def _within(end: StampLine, grey: np.ndarray, reduction: float) -> bool:
    """Whether the middle of that end lies in the photograph."""
    x, y = end.quad.mean(0) / reduction
    return bool(0 <= x < grey.shape[1] and 0 <= y < grey.shape[0])


def _mark(end: Seen, side: int) -> str | None:
    """The end mark in the outer half of an end, if one stands there."""
    half = len(end.p) // 2
    likely = (end.p[half:] if side else end.p[:half])[:, _MARK].max(0)
    best = int(likely.argmax())
    return MARKS[best] if likely[best] > 0.5 else None
