"""The hands of all numbers, in memory: which of them were struck by the same one."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.sightings.ordered import by_page, pages
from vinspect.api.sightings.tables import HandRow
from vinspect.api.tables import InspectionRow
from vinspect.vision.evidence import Inspection
from vinspect.vision.hand import hand_of, likeness, made_by

_FIRST = 1024  # rows that there is room for at first


@dataclass(frozen=True)
class Alike:
    """A case whose number is like another's."""

    id: str
    likeness: float  # -1..1


def row_of(id: str, inspection: Inspection) -> HandRow | None:
    """The row of an inspection's number, where its looks could be judged."""
    if inspection.looks is None:
        return None
    vector = hand_of(inspection.report.readings[0])
    return None if vector is None else HandRow(id=id, learned=made_by(), vector=_bytes(vector))


class Hands:
    """Each as a row of a matrix; what others have added is taken up before each look. A look goes through all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size, self._last = 0, -1
        self._vectors = np.zeros((0, 0), np.float32)
        self._ids: list[str] = []
        self._stations = np.zeros(0, np.int32)
        self._codes: dict[str | None, int] = {}  # each station's

    def near(self, session: Session, id: str, count: int, station: str | None = None) -> list[Alike] | None:
        """At most so many cases whose numbers are most like this one's, the likest first; None where it has no hand.

        station: whose cases alone are looked at. Raises SQLAlchemyError.
        """
        own = session.scalar(select(HandRow).where(HandRow.id == id, HandRow.learned == made_by()))
        if own is None:
            return None
        with self._lock:
            self._take_up(session)
            vectors, ids, stations = self._vectors[: self._size], self._ids, self._stations[: self._size]
        alike = likeness(vectors, np.frombuffer(own.vector, "<f4"))
        if station is not None:
            alike[stations != self._codes.get(station, -1)] = -np.inf
        wanted = min(count + 1, len(alike))  # itself among them
        nearest = np.argpartition(-alike, wanted - 1)[:wanted]
        order = nearest[np.argsort(-alike[nearest], kind="stable")]
        found = [Alike(ids[place], round(float(alike[place]), 4)) for place in order
                 if np.isfinite(alike[place]) and ids[place] != id]  # fmt: skip
        return found[:count]

    def _take_up(self, session: Session) -> None:
        query = select(HandRow.number, HandRow.id, HandRow.vector).where(HandRow.learned == made_by())
        for page in pages(session, by_page(query, HandRow.number), self._last):
            cases = select(InspectionRow.number, InspectionRow.station)
            among = cases.where(InspectionRow.number.between(page[0].number, page[-1].number))
            at = {row.number: row.station for row in session.execute(among)}
            for number, of, vector in page:
                self._add(number, of, np.frombuffer(vector, "<f4"), at[number])

    def _add(self, number: int, of: str, values: np.ndarray, station: str | None) -> None:
        if self._size == len(self._vectors):
            room = max(_FIRST, 2 * self._size)
            vectors, stations = np.zeros((room, len(values)), np.float32), np.zeros(room, np.int32)
            if self._size:
                vectors[: self._size], stations[: self._size] = self._vectors, self._stations
            self._vectors, self._stations = vectors, stations
        self._vectors[self._size] = values
        self._stations[self._size] = self._codes.setdefault(station, len(self._codes))
        self._ids.append(of)
        self._size += 1
        self._last = number


def _bytes(vector: np.ndarray) -> bytes:
    return vector.astype("<f4").tobytes()
