"""Draw strips side by side, genuine above, forged below: `python -m vinspect.datasets.relief.sheet docs/press.jpg`."""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from vinspect.datasets.relief.plate import Array
from vinspect.datasets.relief.stamping import Stamping, stamping

_WIDE, _COLUMNS = 620, 2
_TINTS = {1: (90, 90, 0), 2: (0, 80, 160), 3: (0, 120, 120), 4: (120, 0, 120), 5: (150, 60, 0), 6: (0, 0, 200)}


def sheet(strips: list[Stamping], truth: bool = False) -> Array:
    """Strips in two columns, uint8 (h, w, 3); with `truth`, the groove and what was touched below each."""
    cells = []
    for s in strips:
        parts = [_fitted(cv2.cvtColor(s.picture, cv2.COLOR_GRAY2BGR))]
        if truth:
            parts.append(_fitted(truth_of(s)))
        cells.append(np.vstack(parts))
    if len(cells) % _COLUMNS:
        cells.append(np.full_like(cells[-1], 255))
    return np.vstack([np.hstack(cells[i : i + _COLUMNS]) for i in range(0, len(cells), _COLUMNS)])


def truth_of(s: Stamping) -> Array:
    """Strokes white, ghosts grey, what a forger touched in colour: uint8 (h, w, 3)."""
    out = np.zeros((*s.picture.shape, 3), np.uint8)
    for code, tint in _TINTS.items():
        out[s.touched == code] = tint
    out[s.groove == 128] = np.maximum(out[s.groove == 128], 110)
    out[(s.groove == 255) & (s.touched != 6)] = 235
    out[(s.groove == 255) & (s.touched == 6)] = (110, 110, 255)
    return out


def _fitted(picture: Array) -> Array:
    high, wide = picture.shape[:2]
    k = min(1.0, (_WIDE - 6) / wide)
    small = cv2.resize(picture, (round(wide * k), round(high * k)), interpolation=cv2.INTER_AREA)
    out = np.full((high + 4, _WIDE, 3), 255, np.uint8)
    top = (high - small.shape[0]) // 2 + 2
    out[top : top + small.shape[0], 3 : 3 + small.shape[1]] = small
    return out


def main() -> None:
    """Write a sheet of strips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--count", type=int, default=10, help="genuine ones, and as many forged ones")
    given = parser.parse_args()
    genuine = [stamping(np.random.default_rng((given.seed, k)), False) for k in range(given.count)]
    forged = [stamping(np.random.default_rng((given.seed, given.count + k)), True) for k in range(given.count)]
    cv2.imwrite(given.file, np.vstack([sheet(genuine), sheet(forged, truth=True)]), [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
