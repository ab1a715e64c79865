"""No request may be larger or slower than a photograph can be, and none is let in that would have to wait too long."""

from __future__ import annotations

import asyncio
import re

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinspect.api.service.problems import Refused, problem
from vinspect.api.service.works import Works

UPLOADS = 64  # photographs that are sent in at a time
SECONDS = 120.0  # that a body may take to come in


class BodyLimit:
    """Answers 413 to a request with a larger body, before it is read where its length is declared."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """Guard `app`; `most` is in bytes."""
        self._app = app
        self._most = most
        self._detail = f"At most {most // 2**20} MB are taken: send the photograph as JPEG, or reduce it."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as long as it stays within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self._most:
            await problem(413, self._detail, {"Connection": "close"})(scope, receive, send)
            return
        received, more = 0, True
        until = asyncio.get_running_loop().time() + SECONDS

        async def limited() -> Message:
            nonlocal received, more
            if not more:  # what comes now is that the client has gone, and that may take as long as it likes
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise Refused(
                    408,
                    f"The body took longer than {SECONDS:.0f} s: send it again, or reduce the photograph.",
                    f"请求正文的发送超过 {SECONDS:.0f} 秒：请重新发送，或缩小照片。",
                ) from None
            more = message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > self._most:
                raise HTTPException(413, self._detail)
            return message

        await self._app(scope, limited, send)


class Door:
    """Answers 503 to a photograph before it is read, where it would have to wait too long or too many are on the way.

    One that need not be answered at once (`Prefer: respond-async`) takes no place before the workers.
    """

    def __init__(self, app: ASGIApp, photographs: re.Pattern[str]) -> None:
        """Watch over what is posted to these paths; nobody waits for what matches their group `batch`."""
        self._app = app
        self._photographs = photographs
        self._uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or send it away."""
        there = self._photographs.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if there is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        works: Works = scope["app"].state.works
        waits = there["batch"] is None and not answered_later(Headers(scope=scope).get("prefer"))
        if self._uploads >= UPLOADS or (waits and works.scoring.full):
            works.metrics.refused.inc()
            no: Refused = works.scoring.busy()
            await problem(no.status_code, no.detail, no.headers, no.detail_zh)(scope, receive, send)
            return
        self._uploads += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._uploads -= 1


def answered_later(prefer: str | None) -> bool:
    """Whether a Prefer header (RFC 7240) asks for an answer before the work is done."""
    return any(each.split(";")[0].strip().lower() == "respond-async" for each in (prefer or "").split(","))
