"""Metal as it comes from the mill or the paint shop, before and after a number is struck into it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets.press import noise
from vinspect.datasets.relief.plate import Array, Plate, Rng, log_uniform

BARE = ("rolled", "brushed", "milled", "cast", "galvanised", "anodised")
COATS = ("paint", "primer", "texture")
HELD_OUT_BARE = ("anodised",)  # in the benchmark only
HELD_OUT_COATS = ("texture",)


@dataclass(frozen=True)
class Coat:
    """A layer of paint: the one at the factory, or the forger's."""

    kind: str
    thick: float  # millimetres: it fills and rounds what lies beneath
    albedo: float
    gloss: float
    rough: float
    peel: float  # slope of its orange peel
    peel_mm: float  # how coarse that is
    fine: float  # slope of its finest grain
    speckle: float  # share by which its tone varies from pixel to pixel


def sheet(rng: Rng, shape: tuple[int, int], mm: float, kind: str) -> Plate:
    """Bare metal of one kind, not yet struck."""
    h, w = shape
    u = rng.uniform
    zero = np.zeros((h, w), np.float32)
    z, gx, gy = zero.copy(), zero.copy(), zero.copy()
    tone = np.ones((h, w), np.float32)
    albedo, gloss, rough = float(u(0.02, 0.15)), float(u(0.35, 0.75)), float(u(0.1, 0.3))
    turn = float(rng.normal(0, 3)) if rng.random() < 0.75 else float(u(-90, 90))
    if kind == "rolled":
        gx, gy = streaks(rng, shape, turn, float(u(0.01, 0.05)), float(u(10, 80)))
        z += noise(rng, h, w, 1.2 / mm, float(u(1, 4))) * float(u(0.0, 0.006))
    elif kind in ("brushed", "milled"):
        gx, gy = streaks(rng, shape, turn, log_uniform(rng, 0.02, 0.12), float(u(15, 120)))
        tone += 0.5 * streaked(rng, shape, turn, float(u(20, 150))) * float(u(0.02, 0.16))
        rough = float(u(0.06, 0.2))
        if kind == "milled":
            z += _feed(rng, shape, mm)
    elif kind == "cast":
        for grain, deep in ((u(0.5, 1.4), log_uniform(rng, 0.004, 0.03)), (u(0.2, 0.5), log_uniform(rng, 0.002, 0.01))):
            z += noise(rng, h, w, max(1.5, grain / mm)) * float(deep)
        gx, gy = _fine(rng, shape, log_uniform(rng, 0.02, 0.09))
        albedo, gloss, rough = float(u(0.06, 0.25)), float(u(0.1, 0.4)), float(u(0.25, 0.5))
    elif kind == "galvanised":
        gx, gy = _spangle(rng, shape, float(u(1.5, 8)) / mm, float(u(0.01, 0.06)))
        fx, fy = _fine(rng, shape, log_uniform(rng, 0.015, 0.08))
        gx, gy = gx + fx, gy + fy
        albedo, gloss, rough = float(u(0.1, 0.3)), float(u(0.25, 0.55)), float(u(0.12, 0.35))
    else:  # anodised, blasted
        gx, gy = _fine(rng, shape, float(u(0.03, 0.1)))
        albedo, gloss, rough = float(u(0.02, 0.3)), float(u(0.2, 0.6)), float(u(0.2, 0.4))
    full = np.full((h, w), 1, np.float32)
    gloss_map = gloss * np.clip(tone, 0.3, 1.8)
    return Plate(mm, z, zero.copy(), panel_form(rng, shape, mm), (gx, gy), albedo * full, gloss_map, rough * full)


