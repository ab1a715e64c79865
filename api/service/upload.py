"""A photograph comes in, as a form's file or as the bare body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any, get_args

from fastapi import Depends, HTTPException, Query, Request
from starlette.datastructures import UploadFile

from vinspect.api.clock import written
from vinspect.api.document import shown
from vinspect.api.numbers import NoNumber, registered_number
from vinspect.api.service.problems import Refused
from vinspect.vision.evidence import Format

FIELD = "photo"
WIDEST = 64  # characters of a lane's name, and of a kind of business
_FIELDS = 8  # more than a form of ours has

_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "type": "object",
    "required": [FIELD],
    "properties": {
        FIELD: {"type": "string", "format": "binary", "description": "The photograph."},
        "expect": {"type": "string", "description": "As the query parameter of this name."},
        "station": {"type": "string", "description": "As the query parameter of this name."},
        "lane": {"type": "string", "description": "As the query parameter of this name."},
        "business": {"type": "string", "description": "As the query parameter of this name."},
        "captured": {"type": "string", "description": "As the query parameter of this name."},
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
    lane: str | None
    business: str | None
    captured: str | None
    """As `clock.written` writes it."""


async def _upload(
    request: Request,
    format: Annotated[
        Format, Query(description="vin: 17 characters without I, O, Q; free: frame and engine numbers; auto: either.")
    ] = "auto",
    expect: Annotated[str | None, Query(description="The registered number, to compare with.")] = None,
    station: Annotated[
        str | None, Query(description="Whose case it is; a station's own key says so already.")
    ] = None,
    lane: Annotated[str | None, Query(description=f"Where at the station; at most {WIDEST} characters.")] = None,
    business: Annotated[
        str | None, Query(description=f"The kind of business, as you call it; at most {WIDEST} characters.")
    ] = None,
    captured: Annotated[
        str | None, Query(description="When it was taken: ISO 8601 with its zone, 2026-11-24T09:30:00+08:00.")
    ] = None,
) -> Upload:
    said = {"format": format, "expect": expect, "station": station}
    said |= {"lane": lane, "business": business, "captured": captured}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/octet-stream":
        return _understood(FIELD, await request.body(), said)
    if kind != "multipart/form-data":
        raise HTTPException(
            415, f"Send the photograph as the file `{FIELD}` of a multipart form, or as the body with its image type."
        )
    async with request.form(max_files=1, max_fields=_FIELDS) as form:
        file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if file is None:
            raise HTTPException(422, f"The form has no file: send the photograph as its file `{FIELD}`.")
        said |= {name: value for name in said if isinstance(value := form.get(name), str)}
        return _understood(shown(PurePath(file.filename or FIELD).name), await file.read(), said)


def _understood(name: str, data: bytes, said: Mapping[str, str | None]) -> Upload:
    asked = next((each for each in get_args(Format) if each == said["format"]), None)
    if asked is None:
        raise HTTPException(422, f"format: it is one of {', '.join(get_args(Format))}.")
    return Upload(
        name,
        data,
        asked,
        _number(said["expect"]),
        said["station"] or None,
        _words("lane", said["lane"]),
        _words("business", said["business"]),
        _moment(said["captured"]),
    )


def _number(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return registered_number(text)
    except NoNumber as error:
        raise HTTPException(422, f"expect: {error}.") from error


def _words(name: str, text: str | None) -> str | None:
    words = (text or "").strip()
    if len(words) > WIDEST or not words.isprintable():
        raise Refused(
            422,
            f"{name}: it has at most {WIDEST} characters, on one line.",
            f"{name}：最多 {WIDEST} 个字符，不得换行。",
        )
    return words or None


def _moment(text: str | None) -> str | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return written(moment)
    except (ValueError, OverflowError):
        pass
    raise Refused(
        422,
        "captured: send date, time and zone, such as 2026-11-24T09:30:00+08:00 (in an address + is written %2B).",
        "captured：请填写日期、时间和时区，例如 2026-11-24T09:30:00+08:00（在网址中 + 写作 %2B）。",
    )


AppUpload = Annotated[Upload, Depends(_upload)]
