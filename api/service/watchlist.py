"""The resource /v1/watchlist, and what each station makes of the findings that need the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field, StrictBool, StringConstraints
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from vinspect.api import stations
from vinspect.api.numbers import NoNumber, registered_number
from vinspect.api.service.access import Administrator, Auditor, with_caller
from vinspect.api.service.paging import Limit, page
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.sightings import switches, watchlist
from vinspect.api.sightings.switches import Switched
from vinspect.api.sightings.tables import WatchRow

router = APIRouter(
    prefix="/v1", tags=["watchlist"], dependencies=[Depends(with_caller)], responses=described(401, 403, 503)
)

Number = Annotated[str, Path(max_length=40, description="A vehicle's number.")]


class Why(BaseModel):
    """Why a number is watched for."""

    why: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S"),
        Field(description="Whoever's case has the number reads it."),
    ]


class Watched(TypedDict):
    """A number that is watched for."""

    number: str
    created: str
    why: str
    by: str
    ended: str | None


class Watchlist(TypedDict):
    """A part of the list, and the `after` that brings the next."""

    numbers: list[Watched]
    next: str | None


Weight = Annotated[float, Field(ge=0, le=switches.MOST, strict=True)]


class Switches(BaseModel):
    """What holds of the findings that need the store."""

    findings: dict[Switched, bool]
    """Whether each is on."""
    weights: dict[Switched, Weight]
    """What the support of each is multiplied by."""


class SwitchesChange(BaseModel):
    """What is to be changed; what is left out stays."""

    findings: Annotated[dict[Switched, StrictBool], Field(description="Those to be switched on or off.")] = {}
    weights: Annotated[
        dict[Switched, Weight],
        Field(description="What the support of each is multiplied by: 0 shows it and counts nothing, 1 is in full."),
    ] = {}
    why: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S"),
        Field(description="It stays in the log."),
    ]


@router.get("/watchlist", responses=described(422))
def every(
    works: AppWorks,
    _caller: Auditor,
    limit: Limit = 50,
    after: Annotated[str, Query(max_length=40, description="The `next` of the page before.")] = "",
) -> Watchlist:
    """List the numbers that are watched for, in their order."""
    with works.store.reading() as session:
        rows = watchlist.watched(session, limit + 1, _number(after) if after else "")
    shown, following = page(rows, limit, lambda row: row.number)
    return {"numbers": [_watched(row) for row in shown], "next": following}


@router.put("/watchlist/{number}", responses=described(422))
def watch(number: Number, why: Why, works: AppWorks, caller: Auditor) -> Watched:
    """Watch for a number: every case that has it gets a finding, from now on."""
    plain = _number(number)
    with works.store.writing() as log:
        return _watched(watchlist.watch(log, plain, why.why, caller.by))


@router.delete("/watchlist/{number}", responses=described(404, 422))
def watch_no_more(number: Number, works: AppWorks, caller: Auditor) -> Watched:
    """Watch for a number no more."""
    plain = _number(number)
    with works.store.writing() as log:
        row = log.session.get(WatchRow, plain)
        if row is None:
            raise Refused(
                404,
                f"{plain} is not on the list: GET {router.prefix}/watchlist has those that are.",
                f"{plain} 不在布控名单中：GET {router.prefix}/watchlist 列出全部号码。",
            )
        watchlist.watch_no_more(log, row, caller.by)
        return _watched(row)


@router.get("/stations/{id}/findings", responses=described(404))
def switched(id: str, works: AppWorks, _caller: Auditor) -> Switches:
    """Say which of the findings that need the store are on for the cases of a station, and how much each counts."""
    with works.store.reading() as session:
        if stations.station(session, id) is None:
            raise _no_station(id)
        return _switches(session, id)


@router.patch("/stations/{id}/findings", responses=described(404, 422))
def switch(id: str, wanted: SwitchesChange, works: AppWorks, caller: Administrator) -> Switches:
    """Switch or weigh findings for the cases of a station that are scored from now on; the others stay."""
    with works.store.writing() as log:
        if stations.station(log.session, id) is None:
            raise _no_station(id)
        for finding in sorted(wanted.findings.keys() | wanted.weights.keys()):
            on, weight = wanted.findings.get(finding), wanted.weights.get(finding)
            switches.switch(log, id, finding, caller.by, wanted.why, on=on, weight=weight)
        log.session.flush()
        return _switches(log.session, id)


def _switches(session: Session, id: str) -> Switches:
    said = switches.settings(session, id)
    return Switches(
        findings={finding: each.on for finding, each in said.items()},
        weights={finding: each.weight for finding, each in said.items()},
    )


def _watched(row: WatchRow) -> Watched:
    return {"number": row.number, "created": row.created, "why": row.why, "by": row.by, "ended": row.ended}


def _number(text: str) -> str:
    try:
        return registered_number(text)
    except NoNumber as error:
        raise Refused(422, f"number: {error}.", "number：号码只含字母、数字和连字符。") from error


def _no_station(id: str) -> Refused:
    return Refused(
        404,
        f"There is no station {id}: GET /v1/stations lists those that there are.",
        f"没有检验站 {id}：GET /v1/stations 列出全部检验站。",
    )
