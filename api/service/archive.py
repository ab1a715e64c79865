"""The resource /v1/archive: vehicles' files are put in, found, looked up, pulled, filed back and transferred out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from typing_extensions import TypedDict

from vinspect.api.archive import documents, imports, life
from vinspect.api.archive.alike import How
from vinspect.api.archive.events import Event
from vinspect.api.archive.find import NoSearch, asked, find
from vinspect.api.archive.spool import Spool
from vinspect.api.archive.table import NoTable
from vinspect.api.archive.tables import FileRow, ImportRow
from vinspect.api.document import logged_document, shown
from vinspect.api.schema import FileDocument, ImportDocument, LoggedDocument, RefusedDocument
from vinspect.api.service.access import Auditor, Caller, only
from vinspect.api.service.paging import Limit, page
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks

FIELD = "table"
PICTURE = "rubbing"
_FILES = 1001  # in one form: a table and a thousand rubbings
_NUMBERS = 50  # that are looked for at once

Reader = Annotated[Caller, Depends(only("inspector", "auditor", "administrator"))]
"""Somebody who may see the archive; a camera has nothing to look for there."""
# The pattern says in the schema what a length after stripping cannot.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S")]


@asynccontextmanager
async def _spooling(app: FastAPI) -> AsyncIterator[None]:
    app.state.spool = await run_in_threadpool(Spool, app.state.works.store)
    yield
    await run_in_threadpool(app.state.spool.close)


router = APIRouter(prefix="/v1/archive", tags=["archive"], responses=described(401, 403, 503), lifespan=_spooling)


class Files(TypedDict):
    """A part of what was found, and the `after` that brings the next."""

    files: list[FileDocument]
    next: str | None


class Imports(TypedDict):
    """A part of the list, and the `before` that brings the next."""

    imports: list[ImportDocument]
    next: str | None


class NotTaken(TypedDict):
    """A part of the lines that were not taken, and the `after` that brings the next."""

    refused: list[RefusedDocument]
    next: int | None


class Rubbing(TypedDict):
    """A rubbing in a file."""

    sha256: str
    name: str
    media_type: str


class Events(TypedDict):
    """A part of what happened to a file, and the `after` that brings the next."""

    events: list[LoggedDocument]
    next: int | None


class NewEvent(BaseModel):
    """What happens to a file."""

    event: Event
    why: Annotated[Text, Field(description="It stays in the log.")]
    to: Annotated[Text | None, Field(description="To whom the file is given.")] = None


@router.get("", responses=described(422))
def search(
    works: AppWorks,
    _caller: Reader,
    number: Annotated[
        list[str], Query(max_length=_NUMBERS, description="The vehicle's number; several are looked for together.")
    ],
    how: Annotated[
        How,
        Query(
            description="exact; alike: with look-alikes (0 for O, 8 for B ...); wild: each ? is any character; "
            "before: what the number may have been before strokes were added to it."
        ),
    ] = "exact",
    limit: Limit = 50,
    after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
) -> Files:
    """Find files by number, the nearest first. It tells no more than a card index, and is not logged."""
    try:
        plain = [asked(each, how) for each in number]
    except NoSearch as error:
        raise Refused(422, f"number: {error}.", "number：号码应为不超过 25 位的字母、数字或连字符。") from error
    with works.store.reading() as session:
        last = None
        if after is not None and (last := session.scalar(select(FileRow).where(FileRow.id == after))) is None:
            raise Refused(422, "after: it is the `next` of the page before this one.", "after：应为上一页的 next 值。")
        hits = find(session, plain, how, limit + 1, last)
        here, following = page(hits, limit, lambda hit: hit.file.id)
        return {"files": documents.cards(session, here), "next": following}


@router.post(
    "/imports",
    status_code=202,
    responses=described(413, 415, 422, 507),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": [FIELD],
                        "properties": {
                            FIELD: {"type": "string", "format": "binary", "description": "A CSV table."},
                            PICTURE: {
                                "type": "array",
                                "items": {"type": "string", "format": "binary"},
                                "description": "The rubbings that the table names.",
                            },
                        },
                    }
                },
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
)
async def put_in(request: Request, response: Response, caller: Auditor) -> ImportDocument:
    """Put files into the archive by a table; docs/archive.md says which columns it has.

    When this answers, the table is on the disk; GET its `Location` says how far it has come. The same table sent twice
    adds nothing, and one that is being imported goes on.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    name, table, pictures = FIELD, b"", list[tuple[str, bytes]]()
    if kind == "text/csv":
        table = await request.body()
    elif kind == "multipart/form-data":
        async with request.form(max_files=_FILES, max_fields=1) as form:
            for field, file in form.multi_items():
                if isinstance(file, UploadFile) and field == FIELD:
                    name, table = shown(file.filename or FIELD), await file.read()
                elif isinstance(file, UploadFile):
                    pictures.append((file.filename or "", await file.read()))
    else:
        raise Refused(
            415,
            f"Send the table as text/csv, or as the file `{FIELD}` of a multipart form.",
            f"请以 text/csv 发送表格，或作为表单文件“{FIELD}”发送。",
        )
    spool: Spool = request.app.state.spool
    try:
        row = await run_in_threadpool(spool.take_on, name, table, pictures, caller.by)
    except NoTable as error:
        raise Refused(
            422, f"{FIELD}: {error}.", f"{FIELD}：表格应为 UTF-8 或 GB 18030 的 CSV，首行写明列名，且须有“number”列。"
        ) from error
    response.headers["Location"] = f"{router.prefix}/imports/{row.id}"
    return documents.import_document(row)


