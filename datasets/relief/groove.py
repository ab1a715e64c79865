"""From characters to heights: the groove that an edge leaves, the lips beside it, dots, ridges.

All characters of one impression are drawn into one fine mask; how far each place lies inside or outside its strokes
(a signed distance in millimetres) gives the rest, at the cost of two distance transforms for a whole number.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets.press import noise
from vinspect.datasets.relief import dieset
from vinspect.datasets.relief.layout import Glyph
from vinspect.datasets.relief.plate import Array, Plate, Rng

_FINE = 2  # mask pixels per pixel of the plate


@dataclass(frozen=True, eq=False)
class Impression:
    """What a striking does to flat metal. Arrays are float32 (h, w)."""

    dent: Array  # millimetres down, 0 or more; of a raised number, millimetres up
    lip: Array  # millimetres up, beside the strokes
    cover: Array  # 0..1, in a stroke
    raised: bool


@dataclass(frozen=True)
class Tool:
    """What one hand or machine leaves besides shape: drawn once for all characters that it strikes."""

    lip: float  # share of the depth
    reach: float  # how far a lip reaches, millimetres
    soft: float  # how much the metal flows, millimetres
    wall: float  # how wide a flat edge's walls are, share of half a stroke
    wobble: float  # how unevenly the strokes' width comes out, share of it
    dots: tuple[float, float] | None  # pitch and radius in cap heights
    chain: float  # off by at most that many cap heights where curves are chains of straights
    wave: float  # slow change of depth along the line, share


def tool(rng: Rng, g: Glyph) -> Tool:
    """A tool for the process of a character like this."""
    u = rng.uniform
    name = g.process.name
    dots = None
    if name == "peen":
        radius = float(u(0.03, 0.07))
        dots = (float(radius * u(1.1, 3.0)), radius)
    return Tool(
        lip=float(u(*g.process.lip)),
        reach=float(u(0.06, 0.22)) * g.height / 7,
        soft=float(u(0.02, 0.09)) * g.height / 7 * (2.2 if name == "embossed" else 1.0),
        wall=float(u(0.25, 0.8)),
        wobble=float(u(0.0, 0.12)) * (2.0 if name in ("scribe", "punch") else 1.0),
        dots=dots,
        chain=float(u(0.01, 0.04)) if name == "scribe" and rng.random() < 0.6 else 0.0,
        wave=float(u(0.0, 0.4)) if name == "roller" else float(u(0.0, 0.15)),
    )


def impress(rng: Rng, glyphs: list[Glyph], t: Tool, shape: tuple[int, int], mm: float) -> Impression:
    """Strike characters of one process with one tool; `shape` in pixels, `mm` a pixel."""
    h, w = shape
    mask = np.zeros((_FINE * h, _FINE * w), np.uint8)
    deep = np.zeros((h, w), np.float32)
    half = np.full((h, w), 0.1, np.float32)
    for g in glyphs:
        _one(rng, g, t, mask, deep, half, mm)
    return _pressed(rng, glyphs[0], t, mask, deep, half, mm)


def impress_mask(rng: Rng, g: Glyph, t: Tool, mask: Array, mm: float) -> Impression:
    """Strike an odd shape, `mask` uint8 (fine h, fine w), as deep and with the same edge as the character `g`."""
    h, w = mask.shape[0] // _FINE, mask.shape[1] // _FINE
    deep = np.full((h, w), g.depth, np.float32)
    half = np.full((h, w), g.dies.stroke * g.height / 2, np.float32)
    return _pressed(rng, g, t, mask, deep, half, mm)


def fine_cell(g: Glyph, mm: float) -> Array:
    """From a character's unit cell to pixels of the fine mask, float64 (2, 3)."""
    cell = g.cell * (_FINE / mm)
    cell[:, 2] += (_FINE - 1) / 2
    return cell


def fine(shape: tuple[int, int]) -> Array:
    """An empty fine mask for a plate of this shape."""
    return np.zeros((_FINE * shape[0], _FINE * shape[1]), np.uint8)


