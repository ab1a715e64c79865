"""Numbers that are watched for, and findings that are switched; every change is in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.sightings.tables import SwitchRow, WatchRow

Switched = Literal["photograph_used_before", "seen_elsewhere", "watched_number", "stale_capture", "future_capture"]
"""The findings that a station can switch off, by their code."""
SWITCHED: tuple[Switched, ...] = get_args(Switched)


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


def switch(log: Log, station: str, finding: Switched, by: str, *, on: bool) -> None:
    """Switch a finding on or off for the cases of a station that are scored from now on."""
    row = log.session.get(SwitchRow, (station, finding))
    if (row.on if row else True) == on:
        return
    if row is None:
        row = SwitchRow(station=station, finding=finding)
        log.session.add(row)
    row.changed, row.on, row.by = now(), on, by
    log.append("finding switched", row.changed, station=station, finding=finding, on=on, by=by)


def switches(session: Session, station: str | None) -> dict[Switched, bool]:
    """Which findings are on for the cases of a station; None: for those of none."""
    off = select(SwitchRow.finding).where(SwitchRow.station == (station or ""), SwitchRow.on.is_(False))
    gone = set(session.scalars(off))
    return {finding: finding not in gone for finding in SWITCHED}
