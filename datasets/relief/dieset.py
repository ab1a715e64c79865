"""A set of dies as one workshop owns it: shapes, edge, gaps, pits, and the nicks that each die has of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from vinspect.datasets import dies
from vinspect.datasets.relief.plate import Array, Rng, log_uniform

Edge = Literal["ball", "chisel", "flat"]
EDGES: tuple[Edge, ...] = ("ball", "chisel", "flat")


@dataclass(frozen=True, eq=False)
class Dies:
    """One alphabet, cut. Lengths are in cap heights where nothing else is said."""

    shapes: dies.DieSet
    edge: Edge
    stroke: float  # width of a stroke; a font brings its own
    width: float  # of an ordinary character
    gap: float  # by how many strokes' widths each stroke stops short of its end
    pits: float  # radius of the pits at the ends of strokes, in stroke widths; 0 for none
    nicks: int  # seed of the dies' own flaws: the same character has the same flaw wherever it is struck
    slant: float  # by how much the top leans to the right

    @property
    def name(self) -> str:
        """Of the shapes; two sets of the same shapes may differ in edge and flaws."""
        return self.shapes.name

    def wide(self, ch: str) -> float:
        """How wide a character's cell is."""
        if self.shapes.font is not None:
            outline, _ = dies.outline(self.shapes.font, ch, 48)
            zero, _ = dies.outline(self.shapes.font, "0", 48)
            return self.width * max(0.25, outline.shape[1] - 4) / max(1, zero.shape[1] - 4)
        return self.width * (1.15 if ch in "MW" else 1.0)

    def flaws(self, ch: str) -> list[tuple[float, float, float, float]]:
        """Worn or chipped places of one die: x, y in its cell, radius in cap heights, share of the depth left."""
        rng = np.random.default_rng((self.nicks, ord(ch)))
        if rng.random() < 0.55:
            return []
        return [
            (float(x), float(y), float(r), float(left))
            for x, y, r, left in rng.uniform([0, 0, 0.05, 0.05], [1, 1, 0.22, 0.85], (int(rng.integers(1, 3)), 4))
        ]

    def strokes(self, ch: str) -> list[Array]:
        """The middle lines of a skeleton's strokes in the unit cell, each stopping short by the gap."""
        assert self.shapes.skeleton is not None
        return [_shortened(s, self.gap * self.stroke) for s in self.shapes.skeleton[ch]]


def _shortened(stroke: Array, by: float) -> Array:
    """A polyline without its ends; closed rings open at their seam, as METAL.md says of 8 and 0."""
    if by <= 0 or len(stroke) < 2:
        return stroke
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    if steps[-1] < 4 * by:
        return stroke
    at = np.concatenate([[by], steps[(steps > by) & (steps < steps[-1] - by)], [steps[-1] - by]])
    return np.stack([np.interp(at, steps, stroke[:, 0]), np.interp(at, steps, stroke[:, 1])], 1).astype(np.float32)


def cut(rng: Rng, held_out: bool, stroke: tuple[float, float], width: tuple[float, float]) -> Dies:
    """A set at random, its strokes and widths in these ranges; `held_out` draws shapes that no training sees."""
    shapes = dies.die_set(rng, held_out)
    return Dies(
        shapes,
        EDGES[int(rng.integers(3))],
        log_uniform(rng, *stroke),
        float(rng.uniform(*width)),
        float(rng.uniform(0.1, 0.9)) if rng.random() < 0.35 else 0.0,
        float(rng.uniform(0.55, 0.9)) if rng.random() < 0.3 else 0.0,
        int(rng.integers(1 << 31)),
        float(rng.uniform(-0.25, 0.25)) if rng.random() < 0.07 else float(rng.normal(0, 0.008)),
    )


def shape(d: Dies, ch: str, size: int, pad: int) -> Array:
    """One character as it would be printed, uint8 (size + 2 pad, width + 2 pad), `size` pixels from cap to baseline."""
    wide = max(2, round(d.wide(ch) * size))
    out = np.zeros((size + 2 * pad, wide + 2 * pad), np.uint8)
    draw(out, d, ch, np.array([[wide, 0, pad], [0, size, pad]], float), size, 0.0)
    return out


def draw(canvas: Array, d: Dies, ch: str, cell: Array, cap: float, chain: float) -> None:
    """Draw a character into `canvas`, uint8, its unit cell mapped by `cell` (2, 3) to pixels, `cap` pixels high.

    `chain` simplifies curves to straights that are off by at most that many pixels, as a needle's controller does.
    """
    if d.shapes.font is not None:
        outline, _ = dies.outline(d.shapes.font, ch, 48)
        h, w = outline.shape
        # The outline's capitals stand from h / 6 to 5 h / 6; at its sides it carries two pixels of nothing.
        unit = np.array([[1 / max(1, w - 4), 0, -2 / max(1, w - 4)], [0, 1 / 48, -(h - 48) / 96], [0, 0, 1]])
        matrix = (cell @ unit).astype(np.float32)
        corners = matrix @ np.array([[0, w, w, 0], [0, 0, h, h], [1, 1, 1, 1]], np.float32)
        x0, y0 = np.maximum(np.floor(corners.min(1)).astype(int), 0)
        x1, y1 = np.minimum(np.ceil(corners.max(1)).astype(int) + 1, [canvas.shape[1], canvas.shape[0]])
        if x1 <= x0 or y1 <= y0:
            return
        matrix[:, 2] -= (x0, y0)
        part = cv2.warpAffine(outline, matrix, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
        np.maximum(canvas[y0:y1, x0:x1], part, out=canvas[y0:y1, x0:x1])
        return
    thick = max(1, round(d.stroke * cap))
    for s in middle_lines(d, ch, cell, cap):
        if chain > 0:
            s = cv2.approxPolyDP(s.reshape(-1, 1, 2), chain, False).reshape(-1, 2)
        cv2.polylines(canvas, [np.round(s * 16).astype(np.int32).reshape(-1, 1, 2)], False, 255, thick, cv2.LINE_8, 4)


def middle_lines(d: Dies, ch: str, cell: Array, cap: float) -> list[Array]:
    """A skeleton's strokes in pixels, float32 (n, 2) each, drawn in so that their full width stays within the cell."""
    wide, inner = float(np.hypot(cell[0, 0], cell[1, 0])), d.stroke * cap
    shrink = np.array([max(0.15, 1 - inner / wide), 1 - 0.9 * inner / cap])
    return [(((s - 0.5) * shrink + 0.5) @ cell[:, :2].T + cell[:, 2]).astype(np.float32) for s in d.strokes(ch)]
