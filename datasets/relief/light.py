"""Where a picture is taken, and what the plate looks like there: linear light, before any camera.

Slopes stand for directions. A place of the plate whose slope is s mirrors what lies in direction s, seen from above;
lamps, windows, tubes and sky are lobes over the two slopes, wide ones for soft light, and rough metal widens them all.
Each lamp also lights what scatters, and its shadow is cast where it stands low.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets.relief.plate import Array, Plate, Rng, log_uniform


@dataclass(frozen=True)
class Lamp:
    """One source. Slopes are tangents of the half angle between it and the camera."""

    x: float  # the slope that mirrors it, along x and y
    y: float
    long: float  # its spread in slope along `turn` and across
    short: float
    turn: float  # radians
    power: float  # irradiance on white metal that faces it; the surroundings' is about 1
    near: float  # how much its slope moves from one end of the plate to the other, as a lamp close by has it
    fall: tuple[float, float]  # how its power changes along x and y, share of it from edge to edge
    shadow: float  # how hard its shadow is, 0..1


@dataclass(frozen=True)
class Scene:
    """All light of one picture."""

    kind: str
    lamps: tuple[Lamp, ...]
    sky: float  # radiance of what is around, where no lamp stands
    lean: tuple[float, float]  # how much brighter it is on one side, per slope
    view: tuple[float, float]  # slope by which the camera looks askew
    spread: float  # how much that changes from one end of the plate to the other


def _from(azimuth: float, elevation: float) -> tuple[float, float]:
    """The slope that mirrors a lamp in this direction (degrees) towards a camera right above."""
    t = np.tan(np.radians(90 - elevation) / 2)
    return float(t * np.cos(np.radians(azimuth))), float(t * np.sin(np.radians(azimuth)))


def _lamp(
    rng: Rng, azimuth: float, elevation: float, size: float, power: float, near: float = 0.0, shadow: float = 0.0
) -> Lamp:
    x, y = _from(azimuth, elevation)
    fall = (float(rng.normal(0, 0.25 + near)), float(rng.normal(0, 0.15))) if near else (0.0, 0.0)
    return Lamp(x, y, size, size * float(rng.uniform(0.6, 1)), float(rng.uniform(0, np.pi)), power, near, fall, shadow)


def _sun(rng: Rng) -> tuple[list[Lamp], float]:
    u = rng.uniform
    sun = _lamp(rng, u(0, 360), u(18, 75), 0.012, log_uniform(rng, 1.5, 5), shadow=float(u(0.7, 1)))
    sky = _lamp(rng, u(0, 360), u(40, 90), float(u(0.4, 0.9)), float(u(0.3, 0.9)))
    return [sun, sky], float(u(0.1, 0.5))


def _shade(rng: Rng) -> tuple[list[Lamp], float]:
    u = rng.uniform
    lamps = [_lamp(rng, u(0, 360), u(25, 80), float(u(0.15, 0.5)), float(u(0.5, 1.5)), shadow=0.0)]
    if rng.random() < 0.5:
        lamps.append(_lamp(rng, u(0, 360), u(15, 60), float(u(0.1, 0.4)), float(u(0.2, 1))))
    return lamps, float(u(0.2, 0.7))


def _strips(rng: Rng) -> tuple[list[Lamp], float]:
    """A lane's tubes: long, narrow, several, parallel."""
    u = rng.uniform
    turn, n = float(u(0, np.pi)), int(rng.integers(1, 5))
    x, y = _from(u(0, 360), u(35, 88))
    step, power = float(u(0.12, 0.5)), float(u(0.5, 1.6)) / np.sqrt(n)
    lamps = []
    for k in range(n):
        off = (k - (n - 1) / 2) * step
        lamps.append(
            Lamp(x - off * np.sin(turn), y + off * np.cos(turn), float(u(0.3, 0.7)), float(u(0.015, 0.05)), turn,
                 power, float(u(0, 0.3)), (float(rng.normal(0, 0.1)), float(rng.normal(0, 0.1))), float(u(0, 0.4)))
        )  # fmt: skip
    return lamps, float(u(0.15, 0.5))


def _flash(rng: Rng) -> tuple[list[Lamp], float]:
    """The phone's own light, right beside its lens, and falling off."""
    u = rng.uniform
    x, y = rng.normal(0, 0.04, 2)
    fall = (float(rng.normal(0, 0.5)), float(rng.normal(0, 0.25)))
    flash = Lamp(float(x), float(y), 0.02, 0.02, 0.0, log_uniform(rng, 1, 4), float(u(0.2, 0.7)), fall, 0.2)
    rest, sky = _shade(rng)
    k = float(u(0.05, 0.5))
    dimmed = [Lamp(r.x, r.y, r.long, r.short, r.turn, r.power * k, r.near, r.fall, 0.0) for r in rest]
    return [flash, *dimmed], sky * k


