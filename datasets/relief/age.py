"""What the years and the workshop leave on any number, honest or not: dirt, rust, oil, scratches, holes, seams."""

from __future__ import annotations

import cv2
import numpy as np

from vinspect.datasets.press import noise
from vinspect.datasets.relief.plate import Array, Plate, Rng, log_uniform, soft_step


def surroundings(rng: Rng, plate: Plate, quad: Array) -> None:
    """What was there before the number: seams, holes, spot welds, spatter near the line (`quad` in millimetres)."""
    if rng.random() < 0.16:
        _hole(rng, plate, quad)
    if rng.random() < 0.12:
        _seam(rng, plate, quad)
    if rng.random() < 0.08:
        _spatter(rng, plate, int(rng.integers(2, 14)))
    if rng.random() < 0.08:
        _spot_weld(rng, plate, quad)


def years(rng: Rng, plate: Plate, old: Array | float = 1.0) -> None:
    """Dirt, rust, oil, wear, scratches. `old`, 0..1 (h, w), is smaller where the metal was worked on of late."""
    mm = plate.mm
    h, w = plate.shape
    u = rng.uniform
    below = _depth(plate, 0.5)
    if rng.random() < 0.2:
        _rust(rng, plate, below, old)
    if rng.random() < 0.45:  # what lies in the grooves decides their tone: grime, dust, paint, polish
        lying = np.clip(below / log_uniform(rng, 0.02, 0.25), 0, 1) * float(u(0.2, 1.0))
        if rng.random() < 0.5:
            lying *= np.clip(0.6 + noise(rng, h, w, float(u(2, 25)) / mm, 2) * float(u(0.1, 0.6)), 0, 1.2)
        dark = rng.random() < 0.6
        tone = float(u(0.01, 0.08) if dark else u(0.25, 0.85))
        plate.cover(np.clip(lying * old, 0, 0.97), tone, 0.03, float(u(0.3, 0.6)))
        if rng.random() < 0.5:
            plate.z += np.clip(below * old, 0, None) * float(u(0.1, 0.6))  # and fills them
    if rng.random() < 0.4:  # a film of dust or grime everywhere
        film = np.clip(noise(rng, h, w, float(u(4, 40)) / mm, float(u(1, 3))) * 0.4 + u(-0.3, 0.6), 0, 1) * float(
            u(0.1, 0.7)
        )
        film *= np.clip(1 + float(u(0.02, 0.2)) * noise(rng, h, w, float(u(1.2, 3))), 0, 2)
        plate.cover(np.clip(film * (0.4 + 0.6 * old), 0, 0.9), float(u(0.03, 0.45)), 0.03, 0.5)
    if rng.random() < 0.14:
        _wet(rng, plate)
    if rng.random() < 0.12:
        _mud(rng, plate)
    for _ in range(int(rng.poisson(2.2)) if rng.random() < 0.55 else 0):
        _scratch(rng, plate)
    if rng.random() < 0.12:
        _rubbed(rng, plate)
    if rng.random() < 0.07:
        _scraped(rng, plate)
    if rng.random() < 0.06:
        _covered(rng, plate)
    if rng.random() < 0.05:
        _written(rng, plate)


def _depth(plate: Plate, reach: float) -> Array:
    """How far each place lies under its neighbourhood, millimetres, 0 on the flat."""
    wide = cv2.blur(plate.z, (2 * int(2 * reach / plate.mm) + 1,) * 2)
    return np.clip(wide - plate.z, 0, None)


def _away(rng: Rng, plate: Plate, quad: Array, radius: float) -> tuple[float, float]:
    """A place beside the number, millimetres."""
    h, w = plate.shape
    x = float(rng.uniform(0, w * plate.mm))
    top, foot = float(quad[:, 1].min()), float(quad[:, 1].max())
    left, right = float(quad[:, 0].min()), float(quad[:, 0].max())
    if left - radius < x < right + radius:
        y = top - radius * rng.uniform(1.0, 2.5) if rng.random() < 0.5 else foot + radius * rng.uniform(1.0, 2.5)
    else:
        y = rng.uniform(0, h * plate.mm)
    return x, float(y)


