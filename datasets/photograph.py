"""From a surface to a photograph: heights and materials, the light of a place, a phone's camera.

A surface is a height map with a material at every pixel. It is lit by the picture of its surroundings (a hemisphere of
light, seen sharp in gloss and blurred in rough metal) and by one lamp or the sun, whose shadows are cast; then a camera
looks at it askew. Everything is linear light until the camera's tone curve. x is right, y is down, z is up towards the
camera; lengths are pixels of the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

Rng = np.random.Generator
Array = np.ndarray
Place = Literal["garage", "daylight", "overcast", "lamp"]
ROUGHNESSES = (0.06, 0.14, 0.28, 0.5, 0.85)


def colour(hexadecimal: str) -> Array:
    """Linear red, green, blue, float32 (3,), of a colour as screens write it: "#8a8f94"."""
    value = np.array([int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def fractal(rng: Rng, h: int, w: int, coarse: float, octaves: int = 5, gain: float = 0.55, along: float = 1.0) -> Array:
    """Noise of unit spread with grains of `coarse` pixels, half of that, and so on; `along` times as long along x."""
    total = np.zeros((h, w), np.float32)
    for k in range(octaves):
        grain = max(coarse / 2**k, 1.0)
        shape = (max(2, round(h / grain)), max(2, round(w / (grain * along))))
        small = rng.standard_normal(shape, dtype=np.float32)
        total += gain**k * cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)
        if grain == 1.0:
            break
    total -= total.mean()
    return total / float(total.std())


def step(x: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


@dataclass(eq=False)
class Surface:
    """What is photographed; scenes change it in place."""

    z: Array  # float32 (h, w), pixels
    albedo: Array  # float32 (h, w, 3), linear; of metal, the colour of its reflection
    metal: Array  # float32 (h, w), 0..1
    rough: Array  # float32 (h, w), 0..1

    @staticmethod
    def flat(h: int, w: int, albedo: Array, metal: float, rough: float) -> Surface:
        """Flat and even."""
        ones = np.ones((h, w), np.float32)
        return Surface(0 * ones, ones[..., None] * albedo, metal * ones, rough * ones)

    @property
    def grid(self) -> tuple[Array, Array]:
        """x and y of every pixel, float32 (h, w) each."""
        ys, xs = np.mgrid[: self.z.shape[0], : self.z.shape[1]].astype(np.float32)
        return xs, ys

    def cover(self, mask: Array, albedo: Array, metal: float | Array, rough: float | Array) -> None:
        """Another material where `mask`, float (h, w), is 1."""
        self.albedo += mask[..., None] * (albedo - self.albedo)
        self.metal += mask * (metal - self.metal)
        self.rough += mask * (rough - self.rough)

    def hollow(self, reach: float) -> Array:
        """How far each pixel lies under its neighbourhood, pixels; positive in grooves and corners."""
        return cv2.GaussianBlur(self.z, (0, 0), reach) - self.z


@dataclass(frozen=True, eq=False)
class Light:
    """Where a picture is taken."""

    around: Array  # float32 (n, n, 3): light that comes from (x, y), -1..1 each, of the hemisphere above the surface
    lamp: tuple[float, float, float]  # direction towards the lamp or the sun
    strength: Array  # float32 (3,), of the lamp
    shadows: float = 0.75  # how dark they are
    spread: float = 0.35  # how much the view turns from one side of the surface to the other


def place(rng: Rng, kind: Place, lamp: tuple[float, float, float], power: float, spread: float = 0.35) -> Light:
    """The surroundings of a photograph: windows, lamps, sky and floor, and the photographer's own dark shape."""
    n = 512
    ys, xs = np.mgrid[-1 : 1 : n * 1j, -1 : 1 : n * 1j].astype(np.float32)
    base = {
        "garage": ("#4a4640", "#2b2a2a"), "daylight": ("#a9bfe0", "#5d5a50"),
        "overcast": ("#c9cdd2", "#77766f"), "lamp": ("#3a3630", "#1e1d1d"),
    }[kind]  # fmt: skip
    mix = step(ys + 0.35 * xs * rng.normal() + 0.12 * fractal(rng, n, n, 160), -0.5, 0.6)[..., None]
    around = colour(base[0]) * (1 - mix) + colour(base[1]) * mix
    around = around * (1 + 0.22 * fractal(rng, n, n, 90, 4))[..., None].clip(0.25, 2.5)
    around = np.ascontiguousarray(around, np.float32)
    glow = {"garage": 4.5, "daylight": 2.2, "overcast": 1.6, "lamp": 2.0}[kind]
    tints = {"garage": "#fff3dc", "daylight": "#eef4ff", "overcast": "#f4f6ff", "lamp": "#ffe2bd"}
    for _ in range({"garage": 4, "daylight": 3, "overcast": 2, "lamp": 1}[kind]):  # windows and strip lights
        x, y, turn = rng.uniform(-0.8, 0.8), rng.uniform(-0.9, 0.2), rng.normal(0, 0.35)
        half = (rng.uniform(0.12, 0.4), rng.uniform(0.03, 0.16))
        u = (xs - x) * np.cos(turn) + (ys - y) * np.sin(turn)
        v = (ys - y) * np.cos(turn) - (xs - x) * np.sin(turn)
        pane = step(half[0] - np.abs(u), 0, 0.03) * step(half[1] - np.abs(v), 0, 0.03)
        around += (pane * glow * rng.uniform(0.5, 1.2))[..., None] * colour(tints[kind])
    person = step(1 - np.hypot((xs - 0.1) / 0.34, (ys - 0.35) / 0.6), 0, 0.25)  # who holds the phone
    around *= (1 - 0.6 * person)[..., None]
    warm = {"garage": "#fff0d8", "daylight": "#fff4e2", "overcast": "#ffffff", "lamp": "#ffe8cc"}[kind]
    return Light(around, lamp, colour(warm) * power, spread=spread)


