"""What is decided about a case: each decision a row and an entry of the log, undone only by a further one.

Where the station's rule asks for it, a decision stands once somebody else has made the same one directly after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.stations import Decision, signed_twice
from vinspect.api.tables import DecisionRow, InspectionRow, StationRow


class OwnCase(Exception):
    """Whoever sent the photograph decides about it."""


class OwnSignature(Exception):
    """Whoever signed first signs second."""


class DecidedSo(Exception):
    """The same stands already."""


class Meanwhile(Exception):
    """Somebody else decided since; `version` is the last decision's."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


def decide(
    log: Log, inspection: InspectionRow, decision: Decision, reason: str, by: str, after: int = 0
) -> DecisionRow:
    """Put a decision, or the second signature under one, behind those that there are.

    after: the version of the last decision that whoever decides has seen, 0 for none. Raises OwnCase, OwnSignature,
    DecidedSo or Meanwhile.
    """
    made = decisions(log.session, inspection.id)
    last = made[-1] if made else None
    version = last.version if last else 0
    if after != version:
        raise Meanwhile(version)
    if by == inspection.by:
        raise OwnCase
    rule = log.session.get(StationRow, inspection.station) if inspection.station else None
    signature, needs = 1, 2 if rule and decision in signed_twice(rule) else 1
    if last and last.decision == decision:
        if stands(last):
            raise DecidedSo
        if last.by == by:
            raise OwnSignature
        signature, needs = 2, last.needs
    row = DecisionRow(
        inspection=inspection.id,
        version=version + 1,
        created=now(),
        decision=decision,
        reason=reason,
        by=by,
        signature=signature,
        needs=needs,
    )
    log.session.add(row)
    facts = {"version": row.version, "decision": decision, "reason": reason, "by": by}
    log.append("decided", row.created, inspection.id, **facts, signature=signature, needs=needs)
    return row


def decisions(session: Session, inspection: str) -> Sequence[DecisionRow]:
    """All about one case, in their order."""
    query = select(DecisionRow).where(DecisionRow.inspection == inspection).order_by(DecisionRow.version)
    return session.scalars(query).all()


def standing(session: Session, inspections: Iterable[str]) -> Mapping[str, DecisionRow]:
    """The decision that stands, for those of these cases that have one."""
    query = select(DecisionRow).where(
        DecisionRow.inspection.in_(list(inspections)), DecisionRow.signature == DecisionRow.needs
    )
    return {row.inspection: row for row in session.scalars(query.order_by(DecisionRow.version))}  # the last of each


def stands(row: DecisionRow) -> bool:
    """Whether it has all its signatures; one that has not changes nothing yet."""
    return row.signature == row.needs
