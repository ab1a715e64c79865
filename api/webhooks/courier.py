"""Brings what happened to those who subscribed: CloudEvents 1.0 in JSON, signed as Standard Webhooks says.

It runs beside the inspections and takes nothing from them but a moment of the store: each subscriber has a task of its
own, a try has a few seconds, and of an answer only its status is read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import httpx2
from sqlalchemy.exc import SQLAlchemyError

from vinspect.api.record.log import RecordError
from vinspect.api.store import Store
from vinspect.api.webhooks.addresses import NoTarget, target
from vinspect.api.webhooks.message import Letter
from vinspect.api.webhooks.outbox import Outbox

EVERY = 1.0  # seconds from one look to the next
CLEARS = 3600.0  # seconds from one clearing of what was delivered long ago to the next
PATIENCE = 10.0  # seconds for a subscriber to answer

_T = TypeVar("_T")
_log = logging.getLogger("vinspect")


class Courier:
    """Works as long as the service runs, and goes on where an earlier process was stopped."""

    def __init__(self, store: Store, *, local: bool) -> None:
        """local: whether it may go to this machine's own addresses, to loopback and link-local ones."""
        self.local = local
        self._store = store
        self._threads = ThreadPoolExecutor(2, "webhooks")  # not those that answer requests
        self._busy: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Bring what there is, and what comes."""
        working = asyncio.create_task(self._work())
        try:
            yield
        finally:
            tasks = [working, *self._busy.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)  # done with the store

    async def _work(self) -> None:
        async with httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False) as http:
            outbox: Outbox | None = None
            clock, cleared = asyncio.get_running_loop().time, -CLEARS
            while True:
                try:
                    if outbox is None:
                        outbox = await self._aside(partial(Outbox, self._store))
                    if clock() - cleared >= CLEARS:
                        await self._aside(outbox.clear)
                        cleared = clock()
                    for webhook in await self._aside(outbox.due):
                        if webhook not in self._busy:
                            self._busy[webhook] = asyncio.create_task(self._empty(http, outbox, webhook))
                except (OSError, SQLAlchemyError, RecordError) as error:
                    _log.warning("Webhooks wait for the store: %s", error)
                await asyncio.sleep(EVERY)

    async def _empty(self, http: httpx2.AsyncClient, outbox: Outbox, webhook: str) -> None:
        """Bring a subscriber all that is due."""
        try:
            while letters := await self._aside(partial(outbox.claim, webhook)):
                answers = await asyncio.gather(*(self._bring(http, letter) for letter in letters))
                settled = list(zip((letter.event for letter in letters), answers, strict=True))
                await self._aside(partial(outbox.settle, webhook, settled))
        except Exception:
            _log.exception("What is due to webhook %s waits", webhook)
        finally:
            del self._busy[webhook]

    async def _bring(self, http: httpx2.AsyncClient, letter: Letter) -> str | None:
        """Try a delivery; returns why it was not taken, None where it was."""
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._sent(http, letter)
            return None if 200 <= status < 300 else f"it answered {status}"
        except NoTarget as error:
            return str(error)
        except TimeoutError:
            return f"it did not answer within {PATIENCE:.0f} s"
        except httpx2.HTTPError as error:
            return f"it could not be reached ({error or type(error).__name__})"

    async def _sent(self, http: httpx2.AsyncClient, letter: Letter) -> int:
        """Send to the address that was checked, whatever its name leads to a moment later; returns the status."""
        host, address = await asyncio.to_thread(target, letter.url, local=self.local)
        url = httpx2.URL(letter.url)
        headers = {**letter.headers(), "Host": url.netloc.decode()}
        there = url.copy_with(host=address)
        sni = {"sni_hostname": host}  # the certificate is that of the name
        async with http.stream("POST", there, content=letter.body, headers=headers, extensions=sni) as answer:
            return answer.status_code

    async def _aside(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
