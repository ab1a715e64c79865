"""The prints of all photographs, in memory: which of them are like one that came in."""

from __future__ import annotations

import threading
from itertools import chain

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.sightings.ordered import pages
from vinspect.api.sightings.tables import PrintRow
from vinspect.vision.same import PRINT

NEAR = 90  # bits: prints farther apart are of two photographs
NEAREST = 6  # by each of the two prints: so many are laid over the photograph
_WORDS = PRINT // 8
_FIRST = 1024  # rows that there is room for at first


class Prints:
    """At 72 bytes a photograph; what others have added is taken up before each look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._bits = np.zeros((_FIRST, 2, _WORDS), np.uint64)
        self._numbers = np.zeros(_FIRST, np.int64)
        self._around = np.zeros(_FIRST, np.bool_)

    def near(self, session: Session, whole: bytes, around: bytes | None, besides: int) -> list[int]:
        """The numbers of the photographs whose prints are nearest, those that are near at all, the nearest first.

        besides: the number of the photograph itself, and of those after it, which are not looked at.
        """
        with self._lock:
            self._take_up(session)
            bits, numbers, has = self._bits[: self._size], self._numbers[: self._size], self._around[: self._size]
            found: dict[int, int] = {}
            for column, mark in enumerate((whole, around)):
                if mark is None:
                    continue
                apart = np.bitwise_count(bits[:, column] ^ np.frombuffer(mark, np.uint64)).sum(1, dtype=np.int64)
                apart[numbers >= besides] = 8 * PRINT + 1
                if column == 1:
                    apart[~has] = 8 * PRINT + 1
                for place in np.argsort(apart, kind="stable")[:NEAREST]:
                    if apart[place] <= NEAR:
                        number = int(numbers[place])
                        found[number] = min(found.get(number, 8 * PRINT), int(apart[place]))
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
                self._bits, self._numbers, self._around = (
                    np.concatenate([each, np.zeros_like(each)]) for each in (self._bits, self._numbers, self._around)
                )
            self._bits[self._size, 0] = np.frombuffer(row.whole, np.uint64)
            if row.around is not None:
                self._bits[self._size, 1] = np.frombuffer(row.around, np.uint64)
            self._around[self._size] = row.around is not None
            self._numbers[self._size] = row.number
            self._size += 1
