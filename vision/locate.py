"""Where the numbers stand in a photograph, and which way they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from vinspect.vision.evidence import Photo, StampLine, frozen

SIDE = 384  # the longer side of what the network looks at, pixels
MULTIPLE = 32  # its sides are multiples of this
STRIDE = 4  # photograph pixels per cell of its answer
CORE_ENDS = 0.25  # the core that the network marks ends this many line heights before the line does
SEED, SPREAD = 0.5, 0.25  # a core is where the probability passes SPREAD around cells that pass SEED
STRONG = 0.4  # cells that mark the ends of a core
FAINT = 0.55  # less confidence than this is no line
SURE = 0.96  # a line of this confidence, and as surely upright, ends the search
SHORT = 1.6  # a line is at least this many times longer than high
FINE = 10.0  # lines less high than this many network pixels are looked at again from closer by
CLOSE = 20.0  # and are then about this high


class Locator:
    """The locating network in ONNX Runtime (see models/locator.md)."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry(
            "session.intra_op.allow_spinning", "0"
        )  # leaves the cores to others between runs
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, grey: np.ndarray) -> np.ndarray:
        """The network's answer, float32 (5, h/4, w/4), to a picture uint8 (h, w) whose sides are multiples of 32."""
        photo = grey.astype(np.float32)[None, None] / 255
        return self._session.run(None, {self._input: photo})[0][0]


@dataclass(frozen=True, eq=False)
class _Core:
    """A piece of a line's core, in network pixels."""

    centre: np.ndarray  # (2,), of its middle line
    along: np.ndarray  # (2,), unit vector of reading
    start: float  # from the centre along `along`, where the core begins
    end: float
    height: float  # of the line, at the centre
    slope: float  # of the logarithm of its height, per pixel along
    weight: float  # summed probability
    confidence: float
    upright: float


def locate(photo: Photo, net: Locator) -> tuple[StampLine, ...]:
    """Every line of a number in the photograph, the surest first; empty where there is none.

    The network knows numbers that read within half a right angle of left to right. Only where it is not sure of one
    is the photograph turned, a quarter at a time.
    """
    return next(both_ways_up(photo, net))


def both_ways_up(photo: Photo, net: Locator) -> Iterator[tuple[StampLine, ...]]:
    """What `locate` finds; then, unless it has seen all of that, what it finds in the photograph turned upside down."""
    seen = cache(lambda quarters: _look(photo.small, net, quarters=quarters))
    all_seen = False
    for first, *others in ((0, 2, 1, 3), (2, 0, 1, 3)):
        lines = list(seen(first))
        if not any(line.confidence >= SURE and line.upright >= SURE for line in lines):
            if all_seen:
                return
            lines += [line for quarters in others for line in seen(quarters)]
            all_seen = True
        yield _lines(photo, net, lines)


def _lines(photo: Photo, net: Locator, lines: list[StampLine]) -> tuple[StampLine, ...]:
    """Lines of the small copy, each looked at from as close by as it takes, in the photograph."""
    grey = photo.small
    longest = max(grey.shape)
    if longest > 1.2 * SIDE:
        if lines:
            lines = [_closer(grey, line, net) for line in lines]
        else:  # perhaps too small to be seen from so far
            nearer = SIDE * min(2.0, longest / SIDE)
            lines = [line for quarters in range(4) for line in _look(grey, net, nearer, quarters)]
    to_full = photo.reduction
    found = [
        StampLine(frozen(((line.quad + 0.5) * to_full - 0.5).astype(np.float32)), line.confidence, line.upright)
        for line in _distinct(lines)
    ]
    return tuple(sorted(found, key=lambda line: -line.confidence))