def _hole(rng: Rng, plate: Plate, quad: Array) -> None:
    x, y = plate.grid
    r = float(rng.uniform(1.2, 5))
    cx, cy = _away(rng, plate, quad, r)
    d = np.sqrt((x - cx) ** 2 + ((y - cy) / float(rng.uniform(0.5, 1.0))) ** 2) - r
    inside = soft_step(-d / 0.15)
    plate.z += float(rng.uniform(-0.2, 0.3)) * np.exp(-(np.clip(d, 0, None) ** 2) / 0.5) * (1 - inside)
    plate.z -= inside * 1.5
    plate.cover(inside, 0.01, 0.01, 0.5)


def _seam(rng: Rng, plate: Plate, quad: Array) -> None:
    """A joint of two sheets, open or with a bead of sealer, above or below the number."""
    x, y = plate.grid
    high = float(quad[:, 1].min()) - float(rng.uniform(0.5, 4))
    low = float(quad[:, 1].max()) + float(rng.uniform(0.5, 4))
    at = high if rng.random() < 0.5 else low
    d = y - at - float(rng.normal(0, 0.02)) * (x - x.mean()) + 0 * x
    if rng.random() < 0.5:
        plate.z -= float(rng.uniform(0.2, 0.8)) * np.exp(-((d / float(rng.uniform(0.1, 0.3))) ** 2))
        side = soft_step(d / 0.2) if at == low else soft_step(-d / 0.2)
        plate.z += side * float(rng.uniform(-0.5, 0.5))
    else:
        half = float(rng.uniform(0.8, 2.5)) * (1 + 0.1 * noise(rng, 1, plate.shape[1], 3 / plate.mm))
        bead = np.sqrt(np.clip(1 - (d / half) ** 2, 0, 1))
        plate.z += bead * half * 0.3
        plate.cover(soft_step((half - np.abs(d)) / 0.2), float(rng.uniform(0.1, 0.7)), 0.04, 0.3)


def _spatter(rng: Rng, plate: Plate, n: int) -> None:
    """Beads that flew off a weld and stuck."""
    h, w = plate.shape
    x, y = plate.grid
    for _ in range(n):
        cx, cy = rng.uniform(0, w * plate.mm), rng.uniform(0, h * plate.mm)
        r = log_uniform(rng, 0.12, 0.7)
        k = 3 * r / plate.mm
        ys = slice(max(0, int(cy / plate.mm - k)), int(cy / plate.mm + k) + 1)
        xs = slice(max(0, int(cx / plate.mm - k)), int(cx / plate.mm + k) + 1)
        d = np.sqrt((x[:, xs] - cx) ** 2 + (y[ys] - cy) ** 2)
        plate.z[ys, xs] += 0.7 * np.sqrt(np.clip(r * r - d * d, 0, None))
        burnt = np.exp(-((d / (1.5 * r)) ** 2))
        plate.albedo[ys, xs] *= 1 - 0.5 * burnt
        plate.gloss[ys, xs] *= 1 - 0.4 * burnt


def _spot_weld(rng: Rng, plate: Plate, quad: Array) -> None:
    x, y = plate.grid
    r = float(rng.uniform(2.5, 4))
    cx, cy = _away(rng, plate, quad, r)
    d = np.hypot(x - cx, y - cy)
    plate.z -= float(rng.uniform(0.05, 0.2)) * soft_step((r - d) / 0.4)
    plate.albedo *= 1 - float(rng.uniform(0, 0.4)) * np.exp(-(((d - r) / 1.2) ** 2))


def _rust(rng: Rng, plate: Plate, below: Array, old: Array | float) -> None:
    mm = plate.mm
    h, w = plate.shape
    u = rng.uniform
    field = noise(rng, h, w, float(u(3, 25)) / mm, float(u(1, 2.5))) + float(u(0.05, 0.4)) * noise(
        rng, h, w, float(u(0.6, 1.5)) / mm
    )
    field += np.clip(below / 0.1, 0, 1.5) * float(u(0, 1.5))
    amount = soft_step((field - float(u(-0.8, 1.8))) / float(u(0.1, 0.6))) * old
    tone = float(u(0.05, 0.2)) * np.clip(
        1 + float(u(0.1, 0.35)) * noise(rng, h, w, 0.6 / mm) + 0.12 * noise(rng, h, w, 1.2), 0.2, 2.2
    )
    plate.cover(amount, tone, 0.02, 0.5)
    pits = noise(rng, h, w, max(1.5, 0.35 / mm)) * 0.6 + noise(rng, h, w, max(1.5, 0.9 / mm))
    plate.z += amount * pits * log_uniform(rng, 0.003, 0.025)


