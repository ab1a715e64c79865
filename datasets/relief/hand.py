"""What a forger's hands do: grind, fill, weld, let a piece in, paint over. Each leaves a trace and writes it down."""

from __future__ import annotations

import cv2
import numpy as np

from vinspect.datasets.press import noise
from vinspect.datasets.relief import metal
from vinspect.datasets.relief.plate import Array, Plate, Rng, log_uniform, soft_step
from vinspect.datasets.relief.work import Work

TOOLS = ("disc", "belt", "file", "orbital")
HELD_OUT_TOOLS = ("wire",)


def box(rng: Rng, work: Work, rect: Array, pad: float, edge: float, ragged: float = 0.25) -> Array:
    """1 in a rounded box around `rect` (left, top, right, bottom, mm) grown by `pad`, 0 outside; `edge` mm soft."""
    plate = work.plate
    x, y = plate.grid
    left, top, right, foot = rect
    cx, cy = (left + right) / 2, (top + foot) / 2
    turn = float(rng.normal(0, 0.015))
    u, v = (x - cx) + turn * (y - cy), (y - cy) - turn * (x - cx)
    round_ = float(rng.uniform(0.1, 1.0)) * (foot - top) / 2
    qx, qy = np.abs(u) - (right - left) / 2 - pad + round_, np.abs(v) - (foot - top) / 2 - pad + round_
    d = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - round_
    if ragged > 0:
        d = d + noise(rng, *plate.shape, 2.5 / plate.mm) * ragged * max(edge, 0.15)
    return soft_step(-d / edge).astype(np.float32)


def grind(rng: Rng, work: Work, mask: Array, deep: float, care: float, held_out: bool) -> None:
    """Take metal off where `mask` is 1, to `deep` millimetres below the sheet; deeper grooves stay as ghosts."""
    plate = work.plate
    tool = str(rng.choice(HELD_OUT_TOOLS if held_out and rng.random() < 0.5 else TOOLS))
    h, w = plate.shape
    wavy = noise(rng, h, w, float(rng.uniform(2, 6)) / plate.mm, 1.5) * 0.18 * (1 - care)
    floor = plate.level - mask * deep * np.clip(1 + wavy, 0.3, 2)
    inside = np.clip(mask * 8, 0, 1)
    ceiling = floor + (1 - inside) * 2.0
    before = plate.z
    plate.z = np.minimum(plate.z, ceiling)
    plate.level = np.minimum(plate.level, ceiling)
    # What is taken off is taken off everywhere: raised numbers, lips and old paint go first.
    gx, gy, rough = _marks(rng, plate, tool, care)
    worked = np.clip(mask * 3, 0, 1) * soft_step((before - plate.z + 0.01) / 0.008 - 0.2)
    worked = np.maximum(worked, soft_step((mask - 0.5) * 4))
    plate.regrain(worked, gx, gy)
    plate.cover(worked, float(rng.uniform(0.02, 0.08)), float(rng.uniform(0.45, 0.7)), rough)
    work.note(mask * (deep > 0.0), "ground")


def _marks(rng: Rng, plate: Plate, tool: str, care: float) -> tuple[Array, Array, float]:
    """Slopes of a tool's marks, finer with more care, and the roughness that it leaves."""
    shape = plate.shape
    slope = log_uniform(rng, 0.03, 0.22) * (1 - 0.7 * care)
    if tool == "disc":  # arcs
        h, w = shape
        x, y = plate.grid
        cx, cy = float(rng.uniform(-20, w * plate.mm + 20)), float(rng.choice([-1, 1]) * rng.uniform(15, 90))
        dx, dy = x - cx, y - cy
        r = np.hypot(dx, dy)
        lines = cv2.GaussianBlur(rng.standard_normal((2048, 1), dtype=np.float32), (1, 3), 0.6)[:, 0]
        field = lines[(r / (plate.mm * 1.2)).astype(np.int32) % 2048] * np.float32(slope)
        field = field * np.clip(1 + 0.5 * noise(rng, h, w, 4 / plate.mm), 0, 2)
        return field * dx / r, field * dy / r, float(rng.uniform(0.08, 0.2))
    if tool in ("belt", "file"):
        turn = float(rng.normal(0, 15)) if rng.random() < 0.6 else float(rng.uniform(-90, 90))
        gx, gy = metal.streaks(rng, shape, turn, slope, float(rng.uniform(8, 60)))
        if tool == "file":
            ox, oy = metal.streaks(
                rng, shape, turn + float(rng.uniform(20, 60)), slope * 0.7, float(rng.uniform(8, 40))
            )
            gx, gy = gx + ox, gy + oy
        return gx, gy, float(rng.uniform(0.08, 0.22))
    grain = float(rng.uniform(1, 2)) if tool == "orbital" else float(rng.uniform(1.5, 4))
    fine = 0.5 * slope
    return noise(rng, *shape, grain) * fine, noise(rng, *shape, grain) * fine, float(rng.uniform(0.1, 0.3))