@router.get("/imports", responses=described(422))
def newest(
    works: AppWorks,
    _caller: Auditor,
    limit: Limit = 50,
    before: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
) -> Imports:
    """List imports, the newest first."""
    query = select(ImportRow).order_by(ImportRow.created.desc(), ImportRow.id.desc()).limit(limit + 1)
    with works.store.reading() as session:
        if before is not None:
            last = session.get(ImportRow, before)
            if last is None:
                raise Refused(
                    422, "before: it is the `next` of the page before this one.", "before：应为上一页的 next 值。"
                )
            query = query.where(
                (ImportRow.created < last.created) | ((ImportRow.created == last.created) & (ImportRow.id < last.id))
            )
        rows = session.scalars(query).all()
    here, following = page(rows, limit, lambda row: row.id)
    return {"imports": [documents.import_document(row) for row in here], "next": following}


@router.get("/imports/{id}", responses=described(404))
def progress(id: str, works: AppWorks, _caller: Auditor) -> ImportDocument:
    """Say how far an import has come."""
    with works.store.reading() as session:
        return documents.import_document(_import(session, id))


@router.get("/imports/{id}/refused", responses=described(404, 422))
def refused(
    id: str,
    works: AppWorks,
    _caller: Auditor,
    limit: Limit = 50,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The `next` of the page before.")] = 0,
) -> NotTaken:
    """List the lines that were not taken, each with why and what to do."""
    with works.store.reading() as session:
        _import(session, id)
        found = imports.refused(session, id, limit + 1, after)
    here, following = page(found, limit, lambda each: each.line)
    return {"refused": [documents.refused_document(each) for each in here], "next": following}


@router.get("/{id}", responses=described(404))
def card(id: str, works: AppWorks, _caller: Reader) -> FileDocument:
    """Get the card of a file."""
    with works.store.reading() as session:
        return documents.card(session, _file(session, id))


@router.get("/{id}/rubbings", responses=described(404))
def rubbings(id: str, works: AppWorks, _caller: Reader) -> list[Rubbing]:
    """List the rubbings in a file."""
    with works.store.reading() as session:
        found = life.rubbings(session, _file(session, id).id)
    return [{"sha256": each.sha256, "name": shown(each.name), "media_type": each.media_type} for each in found]


@router.get(
    "/{id}/rubbings/{sha256}",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, **described(404, 422)},
)
def rubbing(
    id: str,
    sha256: str,
    works: AppWorks,
    caller: Reader,
    why: Annotated[Text, Query(description="It stays in the log.")],
) -> Response:
    """Get a rubbing, byte for byte as it came in. That the file was looked up, by whom and why, is logged first."""
    with works.store.reading() as session:
        found = next((each for each in life.rubbings(session, _file(session, id).id) if each.sha256 == sha256), None)
    if found is None:
        raise Refused(
            404,
            f"There is no such rubbing in this file: GET {router.prefix}/{id}/rubbings lists those that there are.",
            f"此档案中没有该拓印膜：GET {router.prefix}/{id}/rubbings 列出全部拓印膜。",
        )
    life.record(works.store, id, "looked up", caller.by, why, rubbing=sha256)
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(works.store.blobs.read(sha256), media_type=found.media_type, headers=headers)


@router.get("/{id}/events", responses=described(404, 422))
def events(
    id: str,
    works: AppWorks,
    _caller: Reader,
    limit: Limit = 50,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1, description="The `next` of the page before.")] = -1,
) -> Events:
    """List what happened to a file, the oldest first: the log's own entries."""
    with works.store.reading() as session:
        found = life.events(session, _file(session, id).id, limit + 1, after)
    here, following = page(found, limit, lambda each: each.index)
    return {"events": [logged_document(each.index, each.body) for each in here], "next": following}


@router.post("/{id}/events", status_code=201, responses=described(404, 409, 422))
def happen(id: str, new: NewEvent, works: AppWorks, caller: Auditor) -> LoggedDocument:
    """Look a file up, pull it, file it back or transfer it out; by whom and why is logged with it."""
    with works.store.reading() as session:
        _file(session, id)
    try:
        entry = life.record(works.store, id, new.event, caller.by, new.why, new.to)
    except life.NotNow as error:
        raise Refused(409, error.sentence, error.sentence_zh) from error
    return logged_document(entry.index, entry.body)


def _file(session: Session, id: str) -> FileRow:
    row = life.file(session, id)
    if row is None:
        raise Refused(
            404,
            f"There is no file {id}: GET {router.prefix}?number=... finds those that there are.",
            f"没有档案 {id}：用 GET {router.prefix}?number=... 查找。",
        )
    return row


def _import(session: Session, id: str) -> ImportRow:
    row = session.get(ImportRow, id)
    if row is None:
        raise Refused(
            404,
            f"There is no import {id}: GET {router.prefix}/imports lists those that there are.",
            f"没有导入任务 {id}：GET {router.prefix}/imports 列出全部任务。",
        )
    return row
