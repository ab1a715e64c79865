"""A piece of metal with what lies on it: heights in millimetres, and how each place takes the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Rng = np.random.Generator
Array = np.ndarray


@dataclass(eq=False)
class Plate:
    """What is struck, forged and photographed; every step changes it in place. Arrays are float32 (h, w)."""

    mm: float  # millimetres a pixel
    z: Array  # millimetres above the sheet, grooves negative; without the panel's own form
    level: Array  # where the sheet's own surface lies now: 0 as it came, lower where it was ground, higher where welded
    form: tuple[Array, Array]  # slope of the panel along x and y, without what is in `z`
    grain: tuple[Array, Array]  # slope of the finest marks, too fine for `z`
    albedo: Array  # 0..1, of what scatters light: paint, dirt, rust
    gloss: Array  # 0..1, of what mirrors it: 0.04 under clear coat, more on bare metal
    rough: Array  # spread of the slopes that no pixel resolves: 0.02 is a mirror, 0.5 is cast skin

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        h, w = self.z.shape
        return h, w

    @property
    def grid(self) -> tuple[Array, Array]:
        """x (1, w) and y (h, 1) of the pixels' centres in millimetres."""
        h, w = self.shape
        return (
            (np.arange(w, dtype=np.float32) * self.mm)[None],
            (np.arange(h, dtype=np.float32) * self.mm)[:, None],
        )

    def cover(self, mask: Array, albedo: Array | float, gloss: Array | float, rough: Array | float) -> None:
        """Another material where `mask`, 0..1, is 1."""
        self.albedo += mask * (albedo - self.albedo)
        self.gloss += mask * (gloss - self.gloss)
        self.rough += mask * (rough - self.rough)

    def regrain(self, mask: Array, gx: Array | float, gy: Array | float) -> None:
        """Other fine marks where `mask`, 0..1, is 1."""
        ox, oy = self.grain
        self.grain = (ox + mask * (gx - ox), oy + mask * (gy - oy))

    def copy(self) -> Plate:
        """The same once more, to be changed on its own."""
        return Plate(
            self.mm,
            self.z.copy(),
            self.level.copy(),
            self.form,
            self.grain,
            self.albedo.copy(),
            self.gloss.copy(),
            self.rough.copy(),
        )


def log_uniform(rng: Rng, low: float, high: float) -> float:
    """A number between two others, as likely in each doubling."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def soft_step(x: Array) -> Array:
    """0 below -1, 1 above 1, smooth between."""
    t = np.clip(x * 0.5 + 0.5, 0, 1)
    return t * t * (3 - 2 * t)
