"""The resource /v1/log: every event, and what shows from outside that none was rewritten."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import PlainTextResponse
from sqlalchemy import select
from typing_extensions import TypedDict

from vinspect.api.record.entry import parsed
from vinspect.api.service.access import Auditor, with_caller
from vinspect.api.service.paging import Limit, page
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.tables import EntryRow

router = APIRouter(prefix="/v1/log", tags=["log"], dependencies=[Depends(with_caller)], responses=described(401, 503))

_MOST = 2**31 - 1  # entries that a log can have


class Entry(TypedDict):
    """An event."""

    index: int
    """Its place in the log, from 0 without a gap."""
    entry: dict[str, Any]
    """As docs/record.md describes it."""


class Page(TypedDict):
    """A part of the log, and the `before` that brings the next."""

    entries: list[Entry]
    next: int | None


class ProvenEntry(TypedDict):
    """An entry, and what proves that it is in the log (RFC 9162, 2.1.3)."""

    index: int
    body: str
    """Canonical JSON (RFC 8785); its bytes in UTF-8 are the leaf."""
    proof: list[str]
    """The inclusion path, hashes in hexadecimal."""
    checkpoint: str
    """The signed note that it leads to, the newest."""


class Continuation(TypedDict):
    """What proves that the log goes on from what it was (RFC 9162, 2.1.4)."""

    size: int
    """How many entries it had then."""
    proof: list[str]
    """Hashes in hexadecimal."""
    checkpoint: str
    """The signed note of what it is now."""


@router.get("/entries", responses=described(403, 422))
def entries(
    works: AppWorks,
    caller: Auditor,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=0, le=_MOST, description="The `next` of the page before.")] = None,
    inspection: Annotated[str | None, Query(min_length=1, description="Those about this case alone.")] = None,
) -> Page:
    """List what happened, the newest first."""
    query = select(EntryRow).order_by(EntryRow.index.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(EntryRow.index < before)
    if inspection is not None:
        query = query.where(EntryRow.inspection == inspection)
    with works.store.reading() as session:
        shown, following = page(session.scalars(query).all(), limit, lambda row: row.index)
    return {"entries": [{"index": row.index, "entry": parsed(row.body.encode())} for row in shown], "next": following}


@router.get("/entries/{index}", responses=described(403, 404, 422))
def entry(works: AppWorks, caller: Auditor, index: Annotated[int, Path(ge=0, le=_MOST)]) -> ProvenEntry:
    """Get an entry, with the proof that the log holds it."""
    with works.store.proving() as log:
        if index >= log.size:
            raise Refused(
                404,
                f"The log has no entry {index}: GET /v1/log/entries lists those that it has.",
                f"日志中没有第 {index} 条记录：GET /v1/log/entries 可列出已有的记录。",
            )
        body, proof = log.session.get_one(EntryRow, index).body, log.proof(index)
        return {"index": index, "body": body, "proof": [each.hex() for each in proof], "checkpoint": log.note}


@router.get("/checkpoint", response_class=PlainTextResponse)
def checkpoint(works: AppWorks) -> str:
    """Get the newest checkpoint, a signed note (C2SP): kept on another machine, it shows if the log is rewritten."""
    return works.store.checkpoint()


@router.get("/consistency", responses=described(409, 422))
def consistency(
    works: AppWorks,
    size: Annotated[int, Query(ge=1, le=_MOST, description="The number of entries in the checkpoint that was kept.")],
) -> Continuation:
    """Get the proof that the log goes on from a checkpoint that was kept, as `vinspect follow` checks it."""
    with works.store.proving() as log:
        if size > log.size:
            raise Refused(
                409,
                f"The log has {log.size} entries, fewer than {size}: it was cut off, or this is another log's; "
                "keep the checkpoint, and run `vinspect audit --known`.",
                f"日志只有 {log.size} 条记录，少于 {size}：日志已被截断，或该检查点属于其他日志；"
                "请妥善保存该检查点，并运行 vinspect audit --known。",
            )
        proof = log.consistency(size)
        return {"size": size, "proof": [each.hex() for each in proof], "checkpoint": log.note}
