"""Photographs on their way to a verdict: a fixed set of workers, and before them first the vehicles that wait.

What is accepted lies in the store; here are only its turns. A process that dies forgets them, and the next one takes
up from the store whatever has no verdict yet.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

import cv2
import numpy as np
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from vinspect.api.document import inspect_document
from vinspect.api.record.log import RecordError
from vinspect.api.schema import InspectDocument
from vinspect.api.service.looking import Down, Failed, Looking
from vinspect.api.service.metrics import Metrics
from vinspect.api.service.problems import Refused
from vinspect.api.sightings import switches
from vinspect.api.sightings.findings import Known, Sightings
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow, InspectionRow
from vinspect.vision import draw
from vinspect.vision.evidence import Inspection, Photo, Reason, Report, Verdict, frozen
from vinspect.vision.inspector import Nets
from vinspect.vision.photo import photo_of
from vinspect.vision.site import Site, at

RETRY = 1.0  # seconds, before what the disk or the database refused is tried again
BUSY = 1  # seconds that a client is told to wait, about what a vehicle takes
TRIES = 3  # of a photograph over which the service, or a worker, was stopped each time: then it is not tried again
_TROUBLE = (OSError, SQLAlchemyError, RecordError)
_log = logging.getLogger("vinspect")


class Turn(IntEnum):
    """Who comes first."""

    NOW = 0
    """A vehicle waits."""
    LATER = 1
    """Nobody waits for the answer."""


@dataclass(eq=False)
class Job:
    """An accepted photograph that has no verdict yet."""

    id: str
    done: asyncio.Future[InspectionRow]
    row: AcceptedRow | None
    """What was accepted; None where it has to be read from the store again."""
    photo: Photo | None
    """None likewise."""
    turn: Turn
    resumed: bool
    """Whether an earlier process was stopped over it."""
    begun: bool = False


@dataclass(frozen=True, eq=False)
class Looked:
    """A photograph that was looked at, and what the store knows of it not asked yet."""

    row: AcceptedRow
    photo: Photo
    inspection: Inspection
    failed: bool
    since: float
    """`time.perf_counter` when that began."""


@dataclass(frozen=True, eq=False)
class Found:
    """What is to be kept of a photograph."""

    known: Known
    document: InspectDocument
    overlay: bytes
    """JPEG."""


class _StoppedOver(Exception):
    """Whatever it is with this photograph, it takes whole processes down."""


class Scoring:
    """The workers, and the turns before them. Everything but the work itself happens on the event loop."""

    def __init__(
        self,
        store: Store,
        nets: Nets,
        instruments: Mapping[str, Any],
        metrics: Metrics,
        looking: Callable[[], Looking],
        workers: int,
        waiting: int,
        site: Site | None = None,
    ) -> None:
        """Nothing is scored yet.

        nets: what rubbings are read with; looking: who looks at photographs, for each of `workers`, so many at a time;
        waiting: vehicles that may wait before them; site: its thresholds.
        """
        self._site = site
        self._store, self._instruments, self._metrics = store, instruments, metrics
        self._looking = looking
        self._workers = workers
        self._places = workers + waiting
        self._sightings = Sightings(store, nets)
        self._taken = 0
        self._order = itertools.count()
        self._turns: asyncio.PriorityQueue[tuple[Turn, int, Job]] = asyncio.PriorityQueue()
        self._jobs: dict[str, Job] = {}
        self._expected: dict[str, Job] = {}
        self._threads = ThreadPoolExecutor(workers, "scoring")
        self._keepers = ThreadPoolExecutor(2 * workers, "keeping")
        self._unkept = asyncio.Semaphore(2 * workers)  # verdicts that are on their way to the disk
        self._keeping: set[asyncio.Task[None]] = set()
        metrics.watch(lambda: self._taken, lambda: len(self._jobs))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work, beginning with what an earlier process left."""
        for left in await run_in_threadpool(self._store.unscored):
            self._add(Job(left, self._future(), None, None, Turn.LATER, resumed=True))
        workers = [self._looking() for _ in range(self._workers)]
        tasks = [asyncio.create_task(self._work(worker)) for worker in workers]
        try:
            yield
        finally:
            for task in (*tasks, *self._keeping):
                task.cancel()
            await asyncio.gather(*tasks, *self._keeping, return_exceptions=True)
            for threads in (self._threads, self._keepers):  # a cancelled task leaves its thread at work in the store
                await run_in_threadpool(threads.shutdown, cancel_futures=True)
            for worker in workers:
                await run_in_threadpool(worker.close)

    @property
    def full(self) -> bool:
        """Whether one more vehicle would have to wait too long."""
        return self._taken >= self._places

    def busy(self) -> Refused:
        """The answer to a vehicle that would have to wait too long."""
        return Refused(
            503,
            "All places before the scoring workers are taken, and nothing was kept: send it again in a moment.",
            "排队已满，未保存任何内容：请稍后重新发送。",
            {"Retry-After": str(BUSY)},
        )

    @contextmanager
    def place(self) -> Iterator[None]:
        """Let a vehicle wait, from before its photograph is accepted until it is answered or gone. Raises Refused."""
        if self.full:
            self._metrics.refused.inc()
            raise self.busy()
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    @contextmanager
    def accepting(self, id: str, turn: Turn) -> Iterator[Job]:
        """The job of a photograph while it is put into the store under this id: who sends it again finds it already."""
        self._expected[id] = Job(id, self._future(), None, None, turn, resumed=False)
        try:
            yield self._expected[id]
        finally:
            del self._expected[id]

    def add(self, job: Job, row: AcceptedRow, photo: Photo | None) -> Job:
        """Have a photograph scored that was accepted."""
        if job.begun:  # whoever sent it again was quicker
            return job
        job.row, job.photo = row, photo
        return self._add(job)

    def job(self, id: str) -> Job | None:
        """The one under way for this photograph."""
        return self._jobs.get(id) or self._expected.get(id)

    def turn(self, job: Job, turn: Turn) -> None:
        """Let a photograph that has not begun come earlier, or later."""
        if job.turn != turn and not job.begun:
            job.turn = turn
            if turn == Turn.LATER:
                job.photo = None  # who knows when; it lies in the store
            self._turns.put_nowait((turn, next(self._order), job))

    def _add(self, job: Job) -> Job:
        self._jobs[job.id] = job
        self._turns.put_nowait((job.turn, next(self._order), job))
        return job

    def _future(self) -> asyncio.Future[InspectionRow]:
        return asyncio.get_running_loop().create_future()

    async def _work(self, worker: Looking) -> None:
        while True:
            turn, _, job = await self._turns.get()
            if job.begun or turn != job.turn:  # this was its turn before it was changed
                continue
            job.begun = True
            await self._unkept.acquire()
            try:
                looked = await asyncio.get_running_loop().run_in_executor(self._threads, self._look, job, worker)
            except _TROUBLE as error:  # the store cannot be read
                self._unkept.release()
                self._again(job, error)
                continue
            except Exception:
                self._unkept.release()
                self._give_up(job)
                continue
            task = asyncio.create_task(self._keep(job, looked))  # while the worker looks at the next one
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    def _look(self, job: Job, worker: Looking) -> Looked:
        """Have a photograph looked at; whatever goes wrong, it gets its verdict."""
        since = time.perf_counter()
        row = job.row or self._store.accepted(job.id)
        assert row is not None
        data = b"" if job.photo else self._store.blobs.read(row.sha256)
        tries = self._store.resumed(job.id) if job.resumed else 0
        job.resumed = False  # the same process tries again only because the record was gone
        photo = job.photo or Photo(row.photo, row.sha256, data, (1, 1), frozen(np.zeros((1, 1), np.uint8)), 1.0)
        try:
            if tries > TRIES:
                raise _StoppedOver(f"the service was stopped over it {TRIES} times")
            photo = job.photo or photo_of(row.photo, data)
            return Looked(row, photo, at(_looked_at(worker, photo, row), self._site), False, since)
        except Exception as error:
            return Looked(row, photo, self._failure(row, photo, error), True, since)

    def _found(self, looked: Looked) -> Found:
        """What is found in a photograph with what the store knows. Raises SQLAlchemyError."""
        inspection = looked.inspection
        if not looked.failed:
            try:
                known = self._sightings.known(looked.row, inspection)
                return Found(known, inspect_document(known.inspection), _jpeg(draw.overlay(known.inspection)))
            except SQLAlchemyError:
                raise  # it is nothing about the photograph
            except Exception as error:
                inspection = self._failure(looked.row, looked.photo, error)
        return Found(Known(inspection, (), {}), inspect_document(inspection), _jpeg(looked.photo.small))

    def _failure(self, row: AcceptedRow, photo: Photo, error: Exception) -> Inspection:
        _log.error("Photograph %s could not be scored", row.id, exc_info=error)
        self._metrics.failed.inc()
        return _failed(photo, error)

    async def _keep(self, job: Job, looked: Looked) -> None:
        """Write the verdict, however long the disk or the database is gone."""
        run = partial(asyncio.get_running_loop().run_in_executor, self._keepers)
        try:
            try:
                found = await run(self._found, looked)
            except _TROUBLE as error:  # the store cannot be read
                self._again(job, error)
                return
            self._metrics.scoring.observe(time.perf_counter() - looked.since)
            made_with = {**self._instruments, "findings": switches.written(found.known.settings)}
            kept = found.document, found.overlay, made_with, found.known.beside
            while True:
                try:
                    with self._metrics.keeping.time():
                        row = await run(self._store.scored, job.id, *kept)
                    break
                except _TROUBLE as error:
                    self._tell(job, error)
                    await asyncio.sleep(RETRY)
            self._metrics.verdicts.labels(row.verdict).inc()
            self._jobs.pop(job.id, None)
            if not job.done.done():
                job.done.set_result(row)
        except Exception:
            self._give_up(job)
        finally:
            self._unkept.release()

    def _again(self, job: Job, error: Exception) -> None:
        self._tell(job, error)
        job.begun, job.turn, job.photo = False, Turn.LATER, None
        asyncio.get_running_loop().call_later(RETRY, self._add, job)

    def _give_up(self, job: Job) -> None:
        """Leave a photograph to the next start: it is a mistake of ours, and no waiting helps."""
        _log.exception("The verdict of %s could not be written", job.id)
        self._metrics.failed.inc()
        self._jobs.pop(job.id, None)
        self._late(
            job,
            500,
            f"The photograph is kept as {job.id}, but Vinspect failed to write its verdict: please report it. It is "
            "tried again when the service is started again.",
            f"照片已保存（编号 {job.id}），但 Vinspect 未能写入结论：请报告此问题。服务下次启动时会重试。",
        )

    def _tell(self, job: Job, error: Exception) -> None:
        """Let whoever waits know that the verdict has to wait."""
        if not job.done.done():
            _log.error("The verdict of %s has to wait: %s", job.id, error)
        self._late(
            job,
            503,
            f"The photograph is kept as {job.id}, and its verdict is written as soon as the record can be reached "
            f"again: GET /v1/inspections/{job.id} later, do not send it again.",
            f"照片已保存（编号 {job.id}），记录恢复后即写入结论：请稍后用 GET /v1/inspections/{job.id} 查询，"
            "不要重发。",
        )

    def _late(self, job: Job, status: int, detail: str, detail_zh: str) -> None:
        if not job.done.done():
            headers = {"Retry-After": "10", "Location": f"/v1/inspections/{job.id}"}
            job.done.set_exception(Refused(status, detail, detail_zh, headers))
            job.done.exception()  # nobody need be waiting


def _looked_at(worker: Looking, photo: Photo, row: AcceptedRow) -> Inspection:
    for _ in range(TRIES):
        try:
            return worker.inspect(photo, row.format, row.expect)
        except Down:
            _log.error("A worker went down over photograph %s", row.id)
    raise _StoppedOver(f"{TRIES} workers went down over it")


def _failed(photo: Photo, error: Exception) -> Inspection:
    said = str(error) if isinstance(error, _StoppedOver | Failed) else type(error).__name__
    why = Reason(
        "failed",
        f"Vinspect failed on this photograph ({said}): judge it by eye, and report it.",
        f"系统处理此照片时出错（{said}）：请人工判断，并报告此问题。",
    )
    return Inspection(Report(photo, (), why, {}), (), Verdict("cannot judge", None, (), why))


def _jpeg(picture: Any) -> bytes:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return data.tobytes()
