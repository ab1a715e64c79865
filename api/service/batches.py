"""The resource /v1/batches: thousands of photographs that nobody waits for, and what became of each."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, StrictInt
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from vinspect.api import batches
from vinspect.api.service.access import AnyCaller, Caller, with_caller
from vinspect.api.service.intake import Accepted, asked, place_of, taken_in
from vinspect.api.service.paging import Limit, page
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.upload import REQUEST_BODY, AppUpload
from vinspect.api.service.whole import WHOLE
from vinspect.api.service.works import AppWorks, Works
from vinspect.api.tables import AcceptedRow, BatchRow, InspectionRow, NotTakenRow
from vinspect.vision.evidence import Outcome
from vinspect.vision.photo import PhotoError

router = APIRouter(
    prefix="/v1/batches", tags=["batches"], dependencies=[Depends(with_caller)], responses=described(401, 503)
)


class NewBatch(BaseModel):
    """A batch to be opened."""

    name: Annotated[str | None, Field(max_length=200, description="What people call it.")] = None
    station: Annotated[str | None, Field(description="Whose cases; a station's own key says so already.")] = None
    expected: Annotated[
        Annotated[StrictInt, Field(ge=1, le=10_000_000), WHOLE] | None,
        Field(description="How many files there will be: then it is known to be done."),
    ] = None


class Batch(TypedDict):
    """A batch, and how far it has come."""

    id: str
    created: str
    name: str | None
    station: str | None
    by: str
    expected: int | None
    accepted: int
    scored: int
    refused: int
    """Files that were no photographs."""
    verdicts: dict[Outcome, int]
    done: bool


class Batches(TypedDict):
    """A part of the list, and the `before` that brings the next."""

    batches: list[Batch]
    next: str | None


class BatchFile(TypedDict):
    """A photograph of a batch."""

    id: str
    """Of its inspection."""
    photo: str
    sha256: str
    idempotency_key: str | None
    verdict: Outcome | None
    """None until it is scored."""
    text: str | None
    reason: dict[str, Any] | None
    """Why it could not be judged."""


class BatchFiles(TypedDict):
    """A part of a batch's photographs, and the `after` that brings the next."""

    files: list[BatchFile]
    next: int | None


class NotTaken(TypedDict):
    """A file that was no photograph."""

    file: str
    detail: str
    detail_zh: str


class AllNotTaken(TypedDict):
    """A part of those, and the `after` that brings the next."""

    refused: list[NotTaken]
    next: str | None


@router.post("", status_code=201, responses=described(403, 422))
def create(new: NewBatch, works: AppWorks, caller: AnyCaller, response: Response) -> Batch:
    """Open a batch."""
    station = place_of(new.station, caller, works)
    with works.store.writing() as log:
        row = batches.open_batch(log, new.name, station, new.expected, caller.by)
        log.session.flush()
        response.headers["Location"] = f"{router.prefix}/{row.id}"
        return _batch(log.session, row)


@router.get("", responses=described(422))
def every(
    works: AppWorks,
    caller: AnyCaller,
    limit: Limit = 50,
    before: Annotated[str | None, Query(max_length=40, description="The `next` of the page before.")] = None,
) -> Batches:
    """List the batches that the caller may see, the newest first."""
    with works.store.reading() as session:
        rows = batches.batches(session, caller.station, limit + 1, before)
        shown, following = page(rows, limit, lambda row: row.id)
        return {"batches": [_batch(session, row) for row in shown], "next": following}


@router.get("/{id}", responses=described(404))
def one(id: str, works: AppWorks, caller: AnyCaller) -> Batch:
    """Get how far a batch has come, and its counts by verdict."""
    with works.store.reading() as session:
        return _batch(session, _known(session, id, caller))


