"""The prints of all photographs, in memory: which of them are like one that came in."""

from __future__ import annotations

import threading
from itertools import chain

import cv2
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.sightings.ordered import pages
from vinspect.api.sightings.tables import PrintRow
from vinspect.vision.same import PRINT

NEAR = 90  # bits: prints farther apart are of two photographs
NEAREST = 8  # by each of the two prints: so many are laid over the photograph
_FIRST = 1024  # rows that there is room for at first


class Prints:
    """At 72 bytes a photograph; what others have added is taken up before each look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._bits = np.zeros((2, _FIRST, PRINT), np.uint8)
        self._numbers = np.zeros(_FIRST, np.int64)
        self._around = np.zeros(_FIRST, np.bool_)

    def near(self, session: Session, whole: list[bytes], around: list[bytes], besides: int) -> list[int]:
        """The numbers of the photographs whose prints are nearest, those that are near at all, the nearest first.

        whole, around: prints that either may have had, any number; the nearest of them counts.
        besides: the number of the photograph itself, and of those after it, which are not looked at.
        """
        with self._lock:
            self._take_up(session)
            size = self._size  # what lies before it is never changed
            bits, numbers, has = self._bits, self._numbers[:size], self._around[:size]
        earlier = numbers < besides
        found: dict[int, int] = {}
        for kept, marks, there in ((bits[0], whole, earlier), (bits[1], around, earlier & has)):
            rows = np.flatnonzero(there)
            if not marks or not len(rows):
                continue
            asked = np.frombuffer(b"".join(marks), np.uint8).reshape(len(marks), PRINT)
            few = min(NEAREST, len(rows))
            distances, places = cv2.batchDistance(asked, kept[rows], cv2.CV_32S, normType=cv2.NORM_HAMMING, K=few)
            nearest: dict[int, int] = {}
            for place, apart in zip(rows[places.ravel()], distances.ravel(), strict=True):
                if apart <= NEAR:
                    nearest[int(place)] = min(nearest.get(int(place), NEAR), int(apart))
            for place in sorted(nearest, key=lambda place: (nearest[place], place))[:NEAREST]:
                number = int(numbers[place])
                found[number] = min(found.get(number, nearest[place]), nearest[place])
        return sorted(found, key=lambda number: (found[number], -number))

    def _take_up(self, session: Session) -> None:
        last = int(self._numbers[: self._size].max()) if self._size else -1
        # Two that are scored at a time may be written in the other order: look a little back.
        query = select(PrintRow.number, PrintRow.whole, PrintRow.around)
        known = set(self._numbers[max(0, self._size - 128) : self._size].tolist())
        for row in chain.from_iterable(pages(session, query, PrintRow.number, last - 64)):
            if row.number in known:
                continue
            if self._size == len(self._numbers):
                self._bits = np.concatenate([self._bits, np.zeros_like(self._bits)], axis=1)
                self._numbers, self._around = (
                    np.concatenate([each, np.zeros_like(each)]) for each in (self._numbers, self._around)
                )
            self._bits[0, self._size] = np.frombuffer(row.whole, np.uint8)
            if row.around is not None:
                self._bits[1, self._size] = np.frombuffer(row.around, np.uint8)
            self._around[self._size] = row.around is not None
            self._numbers[self._size] = row.number
            self._size += 1
