"""From a struck number to strips as the reader meets them: taken from afar, askew, and cut out a little wrong.

`shrink` brings the picture to the size that a camera gave it; the caller degrades that (blur, noise, JPEG); `lay`
cuts the strip out of it as rectification would, with the errors that locating makes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

STRIP_HEIGHT = 48
CAP = 28.8  # pixels of a capital in a strip: three fifths of its height
MARGIN = 14.4  # pixels before the first and after the last character: half a capital
WIDEST = 1024


@dataclass(frozen=True, eq=False)
class Take:
    """A picture with a line of characters in it."""

    grey: np.ndarray  # uint8 (H, W)
    line: np.ndarray  # float32 (4, 2), clockwise from the top left of the first character
    quads: np.ndarray  # float32 (n, 4, 2), of the characters; n may be 0 where their places are not known


def warp_points(points: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Points float32 (..., 2) through the homography float64 (3, 3)."""
    flat = points.reshape(-1, 1, 2).astype(np.float64)
    return cv2.perspectiveTransform(flat, h).reshape(points.shape).astype(np.float32)


def shrink(rng: np.random.Generator, take: Take, cap: float | None = None) -> Take:
    """The same at a camera's distance: capitals 8 to 40 pixels high, wider or narrower by about a quarter."""
    now = float(np.linalg.norm(take.line[3] - take.line[0]))
    target = float(np.exp(rng.uniform(np.log(8), np.log(40)))) if cap is None else cap
    ky = target / now
    kx = ky * float(np.exp(rng.normal(0, 0.24)))
    h, w = take.grey.shape
    size = (max(16, round(w * kx)), max(8, round(h * ky)))
    grey = cv2.resize(take.grey, size, interpolation=cv2.INTER_AREA if ky < 1 else cv2.INTER_CUBIC)
    k = np.array([size[0] / w, size[1] / h], np.float32)
    return Take(grey, take.line * k, take.quads * k)


def lay(rng: np.random.Generator, take: Take, sure: float = 1.0, marks: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Cut the strip out: uint8 (48, w), and the characters' boxes in it, float32 (n, 4) left, top, right, bottom.

    `sure` scales the errors of locating; `marks` widens the cut so that end marks stand in it.
    """
    strip, matrix = cut(rng, take, sure, marks)
    if not len(take.quads):
        return strip, np.zeros((0, 4), np.float32)
    corners = warp_points(take.quads, matrix)
    return strip, np.concatenate([corners.min(axis=1), corners.max(axis=1)], 1)


def located(rng: np.random.Generator, take: Take, sure: float = 1.0, marks: bool = False) -> np.ndarray:
    """Where the line would be found, float64 (4, 2): its corners with the errors that locating makes."""
    quad = take.line.astype(np.float64)
    if marks and len(take.quads):
        quad = np.array([take.quads[0, 0], take.quads[-1, 1], take.quads[-1, 2], take.quads[0, 3]], np.float64)
    along, down = quad[1] - quad[0], quad[3] - quad[0]
    cap, length = float(np.linalg.norm(down)), float(np.linalg.norm(along))
    ux, uy = along / length, down / cap
    # Errors: both ends shift, the height is misjudged, the level tilts, corners wander (perspective).
    ends = rng.normal(0, 0.14 * sure, 2) * cap
    quad = quad + np.outer([ends[0], ends[1], ends[1], ends[0]], ux)
    grow = float(np.exp(rng.normal(0.02, 0.12 * sure))) - 1
    tilt = rng.normal(0, 0.07 * sure) * cap
    shift = rng.normal(0, 0.06 * sure) * cap
    vertical = np.array([-grow / 2 - tilt / cap, -grow / 2 + tilt / cap, grow / 2 + tilt / cap, grow / 2 - tilt / cap])
    quad = quad + np.outer(vertical * cap + shift, uy) + rng.normal(0, 0.025 * sure, (4, 2)) * cap
    if rng.random() < 0.5:  # not quite at right angles
        lean = rng.normal(0, 0.1 * sure) * cap
        quad = quad + np.outer([lean, lean, -lean, -lean], ux)
    return quad


def cut(rng: np.random.Generator, take: Take, sure: float = 1.0, marks: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The strip, uint8 (48, w), as `lay` cuts it out, and the homography to it from the take, float64 (3, 3)."""
    quad = located(rng, take, sure, marks)
    high = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    long = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    width = int(np.clip(round(long / high * CAP + 2 * MARGIN), 64, WIDEST))
    top, right = (STRIP_HEIGHT - CAP) / 2, width - MARGIN
    target = np.array([[MARGIN, top], [right, top], [right, top + CAP], [MARGIN, top + CAP]], np.float32)
    grey, k = take.grey, np.ones(2)
    if high > 1.5 * CAP:  # shrink by area first, as rectification does, so that nothing aliases
        grey = cv2.resize(grey, None, fx=CAP / high, fy=CAP / high, interpolation=cv2.INTER_AREA)
        k = np.array(grey.shape[::-1]) / np.array(take.grey.shape[::-1])
    matrix = cv2.getPerspectiveTransform((quad * k).astype(np.float32), target)
    strip = cv2.warpPerspective(
        grey, matrix, (width, STRIP_HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return strip, matrix @ np.diag([*k, 1.0])
