"""How a camera may see a scene: any turn, distance and slant, then light, lens, sensor and JPEG."""

from __future__ import annotations

import cv2
import numpy as np

from vinspect.datasets.piece import NONE
from vinspect.datasets.scene import Scene

Rng = np.random.Generator
SIDE = 384  # pixels along the longer side of a whole picture


def view(rng: Rng, scene: Scene, size: tuple[int, int]) -> Scene:
    """The scene through a camera, as a picture of `size` (width, height)."""
    return camera(rng, frame(rng, scene, size))


def frame(rng: Rng, scene: Scene, size: tuple[int, int]) -> Scene:
    """Turn, scale, slant and crop. The number, if there is one, mostly stays in the picture; never mirrored.

    Four views in five show it within 44 degrees of level, the others further round by quarters.
    """
    w, h = size
    sh, sw = scene.grey.shape
    lines = scene.numbers
    lying = 0
    if len(lines):  # a number that stands upright in its scene is turned level first
        along = lines[0, 1] - lines[0, 0]
        lying = round(float(np.degrees(np.arctan2(along[1], along[0]))) / 90)
    quarter = int(rng.choice([0, 1, 2, 3], p=[0.82, 0.06, 0.06, 0.06])) - lying
    turn = quarter * np.pi / 2 + np.radians(float(rng.normal(0, 6) if rng.random() < 0.6 else rng.uniform(-44, 44)))
    if max(size) > 2 * min(size) and len(lines):  # a narrow picture was cut along its number
        turn = np.radians(float(rng.normal(0, 2))) + np.pi * (int(rng.random() < 0.1) - lying / 2)
    c, s = np.cos(turn), np.sin(turn)
    full = max(1.0, SIDE / max(w, h))  # a smaller view is a window of a picture of that size
    whole = full * min(w / (abs(c) * sw + abs(s) * sh), h / (abs(s) * sw + abs(c) * sh))  # the scene just fits
    stretch = np.exp(rng.normal(0, 0.16))  # real photographs come stretched from their first aspect ratio
    scale = whole * float(np.exp(rng.uniform(np.log(0.75), np.log(1.8))))
    focus = np.array([sw, sh]) * 0.5 + rng.normal(0, 0.06, 2) * np.array([sw, sh])
    if len(lines) and rng.random() < 0.75:
        line = lines[int(rng.integers(len(lines)))]
        length = float(np.linalg.norm(line[1] - line[0]))
        across = abs(c) * w + abs(s) * h
        if rng.random() < 0.45:  # so long in the picture: from a sixth of it to edge to edge
            scale = full * across * float(np.exp(rng.uniform(np.log(0.16), np.log(1.0)))) / length
        scale = float(
            np.clip(scale, whole * 0.6, 1.08 * across / length if rng.random() < 0.9 else 2.0 * across / length)
        )
        room = np.maximum(
            (np.array([w, h]) - np.ptp(scale * line @ np.array([[c, s], [-s, c]]), axis=0)) / 2 / scale, 0
        )
        off = rng.uniform(-1, 1, 2) * room * (0.95 if rng.random() < 0.5 else 0.4)
        focus = line.mean(0) - np.array([[c, s], [-s, c]]) @ off
        # Do not look past the scene's edge more than needed.
        reach = np.array([w, h]) / scale / 2
        reach = np.array([abs(c) * reach[0] + abs(s) * reach[1], abs(s) * reach[0] + abs(c) * reach[1]])
        low, high = reach, np.array([sw, sh]) - reach
        inside = np.where(low < high, np.clip(focus, low, high), np.array([sw, sh]) / 2)
        focus = np.clip(inside, focus - 0.8 * room, focus + 0.8 * room) if rng.random() < 0.8 else focus
    a = np.array([[c, -s], [s, c]]) * scale
    a = a @ np.diag([stretch, 1 / stretch]) if rng.random() < 0.5 else a
    matrix = np.eye(3)
    matrix[:2, :2] = a
    matrix[:2, 2] = np.array([w, h]) / 2 - a @ focus
    if rng.random() < 0.5:  # seen from the side
        tilt = np.eye(3)
        tilt[2, :2] = rng.normal(0, 0.12, 2) / max(w, h)
        centre = np.array([[1, 0, -w / 2], [0, 1, -h / 2], [0, 0, 1]], float)
        matrix = np.linalg.inv(centre) @ tilt @ centre @ matrix
    picture = scene.grey
    if scale < 0.6:
        k = 0.5 if scale > 0.3 else 0.25
        picture = cv2.resize(picture, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
        shrink = matrix @ np.array([[1 / k, 0, 0.5 / k - 0.5], [0, 1 / k, 0.5 / k - 0.5], [0, 0, 1]])
    else:
        shrink = matrix
    edge = rng.random()
    mode = (
        cv2.BORDER_REFLECT_101
        if edge < 0.25 and not len(lines)
        else (cv2.BORDER_REPLICATE if edge < 0.7 else cv2.BORDER_CONSTANT)
    )
    flags = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_LINEAR
    out = cv2.warpPerspective(
        picture, shrink, (w, h), flags=flags, borderMode=mode, borderValue=float(rng.choice([0, 0, 128, 255]))
    )

    def move(quads: np.ndarray) -> np.ndarray:
        if not len(quads):
            return NONE
        return cv2.perspectiveTransform(quads.reshape(-1, 1, 2), matrix).reshape(-1, 4, 2).astype(np.float32)

    return Scene(out, move(scene.numbers), move(scene.texts), scene.texts_known)


def camera(rng: Rng, scene: Scene) -> Scene:
    """Light, lens, sensor and JPEG; nothing moves."""
    grey: np.ndarray = scene.grey.astype(np.float32)
    h, w = grey.shape
    if rng.random() < 0.35:  # light falls off
        ys, xs = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        turn = rng.uniform(0, 2 * np.pi)
        grey *= np.clip(1 + float(rng.normal(0, 0.35)) * (xs * np.cos(turn) + ys * np.sin(turn)), 0.15, 2)
    if rng.random() < 0.15:  # reflections and glare
        for _ in range(int(rng.integers(1, 4))):
            blob = np.zeros((h // 8 + 1, w // 8 + 1), np.float32)
            at = (int(rng.uniform(0, w / 8)), int(rng.uniform(0, h / 8)))
            axes = (max(1, int(w / 8 * rng.uniform(0.02, 0.3))), max(1, int(h / 8 * rng.uniform(0.02, 0.2))))
            cv2.ellipse(blob, at, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(30, 160)), -1)
            blob = cv2.GaussianBlur(blob, (0, 0), float(rng.uniform(0.8, 6)))
            grey += cv2.resize(blob, (w, h), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.6:
        low, high = np.percentile(grey[::4, ::4], [1, 99])
        grey = (grey - low) / max(float(high - low), 20) * 255
        grey = np.clip(grey, 0, 255) if rng.random() < 0.5 else grey
        contrast, middle = float(rng.uniform(0.25, 1.1)), float(rng.uniform(60, 190))
        grey = (grey - 128) * contrast + middle
    grey = np.clip(grey, 0, 255)
    if rng.random() < 0.5:
        grey = 255 * (grey / 255) ** float(np.exp(rng.normal(0, 0.4)))
    if rng.random() < 0.03:
        grey = 255 - grey
    blur = rng.random()
    if blur < 0.2:
        grey = cv2.GaussianBlur(grey, (0, 0), float(rng.uniform(0.4, 1.5)))
    elif blur < 0.26:  # the hand moves
        n = int(rng.integers(3, 9))
        kernel = np.zeros((n, n), np.float32)
        cv2.line(kernel, (0, int(rng.integers(n))), (n - 1, int(rng.integers(n))), 1.0)
        kernel = kernel.T if rng.random() < 0.5 else kernel
        grey = cv2.filter2D(grey, -1, kernel / kernel.sum())
    elif blur < 0.34:  # small and enlarged
        k = float(rng.uniform(0.35, 0.8))
        grey = cv2.resize(
            cv2.resize(grey, None, fx=k, fy=k, interpolation=cv2.INTER_AREA), (w, h), interpolation=cv2.INTER_CUBIC
        )
    elif blur < 0.46:  # a phone's sharpening
        grey += float(rng.uniform(0.3, 1.5)) * (grey - cv2.GaussianBlur(grey, (0, 0), float(rng.uniform(0.8, 2))))
    if rng.random() < 0.5:
        grey += rng.standard_normal((h, w), np.float32) * float(abs(rng.normal(0, 7)))
    picture = np.clip(grey, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])[1]
        decoded = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
        assert decoded is not None
        picture = decoded.astype(np.uint8, copy=False)
    return Scene(picture, scene.numbers, scene.texts, scene.texts_known)