def _rig(rng: Rng) -> tuple[list[Lamp], float]:
    """A factory camera's one low lamp, upper left or above as a rule."""
    u = rng.uniform
    azimuth = float(u(200, 290)) if rng.random() < 0.7 else float(u(0, 360))
    lamp = _lamp(rng, azimuth, u(10, 45), log_uniform(rng, 0.03, 0.2), log_uniform(rng, 0.8, 3), float(u(0, 0.5)),
                 float(u(0.4, 0.9)))  # fmt: skip
    return [lamp], float(u(0.05, 0.4))


def _several(rng: Rng) -> tuple[list[Lamp], float]:
    u = rng.uniform
    lamps = [
        _lamp(rng, u(0, 360), u(12, 80), log_uniform(rng, 0.02, 0.2), log_uniform(rng, 0.4, 2), float(u(0, 0.4)),
              float(u(0.2, 0.8)))
        for _ in range(int(rng.integers(2, 4)))
    ]  # fmt: skip
    return lamps, float(u(0.05, 0.5))


def _window(rng: Rng) -> tuple[list[Lamp], float]:
    """Panes side by side in a dark hall."""
    u = rng.uniform
    x, y = _from(u(0, 360), u(20, 70))
    turn, step = float(u(0, np.pi)), float(u(0.1, 0.3))
    lamps = [
        Lamp(x + k * step * np.cos(turn), y + k * step * np.sin(turn), step * 0.42, step * float(u(0.4, 1)), turn,
             float(u(0.3, 1.2)), float(u(0, 0.4)), (0.0, 0.0), 0.1)
        for k in range(int(rng.integers(1, 4)))
    ]  # fmt: skip
    return lamps, float(u(0.05, 0.25))


def _ring(rng: Rng) -> tuple[list[Lamp], float]:
    """Light all around the lens, or from one side of a ring."""
    u = rng.uniform
    elevation, first, n = float(u(20, 70)), float(u(0, 360)), int(rng.integers(4, 7))
    dim = float(u(0, 0.9))
    lamps = []
    for k in range(n):
        power = float(u(1.5, 3)) / n * (1 - dim * (0.5 + 0.5 * np.cos(2 * np.pi * k / n)))
        lamps.append(_lamp(rng, first + k * 360 / n, elevation, 0.08, power, 0.1, 0.3))
    return lamps, float(u(0.05, 0.3))


KINDS: dict[str, Callable[[Rng], tuple[list[Lamp], float]]] = {
    "sun": _sun, "shade": _shade, "strips": _strips, "flash": _flash, "rig": _rig, "several": _several,
    "window": _window, "ring": _ring,
}  # fmt: skip
SHARES = {"sun": 0.17, "shade": 0.2, "strips": 0.17, "flash": 0.14, "rig": 0.2, "several": 0.12}
HELD_OUT = ("window", "ring")  # in the benchmark only


def scene(rng: Rng, held_out: bool = False) -> Scene:
    """Light and the camera's stand at random."""
    kind = str(rng.choice(list(SHARES), p=np.array(list(SHARES.values())) / sum(SHARES.values())))
    if held_out and rng.random() < 0.5:
        kind = str(rng.choice(HELD_OUT))
    lamps, sky = KINDS[kind](rng)
    askew = 0.04 if kind == "rig" else 0.16
    return Scene(
        kind,
        tuple(lamps),
        sky,
        (float(rng.normal(0, 0.9)), float(rng.normal(0, 0.9))),
        (float(rng.normal(0, askew)), float(rng.normal(0, askew))),
        float(rng.uniform(0.0, 0.35)),
    )


