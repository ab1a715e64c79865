"""A flat thing with lines on it, before it is laid into a scene: a label, a plate, a strike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

NONE = np.zeros((0, 4, 2), np.float32)  # no lines


@dataclass(frozen=True, eq=False)
class Piece:
    """Something flat with lines on it, to be laid into a scene."""

    grey: np.ndarray  # float32 (h, w), 0 to 255
    cover: np.ndarray  # float32 (h, w), 0 to 1: how much it hides of what lies behind
    numbers: np.ndarray
    texts: np.ndarray
    pressed: bool = False  # `grey` is only what a strike changes in the light of the metal, to be added to it


def rounded(h: int, w: int, radius: float) -> np.ndarray:
    """The cover of a plate whose corners are rounded."""
    mask = np.zeros((h, w), np.uint8)
    r = int(min(radius, h / 2 - 1, w / 2 - 1))
    cv2.rectangle(mask, (r, 0), (w - 1 - r, h - 1), 255, -1)
    cv2.rectangle(mask, (0, r), (w - 1, h - 1 - r), 255, -1)
    for x, y in ((r, r), (w - 1 - r, r), (r, h - 1 - r), (w - 1 - r, h - 1 - r)):
        cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
    return mask.astype(np.float32) / 255


def stack(quads: Sequence[np.ndarray]) -> np.ndarray:
    """Quadrilaterals as one array, float32 (n, 4, 2)."""
    return np.stack(quads).astype(np.float32) if quads else NONE


def fading(grey: np.ndarray, reach: float) -> np.ndarray:
    """A cover that fades out towards the sides over `reach` pixels."""
    down, across = (np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / reach, 0, 1) for n in grey.shape)
    return (down[:, None] * across[None]).astype(np.float32)
