"""The rubbing of a line: where its strokes run, whatever the light made of them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vinspect.vision.evidence import Rubbing, Strip, frozen

_GROUND = 45  # pixels: the median over a height and a half sees the metal, not the strokes
_JOIN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))  # spans the zero between a groove's dark and bright wall
_REACH = 24.0  # pixels along the line over which polarity and depth are taken as one: not quite a capital
_AROUND = 5  # pixels around a character that tell how clean the ground is


@lru_cache(maxsize=4)  # of the strips in hand, which are the same object for all that ask
def rub(strip: Strip) -> Rubbing:
    """Take a rubbing of `strip` as photographed.

    A groove shows as a dark stroke, a bright one, or a dark wall beside a bright one, and which of them may change
    along the line. So the ground is taken away, what differs from it on either side counts, the rarer side less, and
    the two walls of one groove are joined. Levels are relative to the strokes nearby (strikes of one number differ in
    contrast by a fifth with nothing wrong) and to the grain of the metal: bare metal stays dark.

    Returns float32 (h, w) in 0..1, the size of the strip; all zero where nothing stands out.
    """
    bright, dark = _away(strip.grey)
    b, d = _strong(bright), _strong(dark)
    both = b + d + 1e-6
    stroke = np.maximum(bright * np.minimum(1, 2 * b / both), dark * np.minimum(1, 2 * d / both))
    stroke = cv2.GaussianBlur(cv2.morphologyEx(stroke, cv2.MORPH_CLOSE, _JOIN), (0, 0), 0.7)
    grain = max(0.5, float(np.percentile(stroke, 35)))
    full = np.maximum(1.5 * _strong(stroke), 3 * grain)
    level = np.clip((stroke - grain) / (full - grain), 0, 1)
    return Rubbing(frozen(level.astype(np.float32)))


def one_sided(strip: Strip) -> float:
    """0..1: how much of what stands out of the ground is on its commoner side; 0.5 for relief in slanting light."""
    b, d = (float((side**4).mean()) ** 0.25 for side in _away(strip.grey))
    return max(b, d) / (b + d + 1e-6)


def clarity(rubbing: Rubbing, boxes: np.ndarray) -> np.ndarray:
    """How clearly each character stands out of its surroundings, float32 (n,), 1 at most; noise alone gives about 0.

    boxes: float32 (n, 4), left, top, right, bottom in the rubbing. The strong strokes in the box, less twice what
    there is around it where nothing should be.
    """
    stroke = rubbing.stroke
    h, w = stroke.shape
    spans = [
        (max(0, round(x0)), max(0, round(y0)), min(w, round(x1) + 1), min(h, round(y1) + 1))
        for x0, y0, x1, y1 in boxes.tolist()
    ]
    bare = np.ones(stroke.shape, np.uint8)
    for left, top, right, bottom in spans:
        bare[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = 0
    areas, sums = cv2.integral(bare), cv2.integral(stroke * bare)
    out = np.zeros(len(boxes), np.float32)
    for i, (left, top, right, bottom) in enumerate(spans):
        if right - left < 3 or bottom - top < 5:
            continue
        x0, y0 = max(0, left - _AROUND), max(0, top - _AROUND)
        x1, y1 = min(w, right + _AROUND), min(h, bottom + _AROUND)
        area, total = (float(s[y1, x1] - s[y0, x1] - s[y1, x0] + s[y0, x0]) for s in (areas, sums))
        strokes = float(np.percentile(stroke[top:bottom, left:right], 92))
        out[i] = strokes - 2 * total / max(area, 1.0)
    return out


def _away(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much brighter and how much darker than its ground each pixel is, float32 (h, w) each."""
    ground = cv2.GaussianBlur(cv2.medianBlur(grey, _GROUND).astype(np.float32), (0, 0), 3)
    away = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.7) - ground
    return np.maximum(away, 0), np.maximum(-away, 0)


def _strong(level: np.ndarray) -> np.ndarray:
    """How strong the strokes are around each column, float32 (1, w): fourth powers hardly feel bare metal."""
    column = (level.astype(np.float32) ** 4).mean(axis=0, keepdims=True)
    return np.asarray(cv2.GaussianBlur(column, (0, 0), _REACH, borderType=cv2.BORDER_REFLECT), np.float32) ** 0.25