def _one(rng: Rng, g: Glyph, t: Tool, mask: Array, deep: Array, half: Array, mm: float) -> None:
    h, w = deep.shape
    cell = fine_cell(g, mm)
    cap = g.height / mm  # pixels
    # The window in which this character's depth holds.
    reach = 0.12 * cap
    q = g.quad / mm
    x0, y0 = np.maximum(np.floor(q.min(0) - reach).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(q.max(0) + reach).astype(int) + 1, [w, h])
    if x1 <= x0 or y1 <= y0:
        return
    across = (np.arange(x0, x1, dtype=np.float32) - g.x / mm) * (2 * mm / max(g.width, 0.3 * g.height))
    down = (np.arange(y0, y1, dtype=np.float32) - g.y / mm) * (2 * mm / g.height)
    plane = g.depth * np.clip(1 + g.tilt[0] * across[None] + g.tilt[1] * down[:, None], 0.08, 1.9)
    for fx, fy, r, left in g.dies.flaws(g.text):
        cx, cy = (g.cell[:, :2] @ (fx, fy) + g.cell[:, 2]) / mm
        ys, xs = np.ogrid[y0:y1, x0:x1]
        plane *= 1 - (1 - left) * np.exp(-((xs - cx) ** 2 + (ys - cy) ** 2) / np.float32(2 * (r * cap) ** 2))
    stroke = g.dies.stroke * g.height
    if t.dots is not None:
        _peck(rng, g, t.dots, mask, cell, cap * _FINE, plane, (int(x0), int(y0)))
        stroke = 2 * t.dots[1] * g.height
    else:
        dieset.draw(mask, g.dies, g.text, cell, cap * _FINE, t.chain * cap * _FINE)
        if g.dies.pits and g.dies.shapes.skeleton is not None and g.process.name != "laser":
            for s in dieset.middle_lines(g.dies, g.text, cell, cap * _FINE):
                for px, py in (s[0], s[-1]):
                    r = g.dies.pits * g.dies.stroke * cap * _FINE * float(rng.uniform(0.85, 1.1))
                    cv2.circle(mask, (round(px * 16), round(py * 16)), round(r * 16), 255, -1, cv2.LINE_8, 4)
    deep[y0:y1, x0:x1] = np.maximum(deep[y0:y1, x0:x1], plane)
    half[y0:y1, x0:x1] = stroke / 2
    if rng.random() < g.process.twice:  # the punch bounced
        a, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.04, 0.1) * cap * _FINE
        again = cell.copy()
        again[:, 2] += far * np.cos(a), far * np.sin(a)
        dieset.draw(mask, g.dies, g.text, again, cap * _FINE, 0.0)


def _peck(
    rng: Rng,
    g: Glyph,
    dots: tuple[float, float],
    mask: Array,
    cell: Array,
    cap: float,
    plane: Array,
    corner: tuple[int, int],
) -> None:
    """Dots along the strokes, or, of a font, all over them; each as deep as its own blow."""
    pitch, radius = dots[0] * cap, dots[1] * cap
    if g.dies.shapes.skeleton is not None:
        points = np.concatenate([_along(s, pitch) for s in dieset.middle_lines(g.dies, g.text, cell, cap)])
    else:
        glyph = np.zeros_like(mask)
        dieset.draw(glyph, g.dies, g.text, cell, cap, 0.0)
        ys, xs = np.nonzero(glyph > 127)
        step = max(pitch, 1.6 * radius)
        if not len(xs):
            return
        cells = np.stack([np.round((xs - xs.min()) / step), np.round((ys - ys.min()) / step)], 1)
        # One dot to each square of the raster that the strokes enter, in the middle of what lies in it.
        _, square, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        middles = [np.bincount(square.ravel(), v) / counts for v in (xs, ys)]
        points = np.stack(middles, 1)[counts > 0.25 * counts.max()]
    points = points + rng.normal(0, 0.08 * radius, points.shape)
    blows = np.clip(1 + rng.normal(0, 0.15, len(points)), 0.2, 1.6)
    for (px, py), blow in zip(points, blows, strict=True):
        r = radius * float(np.sqrt(blow))
        cv2.circle(mask, (round(px * 16), round(py * 16)), max(8, round(r * 16)), 255, -1, cv2.LINE_8, 4)
        x, y, reach = px / _FINE - corner[0], py / _FINE - corner[1], max(1, int(radius / _FINE + 1))
        xa, ya = max(0, int(x) - reach), max(0, int(y) - reach)
        plane[ya : int(y) + reach + 1, xa : int(x) + reach + 1] *= 0.5 + 0.5 * blow


