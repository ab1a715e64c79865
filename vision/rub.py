"""The rubbing of a line: where its strokes run, whatever the light made of them."""

from __future__ import annotations

import cv2
import numpy as np

from vinspect.vision.evidence import Rubbing, Strip, frozen

_GROUND = 45  # pixels: the median over a height and a half sees the metal, not the strokes
_JOIN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))  # spans the zero between a groove's dark and bright wall
_REACH = 24.0  # pixels along the line over which polarity and depth are taken as one: not quite a capital


def rub(strip: Strip) -> Rubbing:
    """Take a rubbing of `strip` as photographed.

    A groove shows as a dark stroke, a bright one, or a dark wall beside a bright one, and which of them may change
    along the line. So the ground is taken away, what differs from it on either side counts, the rarer side less, and
    the two walls of one groove are joined. Levels are relative to the strokes nearby (strikes of one number differ in
    contrast by a fifth with nothing wrong) and to the grain of the metal: bare metal stays dark.

    Returns float32 (h, w) in 0..1, the size of the strip; all zero where nothing stands out.
    """
    grey = strip.grey
    ground = cv2.GaussianBlur(cv2.medianBlur(grey, _GROUND).astype(np.float32), (0, 0), 3)
    away = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.7) - ground
    bright, dark = np.maximum(away, 0), np.maximum(-away, 0)
    b, d = _strong(bright), _strong(dark)
    both = b + d + 1e-6
    stroke = np.maximum(bright * np.minimum(1, 2 * b / both), dark * np.minimum(1, 2 * d / both))
    stroke = cv2.GaussianBlur(cv2.morphologyEx(stroke, cv2.MORPH_CLOSE, _JOIN), (0, 0), 0.7)
    grain = max(0.5, float(np.percentile(stroke, 35)))
    full = np.maximum(1.5 * _strong(stroke), 3 * grain)
    level = np.clip((stroke - grain) / (full - grain), 0, 1)
    return Rubbing(frozen(level.astype(np.float32)))


def _strong(level: np.ndarray) -> np.ndarray:
    """How strong the strokes are around each column, float32 (1, w): the fourth-power mean, which bare metal hardly moves."""
    column = (level.astype(np.float32) ** 4).mean(axis=0, keepdims=True)
    return np.asarray(cv2.GaussianBlur(column, (0, 0), _REACH, borderType=cv2.BORDER_REFLECT), np.float32) ** 0.25
