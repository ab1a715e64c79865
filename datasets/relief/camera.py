"""From linear light to a photograph, and from there to the level strip that rectification cuts out of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets.relief.plate import Array, Rng, log_uniform


@dataclass(frozen=True, eq=False)
class View:
    """How the plate's pixels get to the strip's: first to the photograph, then, cut out and level, to the strip."""

    to_photo: Array  # float64 (3, 3), from plate pixels
    photo: tuple[int, int]  # width, height
    to_strip: Array  # float64 (3, 3), from photograph pixels
    strip: tuple[int, int]  # width, height

    @property
    def through(self) -> Array:
        """From plate pixels to strip pixels, float64 (3, 3)."""
        return self.to_strip @ self.to_photo


def view(rng: Rng, plate: tuple[int, int], quad: Array, height: int) -> View:
    """A stand of the camera and a cut; `plate` (h, w) and `quad` in plate pixels, `height` of the strip.

    Capitals come out three fifths of the strip's height.
    """
    h, w = plate
    cap = float(np.linalg.norm(quad[3] - quad[0]))
    seen = log_uniform(rng, 13, 62) if rng.random() < 0.85 else log_uniform(rng, 9, 16)
    k = min(seen / cap, 1.15)
    tilt = rng.normal(0, 0.14, 2)  # how much shorter one end looks than the other
    a = np.radians(rng.normal(0, 4))
    squeeze = float(np.exp(rng.normal(0, 0.1)))
    m = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) @ np.diag([k * squeeze, k, 1])
    m = np.array([[1, 0, 0], [0, 1, 0], [float(tilt[0]) / (w * k), float(tilt[1]) / (w * k), 1]]) @ m
    m = m @ np.array([[1, 0, -w / 2], [0, 1, -h / 2], [0, 0, 1]])
    corners = _through(m, np.array([[0, 0], [w, 0], [w, h], [0, h]], float))
    low, high = corners.min(0), corners.max(0)
    size = (max(8, int(np.ceil(high[0] - low[0]))), max(8, int(np.ceil(high[1] - low[1]))))
    m = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ m

    there = _through(m, quad.astype(float))
    tall = float(np.linalg.norm(there[3] - there[0]))
    there = there + rng.normal(0, 0.035, (4, 2)) * tall
    grow = float(rng.normal(0.02, 0.07))
    middle = (there[[0, 1]] + there[[3, 2]]) / 2
    there = there + np.concatenate([there[[0, 1]] - middle, there[[2, 3]] - middle[::-1]]) * grow
    long = float(np.linalg.norm(there[1] - there[0]) + np.linalg.norm(there[2] - there[3])) / 2
    line_cap = 0.6 * height
    margin = 0.85 * line_cap
    width = round(long / tall * line_cap + 2 * margin)
    top = 0.2 * height
    target = np.array(
        [[margin, top], [width - margin, top], [width - margin, top + line_cap], [margin, top + line_cap]]
    )
    to_strip = cv2.getPerspectiveTransform(there.astype(np.float32), target.astype(np.float32))
    return View(m, size, to_strip, (width, height))


def _through(m: Array, points: Array) -> Array:
    return cv2.perspectiveTransform(points.reshape(-1, 1, 2).astype(np.float64), m).reshape(points.shape)


def _scale(m: Array, w: int, h: int) -> float:
    """Pixels after a homography per pixel before it, in the middle of a picture of this size."""
    x, y = w / 2, h / 2
    a, b, c = _through(m, np.array([[x, y], [x + 1, y], [x, y + 1]], float))
    (ax, ay), (bx, by) = b - a, c - a
    return float(np.sqrt(abs(ax * by - ay * bx)))


def points(v: View, at: Array) -> Array:
    """Plate pixels to strip pixels, float32 (..., 2)."""
    flat = np.ascontiguousarray(at.reshape(-1, 1, 2), np.float64)
    return cv2.perspectiveTransform(flat, v.through).reshape(at.shape).astype(np.float32)


def carried(v: View, field: Array, mode: int = cv2.INTER_LINEAR) -> Array:
    """A map of the plate, laid over the strip."""
    m = v.through
    k = _scale(m, field.shape[1], field.shape[0])
    if k < 0.75 and mode == cv2.INTER_LINEAR:
        field = cv2.GaussianBlur(field, (0, 0), 0.4 / k)
    return cv2.warpPerspective(field, m, v.strip, flags=mode, borderMode=cv2.BORDER_REPLICATE)


def photograph(rng: Rng, linear: Array, v: View, cap: float) -> Array:
    """What the camera makes of linear light, cut out as a strip: uint8 (height, width); `cap` in plate pixels."""
    k = _scale(v.to_photo, linear.shape[1], linear.shape[0])
    bright = np.minimum(linear, 16.0)
    bright = cv2.GaussianBlur(bright, (0, 0), max(0.35, 0.45 / max(k, 0.1)))  # what one sensor pixel gathers
    seen = cv2.warpPerspective(bright, v.to_photo, v.photo, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    seen = _lens(rng, seen, k * cap)
    h, w = seen.shape
    inner = seen[h // 5 : -h // 5 or None, w // 16 : -w // 16 or None]
    usual = float(np.exp(np.log(inner[::2, ::4] + 1e-4).mean()))
    seen = seen * np.float32(np.exp(rng.normal(np.log(0.2), 0.55)) / usual)
    seen = _sensor(rng, seen)
    picture = _tone(rng, seen)
    picture = _jpeg(rng, picture)
    return _cut(picture, v)


def _lens(rng: Rng, seen: Array, cap: float) -> Array:
    w = seen.shape[1]
    u = rng.random
    if u() < 0.55:
        soft = log_uniform(rng, 0.3, max(0.5, 0.055 * cap))  # what is far worse, nobody judges
        blurred = cv2.GaussianBlur(seen, (0, 0), soft)
        if u() < 0.3:  # only part of it is in focus
            far = np.abs(np.linspace(0, 1, w, dtype=np.float32) - np.float32(u())) * np.float32(rng.uniform(0.8, 2))
            far = np.clip(far, 0, 1)[None]
            seen = seen * (1 - far) + blurred * far
        else:
            seen = blurred
    if u() < 0.14:  # the hand or the car moves
        length, a = float(rng.uniform(0.03, 0.14)) * cap + 0.5, rng.uniform(0, np.pi)
        kernel = np.zeros((9, 9), np.float32)
        d = np.array([np.cos(a), np.sin(a)]) * length / 2
        ends = [tuple(round(float(4 + s * t) * 16) for t in d) for s in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
        seen = cv2.filter2D(seen, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
    if u() < 0.5:  # light spreads in the lens
        seen = seen + np.float32(rng.uniform(0.01, 0.12)) * cv2.blur(
            np.clip(seen - np.median(seen[::3, ::3]) * 2, 0, 8), (15, 15)
        )
    if u() < 0.3:  # and a veil lies over all
        seen = seen + np.float32(rng.uniform(0.02, 0.4)) * seen.mean()
    return seen


def _sensor(rng: Rng, seen: Array) -> Array:
    strength = log_uniform(rng, 0.002, 0.05)
    rough = rng.standard_normal(seen.shape, dtype=np.float32)
    if rng.random() < 0.6:  # phones smooth it into blotches
        rough = cv2.GaussianBlur(rough, (0, 0), float(rng.uniform(0.5, 1.1))) * np.float32(1.6)
    return seen + rough * np.float32(strength) * np.sqrt(np.clip(seen, 0.003, 2))


def _tone(rng: Rng, seen: Array) -> Array:
    shoulder = float(rng.uniform(0.3, 1.2))
    t = np.clip(seen, 0, None)
    t = t * (1 + shoulder) / (1 + shoulder * t)
    t = np.clip(t, 0, 1) ** np.float32(1 / rng.uniform(1.8, 2.4))
    contrast = float(rng.uniform(0.0, 0.5))
    t = t + np.float32(contrast) * (t - 0.45) * (1 - np.abs(2 * t - 1))
    if rng.random() < 0.6:  # sharpened, as phones do
        t = t + np.float32(rng.uniform(0.2, 1.4)) * np.clip(
            t - cv2.GaussianBlur(t, (0, 0), float(rng.uniform(0.8, 1.6))), -0.08, 0.08
        )
    if rng.random() < 0.12:  # local contrast, as some of them do with shadows
        wide = cv2.GaussianBlur(t, (0, 0), 12)
        t = t - np.float32(rng.uniform(0.2, 0.6)) * (wide - 0.5)
    return (np.clip(t, 0, 1) * 255 + 0.5).astype(np.uint8)


def _jpeg(rng: Rng, picture: Array) -> Array:
    quality = int(rng.integers(38, 97))
    for q in (quality, int(rng.integers(50, 95))) if rng.random() < 0.15 else (quality,):  # sent on, and saved again
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, q])
        decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
        assert decoded is not None
        picture = decoded
    return picture


def _cut(picture: Array, v: View) -> Array:
    k = _scale(v.to_strip, *v.photo)
    if k < 0.7:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / k)
    return cv2.warpPerspective(picture, v.to_strip, v.strip, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
