"""Lay one line of characters on another, and see which cells agree on where they lie.

As in congruent matching cells (J. Song, NCSLI Measure 8, 2013, 30), each character is cut into cells; every cell looks
for its place on the other line by itself, by normalised cross-correlation. Cells of one striking agree on one
registration of the whole: an affinity, the bend of an oblique photograph, and the slow stretch of a film.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.vision.evidence import frozen
from vinspect.vision.laid import CAP, Laid

GRID = (2, 2)  # cells of a character, along the line and across
_OVER = 0.12  # capitals that a cell reaches beyond its share
_REACH = (9, 5, 3)  # pixels in which a cell looks for its place, round by round
_FEW = 8  # cells: with fewer no bend is fitted
_ROBUST = 1.2  # pixels: a cell farther from the consensus than this pulls less
_SLIP = 2.0  # pixels that a character may lie off the consensus, as films do, and still be laid on its like
PATCH = (16, 12)  # pixels of a character's patch, down and along


@dataclass(frozen=True, eq=False)
class Registered:
    """One line laid on another."""

    pairs: tuple[tuple[int, int], ...]  # places of the characters that are held against each other
    to_other: np.ndarray  # float64 (6, 2): where `basis` of a place of the first line lies on the other
    middle: tuple[float, float, float]  # x, y and half the length of the first line, pixels: `basis` is about them
    shifts: np.ndarray  # float32 (n, 3): how far each whole character is off the consensus, pixels, and correlation
    cells: np.ndarray  # float32 (n, 4, 4): each cell's x and y off the consensus, its correlation, and the consensus's
    first: np.ndarray  # float32 (n, 16, 12, 3): the walls of each character
    other: np.ndarray  # float32 (n, 16, 12, 3): what lies there on the other line
    alone: np.ndarray  # float32 (n, 16, 12, 3): the other line's characters where its own reading has them


def paired(one: str, other: str) -> tuple[tuple[int, int], ...]:
    """Which places of two readings of one number belong together: the cheapest edits, exchanges allowed."""
    n, m = len(one), len(other)
    cost = np.zeros((n + 1, m + 1))
    cost[:, 0], cost[0] = np.arange(n + 1), np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            swap = cost[i - 1, j - 1] + (one[i - 1] != other[j - 1])
            cost[i, j] = min(swap, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    found, i, j = [], n, m
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (one[i - 1] != other[j - 1]):
            i, j = i - 1, j - 1
            found.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return tuple(reversed(found))


def register(a: Laid, b: Laid, pairs: tuple[tuple[int, int], ...]) -> Registered:
    """Lay `b` on `a`; `pairs` of characters (three at least) say roughly how."""
    boxes = a.boxes[[i for i, _ in pairs]].astype(np.float64)
    there = b.boxes[[j for _, j in pairs]].astype(np.float64)
    middle = (
        float((boxes[0, 0] + boxes[-1, 2]) / 2),
        float((boxes[:, 1] + boxes[:, 3]).mean() / 2),
        float(max(1.0, (boxes[-1, 2] - boxes[0, 0]) / 2)),
    )
    corners = [(0, 1), (2, 1), (2, 3), (0, 3)]
    at = np.concatenate([boxes[:, c] for c in corners])
    to = np.concatenate([there[:, c] for c in corners])
    m = np.zeros((6, 2))
    m[:3] = _robust(basis(at, middle)[:, :3], to, np.ones(len(at)), 0.1 * CAP)
    for turn, reach in enumerate(_REACH):
        lain = laid_on(b.walls, m, middle, a.walls.shape)
        spots = boxes if turn == 0 else cells(boxes)
        found = np.array([_place(a.walls, lain, box, reach) for box in spots])
        centres = np.stack([(spots[:, 0] + spots[:, 2]) / 2, (spots[:, 1] + spots[:, 3]) / 2], 1)
        terms = basis(centres, middle)
        if turn == 0 or len(spots) < _FEW:
            terms = terms[:, :3] if len(spots) > 3 else terms[:, :2]
        weight = np.clip(found[:, 2], 0.02, 1) ** 2
        off = _robust(terms, found[:, :2], weight, _ROBUST)
        m[: len(off)] += off
    lain = laid_on(b.walls, m, middle, a.walls.shape)
    shifts = np.array([_place(a.walls, lain, box, 6)[:3] for box in boxes], np.float32)
    # A film that slipped while it was rubbed is off by a pixel or two; what is farther off is not the same place.
    near = shifts[:, :2] * np.minimum(1, _SLIP / (np.linalg.norm(shifts[:, :2], axis=1, keepdims=True) + 1e-6))
    near[np.linalg.norm(shifts[:, :2], axis=1) > 2 * _SLIP] = 0
    each = np.array([_place(a.walls, lain, box, 4) for box in cells(boxes)], np.float32)
    return Registered(
        pairs, frozen(m), middle, frozen(shifts), frozen(each.reshape(len(pairs), -1, 4)),
        frozen(patches(a.walls, boxes)), frozen(patches(lain, boxes + np.tile(near, 2))),
        frozen(patches(b.walls, there)),
    )  # fmt: skip


def basis(at: np.ndarray, middle: tuple[float, float, float]) -> np.ndarray:
    """What a registration is made of at places (n, 2): float64 (n, 6): 1, along, across, and the slow bends along."""
    u, v = (at[:, 0] - middle[0]) / middle[2], (at[:, 1] - middle[1]) / CAP
    return np.stack([np.ones_like(u), u, v, u * v, u**2, u**3], 1)


def laid_on(field: np.ndarray, m: np.ndarray, middle: tuple[float, float, float], shape: tuple[int, ...]) -> np.ndarray:
    """The other line's `field`, float32 (h, w, c) or uint8 (h, w), as it lies on the first line of this shape."""
    h, w = shape[:2]
    u = (np.arange(w) - middle[0]) / middle[2]
    v = (np.arange(h) - middle[1]) / CAP
    level = np.stack([np.ones(w), u, u**2, u**3], 1) @ m[[0, 1, 4, 5]]
    across = np.stack([np.ones(w), u], 1) @ m[[2, 3]]
    to = (level[None] + v[:, None, None] * across[None]).astype(np.float32)
    return cv2.remap(field, to[..., 0], to[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def cells(boxes: np.ndarray) -> np.ndarray:
    """The cells of characters, float64 (n * 4, 4), row by row of each, each reaching a little over its neighbours."""
    out = []
    columns, rows = GRID
    pad = _OVER * CAP
    for left, top, right, foot in boxes:
        w, h = (right - left) / columns, (foot - top) / rows
        for r in range(rows):
            for c in range(columns):
                x, y = left + c * w, top + r * h
                out.append((x - pad, y - pad, x + w + pad, y + h + pad))
    return np.array(out)


def _place(still: np.ndarray, moving: np.ndarray, box: np.ndarray, reach: int) -> tuple[float, float, float, float]:
    """How far along and across the box's content is found on `moving`, its correlation there and in place."""
    h, w = still.shape[:2]
    x0, y0 = max(reach, round(box[0])), max(reach, round(box[1]))
    x1, y1 = min(w - reach, round(box[2]) + 1), min(h - reach, round(box[3]) + 1)
    if x1 - x0 < 4 or y1 - y0 < 6:
        return 0.0, 0.0, 0.0, 0.0
    template = still[y0:y1, x0:x1]
    window = moving[y0 - reach : y1 + reach, x0 - reach : x1 + reach]
    score = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
    score = np.nan_to_num(score, nan=0.0, posinf=0.0, neginf=0.0)
    y, x = np.unravel_index(int(score.argmax()), score.shape)
    return (
        x - reach + _peak(score[y, max(0, x - 1) : x + 2]),
        y - reach + _peak(score[max(0, y - 1) : y + 2, x]),
        float(score[y, x]),
        float(score[reach, reach]),
    )


def _peak(three: np.ndarray) -> float:
    """Where between three neighbours the parabola through them peaks, -0.5..0.5; 0 at a rim."""
    if len(three) < 3:
        return 0.0
    bend = float(three[0] - 2 * three[1] + three[2])
    return float(np.clip((three[0] - three[2]) / (2 * bend), -0.5, 0.5)) if bend < -1e-6 else 0.0


def _robust(terms: np.ndarray, values: np.ndarray, weight: np.ndarray, scale: float) -> np.ndarray:
    """Weights of `terms` (n, k) for `values` (n, 2), float64 (k, 2): least squares, what is far off pulling less."""
    ridge = np.diag(1e-3 * np.arange(terms.shape[1])) * weight.sum()
    w = weight
    for _ in range(8):
        t = terms * w[:, None]
        m = np.linalg.solve(t.T @ terms + ridge + 1e-9 * np.eye(len(ridge)), t.T @ values)
        off = np.linalg.norm(values - terms @ m, axis=1)
        w = weight / (1 + (off / scale) ** 2)
    return np.asarray(m)


def patches(field: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Each character's walls, float32 (n, 16, 12, 3), with a little of what is around it."""
    h, w = PATCH
    out = []
    for left, top, right, foot in boxes:
        px, py = 0.08 * CAP, 0.08 * CAP
        x = np.linspace(left - px, right + px, 2 * w, dtype=np.float32)
        y = np.linspace(top - py, foot + py, 2 * h, dtype=np.float32)
        fine = cv2.remap(field, *np.meshgrid(x, y), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        out.append(cv2.resize(fine, (w, h), interpolation=cv2.INTER_AREA))
    return np.stack(out).astype(np.float32)