def _wet(rng: Rng, plate: Plate) -> None:
    """Water or oil: darker, glossier, with an edge that cuts through the number."""
    h, w = plate.shape
    field = noise(rng, h, w, float(rng.uniform(8, 40)) / plate.mm, 1.5)
    mask = soft_step((field - float(rng.uniform(0, 1.2))) / 0.08)
    plate.albedo *= 1 - mask * float(rng.uniform(0.15, 0.6))
    plate.gloss += mask * (np.maximum(plate.gloss, 0.04) - plate.gloss)
    plate.rough += mask * (0.04 - plate.rough) * float(rng.uniform(0.4, 0.9))
    plate.grain = (plate.grain[0] * (1 - 0.7 * mask), plate.grain[1] * (1 - 0.7 * mask))
    smooth = cv2.GaussianBlur(plate.z, (0, 0), 0.15 / plate.mm + 0.3)
    plate.z += mask * (smooth - plate.z)


def _mud(rng: Rng, plate: Plate) -> None:
    """Splashes and smears that cover a character or two, or were wiped off around the number."""
    mm = plate.mm
    h, w = plate.shape
    field = noise(rng, h, w, float(rng.uniform(2, 9)) / mm) + 0.25 * noise(rng, h, w, 0.9 / mm)
    mask = soft_step((field - float(rng.uniform(1.3, 2.4))) / 0.15) * float(rng.uniform(0.4, 1.0))
    tone = float(rng.uniform(0.04, 0.3)) * np.clip(1 + 0.2 * noise(rng, h, w, 1.5), 0.3, 2)
    plate.cover(mask, tone, 0.02, 0.5)
    plate.z += mask * (0.08 + 0.02 * noise(rng, h, w, max(1.5, 0.4 / mm)) + 0.6 * _depth(plate, 0.5))


