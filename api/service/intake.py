"""A photograph comes in: it is kept, then scored; what is accepted gets its verdict, whatever happens to the service.

The order is the promise: a photograph that is none is refused before anything is kept; then photograph, row and entry
of the log are written; then it waits for its turn. Where the process dies after that, the next one scores it.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from typing_extensions import TypedDict

from vinspect.api.record.entry import canonical, digest
from vinspect.api.schema import InspectDocument
from vinspect.api.service.access import AnyCaller, Caller, with_caller
from vinspect.api.service.limit import answered_later
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.scoring import Job, Turn
from vinspect.api.service.upload import REQUEST_BODY, AppUpload, Upload
from vinspect.api.service.works import AppWorks, Works
from vinspect.api.stations import station
from vinspect.api.tables import AcceptedRow, InspectionRow
from vinspect.vision.evidence import Photo
from vinspect.vision.photo import media_type, photo_of

PATH = "/v1/inspections"
PHOTOGRAPHS = re.compile(f"{PATH}|(?P<batch>/v1/batches/[^/]+/files)")
"""Where photographs are sent to; nobody waits for one of a batch."""
router = APIRouter(
    prefix=PATH, tags=["inspections"], dependencies=[Depends(with_caller)], responses=described(401, 503)
)

_later = CapacityLimiter(1)  # what nobody waits for is taken in one by one


class Sent(TypedDict):
    """What was sent beside a photograph."""

    station: str | None
    lane: str | None
    expect: str | None
    """The registered number."""
    business: str | None
    captured: str | None
    """UTC."""


class KeptInspection(InspectDocument, Sent):
    """What `vinspect inspect` says of a photograph, what was sent beside it, and under which id it is kept."""

    id: str
    created: str
    state: Literal["scored"]


class Accepted(Sent):
    """A photograph that is kept and will be scored."""

    id: str
    created: str
    state: Literal["accepted"]
    photo: str
    sha256: str


@router.post(
    "",
    status_code=201,
    response_model=KeptInspection,
    openapi_extra=REQUEST_BODY,
    responses={
        202: {"model": Accepted, "description": "It is kept, and scored later."},
        **described(403, 408, 413, 415, 422, 507),
    },
)
async def create(
    request: Request,
    upload: AppUpload,
    works: AppWorks,
    caller: AnyCaller,
    prefer: Annotated[str | None, Header(description="`respond-async`: answer 202 once it is kept.")] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="What is sent again with the same key is not kept again, and answered as it was.",
        ),
    ] = None,
) -> Response:
    """Inspect a photograph. It is on the disk before it is scored, and its inspection before this answers."""
    row, known = await run_in_threadpool(_known, upload, caller, works, idempotency_key)
    later = answered_later(prefer)
    if known is not None:
        return await _again(request, works, known, row, later=later)
    if later:
        return await taken_in(request, works, row, upload.data)
    with works.scoring.place():
        with works.scoring.accepting(row.id, Turn.NOW) as job:
            photo, kept = await run_in_threadpool(_accept, works, row, upload.data)
            if kept is row:
                works.scoring.add(job, row, photo)
        if kept is row:
            return await _verdict(request, works, kept, job)
    return await _again(request, works, kept, row, later=False)


async def taken_in(request: Request, works: Works, row: AcceptedRow, data: bytes) -> Response:
    """Keep a photograph that nobody waits for, and answer so. Raises PhotoError."""
    with works.scoring.accepting(row.id, Turn.LATER) as job:
        _, kept = await to_thread.run_sync(_accept, works, row, data, limiter=_later)
        if kept is row:
            works.scoring.add(job, row, None)
            return _accepted(kept)
    return await _again(request, works, kept, row, later=True)


def answer(row: InspectionRow, status: Literal[200, 201] = 200) -> Response:
    """An inspection, byte for byte as it is answered each time."""
    head = json.dumps({"id": row.id, "created": row.created, "state": "scored", **sent(row)})
    headers = {"Location": f"{PATH}/{row.id}"} if status == 201 else None
    return Response(f"{head[:-1]}, {row.document[1:]}", status, headers, media_type="application/json")


def unscored(row: AcceptedRow, status: Literal[200, 202] = 200) -> Response:
    """What there is to say of a photograph that has no verdict yet."""
    said: Accepted = {
        "id": row.id,
        "created": row.created,
        "state": "accepted",
        "photo": row.photo,
        "sha256": row.sha256,
        **sent(row),
    }
    headers = {"Location": f"{PATH}/{row.id}", "Retry-After": "1"}
    return Response(json.dumps(said), status, headers, media_type="application/json")


def sent(row: AcceptedRow | InspectionRow) -> Sent:
    """What was sent beside a photograph."""
    return {
        "station": row.station,
        "lane": row.lane,
        "expect": row.expect,
        "business": row.business,
        "captured": row.captured,
    }


def _accepted(row: AcceptedRow) -> Response:
    return unscored(row, 202)


def _known(
    upload: Upload, caller: Caller, works: Works, idempotency_key: str | None
) -> tuple[AcceptedRow, AcceptedRow | None]:
    """What is asked, and what was kept when the same was asked before."""
    row = asked(upload, caller, place_of(upload.station, caller, works), idempotency_key)
    return row, works.store.known(row)


def _accept(works: Works, row: AcceptedRow, data: bytes) -> tuple[Photo, AcceptedRow]:
    """Keep a photograph; another row than the one that was brought is what the sender had sent before."""
    photo = photo_of(row.photo, data)
    kept = works.store.accept(row, data)
    if kept is row:
        works.metrics.accepted.inc()
    return photo, kept


async def _verdict(request: Request, works: Works, row: AcceptedRow, job: Job) -> Response:
    """Answer with the verdict when it is there. Where the client goes away, nobody waits for it any more."""
    left = asyncio.create_task(_left(request))
    try:
        either: set[asyncio.Future[Any]] = {job.done, left}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        left.cancel()
    if job.done.done():
        return answer(job.done.result(), 201)
    works.metrics.left.inc()
    works.scoring.turn(job, Turn.LATER)
    return _accepted(row)


async def _again(request: Request, works: Works, known: AcceptedRow, row: AcceptedRow, *, later: bool) -> Response:
    """Answer what was sent before under the same key as it was answered then."""
    if known.request != row.request:
        raise Refused(
            422,
            f"Idempotency-Key: {known.idempotency} was another photograph or asked otherwise, kept as {known.id}: "
            "send this one with a key of its own.",
            f"Idempotency-Key：{known.idempotency} 已用于另一照片或另一请求（编号 {known.id}）：请使用新的键。",
        )
    if later:
        return _accepted(known)
    if (scored := await run_in_threadpool(works.store.inspection, known.id)) is not None:
        return answer(scored, 201)
    if (job := works.scoring.job(known.id)) is None:  # another process has it
        return _accepted(known)
    with works.scoring.place():
        works.scoring.turn(job, Turn.NOW)
        return await _verdict(request, works, known, job)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def place_of(named: str | None, caller: Caller, works: Works) -> str | None:
    """Whose case a photograph is: a station's own, whatever is named; others may name one that there is."""
    if named is None or named == caller.station:
        return caller.station
    if caller.station is not None:
        raise Refused(
            403,
            f"station: you are of {caller.station}: leave it out, or send what is {named}'s with a key of its own.",
            f"station：您属于检验站 {caller.station}：请勿填写其他检验站，或使用 {named} 的密钥发送。",
        )
    with works.store.reading() as session:
        if station(session, named) is None:
            raise Refused(
                422,
                f"station: there is none {named}: POST /v1/stations adds one.",
                f"station：检验站 {named} 不存在：请先用 POST /v1/stations 添加。",
            )
    return named


def asked(
    upload: Upload, caller: Caller, place: str | None, idempotency: str | None, batch: str | None = None
) -> AcceptedRow:
    """The row of a photograph that is to be accepted."""
    always = {"photo": upload.name, "format": upload.format, "expect": upload.expect}
    beside = {"lane": upload.lane, "business": upload.business, "captured": upload.captured, "batch": batch}
    given = {name: value for name, value in beside.items() if value is not None}
    return AcceptedRow(
        **always,
        **beside,
        id=str(uuid.uuid4()),
        media_type=media_type(upload.data) or "application/octet-stream",  # whatever its sender says
        station=place,
        by=caller.by,
        idempotency=idempotency,
        request=digest(canonical({**always, **given, "station": place, "sha256": digest(upload.data)})),
    )