def numbers(lines: tuple[StampLine, ...]) -> tuple[tuple[StampLine, ...], ...]:
    """Lines put together to numbers of one or two lines, in reading order; the likeliest number first."""
    left = sorted(lines, key=lambda line: -_rank(line))
    groups: list[tuple[StampLine, ...]] = []
    while left:
        line = left.pop(0)
        partner = next((other for other in left if _stacked(line, other)), None)
        if partner is None:
            groups.append((line,))
            continue
        left.remove(partner)
        _, down = _axes(line)
        above = float((partner.quad.mean(0) - line.quad.mean(0)) @ down) < 0
        groups.append((partner, line) if above else (line, partner))
    return tuple(groups)


def _rank(line: StampLine) -> float:
    """A sure line ranks before an unsure one; of two as sure the longer one."""
    return line.confidence + 0.1 * np.log(max(_length(line), 1.0)) / 10


def _stacked(line: StampLine, other: StampLine) -> bool:
    """Whether two lines read the same way, one close under the other, in characters of one height."""
    along, down = _axes(line)
    along_other, _ = _axes(other)
    tall, tall_other = _height(line), _height(other)
    offset = other.quad.mean(0) - line.quad.mean(0)
    apart = abs(float(offset @ down)) / max(tall, tall_other)
    overlap = (_length(line) + _length(other)) / 2 - abs(float(offset @ along))
    return bool(
        along @ along_other > 0.97
        and 0.7 < tall / tall_other < 1.4
        and 0.8 < apart < 2.2
        and overlap > 0.5 * min(_length(line), _length(other))
    )


def _axes(line: StampLine) -> tuple[np.ndarray, np.ndarray]:
    along = line.quad[1] + line.quad[2] - line.quad[0] - line.quad[3]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    return along, np.array([-along[1], along[0]])


def _length(line: StampLine) -> float:
    return float(np.linalg.norm(line.quad[1] + line.quad[2] - line.quad[0] - line.quad[3])) / 2


def _height(line: StampLine) -> float:
    return float(np.linalg.norm(line.quad[3] + line.quad[2] - line.quad[0] - line.quad[1])) / 2


def _look(grey: np.ndarray, net: Locator, side: float = SIDE, quarters: int = 0) -> list[StampLine]:
    """Lines in a picture that is turned by so many quarters clockwise and seen at `side` pixels; in its own pixels."""
    h, w = grey.shape
    scale = side / max(h, w)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    seen = grey
    if size != (w, h):
        seen = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    if quarters:
        seen = cv2.rotate(seen, (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)[quarters - 1])
    more = (-seen.shape[0] % MULTIPLE, -seen.shape[1] % MULTIPLE)
    if any(more):
        seen = cv2.copyMakeBorder(seen, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE)
    ratio = np.array([w / size[0], h / size[1]])
    lines = []
    for line in decode(net(seen)):
        # Cores are only marked where a number reads from left to right. Where the votes for the direction say
        # otherwise, it is the votes that are unsure.
        level, upright = line.quad, line.upright
        if level[1, 0] + level[2, 0] < level[0, 0] + level[3, 0]:
            level, upright = level[[2, 3, 0, 1]], 1 - upright
        quad = _turned_back(level, quarters, size)
        lines.append(StampLine(((quad + 0.5) * ratio - 0.5).astype(np.float32), line.confidence, upright))
    return lines


def _turned_back(points: np.ndarray, quarters: int, size: tuple[int, int]) -> np.ndarray:
    """Points of a picture that was turned clockwise, in the picture before: `size` is its width and height."""
    x, y = points[:, 0], points[:, 1]
    right, bottom = size[0] - 1, size[1] - 1
    return np.stack([(x, y), (y, bottom - x), (right - x, bottom - y), (right - y, x)][quarters], 1)