def panel_form(rng: Rng, shape: tuple[int, int], mm: float) -> tuple[Array, Array]:
    """The slopes of a pressed panel: a slight curve, dents as wide as a hand, now and then a bend along an edge."""
    h, w = shape
    u = rng.uniform
    x, y = (np.arange(w, dtype=np.float32) * mm)[None], (np.arange(h, dtype=np.float32) * mm)[:, None]
    fx = np.zeros((h, w), np.float32) + float(rng.normal(0, 0.0004)) * (x - w * mm / 2)
    fy = np.zeros((h, w), np.float32) + float(rng.normal(0, 0.002)) * (y - h * mm / 2)
    far = float(u(6, 40)) / mm
    swell = noise(rng, h, w, far, 1.5) * float(u(0, 0.03))
    fx, fy = fx + swell, fy + noise(rng, h, w, far, 1.5) * float(u(0, 0.03))
    if rng.random() < 0.18:  # a bend above or below the number
        edge = float(rng.choice([u(0.0, 0.16), u(0.84, 1.0)])) * h * mm
        side = 1.0 if edge > h * mm / 2 else -1.0
        away = (y - edge) * side + float(rng.normal(0, 0.02)) * (x - w * mm / 2)
        fy = fy + side * float(u(-0.8, 0.8)) / (1 + np.exp(np.clip(-away / float(u(0.15, 1.5)), -20, 20)))
    return fx.astype(np.float32), fy.astype(np.float32)


