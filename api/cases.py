"""The list of cases: what is asked for, and where a page of it ends."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from vinspect.api.tables import DecisionRow, InspectionRow
from vinspect.vision.evidence import Outcome

_BYTES = 8  # of a row's number


@dataclass(frozen=True)
class Wanted:
    """Which cases; None leaves a thing open."""

    station: str | None = None
    number: str | None = None
    """As it was read or as it is registered; capitals, without spaces and marks."""
    verdict: Outcome | None = None
    decided: bool | None = None
    """Whether a decision stands; one that waits for its second signature does not."""
    since: str | None = None
    """Kept at this time or later; as `clock.written` writes it."""
    until: str | None = None
    """Kept before this time."""
    lane: str | None = None
    business: str | None = None
    captured_since: str | None = None
    """Taken at this time or later, by the sender's clock; those of which nobody said it are not."""
    captured_until: str | None = None
    """Taken before this time."""


def cases(session: Session, wanted: Wanted, limit: int, before: int | None = None) -> Sequence[InspectionRow]:
    """At most so many of these cases, the newest first, from the one behind the row of number `before`."""
    stands = exists().where(
        and_(DecisionRow.inspection == InspectionRow.id, DecisionRow.signature == DecisionRow.needs)
    )
    query = select(InspectionRow).order_by(InspectionRow.number.desc()).limit(limit)
    if before is not None:
        query = query.where(InspectionRow.number < before)
    if wanted.station is not None:
        query = query.where(InspectionRow.station == wanted.station)
    if wanted.number is not None:
        query = query.where(or_(InspectionRow.text == wanted.number, InspectionRow.expect == wanted.number))
    if wanted.verdict is not None:
        query = query.where(InspectionRow.verdict == wanted.verdict)
    if wanted.decided is not None:
        query = query.where(stands if wanted.decided else ~stands)
    if wanted.since is not None:
        query = query.where(InspectionRow.created >= wanted.since)
    if wanted.until is not None:
        query = query.where(InspectionRow.created < wanted.until)
    if wanted.lane is not None:
        query = query.where(InspectionRow.lane == wanted.lane)
    if wanted.business is not None:
        query = query.where(InspectionRow.business == wanted.business)
    if wanted.captured_since is not None:
        query = query.where(InspectionRow.captured >= wanted.captured_since)
    if wanted.captured_until is not None:
        query = query.where(InspectionRow.captured < wanted.captured_until)
    return session.scalars(query).all()


def cursor(row: InspectionRow) -> str:
    """Where the page that ends with this row ends."""
    return urlsafe_b64encode(row.number.to_bytes(_BYTES)).decode().rstrip("=")


def place(cursor: str) -> int:
    """The row's number in a cursor. Raises ValueError where it is none."""
    raw = b64decode(cursor.encode("ascii") + b"=", b"-_", validate=True)
    if len(raw) != _BYTES:
        raise ValueError("it is no cursor")
    return int.from_bytes(raw, signed=True)