@router.post(
    "/{id}/files",
    status_code=202,
    response_model=Accepted,
    openapi_extra=REQUEST_BODY,
    responses=described(403, 404, 408, 413, 415, 422, 507),
)
async def add(
    id: str,
    request: Request,
    upload: AppUpload,
    works: AppWorks,
    caller: AnyCaller,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=255, description="As for an inspection: it counts once.")
    ] = None,
) -> Response:
    """Add a photograph. It is kept when this answers, and scored when no vehicle waits."""
    batch = await run_in_threadpool(_opened, works, id, caller)
    if upload.station not in (None, batch.station):
        raise Refused(
            422,
            f"station: the batch is of {batch.station or 'none'}: leave it out.",
            "station：与该批次的检验站不一致：请勿填写。",
        )
    row = asked(upload, caller, batch.station, idempotency_key, batch.id)
    try:
        return await taken_in(request, works, row, upload.data)
    except PhotoError as error:
        sentence = str(error)
        said = sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") else ".")
        no = Refused(422, said, f"{upload.name}：此文件不是可读取的照片，未保存：请更正后重新发送。")
        await run_in_threadpool(_refuse, works, row, no)
        raise no from error


@router.get("/{id}/files", responses=described(404, 422))
def files(
    id: str,
    works: AppWorks,
    caller: AnyCaller,
    limit: Limit = 50,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The `next` of the page before.")] = 0,
) -> BatchFiles:
    """List the photographs of a batch in the order in which they came, with verdict, or why there is none."""
    with works.store.reading() as session:
        _known(session, id, caller)
        rows = batches.files(session, id, limit + 1, after)
    shown, following = page(rows, limit, lambda file: file[0].number)
    return {"files": [_file(row, scored) for row, scored in shown], "next": following}


@router.get("/{id}/refused", responses=described(404, 422))
def refused(
    id: str,
    works: AppWorks,
    caller: AnyCaller,
    limit: Limit = 50,
    after: Annotated[str, Query(max_length=64, description="The `next` of the page before.")] = "",
) -> AllNotTaken:
    """List the files of a batch that were no photographs, each with what to do."""
    with works.store.reading() as session:
        _known(session, id, caller)
        rows = batches.not_taken(session, id, limit + 1, after)
    shown, following = page(rows, limit, lambda row: row.request)
    return {
        "refused": [{"file": row.file, "detail": row.detail, "detail_zh": row.detail_zh} for row in shown],
        "next": following,
    }


def _opened(works: Works, id: str, caller: Caller) -> BatchRow:
    with works.store.reading() as session:
        return _known(session, id, caller)


def _known(session: Session, id: str, caller: Caller) -> BatchRow:
    """One that is not the caller's to see is answered as one that is not there."""
    row = session.get(BatchRow, id)
    if row is None or not caller.sees(row.station):
        raise Refused(
            404, f"There is no batch {id}: POST {router.prefix} opens one.", f"没有批次 {id}：请先用 POST 创建。"
        )
    return row


def _refuse(works: Works, row: AcceptedRow, no: Refused) -> None:
    """Remember what was not taken; the same file again counts once."""
    with works.store.writing() as log:
        log.session.merge(
            NotTakenRow(batch=row.batch, request=row.request, file=row.photo, detail=no.detail, detail_zh=no.detail_zh)
        )


def _batch(session: Session, row: BatchRow) -> Batch:
    come = batches.progress(session, row)
    return {
        "id": row.id,
        "created": row.created,
        "name": row.name,
        "station": row.station,
        "by": row.by,
        "expected": row.expected,
        "accepted": come.accepted,
        "scored": come.scored,
        "refused": come.refused,
        "verdicts": come.verdicts,
        "done": come.done,
    }


def _file(row: AcceptedRow, scored: InspectionRow | None) -> BatchFile:
    return {
        "id": row.id,
        "photo": row.photo,
        "sha256": row.sha256,
        "idempotency_key": row.idempotency,
        "verdict": scored.verdict if scored else None,
        "text": scored.text if scored else None,
        "reason": json.loads(scored.document).get("reason") if scored else None,
    }
