"""Numbers that are watched for; every change of them is in the log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.sightings.tables import WatchRow


def watch(log: Log, number: str, why: str, by: str) -> WatchRow:
    """Watch for a number from now on."""
    row = log.session.get(WatchRow, number)
    if row is None:
        row = WatchRow(number=number)
        log.session.add(row)
    row.created, row.why, row.by, row.ended = now(), why, by, None
    log.append("watch started", row.created, number=number, why=why, by=by)
    return row


def watch_no_more(log: Log, row: WatchRow, by: str) -> None:
    """Watch for a number no more; where that was done before, nothing changes."""
    if row.ended is None:
        row.ended = now()
        log.append("watch ended", row.ended, number=row.number, by=by)


def watched(session: Session, limit: int, after: str = "") -> Sequence[WatchRow]:
    """At most so many numbers that are watched for, in their order, those behind `after`."""
    query = select(WatchRow).where(WatchRow.ended.is_(None), WatchRow.number > after)
    return session.scalars(query.order_by(WatchRow.number).limit(limit)).all()

