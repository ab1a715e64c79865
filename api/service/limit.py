"""No request may be larger than a photograph can be."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinspect.api.service.problems import problem


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
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise HTTPException(413, self._detail)
            return message

        await self._app(scope, limited, send)
