"""A line of a number laid level for comparing: capitals of one height, and the walls of its grooves whatever the light.

A photograph shows a groove as a dark wall beside a bright one, or as a stroke of either; a rubbing shows it light on
graphite. What both show alike is along which direction the metal falls away, whichever side is the brighter: the
gradient's direction at double angle (W. Foerstner, E. Guelch, ISPRS Intercommission Workshop, 1987), and how much a
place differs from its ground either way.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.vision.evidence import StampLine, Strip, frozen
from vinspect.vision.rectify import SHARE, rectify

HEIGHT = 54  # pixels of a level line: capitals take 32, a groove about three
CAP = SHARE * HEIGHT  # pixels of a capital
_MARGIN = 0.6  # capitals shown before the first and after the last character
_GROUND = 10.0  # pixels: sd over which the ground and its contrast are taken
_FAINT = 2.0  # grey levels: less contrast than this is noise of the camera
_FINE, _SMOOTH = 1.1, 1.5  # pixels: sd of the gradient, and of what is laid on each other; strokes of 0.1 capitals


@dataclass(frozen=True, eq=False)
class Laid:
    """One line of a number, level."""

    strip: Strip  # HEIGHT pixels high
    text: str
    boxes: np.ndarray  # float32 (n, 4), left, top, right, bottom in the strip
    walls: np.ndarray  # float32 (HEIGHT, w, 3), as `walls` gives them


def lay(grey: np.ndarray, text: str, quads: np.ndarray, reduction: float = 1.0) -> Laid:
    """Lay the characters `text`, which stand at `quads`, float32 (n, 4, 2) in full-scale pixels, level.

    grey: the photograph, uint8 (H, W), at full scale or reduced by `reduction`.
    Raises ValueError where the line has no length or no height.
    """
    strip = rectify(grey, StampLine(line_through(quads), 1.0, 1.0), HEIGHT, _MARGIN, reduction)
    there = cv2.perspectiveTransform(quads.reshape(-1, 1, 2).astype(np.float64), np.linalg.inv(strip.to_photo))
    there = there.reshape(-1, 4, 2)
    boxes = np.concatenate([there.min(1), there.max(1)], 1).astype(np.float32)
    return Laid(strip, text, frozen(boxes), frozen(walls(strip.grey)))


def line_through(quads: np.ndarray) -> np.ndarray:
    """The quadrilateral of a line, float32 (4, 2), from its characters' (n, 4, 2): cap line and baseline fitted."""
    q = quads.astype(np.float64)
    along = q[-1, [1, 2]].mean(0) - q[0, [0, 3]].mean(0)
    length = float(np.linalg.norm(along))
    if length < 1e-6:
        raise ValueError("the line has no length")
    e = along / length
    down = np.array([-e[1], e[0]])
    start = q[0, [0, 3]].mean(0)
    ends = np.array([((q[0, [0, 3]] - start) @ e).min(), ((q[-1, [1, 2]] - start) @ e).max()])
    rims = []
    for corners in ((0, 1), (2, 3)):
        at = q[:, corners].mean(1) - start
        degree = 1 if len(q) > 2 else 0
        rims.append(np.polyval(np.polyfit(at @ e, at @ down, degree), ends))
    top, foot = rims
    rim = [(ends[0], top[0]), (ends[1], top[1]), (ends[1], foot[1]), (ends[0], foot[0])]
    return frozen(np.array([start + a * e + b * down for a, b in rim], np.float32))


def walls(grey: np.ndarray) -> np.ndarray:
    """Where the walls of grooves run in a level line, uint8 (h, w), and which way: float32 (h, w, 3).

    The first two channels are the gradient at double angle, cosine and sine, its strength the square root's; the third
    is how much the place differs from its ground. Contrast is relative to what is usual around.
    """
    g = grey.astype(np.float32)
    away = g - cv2.GaussianBlur(g, (0, 0), _GROUND)
    usual = np.sqrt(cv2.GaussianBlur(away * away, (0, 0), _GROUND))
    n = cv2.GaussianBlur(away / (usual + _FAINT), (0, 0), _FINE)
    gx = cv2.Sobel(n, cv2.CV_32F, 1, 0, scale=0.125)
    gy = cv2.Sobel(n, cv2.CV_32F, 0, 1, scale=0.125)
    m = np.sqrt(gx * gx + gy * gy) + 1e-6
    field = np.stack([(gx * gx - gy * gy) / m, 2 * gx * gy / m, 0.25 * np.abs(n)], -1)
    return np.asarray(cv2.GaussianBlur(field, (0, 0), _SMOOTH), np.float32)
