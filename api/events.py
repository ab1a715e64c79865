"""What happened to cases, as the log tells it: accepted, scored, decided, in the order in which it was written.

An event's number is its entry's. Whoever writes holds the log's lock until the commit, so that behind the last number
that was seen there is nothing that came in late: to go on from there loses nothing and brings nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from vinspect.api.tables import AcceptedRow, EntryRow, InspectionRow

Kind = Literal["accepted", "verdict", "decision"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PAGE = 500  # entries that are looked through at a time

_KINDS: dict[str, Kind] = {"photograph accepted": "accepted", "inspected": "verdict", "decided": "decision"}
_DECISION = "version decision reason by signature needs".split()


@dataclass(frozen=True)
class CaseEvent:
    """Something that happened to a case."""

    number: int
    """Of its entry in the log."""
    kind: Kind
    at: str
    """ISO 8601, UTC."""
    inspection: str
    station: str | None
    """Whose case it is."""
    data: Mapping[str, Any]
    """What there is to say of it, as JSON: the case, and what it was found or decided to be."""


def newest(session: Session) -> int:
    """The number behind which nothing has happened yet."""
    return session.scalar(select(func.max(EntryRow.index))) or 0


def behind(session: Session, number: int) -> tuple[list[CaseEvent], int]:
    """What happened behind this number, as far as one look goes, and the number to go on from."""
    query = select(EntryRow).where(EntryRow.index > number).order_by(EntryRow.index).limit(PAGE)
    entries = session.scalars(query).all()
    return _told(session, entries), entries[-1].index if entries else number


def these(session: Session, numbers: Collection[int]) -> list[CaseEvent]:
    """The events of these numbers, in their order."""
    query = select(EntryRow).where(EntryRow.index.in_(numbers)).order_by(EntryRow.index)
    return _told(session, session.scalars(query).all())


def _told(session: Session, entries: Sequence[EntryRow]) -> list[CaseEvent]:
    ids = {entry.inspection for entry in entries if entry.event in _KINDS}
    without = defer(InspectionRow.document)
    accepted = session.scalars(select(AcceptedRow).where(AcceptedRow.id.in_(ids)))
    scored = session.scalars(select(InspectionRow).where(InspectionRow.id.in_(ids)).options(without))
    cases: dict[str | None, AcceptedRow | InspectionRow] = {row.id: row for row in accepted}
    cases.update({row.id: row for row in scored})
    return [
        CaseEvent(entry.index, _KINDS[entry.event], said["at"], row.id, row.station, _data(entry, said, row))
        for entry in entries
        if entry.event in _KINDS and (row := cases.get(entry.inspection)) and (said := json.loads(entry.body))
    ]


def _data(entry: EntryRow, said: Mapping[str, Any], row: AcceptedRow | InspectionRow) -> dict[str, Any]:
    names = "station created photo sha256 expect".split()
    data = {"inspection": row.id, **{name: getattr(row, name) for name in names}}
    if _KINDS[entry.event] != "accepted" and isinstance(row, InspectionRow):
        data |= {"text": row.text, "verdict": row.verdict, "support": row.support}
    if _KINDS[entry.event] == "decision":
        data |= {name: said[name] for name in _DECISION} | {"stands": said["signature"] == said["needs"]}
    return data
