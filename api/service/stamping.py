"""Have an authority stamp the log's newest checkpoint now and then; where it is away, all goes on without it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from vinspect.api.clock import now
from vinspect.api.record.entry import digest
from vinspect.api.record.log import RecordError
from vinspect.api.record.stamps import StampError, Unchecked, checked, question
from vinspect.api.store import Store
from vinspect.api.tables import EntryRow, StampRow

EVERY = 3600.0  # seconds
LARGEST = 2**16  # bytes of an answer
_log = logging.getLogger("vinspect")


class Stamping:
    """What asks the authority, beside all else."""

    def __init__(self, store: Store, authority: str | None) -> None:
        """authority: its address; None: there is none, and nothing is stamped."""
        self._store, self._authority = store, authority

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have checkpoints stamped meanwhile."""
        task = asyncio.create_task(self._work(self._authority)) if self._authority else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _work(self, authority: str) -> None:
        while True:
            try:
                await run_in_threadpool(stamp, self._store, authority)
            except (httpx2.HTTPError, StampError, Unchecked, OSError, SQLAlchemyError, RecordError) as error:
                _log.error("No time stamp from %s: %s", authority, error or type(error).__name__)
            await asyncio.sleep(EVERY)


def stamp(store: Store, authority: str) -> bool:
    """Have the newest checkpoint stamped; returns whether there was anything new to stamp.

    Raises httpx2.HTTPError where the authority is away, StampError where its answer is none, and what the store does.
    """
    with store.reading() as session:
        last = session.scalars(select(EntryRow).order_by(EntryRow.index.desc()).limit(1)).one()
    if last.event == "checkpoint stamped":
        return False
    asked, nonce = question(last.checkpoint)
    answer = httpx2.post(
        authority, content=asked, headers={"Content-Type": "application/timestamp-query"}, timeout=10.0
    ).raise_for_status()
    if len(answer.content) > LARGEST:
        raise StampError("the answer is larger than any stamp")
    checked(answer.content, last.checkpoint, nonce=nonce)
    size = last.index + 1
    with store.writing() as log:
        if log.session.get(StampRow, size) is None:  # another process may have been quicker
            row = StampRow(size=size, created=now(), stamp=answer.content)
            log.session.add(row)
            facts: dict[str, Any] = {"size": size, "stamp": digest(answer.content), "authority": authority}
            log.append("checkpoint stamped", row.created, **facts)
    return True
