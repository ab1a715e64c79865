"""Barcodes of random content, to stand beside numbers."""

from __future__ import annotations

import cv2
import numpy as np

Rng = np.random.Generator


def dotted(ink: np.ndarray, pitch: int) -> np.ndarray:
    """Ink broken up into dots, as of a needle or matrix printer."""
    h, w = ink.shape
    small = cv2.resize(ink, (max(1, w // pitch), max(1, h // pitch)), interpolation=cv2.INTER_AREA)
    ys, xs = np.mgrid[:h, :w]
    dot = ((xs % pitch - pitch / 2 + 0.5) ** 2 + (ys % pitch - pitch / 2 + 0.5) ** 2) < (0.46 * pitch) ** 2
    big = cv2.resize((small > 0.35).astype(np.float32), (w, h), interpolation=cv2.INTER_NEAREST)
    return big * dot


def barcode(rng: Rng, width: int, height: int) -> np.ndarray:
    """Bars of random widths, float32 (height, width), 1 where a bar is."""
    bars = np.repeat(rng.integers(0, 2, width), rng.choice([1, 1, 2, 3], width))[:width].astype(np.float32)
    bars = np.pad(bars, (0, width - len(bars)))
    return np.repeat(bars[None], height, 0)


def data_matrix(rng: Rng, size: int, dots: bool = False) -> np.ndarray:
    """A Data Matrix of random content."""
    n = int(rng.choice([12, 14, 16, 18, 20, 22]))
    cells = rng.integers(0, 2, (n, n)).astype(np.float32)
    cells[:, 0], cells[-1] = 1, 1
    cells[0], cells[:, -1] = np.arange(n) % 2 == 0, np.arange(n) % 2 == 1
    pitch = max(2, size // n)
    big = np.kron(cells, np.ones((pitch, pitch), np.float32))
    if dots and pitch > 3:
        big *= np.kron(np.ones((n, n)), dotted(np.ones((pitch, pitch), np.float32), pitch))
    return big
