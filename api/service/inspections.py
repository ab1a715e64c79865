"""The resource /v1/inspections: one is made of a photograph, and stays as it was answered."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Annotated, Literal

import cv2
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import FileResponse
from PIL import Image
from typing_extensions import TypedDict

from vinspect.api.document import inspect_document
from vinspect.api.schema import InspectDocument
from vinspect.api.service.access import Key, with_key
from vinspect.api.service.problems import described
from vinspect.api.service.upload import REQUEST_BODY, AppUpload
from vinspect.api.service.works import AppWorks, Works
from vinspect.api.tables import InspectionRow
from vinspect.vision import draw, inspector
from vinspect.vision.evidence import Outcome
from vinspect.vision.photo import photo_of

router = APIRouter(
    prefix="/v1/inspections", tags=["inspections"], dependencies=[Depends(with_key)], responses=described(401, 503)
)


class KeptInspection(InspectDocument):
    """What `vinspect inspect` says of a photograph, and under which id it is kept."""

    id: str
    created: str


class Summary(TypedDict):
    """An inspection in a list."""

    id: str
    created: str
    photo: str
    sha256: str
    text: str | None
    verdict: Outcome
    support: float | None


class Page(TypedDict):
    """A part of the list, and the `before` that brings the next."""

    inspections: list[Summary]
    next: str | None


@router.post(
    "",
    status_code=201,
    response_model=KeptInspection,
    openapi_extra=REQUEST_BODY,
    responses=described(413, 415, 422, 507),
)
def create(upload: AppUpload, works: AppWorks) -> Response:
    """Inspect a photograph. When this answers, photograph and inspection are on the disk."""
    with works.scoring:
        photo = photo_of(upload.name, upload.data)
        inspection = inspector.inspect(photo, works.nets, upload.format, upload.expect)
        _, overlay = cv2.imencode(".jpg", draw.overlay(inspection), [cv2.IMWRITE_JPEG_QUALITY, 85])
    document = inspect_document(inspection)
    row = works.store.keep(
        InspectionRow(
            photo=upload.name,
            media_type=_media_type(upload.data),
            format=upload.format,
            expect=upload.expect,
            text=document["readings"][0]["text"] if document["readings"] else None,
            verdict=document["verdict"],
            support=document["support"],
            document=json.dumps(document, allow_nan=False),
        ),
        upload.data,
        overlay.tobytes(),
        works.instruments,
    )
    return _answer(row, 201, {"Location": f"{router.prefix}/{row.id}"})


@router.get("", responses=described(422))
def newest(
    works: AppWorks,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
    before: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
) -> Page:
    """List inspections, the newest first."""
    last = None
    if before is not None and (last := works.store.inspection(before)) is None:
        raise HTTPException(422, "before: it is the `next` of the page before this one.")
    rows = works.store.inspections(limit + 1, last)
    return {"inspections": _summaries(rows[:limit]), "next": rows[limit - 1].id if len(rows) > limit else None}


@router.get("/{id}", response_model=KeptInspection, responses=described(404))
def one(id: str, works: AppWorks) -> Response:
    """Get an inspection as it was answered."""
    return _answer(_row(id, works))


@router.get(
    "/{id}/photo", response_class=Response, responses={200: {"content": {"image/*": {}}}, **described(404, 410)}
)
def photo(id: str, works: AppWorks, key: Key) -> FileResponse:
    """Get the photograph, byte for byte as it was sent. That it was viewed is put into the log first."""
    return _viewed(_row(id, works), "photo", works, key)


@router.get(
    "/{id}/overlay", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}, **described(404, 410)}
)
def overlay(id: str, works: AppWorks, key: Key) -> FileResponse:
    """Get the photograph with what was found drawn into it, as it was drawn then. It is put into the log first."""
    return _viewed(_row(id, works), "overlay", works, key)


def _row(id: str, works: Works) -> InspectionRow:
    row = works.store.inspection(id)
    if row is None:
        raise HTTPException(404, f"There is no inspection {id}: GET {router.prefix} lists those that there are.")
    return row


def _answer(row: InspectionRow, status: Literal[200, 201] = 200, headers: dict[str, str] | None = None) -> Response:
    head = json.dumps({"id": row.id, "created": row.created})
    return Response(f"{head[:-1]}, {row.document[1:]}", status, headers, media_type="application/json")


def _viewed(row: InspectionRow, what: Literal["photo", "overlay"], works: Works, key: str) -> FileResponse:
    if (deletion := works.store.deletion(row.id)) is not None:
        said = json.loads(deletion.body)
        raise HTTPException(410, f"The photograph was deleted on {said['at'][:10]}: {said['reason']}.")
    works.store.viewed(row, what, key)
    sha256, media_type = (row.sha256, row.media_type) if what == "photo" else (row.overlay_sha256, "image/jpeg")
    return FileResponse(works.store.blob(sha256), media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})


def _summaries(rows: Sequence[InspectionRow]) -> list[Summary]:
    return [
        {
            "id": row.id,
            "created": row.created,
            "photo": row.photo,
            "sha256": row.sha256,
            "text": row.text,
            "verdict": row.verdict,
            "support": row.support,
        }
        for row in rows
    ]


def _media_type(data: bytes) -> str:
    """What the picture is, by its content; what the sender says of it does not matter."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind = image.format or ""
    except OSError:
        return "application/octet-stream"
    return "image/jpeg" if kind == "MPO" else Image.MIME.get(kind, "application/octet-stream")
