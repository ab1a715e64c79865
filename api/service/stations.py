"""The resource /v1/stations: places where vehicles are inspected, and what each asks of a decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from vinspect.api import stations
from vinspect.api.service.access import Administrator, AnyCaller, with_caller
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.stations import Decision
from vinspect.api.tables import StationRow

router = APIRouter(
    prefix="/v1/stations",
    tags=["stations"],
    dependencies=[Depends(with_caller)],
    responses=described(401, 503),
)

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Letters, digits and . _ -")]
Name = Annotated[str, Field(min_length=1, max_length=200, description="What people call it.")]
Twice = Annotated[list[Decision], Field(description="The decisions about its cases that a second person must sign.")]


class NewStation(BaseModel):
    """A station to be added."""

    id: Id
    name: Name
    second_signature: Twice = []


class StationChange(BaseModel):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    second_signature: Twice | None = None


class Station(TypedDict):
    """A station."""

    id: str
    created: str
    name: str
    second_signature: list[Decision]


class Stations(TypedDict):
    """All that the caller may see."""

    stations: list[Station]


@router.post("", status_code=201, responses=described(403, 409, 422))
def create(new: NewStation, works: AppWorks, caller: Administrator, response: Response) -> Station:
    """Add a station."""
    with works.store.writing() as log:
        if stations.station(log.session, new.id):
            raise Refused(
                409, f"There is a station {new.id}: take another id.", f"检验站 {new.id} 已存在：请换编号。"
            )
        row = stations.add_station(log, new.id, new.name, new.second_signature, caller.by)
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return _station(row)


@router.get("")
def every(works: AppWorks, caller: AnyCaller) -> Stations:
    """List the stations that the caller may see."""
    with works.store.reading() as session:
        return {"stations": [_station(row) for row in stations.stations(session) if caller.sees(row.id)]}


@router.patch("/{id}", responses=described(403, 404, 422))
def change(id: str, new: StationChange, works: AppWorks, caller: Administrator) -> Station:
    """Change a station's name or its rule; decisions made before keep the rule that they were made under."""
    with works.store.writing() as log:
        row = stations.station(log.session, id)
        if row is None:
            raise Refused(
                404,
                f"There is no station {id}: GET {router.prefix} lists them.",
                f"没有检验站 {id}：可查询检验站列表。",
            )
        stations.change_station(log, row, new.name, new.second_signature, caller.by)
    return _station(row)


def _station(row: StationRow) -> Station:
    return {
        "id": row.id,
        "created": row.created,
        "name": row.name,
        "second_signature": stations.signed_twice(row),
    }
