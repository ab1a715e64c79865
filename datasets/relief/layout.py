"""Where each character of a number stands, how hard it was struck and with what: before anything touches the metal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from vinspect.datasets.relief.dieset import Dies
from vinspect.datasets.relief.plate import Array, Rng
from vinspect.datasets.relief.process import Process

MARKS = "*◆"


@dataclass(frozen=True, eq=False)
class Glyph:
    """One character to be struck. Lengths are millimetres, x to the right, y down, on the plate."""

    text: str
    dies: Dies
    process: Process
    x: float  # of the cell's middle
    y: float
    width: float  # of the cell
    height: float
    turn: float  # radians, clockwise
    depth: float  # of the groove, or height of the ridge
    tilt: tuple[float, float]  # how much deeper its right and its lower side are, share of the depth

    @cached_property
    def cell(self) -> Array:
        """From the unit cell (y down, baseline at 1) to millimetres, float64 (2, 3)."""
        c, s = np.cos(self.turn), np.sin(self.turn)
        m = np.array([[c, -s], [s, c]]) @ np.array([[self.width, -self.dies.slant * self.height], [0.0, self.height]])
        return np.column_stack([m, np.array([self.x, self.y]) - m @ np.array([0.5, 0.5])])

    @cached_property
    def quad(self) -> Array:
        """Its cell's corners in millimetres, float32 (4, 2), clockwise from the top left as it reads."""
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
        return (corners @ self.cell[:, :2].T + self.cell[:, 2]).astype(np.float32)


@dataclass(frozen=True)
class Looseness:
    """How exactly one number was struck: a draw from the ranges of its process, sd in cap heights, degrees, shares."""

    baseline: float
    pitch: float
    turn: float
    size: float
    uneven: float
    tilt: float


def looseness(rng: Rng, p: Process, care: float = 0.5) -> Looseness:
    """`care` 1 is the exact end of each range, 0 the loose one; in between the draw is not bound by it."""

    def of(r: tuple[float, float]) -> float:
        return float(r[0] + (r[1] - r[0]) * rng.beta(1 + 3 * (1 - care), 1 + 3 * care))

    return Looseness(of(p.baseline), of(p.pitch), of(p.turn), of(p.size), of(p.uneven), of(p.tilt))


def struck(rng: Rng, g: Glyph, how: Looseness) -> Glyph:
    """The same character as it comes out: a little off in place, turn, size and depth."""
    cap = g.height
    return replace(
        g,
        x=g.x + float(rng.normal(0, how.pitch)) * cap,
        y=g.y + float(rng.normal(0, how.baseline)) * cap,
        turn=g.turn + float(np.radians(rng.normal(0, how.turn))),
        width=g.width * (1 + float(rng.normal(0, how.size))),
        height=g.height * (1 + float(rng.normal(0, how.size))),
        depth=g.depth * max(0.2, 1 + float(rng.normal(0, how.uneven))),
        tilt=(float(rng.normal(0, how.tilt)), float(rng.normal(0, how.tilt))),
    )


def line(rng: Rng, text: str, dies: Dies, process: Process, cap: float) -> list[Glyph]:
    """The maker's line, exactly laid out, its baseline at y = 0 and its first cell from x = 0.

    `text` may start and end with marks. Machines give every character a cell of the same pitch, fonts their own width.
    """
    u = rng.uniform
    space = float(u(*process.space))
    mono = dies.shapes.font is None or rng.random() < 0.35
    pitch = dies.width + space
    stretched = float(u(0.85, 1.5)) if process.name in ("press", "punch") and rng.random() < 0.5 else 1.0
    depth = float(u(*process.depth))
    mark_gap = float(u(-0.3, 0.5)) if rng.random() < 0.4 else 0.0
    serial_gap = int(rng.integers(1, len(text))) if rng.random() < 0.05 else -1
    marks_deep = float(u(1.0, 1.5))
    x, out = 0.0, []
    for i, ch in enumerate(text):
        wide = dies.wide(ch)
        step = max(pitch * stretched, wide + 0.03) if mono else wide + max(0.04, space * 0.6)
        if ch in MARKS:
            step = max(wide + 0.05, step + mark_gap)
        if i == serial_gap:
            x += float(u(0.2, 0.6)) * cap
        deep = depth * (marks_deep if ch in MARKS else 1.0)
        middle = x + step * cap / 2
        out.append(Glyph(ch, dies, process, middle, -cap / 2, wide * cap, cap, 0.0, deep, (0.0, 0.0)))
        x += step * cap
    return out


def moved(glyphs: list[Glyph], dx: float, dy: float) -> list[Glyph]:
    """All of them, shifted by millimetres."""
    return [replace(g, x=g.x + dx, y=g.y + dy) for g in glyphs]


def level(glyphs: list[Glyph]) -> Array:
    """The straight quadrilateral of a line, float32 (4, 2) in millimetres, from its first to its last character."""
    corners = np.concatenate([g.quad for g in glyphs])
    tops, feet = np.median([g.quad[:2, 1].mean() for g in glyphs]), np.median([g.quad[2:, 1].mean() for g in glyphs])
    left, right = corners[:4, 0].min(), corners[-4:, 0].max()
    return np.array([[left, tops], [right, tops], [right, feet], [left, feet]], np.float32)