def _closer(grey: np.ndarray, line: StampLine, net: Locator) -> StampLine:
    """The same line seen from closer by, if that shows more; else as it was."""
    scale = SIDE / max(grey.shape)
    tall = _height(line) * scale
    nearer = min(CLOSE / tall, 1 / scale)  # never beyond the picture's own pixels
    if tall >= FINE or nearer < 1.25:
        return line
    low, high = line.quad.min(0), line.quad.max(0)
    margin = 0.25 * float((high - low).max()) + 4 * _height(line)
    x0, y0 = np.maximum(np.floor(low - margin), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(high + margin) + 1, grey.shape[::-1]).astype(int)
    crop = grey[y0:y1, x0:x1]
    along, _ = _axes(line)
    quarters = round(-float(np.degrees(np.arctan2(along[1], along[0]))) / 90) % 4
    again = _look(crop, net, min(max(crop.shape) * scale * nearer, 1.5 * SIDE), quarters)
    corner = np.array([x0, y0], np.float32)
    centre = line.quad.mean(0)
    near = [StampLine(a.quad + corner, a.confidence, a.upright) for a in again]
    reach = 0.35 * _length(line) + 0.5 * _height(line)
    near = [a for a in near if np.linalg.norm(a.quad.mean(0) - centre) < reach]
    if not near:
        return line
    best = max(near, key=lambda a: a.confidence * _length(a))
    if best.confidence < 0.8 * line.confidence or not 0.6 < _length(best) / _length(line) < 1.6:
        return line
    return StampLine(best.quad, max(best.confidence, line.confidence), best.upright)


def _distinct(lines: list[StampLine]) -> list[StampLine]:
    """One of those that lie on each other."""
    kept: list[StampLine] = []
    for line in sorted(lines, key=lambda a: -a.confidence * a.upright * _length(a)):
        covered = any(
            cv2.pointPolygonTest(other.quad.reshape(-1, 1, 2), tuple(map(float, line.quad.mean(0))), False) >= 0
            for other in kept
        )
        if not covered:
            kept.append(line)
    return kept


