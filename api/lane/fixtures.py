"""What stands in the lane and looks like a number, but is none: it is learned, and left out of what is seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.vision.evidence import StampLine
from vinspect.vision.rectify import rectify

KEPT = 32  # fixtures; the oldest is forgotten first, and learned again where it still is
FACE = (128, 24)  # pixels that a fixture is compared in
SHIFT = 4  # of these, that it may be off to each side: the camera shakes a little
ALIKE = 0.8  # correlation of what stands there now with what was learned


@dataclass(frozen=True, eq=False)
class _Fixture:
    """A thing at its place. Another thing at the same place is none: a vehicle may stop with its number there."""

    line: StampLine
    face: np.ndarray  # uint8 (24, 128), the place laid level, as it looked

    def under(self, line: StampLine) -> bool:
        """Whether a line was found on this place."""
        x, y = line.quad.mean(0)
        return cv2.pointPolygonTest(self.line.quad, (float(x), float(y)), False) >= 0

    def stands(self, grey: np.ndarray) -> bool:
        """Whether it is to be seen at its place in a frame, uint8 (H, W)."""
        inner = self.face[SHIFT:-SHIFT, SHIFT:-SHIFT]
        return float(cv2.matchTemplate(_face(grey, self.line), inner, cv2.TM_CCOEFF_NORMED).max()) >= ALIKE


class Fixtures:
    """The fixtures of one lane. They are learned anew by each process: it takes one vehicle that hides them."""

    def __init__(self) -> None:
        self._known: list[_Fixture] = []

    def learn(self, grey: np.ndarray, quad: np.ndarray) -> None:
        """From now on leave out what this frame, uint8 (H, W), shows in a quadrilateral, float32 (4, 2)."""
        line = StampLine(quad, 1.0, 1.0)
        self._known = [*self._known, _Fixture(line, _face(grey, line))][-KEPT:]

    def left_out(self, grey: np.ndarray, lines: tuple[StampLine, ...]) -> tuple[StampLine, ...]:
        """Of the lines found in a frame, uint8 (H, W), those that are no fixture."""
        return tuple(line for line in lines if not any(each.under(line) and each.stands(grey) for each in self._known))


def _face(grey: np.ndarray, line: StampLine) -> np.ndarray:
    return cv2.resize(rectify(grey, line).grey, FACE, interpolation=cv2.INTER_AREA)
