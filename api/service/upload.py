"""A photograph comes in, as a form's file or as the bare body."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any, get_args

from fastapi import Depends, HTTPException, Query, Request
from starlette.datastructures import UploadFile

from vinspect.api.document import shown
from vinspect.api.numbers import NoNumber, registered_number
from vinspect.vision.evidence import Format

FIELD = "photo"
_FIELDS = 8  # more than a form of ours has

_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "type": "object",
    "required": [FIELD],
    "properties": {
        FIELD: {"type": "string", "format": "binary", "description": "The photograph."},
        "expect": {"type": "string", "description": "As the query parameter of this name."},
        "station": {"type": "string", "description": "As the query parameter of this name."},
        "format": {"type": "string", "enum": get_args(Format), "description": "As the query parameter of this name."},
    },
}
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "image/*": _PICTURE,
            "application/octet-stream": _PICTURE,
        },
    }
}


@dataclass(frozen=True)
class Upload:
    """A photograph as it was sent, and how to look at it."""

    name: str
    data: bytes
    format: Format
    expect: str | None
    station: str | None
    """Whose case it is to be, where its sender says so."""


async def _upload(
    request: Request,
    format: Annotated[
        Format, Query(description="vin: 17 characters without I, O, Q; free: frame and engine numbers; auto: either.")
    ] = "auto",
    expect: Annotated[str | None, Query(description="The registered number, to compare with.")] = None,
    station: Annotated[
        str | None, Query(description="Whose case it is; a station's own key says so already.")
    ] = None,
) -> Upload:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/octet-stream":
        return Upload(FIELD, await request.body(), format, _number(expect), station or None)
    if kind != "multipart/form-data":
        raise HTTPException(
            415, f"Send the photograph as the file `{FIELD}` of a multipart form, or as the body with its image type."
        )
    async with request.form(max_files=1, max_fields=_FIELDS) as form:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if file is None:
            raise HTTPException(422, f"The form has no file: send the photograph as its file `{FIELD}`.")
        asked = next((each for each in get_args(Format) if each == form.get("format", format)), None)
        if asked is None:
            raise HTTPException(422, f"format: it is one of {', '.join(get_args(Format))}.")
        number = form.get("expect", expect)
        name = shown(PurePath(file.filename or FIELD).name)
        place = form.get("station", station)
        return Upload(
            name,
            await file.read(),
            asked,
            _number(number if isinstance(number, str) else None),
            place if isinstance(place, str) and place else None,
        )


def _number(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return registered_number(text)
    except NoNumber as error:
        raise HTTPException(422, f"expect: {error}.") from error


AppUpload = Annotated[Upload, Depends(_upload)]
