"""The queue: cases with the doubtful ones first, and among equally doubtful ones the oldest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Query
from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, aliased

from vinspect.api.numbers import registered_number
from vinspect.api.service.access import Caller
from vinspect.api.service.problems import Refused
from vinspect.api.tables import DecisionRow, InspectionRow
from vinspect.vision.evidence import Outcome

State = Literal["open", "signature", "decided", "all"]
"""Nobody has decided; the second signature is awaited; a decision stands; whichever."""

_DOUBT: dict[Outcome, int] = {"suspect": 0, "review": 1, "cannot judge": 2, "clear": 3}
OUTCOMES = tuple(_DOUBT)
_KEY = (
    case(_DOUBT, value=InspectionRow.verdict),
    -func.coalesce(InspectionRow.support, 0.0),
    InspectionRow.number,
)


@dataclass(frozen=True)
class Filters:
    """Which cases are gone through; "" leaves a thing open."""

    station: str = ""
    verdict: Outcome | Literal[""] = ""
    state: State = "open"
    number: str = ""
    """As it was read or as it is registered; capitals, without spaces and marks."""

    def query(self, **other: str) -> str:
        """The same as the query of an address, with some of it changed or added, without the question mark."""
        said = {**vars(self), **other}
        return urlencode({name: value for name, value in said.items() if value and (name, value) != ("state", "open")})


async def filters(
    station: Annotated[str, Query(max_length=64)] = "",
    verdict: Outcome | Literal[""] = "",
    state: State = "open",
    number: Annotated[str, Query(max_length=64)] = "",
) -> Filters:
    """What an address asks for."""
    try:
        return Filters(station, verdict, state, registered_number(number) if number.strip() else "")
    except ValueError as error:
        raise Refused(
            422, "Number: type letters, digits and hyphens alone.", "号码：只能输入字母、数字和连字符。"
        ) from error


def queue(
    session: Session,
    caller: Caller,
    asked: Filters,
    limit: int,
    beside: InspectionRow | None = None,
    *,
    back: bool = False,
) -> Sequence[InspectionRow]:
    """At most so many of the caller's cases, those behind `beside`; with `back` those before it, the nearest first."""
    query = select(InspectionRow).where(_asked(caller, asked)).limit(limit)
    query = query.order_by(*(column.desc() if back else column for column in _KEY))
    if beside is not None:
        at = tuple_(_DOUBT[beside.verdict], -(beside.support or 0.0), beside.number)
        query = query.where(tuple_(*_KEY) < at if back else tuple_(*_KEY) > at)
    return session.scalars(query).all()


def holds(session: Session, caller: Caller, asked: Filters, row: InspectionRow) -> bool:
    """Whether a case is still among those that are asked for."""
    return (
        session.scalar(select(InspectionRow.number).where(_asked(caller, asked), InspectionRow.id == row.id))
        is not None
    )


def counted(session: Session, caller: Caller, asked: Filters) -> Mapping[str, int]:
    """By verdict, how many of the caller's cases there are, whatever verdict is asked for; "" is all of them."""
    wanted = _asked(caller, Filters(asked.station, "", asked.state, asked.number))
    query = select(InspectionRow.verdict, func.count()).where(wanted).group_by(InspectionRow.verdict)
    found = {verdict: count for verdict, count in session.execute(query)}  # noqa: C416 (a result has keys of its own)
    return {"": sum(found.values()), **{outcome: found.get(outcome, 0) for outcome in OUTCOMES}}


def _asked(caller: Caller, asked: Filters) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [_in_state(asked.state)]
    if caller.station is not None:
        wanted.append(InspectionRow.station == caller.station)
    if asked.station:
        wanted.append(InspectionRow.station == asked.station)
    if asked.verdict:
        wanted.append(InspectionRow.verdict == asked.verdict)
    if asked.number:
        wanted.append(or_(InspectionRow.text == asked.number, InspectionRow.expect == asked.number))
    return and_(*wanted)


def _in_state(state: State) -> ColumnElement[bool]:
    of_it: Any = DecisionRow.inspection == InspectionRow.id
    match state:
        case "open":
            return ~exists().where(of_it)
        case "signature":
            later = aliased(DecisionRow)
            is_last = ~exists().where(later.inspection == DecisionRow.inspection, later.version > DecisionRow.version)
            return exists().where(of_it, DecisionRow.signature < DecisionRow.needs, is_last)
        case "decided":
            return exists().where(of_it, DecisionRow.signature == DecisionRow.needs)
        case "all":
            return true()
