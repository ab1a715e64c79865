"""The resource /v1/keys: what stations, and the programs of an administrator, open the service with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from vinspect.api import keys
from vinspect.api.service.access import Administrator, only
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.stations import station
from vinspect.api.tables import KeyRow

router = APIRouter(
    prefix="/v1/keys",
    tags=["keys"],
    dependencies=[Depends(only("administrator"))],
    responses=described(401, 403, 503),
)


class NewKey(BaseModel):
    """A key to be made."""

    station: Annotated[
        str | None, Field(description="Whose cases it opens, and no others; without it is an administrator's.")
    ] = None
    name: Annotated[str | None, Field(max_length=200, description="What it is for, such as a camera.")] = None


class Key(TypedDict):
    """A key, as far as it is kept."""

    id: str
    """The key's hash, by which the log names it."""
    created: str
    station: str | None
    name: str | None
    revoked: str | None


class MadeKey(Key):
    """A key that was just made: `key` is shown this once."""

    key: str


class Keys(TypedDict):
    """All that were ever made."""

    keys: list[Key]


@router.post("", status_code=201, responses=described(422))
def create(new: NewKey, works: AppWorks, caller: Administrator) -> MadeKey:
    """Make a key. It is shown in this answer, and never again: only its hash is kept."""
    made = keys.make_key()
    with works.store.writing() as log:
        if new.station is not None and station(log.session, new.station) is None:
            raise Refused(
                422,
                f"station: there is none {new.station}: POST /v1/stations adds one.",
                f"station：检验站 {new.station} 不存在：请先用 POST /v1/stations 添加。",
            )
        row = keys.add_key(log, keys.hashed(made), new.station, new.name, caller.by)
    return {**_key(row), "key": made}


@router.get("")
def every(works: AppWorks) -> Keys:
    """List all keys, the oldest first, revoked ones too."""
    with works.store.reading() as session:
        return {"keys": [_key(row) for row in keys.keys(session)]}


@router.delete("/{id}", responses=described(404))
def revoke(id: str, works: AppWorks, caller: Administrator) -> Key:
    """Revoke a key: it opens nothing from now on, for good."""
    with works.store.writing() as log:
        row = keys.key(log.session, id)
        if row is None:
            raise Refused(404, f"There is no key {id}: GET {router.prefix} lists them.", "没有此密钥：可查询密钥列表。")
        keys.revoke_key(log, row, caller.by)
    return _key(row)


def _key(row: KeyRow) -> Key:
    return {
        "id": row.sha256,
        "created": row.created,
        "station": row.station,
        "name": row.name,
        "revoked": row.revoked,
    }
