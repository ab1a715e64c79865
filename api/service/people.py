"""The resource /v1/people: who may sign in, and as what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StrictBool
from typing_extensions import TypedDict

from vinspect.api import people
from vinspect.api.people import NotAllowed, Role
from vinspect.api.service.access import Administrator, only
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.tables import PersonRow

router = APIRouter(
    prefix="/v1/people",
    tags=["people"],
    dependencies=[Depends(only("administrator"))],
    responses=described(401, 403, 422, 503),
)

Password = Annotated[
    str, Field(min_length=people.SHORTEST, max_length=people.LONGEST, description="They change it themselves later.")
]
OfStation = Annotated[str | None, Field(description="The one whose cases they see, and no others.")]


Subject = Annotated[str, Field(max_length=255, description="What the OpenID provider calls them, its `sub`.")]
Email = Annotated[str, Field(max_length=254, description="By which it may name them, where it has verified it.")]


class NewPerson(BaseModel):
    """Somebody to be added."""

    name: Annotated[str, Field(max_length=64, description="What they sign in with.")]
    role: Role
    station: OfStation = None
    password: Annotated[Password | None, Field(description="Without it they sign in by the OpenID provider.")] = None
    subject: Subject | None = None
    email: Email | None = None


class PersonChange(BaseModel):
    """What is to be changed; what is left out stays."""

    role: Role | None = None
    station: Annotated[OfStation, Field(description='"" takes it away.')] = None
    password: Password | None = None
    subject: Annotated[Subject | None, Field(description='"" takes it away.')] = None
    email: Annotated[Email | None, Field(description='"" takes it away.')] = None
    left: Annotated[StrictBool | None, Field(description="Whether they may not sign in any more.")] = None


class Person(TypedDict):
    """Somebody who signs in."""

    name: str
    created: str
    role: str
    station: str | None
    left: str | None
    subject: str | None
    email: str | None


class People(TypedDict):
    """Everybody, by name."""

    people: list[Person]


@router.post("", status_code=201)
def create(new: NewPerson, works: AppWorks, caller: Administrator) -> Person:
    """Let somebody sign in."""
    with works.store.writing() as log:
        try:
            return _person(people.add_person(log, **new.model_dump(), by=caller.by))
        except NotAllowed as error:
            raise Refused(422, error.detail, error.detail_zh) from error


@router.get("")
def every(works: AppWorks) -> People:
    """List everybody who may sign in, or once might."""
    with works.store.reading() as session:
        return {"people": [_person(row) for row in people.people(session)]}


@router.patch("/{name}", responses=described(404))
def change(name: str, new: PersonChange, works: AppWorks, caller: Administrator) -> Person:
    """Change somebody's role, station or password, or let them sign in no more; their sessions end."""
    with works.store.writing() as log:
        row = people.person(log.session, name)
        if row is None:
            raise Refused(
                404,
                f"There is nobody called {name}: GET {router.prefix} lists them.",
                f"没有人员 {name}：可查询人员列表。",
            )
        try:
            people.change_person(log, row, caller.by, **new.model_dump(exclude_none=True))
        except NotAllowed as error:
            raise Refused(422, error.detail, error.detail_zh) from error
    return _person(row)


def _person(row: PersonRow) -> Person:
    return {
        "name": row.name,
        "created": row.created,
        "role": row.role,
        "station": row.station,
        "left": row.left,
        "subject": row.subject,
        "email": row.email,
    }
