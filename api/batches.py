"""Many photographs that belong together and wait behind every vehicle: a batch, and how far it has come."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.tables import AcceptedRow, BatchRow, InspectionRow, NotTakenRow
from vinspect.vision.evidence import Outcome


@dataclass(frozen=True)
class Progress:
    """How far a batch has come."""

    accepted: int
    scored: int
    """Of those."""
    refused: int
    """Files that were no photographs, and are not kept."""
    verdicts: dict[Outcome, int]
    """Of those that are scored."""
    done: bool
    """Whether there is nothing more to come and nothing waits; never where nobody said how many there are."""


def open_batch(log: Log, name: str | None, station: str | None, expected: int | None, by: str) -> BatchRow:
    """Begin a batch. station: whose cases its photographs are; expected: how many files there will be."""
    row = BatchRow(id=str(uuid.uuid4()), created=now(), name=name, station=station, expected=expected, by=by)
    log.session.add(row)
    log.append("batch opened", row.created, batch=row.id, name=name, station=station, expected=expected, by=by)
    return row


def batches(session: Session, station: str | None, limit: int, before: str | None = None) -> Sequence[BatchRow]:
    """At most so many, the newest first, from the one behind the batch `before`; station: of that one alone."""
    query = select(BatchRow).order_by(BatchRow.created.desc(), BatchRow.id.desc()).limit(limit)
    if station is not None:
        query = query.where(BatchRow.station == station)
    if before is not None and (last := session.get(BatchRow, before)):
        earlier = (BatchRow.created == last.created) & (BatchRow.id < last.id)
        query = query.where((BatchRow.created < last.created) | earlier)
    return session.scalars(query).all()


def progress(session: Session, row: BatchRow) -> Progress:
    """How far a batch has come."""
    accepted = session.scalar(select(func.count()).where(AcceptedRow.batch == row.id)) or 0
    refused = session.scalar(select(func.count()).where(NotTakenRow.batch == row.id)) or 0
    found = select(InspectionRow.verdict, func.count()).join(AcceptedRow, AcceptedRow.id == InspectionRow.id)
    counted = session.execute(found.where(AcceptedRow.batch == row.id).group_by(InspectionRow.verdict))
    verdicts = {row[0]: row[1] for row in counted}
    scored = sum(verdicts.values())
    done = row.expected is not None and scored == accepted and accepted + refused >= row.expected
    return Progress(accepted, scored, refused, verdicts, done)


def files(
    session: Session, batch: str, limit: int, after: int = 0
) -> Sequence[tuple[AcceptedRow, InspectionRow | None]]:
    """At most so many of a batch's photographs, in the order in which they came, behind that number."""
    query = select(AcceptedRow, InspectionRow).outerjoin(InspectionRow, InspectionRow.id == AcceptedRow.id)
    wanted = query.where(AcceptedRow.batch == batch, AcceptedRow.number > after)
    return [(row, scored) for row, scored in session.execute(wanted.order_by(AcceptedRow.number).limit(limit))]


def not_taken(session: Session, batch: str, limit: int, after: str = "") -> Sequence[NotTakenRow]:
    """At most so many of the files that were no photographs, behind that one."""
    query = select(NotTakenRow).where(NotTakenRow.batch == batch, NotTakenRow.request > after)
    return session.scalars(query.order_by(NotTakenRow.request).limit(limit)).all()