def streaked(rng: Rng, shape: tuple[int, int], turn: float, long: float) -> Array:
    """Lines of chance along a direction `turn` degrees from the number's, of unit spread, float32 (h, w)."""
    h, w = shape
    if abs(turn) < 1:
        return noise(rng, h, w, 1.0, long)
    # Drawn level, on a piece that holds the plate when turned.
    a = np.radians(turn)
    hh = int(abs(np.sin(a)) * w + abs(np.cos(a)) * h) + 4
    ww = int(abs(np.cos(a)) * w + abs(np.sin(a)) * h) + 4
    field = noise(rng, hh, ww, 1.0, min(long, ww / 3))
    m = np.asarray(cv2.getRotationMatrix2D((ww / 2, hh / 2), -turn, 1.0), np.float64)
    m[:, 2] += np.array([w / 2 - ww / 2, h / 2 - hh / 2])
    return cv2.warpAffine(field, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def streaks(rng: Rng, shape: tuple[int, int], turn: float, slope: float, long: float) -> tuple[Array, Array]:
    """Slopes of fine grooves along a direction: across it they are steep, along it hardly at all."""
    field = streaked(rng, shape, turn, long) * slope
    a = np.radians(turn)
    return field * float(-np.sin(a)), field * float(np.cos(a))


def _fine(rng: Rng, shape: tuple[int, int], slope: float) -> tuple[Array, Array]:
    h, w = shape
    grain = float(rng.uniform(1.0, 2.2))
    return noise(rng, h, w, grain) * slope, noise(rng, h, w, grain) * slope


def _feed(rng: Rng, shape: tuple[int, int], mm: float) -> Array:
    """The arcs that a face mill leaves, a feed apart, their depth in millimetres."""
    h, w = shape
    x, y = (np.arange(w, dtype=np.float32) * mm)[None], (np.arange(h, dtype=np.float32) * mm)[:, None]
    radius, feed = float(rng.uniform(25, 150)), log_uniform(rng, 0.35, 2.5)
    across = rng.random() < 0.5
    s = x - np.sqrt(np.clip(radius**2 - (y - h * mm / 2) ** 2, 1, None)) if across else y + x * x / (2 * radius * 20)
    return (np.sin(2 * np.pi * s / feed) * float(rng.uniform(0.0005, 0.004))).astype(np.float32)


def _spangle(rng: Rng, shape: tuple[int, int], size: float, slope: float) -> tuple[Array, Array]:
    """Crystals of zinc: patches that each lean their own way."""
    h, w = shape
    n = int(np.clip(h * w / size**2, 4, 1500))
    seeds = np.full((h // 2 + 1, w // 2 + 1), 255, np.uint8)
    seeds[rng.integers(0, seeds.shape[0], n), rng.integers(0, seeds.shape[1], n)] = 0
    _, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    lean = rng.standard_normal((2, int(labels.max()) + 1), dtype=np.float32) * np.float32(slope)
    gx, gy = (cv2.resize(cv2.blur(k[labels], (2, 2)), (w, h), interpolation=cv2.INTER_LINEAR) for k in lean)
    return gx, gy


def coat(rng: Rng, kind: str, like: Coat | None = None, skill: float = 0.0) -> Coat:
    """A coat at random, or one meant to match `like`: the nearer, the higher `skill`, 0..1."""
    u = rng.uniform
    if kind == "primer":
        new = Coat(
            kind,
            float(u(0.02, 0.07)),
            float(u(0.12, 0.55)),
            0.04,
            float(u(0.25, 0.5)),
            float(u(0.005, 0.03)),
            float(u(0.4, 1.2)),
            float(u(0.02, 0.08)),
            float(u(0.01, 0.05)),
        )
    elif kind == "texture":
        new = Coat(
            kind,
            float(u(0.05, 0.12)),
            float(u(0.02, 0.4)),
            0.045,
            float(u(0.1, 0.35)),
            float(u(0.05, 0.15)),
            float(u(0.25, 0.7)),
            float(u(0.02, 0.08)),
            float(u(0.01, 0.06)),
        )
    else:
        glossy = rng.random() < 0.6
        new = Coat(kind, float(u(0.02, 0.11)), log_uniform(rng, 0.02, 0.8), float(u(0.04, 0.06)),
                   float(u(0.02, 0.1) if glossy else u(0.1, 0.4)), float(u(0.0, 0.03)), float(u(0.6, 3.0)),
                   float(u(0.0, 0.03)), float(u(0.003, 0.045)))  # fmt: skip
    if like is None:
        return new

    def near(a: float, b: float) -> float:
        return float(a * (b / a) ** (1 - skill)) if a > 0 and b > 0 else a

    return Coat(
        like.kind,
        near(like.thick, new.thick),
        near(like.albedo, new.albedo),
        like.gloss,
        near(like.rough, new.rough),
        near(like.peel + 1e-3, new.peel + 1e-3),
        near(like.peel_mm, new.peel_mm),
        near(like.fine + 1e-3, new.fine + 1e-3),
        near(like.speckle, new.speckle),
    )


def lay_on(rng: Rng, plate: Plate, c: Coat, mask: Array | None = None) -> None:
    """Paint the plate, or the part of it where `mask`, 0..1, is 1. What is sharp beneath comes out round."""
    h, w = plate.shape
    soft: Array = cv2.GaussianBlur(plate.z, (0, 0), max(0.5, 0.9 * c.thick / plate.mm + 0.3))
    soft += noise(rng, h, w, max(1.5, c.peel_mm / plate.mm)) * (c.peel * c.peel_mm / 4)
    gx, gy = _fine(rng, (h, w), c.fine)
    albedo = c.albedo * np.clip(1 + c.speckle * noise(rng, h, w, float(rng.uniform(1, 2))), 0.3, 1.7)
    if rng.random() < 0.12:  # a sheet full of black specks
        specks = (rng.random((h, w), dtype=np.float32) > 1 - float(rng.uniform(0.0005, 0.006))).astype(np.float32)
        albedo = albedo * (1 - 0.8 * np.clip(cv2.GaussianBlur(specks, (0, 0), 0.8) * 4, 0, 1))
    if mask is None:
        plate.z = soft
        plate.grain = (gx, gy)
        plate.albedo = albedo
        plate.gloss = np.full((h, w), c.gloss, np.float32)
        plate.rough = np.full((h, w), c.rough, np.float32)
        return
    plate.z += mask * (soft - plate.z)
    plate.z += mask * np.float32(0.6 * c.thick)
    plate.level += mask * np.float32(0.6 * c.thick)
    plate.regrain(mask, gx, gy)
    plate.cover(mask, albedo, c.gloss, c.rough)
