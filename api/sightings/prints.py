"""The prints of all photographs, in memory: which of them are like one that came in."""

from __future__ import annotations

import threading
from itertools import chain

import cv2
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.sightings.ordered import by_page, pages
from vinspect.api.sightings.tables import PrintRow
from vinspect.vision.same import PRINT

NEAR = 90  # bits: prints farther apart are of two photographs
NEAREST = 8  # by each of the two prints: so many are laid over the photograph
_FIRST = 1024  # rows that there is room for at first
_ALL = by_page(select(PrintRow.number, PrintRow.whole, PrintRow.around), PrintRow.number)


class Prints:
    """At 72 bytes a photograph; what others have added is taken up before each look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._bits = np.zeros((2, _FIRST, PRINT), np.uint8)
        self._numbers = np.zeros(_FIRST, np.int64)

    def near(self, session: Session, whole: list[bytes], around: list[bytes]) -> list[int]:
        """The numbers of the inspections whose prints are nearest, those that are near at all, the nearest first.

        whole, around: prints that either may have had, any number; the nearest of them counts.
        """
        with self._lock:
            self._take_up(session)
            size = self._size  # what lies before it is never changed
            bits, numbers = self._bits[:, :size], self._numbers[:size]
        found: dict[int, int] = {}
        for kept, marks in zip(bits, (whole, around), strict=True):
            if not marks or not size:
                continue
            asked = np.frombuffer(b"".join(marks), np.uint8).reshape(len(marks), PRINT)
            few = min(NEAREST, size)
            distances, places = cv2.batchDistance(asked, kept, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=few)
            nearest: dict[int, int] = {}
            for one, apart in zip(places.ravel(), distances.ravel(), strict=True):
                if apart <= NEAR:
                    nearest[int(one)] = min(nearest.get(int(one), NEAR), int(apart))
            for place in sorted(nearest, key=lambda place: (nearest[place], place))[:NEAREST]:
                number = int(numbers[place])
                found[number] = min(found.get(number, nearest[place]), nearest[place])
        return sorted(found, key=lambda number: (found[number], -number))

    def _take_up(self, session: Session) -> None:
        last = int(self._numbers[self._size - 1]) if self._size else -1
        for row in chain.from_iterable(pages(session, _ALL, last)):
            if self._size == len(self._numbers):
                self._bits = np.concatenate([self._bits, np.zeros_like(self._bits)], axis=1)
                self._numbers = np.concatenate([self._numbers, np.zeros_like(self._numbers)])
            self._bits[0, self._size] = np.frombuffer(row.whole, np.uint8)
            if row.around is not None:  # where there is none, half of all bits are other than those of any print
                self._bits[1, self._size] = np.frombuffer(row.around, np.uint8)
            self._numbers[self._size] = row.number
            self._size += 1
