"""The piece under the hand: the plate, the characters on it, and the record of what was done where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vinspect.datasets.relief import groove
from vinspect.datasets.relief.groove import Impression, Tool
from vinspect.datasets.relief.layout import Glyph
from vinspect.datasets.relief.metal import Coat
from vinspect.datasets.relief.plate import Array, Plate, Rng

Trace = Literal["painted", "ground", "filled", "welded", "let in", "struck"]
TRACES: tuple[Trace, ...] = ("painted", "ground", "filled", "welded", "let in", "struck")  # 1, 2 ... in the mask


@dataclass(eq=False)
class Work:
    """Changed in place, first by the maker, then by the forger."""

    plate: Plate
    glyphs: list[Glyph]  # as they stand now; an erased character's text is "?"
    cover: Array  # float32 (h, w), 0..1: in a stroke of a character that stands now
    ghost: Array  # float32 (h, w), 0..1: in a stroke that was there before and is no longer meant to be read
    touched: Array  # uint8 (h, w): 0, or 1 + the place in TRACES of what was last done to this pixel
    coat: Coat | None  # the factory's
    kind: str  # of the bare metal

    def note(self, mask: Array, trace: Trace) -> None:
        """Write down that something was done where `mask`, 0..1, is more than a trace."""
        code = TRACES.index(trace) + 1
        where = mask > 0.15
        if trace == "painted":  # paint hides nothing from the record
            where &= self.touched == 0
        self.touched[where] = code

    def strike(self, rng: Rng, glyphs: list[Glyph], t: Tool) -> Impression:
        """Strike characters, all with the same tool."""
        mark = groove.impress(rng, glyphs, t, self.plate.shape, self.plate.mm)
        self.mark(rng, mark, glyphs[0])
        return mark

    def mark(self, rng: Rng, mark: Impression, g: Glyph) -> None:
        """Lay an impression into the plate; a laser also discolours, and a tool through paint bares the metal."""
        groove.into(self.plate, mark)
        if g.process.name == "laser":
            dark = rng.random() < 0.7
            tone = float(rng.uniform(0.01, 0.06) if dark else rng.uniform(0.4, 0.8))
            mask = mark.cover * np.clip(1 + 0.4 * rng.standard_normal(mark.cover.shape, dtype=np.float32), 0.2, 1)
            self.plate.cover(mask, tone, float(rng.uniform(0.03, 0.3)), float(rng.uniform(0.25, 0.5)))
        np.maximum(self.cover, mark.cover, out=self.cover)

    def bare(self, mask: Array, rng: Rng) -> None:
        """Bright metal where `mask`, 0..1, is 1."""
        u = rng.uniform
        self.plate.cover(mask, float(u(0.02, 0.1)), float(u(0.4, 0.75)), float(u(0.08, 0.25)))

    def region(self, at: list[int], before: list[Glyph] | None = None) -> Array:
        """Corners of the box around some characters in millimetres, float32 (4,): left, top, right, bottom."""
        q = np.concatenate([(before or self.glyphs)[i].quad for i in at])
        return np.concatenate([q.min(0), q.max(0)]).astype(np.float32)