def _scratch(rng: Rng, plate: Plate) -> None:
    h, w = plate.shape
    a, n = rng.uniform(0, np.pi), log_uniform(rng, 2, 60) / plate.mm
    x, y = rng.uniform(0, w), rng.uniform(0, h)
    bow = rng.normal(0, 0.05) * n
    points = np.array(
        [[x, y], [x + 0.5 * n * np.cos(a) - bow * np.sin(a), y + 0.5 * n * np.sin(a) + bow * np.cos(a)],
         [x + n * np.cos(a), y + n * np.sin(a)]]
    )  # fmt: skip
    x0, y0 = np.maximum(points.min(0).astype(int) - 3, 0)
    x1, y1 = np.minimum(points.max(0).astype(int) + 4, [w, h])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    over = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.polylines(over, [np.round((points - (x0, y0)) * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    line = over.astype(np.float32) / 255 * float(rng.uniform(0.3, 1))
    plate.z[y0:y1, x0:x1] -= line * log_uniform(rng, 0.004, 0.06)
    bare = line * float(rng.uniform(0, 0.8))
    for field, to in ((plate.albedo, float(rng.choice([0.05, 0.4]))), (plate.gloss, 0.3), (plate.rough, 0.2)):
        field[y0:y1, x0:x1] += bare * (to - field[y0:y1, x0:x1])


def _rubbed(rng: Rng, plate: Plate) -> None:
    """Wiped with a rag or a scouring pad, as inspectors do to read a number: fine marks one way, dirt thinner."""
    h, w = plate.shape
    x, y = plate.grid
    cx, cy = rng.uniform(0.1, 0.9) * w * plate.mm, rng.uniform(0.3, 0.7) * h * plate.mm
    d = np.hypot((x - cx) / rng.uniform(6, 60), (y - cy) / rng.uniform(4, 12)) + 0.1 * noise(rng, h, w, 3 / plate.mm)
    mask = soft_step((1 - d) / 0.3) * float(rng.uniform(0.2, 0.8))
    fine = noise(rng, h, w, 1.0, float(rng.uniform(6, 30))) * float(rng.uniform(0.01, 0.06))
    plate.regrain(mask, 0.3 * fine, fine)
    plate.rough += mask * (0.18 - plate.rough) * 0.4


def _patch(rng: Rng, plate: Plate, edge: float, ragged: float) -> Array:
    """A place of chance, as large as a few characters or the whole number, 0..1 (h, w); `edge` in millimetres."""
    h, w = plate.shape
    x, y = plate.grid
    half = log_uniform(rng, 4, 70), float(rng.uniform(3, 9))
    cx, cy = rng.uniform(0, w * plate.mm), rng.uniform(0.3, 0.7) * h * plate.mm
    d = np.maximum(np.abs(x - cx) - half[0], np.abs(y - cy) - half[1])
    d = d + ragged * noise(rng, h, w, float(rng.uniform(1, 4)) / plate.mm)
    return soft_step(-d / edge).astype(np.float32)


def _scraped(rng: Rng, plate: Plate) -> None:
    """Paint and dirt scraped off to read the number, by an inspector and not by a forger: metal shows, grooves keep."""
    h, w = plate.shape
    mask = _patch(rng, plate, float(rng.uniform(0.1, 0.8)), float(rng.uniform(0.2, 1.2)))
    high = soft_step(1 - _depth(plate, 0.5) / 0.03)
    fine = noise(rng, h, w, 1.0, float(rng.uniform(5, 25))) * float(rng.uniform(0.02, 0.1))
    mask = mask * high * np.clip(0.8 + 0.4 * noise(rng, h, w, 1.5, 10), 0, 1)
    plate.regrain(mask, 0.2 * fine, fine)
    plate.cover(mask, float(rng.uniform(0.02, 0.12)), float(rng.uniform(0.3, 0.65)), float(rng.uniform(0.1, 0.3)))


def _covered(rng: Rng, plate: Plate) -> None:
    """A clear sticker, lacquer or wax over part of the number: an outline, another gloss, hardly another tone."""
    mask = _patch(rng, plate, 0.08, 0.02 if rng.random() < 0.6 else 0.5)
    smooth = cv2.GaussianBlur(plate.z, (0, 0), float(rng.uniform(0.1, 0.3)) / plate.mm)
    plate.z += mask * (smooth + float(rng.uniform(0.02, 0.1)) - plate.z)
    plate.regrain(mask * float(rng.uniform(0.3, 1)), 0.0, 0.0)
    plate.gloss += mask * (np.maximum(plate.gloss, 0.045) - plate.gloss)
    plate.rough += mask * (float(rng.uniform(0.02, 0.25)) - plate.rough)
    plate.albedo += mask * float(rng.normal(0, 0.03)) * (1 - plate.albedo)
    np.clip(plate.albedo, 0.005, 1, out=plate.albedo)


def _written(rng: Rng, plate: Plate) -> None:
    """Chalk or a marker: a tick, an arrow, a line under the number. It colours what stands high."""
    h, w = plate.shape
    over = np.zeros((h, w), np.uint8)
    at = np.array([rng.uniform(0, w), rng.uniform(0, h)])
    points = [at]
    for _ in range(int(rng.integers(1, 4))):
        at = at + rng.normal(0, [0.12 * w, 0.3 * h])
        points.append(at)
    thick = max(1, round(float(rng.uniform(0.6, 2.5)) / plate.mm))
    cv2.polylines(over, [np.round(np.array(points) * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
    chalk = rng.random() < 0.5
    mask = over.astype(np.float32) / 255 * float(rng.uniform(0.4, 0.95))
    if chalk:
        mask *= soft_step(1 - _depth(plate, 0.5) / 0.04) * np.clip(0.7 + 0.4 * noise(rng, h, w, 1.5), 0, 1)
    plate.cover(mask, float(rng.uniform(0.5, 0.9) if chalk else rng.uniform(0.01, 0.3)), 0.03, 0.4)