def fill(rng: Rng, work: Work, mask: Array, care: float) -> None:
    """Tin or filler into every hollow where `mask` is 1, rubbed down; what is left of the hollows is the ghost."""
    plate = work.plate
    h, w = plate.shape
    left = float(rng.uniform(0, 0.3)) * (1 - care) ** 1.5
    sag = float(rng.uniform(-0.04, 0.06)) * (1 - 0.8 * care)
    top = plate.level * (0.1 + 0.5 * (1 - care) * rng.random()) + sag * mask
    top = top + noise(rng, h, w, float(rng.uniform(2, 8)) / plate.mm) * 0.012 * (1 - care)
    hollow = np.clip(top - plate.z, 0, None)
    plate.z += mask * hollow * (1 - left)
    plate.level += mask * (np.maximum(plate.level, top) - plate.level)
    used = mask * soft_step(hollow / 0.02 - 1)
    gx, gy = metal.streaks(rng, (h, w), float(rng.normal(0, 30)), 0.05 * (1 - 0.6 * care), float(rng.uniform(5, 30)))
    plate.regrain(used, gx, gy)
    if rng.random() < 0.45:  # tin
        plate.cover(used, float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.4, 0.65)), float(rng.uniform(0.12, 0.3)))
    else:
        plate.cover(used, float(rng.uniform(0.12, 0.6)), 0.04, float(rng.uniform(0.3, 0.5)))
    pores = (rng.random((h, w), dtype=np.float32) > 1 - 0.004 * (1 - care)).astype(np.float32)
    plate.z -= used * cv2.GaussianBlur(pores, (0, 0), 0.7) * 0.08
    work.note(used, "filled")


def seam(rng: Rng, work: Work, mask: Array, care: float, welded: bool) -> None:
    """Close the joint around a piece, `mask` 1 inside and 0 outside: a bead of weld, ground flush or not, or a gap."""
    plate = work.plate
    h, w = plate.shape
    inside = (mask > 0.5).astype(np.uint8)
    away = cv2.distanceTransform(inside, cv2.DIST_L2, 3) + cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    away = np.abs(away * np.float32(plate.mm) + noise(rng, h, w, 1.5 / plate.mm) * 0.12 * (1 - 0.7 * care))
    wide = float(rng.uniform(0.15, 0.6)) if not welded else float(rng.uniform(0.6, 1.8))
    half = wide * np.clip(1 + 0.3 * noise(rng, h, w, 3 / plate.mm), 0.4, 1.8)
    near = soft_step((half - away) / (0.4 * half))
    if welded:
        x, y = plate.grid
        step = x + y + 0.6 * away + 0.3 * noise(rng, h, w, 1.5 / plate.mm)
        ripple = 0.5 + 0.5 * np.sin(2 * np.pi * step / float(rng.uniform(0.5, 1.2)))
        high = float(rng.uniform(0.0, 0.5)) * (1 - care) ** 1.5
        bead = np.sqrt(np.clip(1 - (away / half) ** 2, 0, 1)) * high * (0.8 + 0.2 * ripple)
        sunk = float(rng.uniform(0.0, 0.08)) * (1 - 0.7 * care)
        plate.z += near * (plate.level - plate.z) * 0.95 + bead - near * sunk
        plate.z += near * noise(rng, h, w, 0.6 / plate.mm) * 0.02 * (1 - care)
        heat = np.exp(-(((away - half) / float(rng.uniform(1, 3))) ** 2)) * float(rng.uniform(0, 0.6)) * (1 - care)
        plate.albedo *= 1 - 0.7 * heat
        plate.gloss *= 1 - 0.5 * heat
        work.bare(near * float(rng.uniform(0.3, 1)), rng)
        work.note(near, "welded")
    else:
        open_ = float(rng.uniform(0.005, 0.25)) * (1 - 0.8 * care)
        plate.z -= near * open_
        plate.cover(near * float(rng.uniform(0.2, 1)), float(rng.uniform(0.02, 0.4)), 0.04, 0.4)
        work.note(near, "filled")


def let_in(rng: Rng, work: Work, piece: Plate, mask: Array, care: float) -> None:
    """Lay another piece of metal in, where `mask` is 1: its own grain, its own height, not quite level."""
    plate = work.plate
    x, y = plate.grid
    off = float(rng.normal(0, 0.06)) * (1 - 0.8 * care)
    lean = rng.normal(0, 0.004, 2) * (1 - 0.7 * care)
    sheet = off + float(lean[0]) * (x - x.mean()) + float(lean[1]) * (y - y.mean())
    plate.z += mask * (piece.z + sheet - plate.z)
    plate.level += mask * (sheet - plate.level)
    plate.regrain(mask, *piece.grain)
    plate.cover(mask, piece.albedo, piece.gloss, piece.rough)
    work.note(mask, "let in")


def paint(rng: Rng, work: Work, mask: Array, care: float) -> None:
    """Paint over where `mask` is 1, in the factory's colour as nearly as the forger mixes it."""
    like = work.coat
    kind = like.kind if like is not None else str(rng.choice(["paint", "primer"]))
    new = metal.coat(rng, kind, like, skill=care)
    if rng.random() < 0.6 * (1 - care):  # a hard edge, masked with tape: a step that light shows
        mask = soft_step((mask - 0.5) * 8)
    metal.lay_on(rng, work.plate, new, mask)
    work.note(mask, "painted")


def blend_back(work: Work, before: Plate, mask: Array, care: float) -> None:
    """Bring tone, gloss and grain nearer to what they were, as a careful man does with acid, oil and fine paper."""
    plate = work.plate
    k = mask * np.float32(care)
    for now, was in ((plate.albedo, before.albedo), (plate.gloss, before.gloss), (plate.rough, before.rough)):
        now += k * (was - now)
    plate.regrain(k, *before.grain)
