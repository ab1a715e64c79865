"""The resource /v1/events: what happens to cases, as it happens, for consoles.

It is read from the log each time, so that whoever comes back with the last number that they saw misses nothing and gets
nothing twice, whichever process answers and whatever was restarted in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, FastAPI, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from vinspect.api import events
from vinspect.api.events import CaseEvent
from vinspect.api.record.entry import canonical
from vinspect.api.service.access import AnyCaller, Caller
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.store import Store

MOST = 64  # listeners at a time
LONGEST = 300.0  # seconds; whoever goes on listening comes back by itself, and is asked for its key again
EVERY = 1.0  # seconds from one look to the next
BEAT = 15.0  # seconds without a word, after which a comment shows that the line stands

_LAST = 2**31 - 1


@asynccontextmanager
async def _places(app: FastAPI) -> AsyncIterator[None]:
    app.state.listeners = asyncio.Semaphore(MOST)
    yield


router = APIRouter(prefix="/v1", tags=["events"], responses=described(401, 503), lifespan=_places)


class _Listening(StreamingResponse):
    """An answer that goes on. One that nobody reads is cut off, as each holds one of a few places."""

    def __init__(self, content: AsyncIterator[bytes], places: asyncio.Semaphore) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # and let no proxy keep it back
        super().__init__(content, headers=headers, media_type="text/event-stream")
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._places, asyncio.timeout(LONGEST + BEAT):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            pass


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **described(422)},
)
async def listen(
    request: Request,
    works: AppWorks,
    caller: AnyCaller,
    after: Annotated[int | None, Query(ge=0, le=_LAST, description="Begin behind this event; else with now.")] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=_LAST, description="The same, as a browser says it.")] = None,
) -> StreamingResponse:
    """Listen to what happens to the cases that the caller may see: `accepted`, `verdict` and `decision`."""
    places: asyncio.Semaphore = request.app.state.listeners
    if places.locked():
        raise Refused(
            503,
            f"{MOST} consoles listen already: come back in a moment, or close one that nobody looks at.",
            f"已有 {MOST} 个终端在接收事件：请稍后重试，或关闭无人使用的终端。",
            {"Retry-After": "10"},
        )
    now = await run_in_threadpool(_newest, works.store)
    given = after if last_event_id is None else last_event_id
    if given is not None and given > now:
        raise Refused(
            422,
            f"after: the last event is {now}, so this number is of another store: leave it out.",
            f"after：最近的事件编号为 {now}，所填编号不属于本系统：请勿填写。",
        )
    return _Listening(_told(works.store, caller, now if given is None else given), places)


async def _told(store: Store, caller: Caller, number: int) -> AsyncIterator[bytes]:
    """What the caller may see behind this number, and how far the log was looked through."""
    clock = asyncio.get_running_loop().time
    yield _beat(number)
    began = said = clock()
    while True:
        found, upto = await run_in_threadpool(_behind, store, number)
        for event in found:
            if caller.sees(event.station):
                said = clock()
                data = canonical({"at": event.at, **event.data}).decode()
                yield format_sse_event(event=event.kind, id=str(event.number), data_str=data)
        if clock() - said > BEAT:
            said = clock()
            yield _beat(upto)
        if clock() - began >= LONGEST:
            return
        if upto == number:
            await asyncio.sleep(EVERY)
        number = upto


def _beat(number: int) -> bytes:
    """Shows that the line stands, and where to go on: a browser keeps the number, and tells nobody."""
    return format_sse_event(id=str(number), comment="here")


def _newest(store: Store) -> int:
    with store.reading() as session:
        return events.newest(session)


def _behind(store: Store, number: int) -> tuple[list[CaseEvent], int]:
    try:
        with store.reading() as session:
            return events.behind(session, number)
    except SQLAlchemyError:  # whoever listens waits until the record can be reached again
        return [], number