def decode(answer: np.ndarray) -> list[StampLine]:
    """Lines from the network's answer, float32 (5, h, w); their quadrilaterals in pixels of the network's input."""
    core = 1 / (1 + np.exp(-np.clip(answer[0], -30, 30)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((core > SPREAD).astype(np.uint8), connectivity=8)
    pieces = []
    for k in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[k])
        part = labels[y : y + h, x : x + w] == k
        if area >= 3 and core[y : y + h, x : x + w][part].max() > SEED:
            piece = _piece(answer[:, y : y + h, x : x + w], core[y : y + h, x : x + w], part, x, y)
            if piece is not None:
                pieces.append(piece)
    return [
        line
        for line in map(_line, _joined(pieces))
        if line.confidence >= FAINT and _length(line) >= SHORT * _height(line)
    ]


def _piece(answer: np.ndarray, core: np.ndarray, part: np.ndarray, x: int, y: int) -> _Core | None:
    """Fit a middle line and a height to one connected core."""
    rows, columns = np.nonzero(part)
    weights = core[rows, columns].astype(np.float64)
    points = np.stack([columns + x, rows + y], 1) * float(STRIDE) + (STRIDE - 1) / 2
    heights = np.clip(answer[2][rows, columns], -3, 3).astype(np.float64)
    votes = np.stack([answer[3][rows, columns], answer[4][rows, columns]], 1).astype(np.float64)
    votes /= np.maximum(np.linalg.norm(votes, axis=1, keepdims=True), 1.0)
    total = weights.sum()
    height = 16 * float(np.exp((weights * heights).sum() / total))
    centre = (weights[:, None] * points).sum(0) / total
    vote = (weights[:, None] * votes).sum(0) / total
    spread = np.cov((points - centre).T, aweights=weights) if len(points) > 2 else np.eye(2)
    values, vectors = np.linalg.eigh(spread)
    along = vectors[:, 1]
    if values[1] < 4 * max(values[0], 1.0):  # too compact to show an axis: the votes must
        doubled = np.array(
            [np.cos(2 * np.arctan2(votes[:, 1], votes[:, 0])), np.sin(2 * np.arctan2(votes[:, 1], votes[:, 0]))]
        )
        angle = 0.5 * np.arctan2(*(doubled @ weights)[::-1])
        along = np.array([np.cos(angle), np.sin(angle)])
    if along @ vote < 0:
        along = -along
    firm = weights**2
    for reach in (1.2, 0.8, 0.6, 0.5):  # line heights: straighten by a robust fit (Tukey's biweight) that closes in
        down = np.array([-along[1], along[0]])
        s, t = (points - centre) @ along, (points - centre) @ down
        trust = firm * np.clip(1 - (t / (reach * height)) ** 2, 0, None) ** 2
        held = max(float(trust.sum()), 1e-6)
        s0, t0 = float((trust * s).sum()) / held, float((trust * t).sum()) / held
        lean = 0.0
        if np.ptp(s) > 2 * STRIDE:
            lean = float((trust * (s - s0) * (t - t0)).sum() / max((trust * (s - s0) ** 2).sum(), 1e-6))
        centre = centre + along * s0 + down * t0
        along = along + lean * down
        along /= np.linalg.norm(along)
    s, t = (points - centre) @ along, (points - centre) @ np.array([-along[1], along[0]])
    strong = (weights > STRONG) & (np.abs(t) < 0.5 * height)
    ends = s[strong] if strong.sum() >= 2 else s
    start, end = float(ends.min()) - STRIDE / 2, float(ends.max()) + STRIDE / 2
    slope = 0.0
    if end - start > 4 * height:
        level = heights - np.log(height / 16)
        slope = float((weights * s * level).sum() / max((weights * s * s).sum(), 1e-6))
        slope = float(np.clip(slope, -0.5 / (end - start), 0.5 / (end - start)))
    confidence = float(np.sort(weights)[-max(3, len(weights) // 3) :].mean())  # its rim is never sure
    upright = float(np.clip(0.5 + 0.5 * (vote @ along), 0, 1))
    return _Core(centre, along, start, end, height, slope, float(total), confidence, upright)


def _joined(pieces: list[_Core]) -> list[list[_Core]]:
    """Pieces of one line, broken by a gap, glare or dirt, together."""
    groups: list[list[_Core]] = []
    for piece in sorted(pieces, key=lambda p: -p.weight):
        for group in groups:
            if any(_continues(other, piece) for other in group):
                group.append(piece)
                break
        else:
            groups.append([piece])
    return groups


def _continues(a: _Core, b: _Core) -> bool:
    down = np.array([-a.along[1], a.along[0]])
    tall = max(a.height, b.height)
    middle = b.centre + b.along * (b.start + b.end) / 2
    at = float((middle - a.centre) @ a.along)
    half = (b.end - b.start) / 2
    gap = max(at - half - a.end, a.start - at - half)
    long = b.end - b.start > 3 * b.height  # a short piece does not show its own direction
    return bool(
        (abs(a.along @ b.along) > 0.98 or not long)
        and abs(float((middle - a.centre) @ down)) < 0.45 * tall
        and 0.6 < a.height / b.height < 1.7
        and gap < 2.2 * tall
    )


def _line(group: list[_Core]) -> StampLine:
    """The quadrilateral around the pieces of one line."""
    main = group[0]
    along, down = main.along, np.array([-main.along[1], main.along[0]])
    start, end = main.start, main.end
    for piece in group[1:]:
        for at in (piece.start, piece.end):
            s = float((piece.centre + piece.along * at - main.centre) @ along)
            start, end = min(start, s), max(end, s)
    corners = []
    for at, side in ((start, -1), (end, 1)):
        tall = main.height * float(np.exp(main.slope * (at + side * CORE_ENDS * main.height)))
        point = main.centre + along * (at + side * CORE_ENDS * tall)
        corners.append((point - down * tall / 2, point + down * tall / 2))
    quad = np.array([corners[0][0], corners[1][0], corners[1][1], corners[0][1]], np.float32)
    weight = np.array([p.weight for p in group])
    confidence = float((weight * [p.confidence for p in group]).sum() / weight.sum())
    turned = [p.upright if p.along @ along > 0 else 1 - p.upright for p in group]
    upright = float((weight * turned).sum() / weight.sum())
    return StampLine(quad, confidence, upright)