def _along(stroke: Array, pitch: float) -> Array:
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    at = np.linspace(0, steps[-1], max(1, round(float(steps[-1]) / pitch)) + 1)
    return np.stack([np.interp(at, steps, stroke[:, 0]), np.interp(at, steps, stroke[:, 1])], 1)


def _pressed(rng: Rng, g: Glyph, t: Tool, mask: Array, deep: Array, half: Array, mm: float) -> Impression:
    """Profile, lips and cover of everything in a fine mask."""
    h, w = deep.shape
    _, mask = cv2.threshold(mask, 90, 255, cv2.THRESH_BINARY)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    signed = inside - cv2.distanceTransform(255 - mask, cv2.DIST_L2, 5)
    signed = cv2.resize(signed, (w, h), interpolation=cv2.INTER_AREA) * np.float32(mm / _FINE)
    if g.dies.shapes.font is not None and t.dots is None and (inside > 0).any():
        # A font's strokes are made as wide as the set's: hairlines could not be struck, and the heaviest close up.
        own = float(np.percentile(inside[inside > 0], 92)) * mm / _FINE
        wanted = g.dies.stroke * g.height / 2
        signed += np.float32(np.clip(wanted - own, -0.4 * own, 0.045 * g.height))
        half = np.full((h, w), max(own + float(np.clip(wanted - own, -0.4 * own, 0.045 * g.height)), mm), np.float32)
    edge, name = g.dies.edge, g.process.name
    grain = noise(rng, h, w, max(2.0, 0.25 / mm))
    signed += grain * half * t.wobble
    n = np.clip(signed / half, 0, 1.15)
    if name == "laser":
        profile = np.clip(signed / (1.2 * mm), 0, 1)
    elif name == "embossed":
        profile = np.clip(signed / half * 1.2, 0, 1)
    elif t.dots is not None or edge == "ball":
        profile = np.sqrt(np.clip(n * (2 - n), 0, 1))
    elif edge == "chisel" or name == "scribe":
        profile = n
    else:
        profile = np.clip(n / t.wall, 0, 1) * (0.95 + 0.05 * n)
    deep = deep * np.clip(1 + noise(rng, h, w, 8 / mm) * t.wave, 0.3, 1.8)
    dent = profile * deep
    dent = cv2.GaussianBlur(dent, (0, 0), max(0.5, t.soft / mm))
    raised = name == "embossed"
    out = np.clip(-signed, 0, None)
    lip = np.zeros((h, w), np.float32)
    if t.lip > 0.01:
        around = cv2.blur(deep, (5, 5))
        lip = t.lip * around * np.exp(-((out / t.reach) ** 2)) * (signed < 0) * np.clip(1 + 0.5 * grain, 0, 2)
        lip = cv2.GaussianBlur(lip, (0, 0), max(0.6, 0.5 * t.soft / mm))
    cover = np.clip(signed / mm + 0.5, 0, 1) * (deep > 0)
    return Impression(dent.astype(np.float32), lip.astype(np.float32), cover.astype(np.float32), raised)


def into(plate: Plate, mark: Impression) -> None:
    """Strike it into metal of any form: as deep below the sheet as the die goes, whatever groove was there before."""
    z = plate.z
    if mark.raised:
        z += mark.dent
        return
    np.minimum(z, np.maximum(z, plate.level) - mark.dent, out=z)
    z += mark.lip
