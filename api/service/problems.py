"""What went wrong, as a problem document (RFC 9457) with a sentence that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from vinspect.api.record.log import RecordError
from vinspect.vision.photo import PhotoError

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="One sentence that says what to do.")


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that carries a problem document."""
    document = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(document.model_dump(), status, headers, media_type=MEDIA_TYPE)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem documents that a route may answer, for its OpenAPI description."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
        }
        for status in statuses
    }


def answer_with_problems(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        status, said = error.status_code, error.detail
        detail = _ADVICE.get(status, said) if said == HTTPStatus(status).phrase else said
        return problem(status, detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def not_understood(_request: Request, error: RequestValidationError) -> JSONResponse:
        said = (f"{each['loc'][-1]}: {each['msg'][:1].lower()}{each['msg'][1:]}" for each in error.errors())
        return problem(422, "; ".join(said) + ".")

    @app.exception_handler(PhotoError)
    async def no_photograph(_request: Request, error: PhotoError) -> JSONResponse:
        sentence = str(error)
        return problem(422, sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") else "."))

    @app.exception_handler(SQLAlchemyError)
    async def not_kept(_request: Request, _error: SQLAlchemyError) -> JSONResponse:
        return problem(503, "The record cannot be reached, and nothing was kept: send it again in a moment.")

    @app.exception_handler(RecordError)
    async def not_recorded(_request: Request, error: RecordError) -> JSONResponse:
        return problem(503, f"{error} Nothing was kept.")

    @app.exception_handler(OSError)
    async def no_disk(_request: Request, error: OSError) -> JSONResponse:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return problem(507, "The disk of the service is full, and nothing was kept: make room and send it again.")
        return problem(503, "The disk of the service cannot be written or read: ask who runs it.")

    @app.exception_handler(Exception)
    async def failed(_request: Request, error: Exception) -> JSONResponse:
        return problem(
            500, f"Vinspect failed on this, and nothing was kept: please report it ({type(error).__name__})."
        )


_ADVICE = {
    404: "There is nothing at this address: /docs lists what there is.",
    405: "This address does not take that method: /docs lists what there is.",
}