def shade(plate: Plate, s: Scene) -> Array:
    """Linear light towards the camera, float32 (h, w); white paper in full light is about 1."""
    h, w = plate.shape
    k = np.float32(0.125 / plate.mm)
    gx = cv2.Sobel(plate.z, cv2.CV_32F, 1, 0, ksize=3) * k + plate.form[0]
    gy = cv2.Sobel(plate.z, cv2.CV_32F, 0, 1, ksize=3) * k + plate.form[1]
    # Slopes rise against the light: a normal leans down the slope.
    nx, ny = -(gx + plate.grain[0]), -(gy + plate.grain[1])
    along = np.linspace(-0.5, 0.5, w, dtype=np.float32)[None]
    down = np.linspace(-0.5 * h / w, 0.5 * h / w, h, dtype=np.float32)[:, None]
    facing = 1 / np.sqrt(1 + nx * nx + ny * ny)
    below = _below(plate)
    open_sky = np.exp(-below[0] * 3.5 - below[1] * 1.2)

    sky = np.clip(1 + s.lean[0] * nx + s.lean[1] * ny, 0.15, 3) * s.sky
    scattered = sky * open_sky
    mirrored = np.clip(1 + 1.6 * (s.lean[0] * (nx + s.view[0]) + s.lean[1] * (ny + s.view[1])), 0.05, 4) * (
        s.sky * open_sky
    )
    rough2 = plate.rough * plate.rough
    mx, my = nx + s.view[0] + s.spread * along, ny + s.view[1] + s.spread * down
    for lamp in s.lamps:
        half = 1 + lamp.x**2 + lamp.y**2
        lx, ly, lz = 2 * lamp.x / half, 2 * lamp.y / half, (2 - half) / half
        near_x, near_y = lamp.near * along, lamp.near * down
        power = lamp.power * np.clip(1 + lamp.fall[0] * along + lamp.fall[1] * down * (w / h), 0.1, 3)
        lit = np.clip((nx * (lx - near_x) + ny * (ly - near_y) + max(lz, 0.08)) * facing, 0, None) * power
        seen = _lobe(lamp, mx + near_x * 0.5, my + near_y * 0.5, rough2) * power
        if lamp.shadow > 0:
            bright = 1 - lamp.shadow * _shadow(plate, lx, ly, max(lz, 0.1))
            lit, seen = lit * bright, seen * bright
        scattered = scattered + lit * (0.6 + 0.4 * open_sky)
        mirrored = mirrored + seen * (0.5 + 0.5 * open_sky)
    fresnel = plate.gloss + (1 - plate.gloss) * ((1 - facing) ** 3) * 0.35
    return (plate.albedo * scattered + fresnel * mirrored).astype(np.float32)


def seen(linear: Array, cover: Array, mm: float) -> float:
    """How far the strokes stand out of what is around them: contrast over the metal's own and a faint 6 %."""
    small = np.log(cv2.resize(linear, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) + 1e-3)
    n = 2 * max(1, round(0.9 / mm)) + 1
    detail = np.abs(small - cv2.blur(small, (n, n)))
    near = cv2.resize(cover, small.shape[::-1], interpolation=cv2.INTER_AREA) > 0.3
    apart = ~cv2.dilate(near.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    if not near.any() or not apart.any():
        return 0.0
    return float(detail[near].mean() / (0.8 * detail[apart].mean() + 0.06))


def _lobe(lamp: Lamp, mx: Array, my: Array, rough2: Array) -> Array:
    """Radiance that comes from a lamp of unit power by way of each slope."""
    c, si = np.float32(np.cos(lamp.turn)), np.float32(np.sin(lamp.turn))
    dx, dy = mx - np.float32(lamp.x), my - np.float32(lamp.y)
    a, b = rough2 + np.float32(lamp.long**2), rough2 + np.float32(lamp.short**2)
    q = (c * dx + si * dy) ** 2 / a + (c * dy - si * dx) ** 2 / b
    # A lobe with long tails, as rough metal has it; its integral over both slopes is 2 pi sqrt(a b).
    return (1 / 8.0) / (np.sqrt(a * b) * (1 + 0.5 * q) ** 2)


def _below(plate: Plate) -> tuple[Array, Array]:
    """How far each place lies under what is around it, near and far, in millimetres."""
    n, f = (2 * max(1, round(r / plate.mm)) + 1 for r in (0.25, 1.0))
    return (
        np.clip(cv2.blur(plate.z, (n, n)) - plate.z, 0, None),
        np.clip(cv2.blur(plate.z, (f, f)) - plate.z, 0, None),
    )


def _shadow(plate: Plate, lx: float, ly: float, lz: float) -> Array:
    """0..1, where something higher hides the lamp."""
    flat = float(np.hypot(lx, ly))
    rise = lz / max(flat, 1e-3) * plate.mm  # millimetres a pixel
    if flat < 0.15:
        return np.zeros_like(plate.z)
    ux, uy = lx / flat, ly / flat
    hidden = np.full_like(plate.z, -1.0)
    h, w = plate.shape
    reach = 4
    padded = cv2.copyMakeBorder(plate.z, reach + 1, reach + 1, reach + 1, reach + 1, cv2.BORDER_REPLICATE)
    for k in (1, 2, 3, 4):
        dx, dy = round(k * ux) + reach + 1, round(k * uy) + reach + 1
        np.maximum(hidden, padded[dy : dy + h, dx : dx + w] - np.float32(k * rise), out=hidden)
    return cv2.blur(np.clip((hidden - plate.z) / np.float32(0.35 * plate.mm), 0, 1), (2, 2))