def shade(surface: Surface, light: Light) -> Array:
    """Linear light from every pixel towards the camera, float32 (h, w, 3)."""
    h, w = surface.z.shape
    nx = -cv2.Sobel(surface.z, cv2.CV_32F, 1, 0, ksize=3) / 8
    ny = -cv2.Sobel(surface.z, cv2.CV_32F, 0, 1, ksize=3) / 8
    nz = 1 / np.sqrt(nx * nx + ny * ny + 1)
    nx, ny = nx * nz, ny * nz
    xs, ys = surface.grid
    vx, vy = light.spread * (w / 2 - xs) / w, light.spread * (h / 2 - ys) / w
    vz = 1 / np.sqrt(vx * vx + vy * vy + 1)
    vx, vy = vx * vz, vy * vz
    facing = np.clip(nx * vx + ny * vy + nz * vz, 0.02, 1)
    rx, ry = 2 * facing * nx - vx, 2 * facing * ny - vy

    reflected = _reflected(light.around, rx, ry, surface.rough)
    soft = cv2.GaussianBlur(light.around, (0, 0), 110)
    diffuse = _look(soft, 0.6 * nx, 0.6 * ny)
    open_to_sky = np.exp(-0.22 * np.clip(surface.hollow(2.5), 0, None) - 0.06 * np.clip(surface.hollow(14), 0, None))
    lx, ly, lz = np.array(light.lamp) / np.linalg.norm(light.lamp)
    lit = 1 - light.shadows * _shadow(surface.z, (lx, ly, lz))
    direct = np.clip(nx * lx + ny * ly + nz * lz, 0, 1) * lit
    hx, hy, hz = lx + vx, ly + vy, lz + vz
    size = np.sqrt(hx * hx + hy * hy + hz * hz)
    half = np.clip((nx * hx + ny * hy + nz * hz) / size, 0, 1)
    alpha = np.clip(surface.rough**2, 0.02, 1)
    spread = half * half * (alpha * alpha - 1) + 1
    glint = np.minimum(alpha * alpha / (np.pi * spread * spread), 60.0) * 0.25 * lit * (direct > 0)

    mirror = 0.04 + (surface.albedo - 0.04) * surface.metal[..., None]
    mirror = mirror + (1 - mirror) * ((1 - facing) ** 5 * (1 - 0.7 * surface.rough))[..., None]
    matt = surface.albedo * (1 - surface.metal[..., None])
    ambient = (open_to_sky[..., None] * diffuse).astype(np.float32)
    return (
        matt * (ambient + direct[..., None] * light.strength)
        + mirror * (reflected * open_to_sky[..., None] + glint[..., None] * light.strength)
    ).astype(np.float32)


