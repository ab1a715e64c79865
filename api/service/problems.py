"""What went wrong, as a problem document (RFC 9457) with a sentence that says what to do."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from vinspect.api.record.log import RecordError
from vinspect.vision.photo import PhotoError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("vinspect")


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="One sentence that says what to do.")
    detail_zh: str = Field(description="The same in Chinese.")


class Refused(HTTPException):
    """What is refused, with a sentence in English and one in Chinese that say what to do."""

    def __init__(self, status: int, detail: str, detail_zh: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)
        self.detail_zh = detail_zh


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, detail_zh: str | None = None
) -> JSONResponse:
    """An answer that carries a problem document; in Chinese it says what the status means where nothing is given."""
    said = detail_zh or _ADVICE_ZH.get(status, f"请求被拒绝（{status}）：请查看英文说明。")
    document = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, detail_zh=said)
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
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        status, said, headers = error.status_code, error.detail, error.headers
        if status == 400:  # a body that nothing can be read from: to whoever sends it that is one kind with the others
            return problem(422, _NO_BODY, headers, _ADVICE_ZH[400])
        if status == 405:
            headers = {**(headers or {}), "Allow": ", ".join(_methods(request))}
        detail = _ADVICE.get(status, said) if said == HTTPStatus(status).phrase else said
        return problem(status, detail, headers, getattr(error, "detail_zh", None))

    @app.exception_handler(RequestValidationError)
    async def not_understood(_request: Request, error: RequestValidationError) -> JSONResponse:
        why = [(each["loc"][-1], each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        said = (f"{name}: {sentence[:1].lower()}{sentence[1:]}" for name, sentence in why)
        names = "、".join(dict.fromkeys(str(name) for name, _ in why))
        return problem(422, "; ".join(said) + ".", detail_zh=f"{names}：值不符合要求，请按 /docs 中的说明填写。")

    @app.exception_handler(PhotoError)
    async def no_photograph(_request: Request, error: PhotoError) -> JSONResponse:
        sentence = str(error)
        return problem(422, sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") else "."))

    @app.exception_handler(DataError)
    @app.exception_handler(UnicodeEncodeError)
    async def no_text(_request: Request, _error: Exception) -> JSONResponse:
        return problem(
            422,
            "Something that was sent holds characters that no text has: leave them out.",
            detail_zh="所发送的内容含有无效字符：请去除后重新发送。",
        )

    @app.exception_handler(SQLAlchemyError)
    async def not_kept(_request: Request, _error: SQLAlchemyError) -> JSONResponse:
        return problem(503, "The record cannot be reached, and nothing was kept: send it again in a moment.")

    @app.exception_handler(RecordError)
    async def not_recorded(_request: Request, error: RecordError) -> JSONResponse:
        return problem(503, f"{error} Nothing was kept.")

    @app.exception_handler(OSError)
    async def no_disk(request: Request, error: OSError) -> JSONResponse:
        _log.error("%s %s: %s", request.method, request.url.path, error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return problem(507, "The disk of the service is full, and nothing was kept: make room and send it again.")
        return problem(503, "Where the service keeps photographs cannot be written or read: ask who runs it.")

    @app.exception_handler(Exception)
    async def failed(_request: Request, error: Exception) -> JSONResponse:
        return problem(
            500, f"Vinspect failed on this, and nothing was kept: please report it ({type(error).__name__})."
        )


def _methods(request: Request) -> list[str]:
    """Those that the address takes, whichever route has them; a route knows its own alone."""
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(each.matches({**request.scope, "method": method})[0] is Match.FULL for each in request.app.routes)
    ]


_NO_BODY = "The body cannot be read as what its Content-Type says: send it as /docs describes it."
_ADVICE = {
    404: "There is nothing at this address: /docs lists what there is.",
    405: "This address does not take that method: /docs lists what there is.",
}
_ADVICE_ZH = {
    400: "请求不完整或无法解析：请按 /docs 中的说明重新发送。",
    401: "请发送 API 密钥（Authorization: Bearer KEY 或 X-API-Key: KEY），或先登录。",
    403: "您的身份无权进行此操作：请由有权限的人员办理。",
    404: "此地址没有内容：/docs 列出了全部地址。",
    405: "此地址不接受该方法：/docs 列出了全部地址。",
    409: "内容已被他人更改：请重新读取后再提交。",
    410: "照片已依法删除。",
    413: "文件过大：请以 JPEG 格式发送照片，或缩小后再发送。",
    415: "请将照片作为表单文件发送，或直接作为请求正文发送并注明图像类型。",
    422: "内容不符合要求：请按英文说明或 /docs 更正后重新发送。",
    429: "尝试次数过多：请稍后再试。",
    500: "Vinspect 处理失败，未保存任何内容：请报告此问题。",
    503: "服务暂时不可用，未保存任何内容：请稍后重新发送。",
    507: "服务器磁盘已满，未保存任何内容：请清理空间后重新发送。",
}
