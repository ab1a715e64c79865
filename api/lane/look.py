"""What the locator sees in a frame, and which frames it looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.api.lane.fixtures import Fixtures
from vinspect.api.lane.frames import Frame
from vinspect.vision.evidence import Photo, StampLine, frozen
from vinspect.vision.locate import Locator, locate, numbers

LOOKS = 4  # a second, at most
IDLE = 2.0  # seconds after which the lane is looked at though nothing moved
SIDE = 512  # pixels of the longer side that the locator gets: where it sees nothing from afar, it looks from closer by
THUMBNAIL = (64, 48)
MOVED, SHARE = 14, 0.01  # grey levels by which so large a share of the thumbnail has to change
EDGE = 0.01  # of the frame's width or height: what comes nearer to its edge is cut off


@dataclass(frozen=True, eq=False)
class Look:
    """What was seen in one frame."""

    at: float
    size: tuple[int, int]  # width, height of the frame
    numbers: tuple[StampLine, ...]  # the first line of each number, the likeliest first, in the frame's pixels
    frame: Frame | None  # None where nothing moved, and nobody looked

    def holds(self, quad: np.ndarray) -> bool:
        """Whether a quadrilateral, float32 (4, 2), lies wholly inside the frame."""
        size = np.array(self.size)
        return bool((quad > EDGE * size).all() and (quad < (1 - EDGE) * size - 1).all())


def seeing(locator: Locator) -> Callable[[np.ndarray], tuple[StampLine, ...]]:
    """The first line of each number in a frame, uint8 (H, W), found on a reduced copy of it."""

    def see(grey: np.ndarray) -> tuple[StampLine, ...]:
        h, w = grey.shape
        scale = max(1.0, max(h, w) / SIDE)
        small = grey
        if scale > 1:
            small = cv2.resize(grey, (round(w / scale), round(h / scale)), interpolation=cv2.INTER_AREA)
        photo = Photo("", "", b"", (w, h), frozen(small), w / small.shape[1])
        return tuple(group[0] for group in numbers(locate(photo, locator)))

    return see


class Watch:
    """Looks at a lane no more often than it needs to: not twice in a moment, nor where nothing moves and nothing is."""

    def __init__(self, see: Callable[[np.ndarray], tuple[StampLine, ...]]) -> None:
        """see: `seeing`, or what stands in for it."""
        self._see = see
        self._fixtures = Fixtures()
        self._moment = -1
        self._at = -np.inf
        self._thumbnail: np.ndarray | None = None
        self._saw = False

    def look(self, frame: Frame) -> Look | None:
        """What is seen in a frame; None where it comes too soon after the last one."""
        moment = int(frame.at * LOOKS)
        if moment == self._moment:
            return None
        self._moment = moment
        grey = frame.grey()
        size = grey.shape[1], grey.shape[0]
        thumbnail = cv2.resize(grey, THUMBNAIL, interpolation=cv2.INTER_AREA)
        if not self._saw and frame.at - self._at < IDLE and not self._moved(thumbnail):
            return Look(frame.at, size, (), None)
        found = self._fixtures.left_out(grey, self._see(grey))
        self._at, self._thumbnail, self._saw = frame.at, thumbnail, bool(found)
        return Look(frame.at, size, found, frame)

    def leave_out(self, grey: np.ndarray, quad: np.ndarray) -> None:
        """See no number any longer in what this frame, uint8 (H, W), shows in a quadrilateral, float32 (4, 2)."""
        self._fixtures.learn(grey, quad)

    def _moved(self, thumbnail: np.ndarray) -> bool:
        """Whether the lane is other than when it was last looked at: what creeps adds up."""
        if self._thumbnail is None:
            return True
        return float((cv2.absdiff(thumbnail, self._thumbnail) > MOVED).mean()) > SHARE