def _look(around: Array, x: Array, y: Array) -> Array:
    n = around.shape[0]
    u, v = ((x * 0.5 + 0.5) * (n - 1)).astype(np.float32), ((y * 0.5 + 0.5) * (n - 1)).astype(np.float32)
    return cv2.remap(around, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _reflected(around: Array, x: Array, y: Array, rough: Array) -> Array:
    """The surroundings as they are seen in gloss, blurred by roughness."""
    total = np.zeros((*x.shape, 3), np.float32)
    place_of = np.interp(rough, ROUGHNESSES, np.arange(len(ROUGHNESSES))).astype(np.float32)
    for k, roughness in enumerate(ROUGHNESSES):
        weight = np.clip(1 - np.abs(place_of - k), 0, 1)
        if float(weight.max()) > 0:
            blurred = cv2.GaussianBlur(around, (0, 0), 6 + 150 * roughness**1.3)
            total += weight[..., None] * _look(blurred, x, y)
    return total


def _shadow(z: Array, lamp: tuple[float, float, float], far: int = 90) -> Array:
    """Where the lamp is hidden by what stands higher, float32 (h, w), 0..1."""
    lx, ly, lz = lamp
    flat = max(float(np.hypot(lx, ly)), 1e-3)
    dx, dy, rise = lx / flat, ly / flat, lz / flat
    hidden = np.zeros_like(z)
    reach, k = float(z.max() - z.min()) / max(rise, 0.05), 1.0
    while k < min(reach, far):
        m = np.array([[1, 0, -k * dx], [0, 1, -k * dy]], np.float32)
        moved = cv2.warpAffine(z, m, z.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        np.maximum(hidden, np.clip((moved - z - k * rise) / (0.6 + 0.12 * k), 0, 1), out=hidden)
        k *= 1.18 if k > 4 else 1.0
        k += 0.8
    return cv2.GaussianBlur(hidden, (0, 0), 0.8)


@dataclass(frozen=True)
class Camera:
    """How it is held, and what it is."""

    size: tuple[int, int] = (1280, 960)  # width, height of the photograph
    tilt: tuple[float, float] = (0.0, 0.0)  # how much narrower the top and the left side come out, shares
    turn: float = 0.0  # degrees, clockwise
    zoom: float = 1.12  # of the surface's width that is needed to fill the photograph, the reciprocal
    shift: tuple[float, float] = (0.0, 0.0)  # of the middle, shares of the width
    focus: float = 0.5  # the height of the sharp row, share
    depth: float = 1.2  # blur at the far edge, pixels
    noise: float = 0.012
    exposure: float = 1.0  # the middle tone is brought to this share of the usual
    quality: int = 88
    warmth: float = 0.0  # white balance, -1..1
    sharpening: float = 0.7
    shake: tuple[float, float] = field(default=(0.0, 0.0))  # pixels


def photograph(rng: Rng, linear: Array, camera: Camera) -> Array:
    """What the camera makes of linear light, float32 (h, w, 3): uint8 (H, W, 3), blue, green, red."""
    h, w = linear.shape[:2]
    width, height = camera.size
    k = camera.zoom * width / w
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]], np.float32) / 2
    source = corners / k
    top, left = camera.tilt
    source[:2, 0] *= 1 + top
    source[2:, 0] *= 1 - top
    source[[0, 3], 1] *= 1 + left
    source[[1, 2], 1] *= 1 - left
    a = np.radians(camera.turn)
    source = source @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]], np.float32)
    source += np.array([w * (0.5 + camera.shift[0]), h / 2 + w * camera.shift[1]], np.float32)
    matrix = cv2.getPerspectiveTransform(
        source.astype(np.float32), (corners + np.array([width, height]) / 2).astype(np.float32)
    )
    bright = np.minimum(linear, 12.0)
    seen = cv2.warpPerspective(bright, matrix, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)

    ys, xs = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j].astype(np.float32)
    away = np.abs(ys + 0.5 - camera.focus) + 0.25 * np.abs(xs)
    blurs = [cv2.GaussianBlur(seen, (0, 0), s) for s in (0.55, 0.55 + camera.depth, 0.55 + 2.5 * camera.depth)]
    far = np.clip((away - 0.12) * 3.2, 0, 2)[..., None]
    seen = np.where(far < 1, blurs[0] * (1 - far) + blurs[1] * far, blurs[1] * (2 - far) + blurs[2] * (far - 1))
    if camera.shake != (0.0, 0.0):
        seen = _shaken(seen, camera.shake)
    glare = cv2.GaussianBlur(np.clip(seen - 1.0, 0, 6), (0, 0), 14)
    seen = seen + 0.1 * glare  # light spreads in the lens
    seen = seen * (1 - 0.9 * (xs**2 + ys**2) * 0.55)[..., None]  # and falls off to its corners

    level = float(np.exp(np.log(seen.mean(2) + 1e-3).mean()))
    seen = seen * (0.19 * camera.exposure / level)
    seen = seen * np.array([1 + 0.12 * camera.warmth, 1.0, 1 - 0.14 * camera.warmth], np.float32)
    rough = rng.standard_normal(seen.shape, dtype=np.float32)
    rough = 0.55 * rough + 0.8 * cv2.GaussianBlur(rough, (0, 0), 0.8)
    seen = seen + rough * camera.noise * np.sqrt(np.clip(seen, 0.004, None))
    toned = np.clip(seen, 0, None)
    toned = toned * (1 + toned / 9.0) / (1 + toned * 0.75)  # the shoulder of a phone's curve
    toned = np.clip(toned, 0, 1) ** (1 / 2.2)
    toned = toned + 0.3 * (toned - 0.45) * (1 - np.abs(2 * toned - 1))
    softer = cv2.GaussianBlur(toned, (0, 0), 1.3)
    toned = toned + camera.sharpening * np.clip(toned - softer, -0.06, 0.06)
    return (np.clip(toned[..., ::-1], 0, 1) * 255 + 0.5).astype(np.uint8)


def _shaken(picture: Array, shake: tuple[float, float]) -> Array:
    n = int(max(abs(shake[0]), abs(shake[1]))) + 1
    kernel = np.zeros((2 * n + 1, 2 * n + 1), np.float32)
    cv2.line(
        kernel,
        (round(n - shake[0] / 2), round(n - shake[1] / 2)),
        (round(n + shake[0] / 2), round(n + shake[1] / 2)),
        1.0,
    )
    return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
