"""Stations, and what each asks of a decision; every change of it is in the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.tables import StationRow

Decision = Literal["cleared", "confirmed", "retake", "re-strike"]
"""That nothing is wrong; that the suspicion stands; that it must be photographed anew; that a lawful re-strike is on
file."""
DECISIONS: tuple[Decision, ...] = get_args(Decision)


def add_station(log: Log, id: str, name: str, second_signature: Sequence[Decision], by: str) -> StationRow:
    """Add a station; second_signature: the decisions about its cases that two must sign. Its id must be new."""
    row = StationRow(id=id, created=now(), name=name, second_signature=_ordered(second_signature))
    log.session.add(row)
    log.append("station added", row.created, **_facts(row), by=by)
    return row


def change_station(
    log: Log, row: StationRow, name: str | None, second_signature: Sequence[Decision] | None, by: str
) -> None:
    """Change what is given; decisions that were made before keep the rule that they were made under."""
    before = _facts(row)
    if name is not None:
        row.name = name
    if second_signature is not None:
        row.second_signature = _ordered(second_signature)
    if _facts(row) != before:
        log.append("station changed", now(), **_facts(row), by=by)


def stations(session: Session) -> Sequence[StationRow]:
    """All of them, by id."""
    return session.scalars(select(StationRow).order_by(StationRow.id)).all()


def station(session: Session, id: str) -> StationRow | None:
    """The station of this id."""
    return session.get(StationRow, id)


def signed_twice(row: StationRow) -> list[Decision]:
    """The decisions about a station's cases that two must sign."""
    found: list[Decision] = json.loads(row.second_signature)
    return found


def _ordered(decisions: Sequence[Decision]) -> str:
    return json.dumps([each for each in DECISIONS if each in decisions])


def _facts(row: StationRow) -> dict[str, Any]:
    return {"station": row.id, "name": row.name, "second_signature": row.second_signature}
