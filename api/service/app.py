"""The application: what the service is made of."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from vinspect.api.record.entry import instruments
from vinspect.api.service import decisions, health, inspections, keys, log, people, session, stations
from vinspect.api.service.attempts import Attempts
from vinspect.api.service.limit import BodyLimit
from vinspect.api.service.problems import answer_with_problems
from vinspect.api.service.works import Works
from vinspect.api.store import Store
from vinspect.vision.inspector import Nets

MAX_BODY = 64 * 2**20


def create_app(data: Path, nets: Nets, max_body: int = MAX_BODY, url: str | None = None) -> FastAPI:
    """The service on the store in folder `data`, and on the database of `url` where there is one.

    A request has at most `max_body` bytes.
    """

    @asynccontextmanager
    async def works(app: FastAPI) -> AsyncIterator[None]:
        store = Store(data, url)
        app.state.attempts = Attempts()
        app.state.works = Works(nets, instruments(), store, threading.BoundedSemaphore(os.cpu_count() or 1))
        yield
        store.close()

    app = FastAPI(
        title="Vinspect",
        description="The number from one photograph, as it was struck, and what does not sit right.",
        version=version("vinspect"),
        lifespan=works,
    )
    app.add_middleware(BodyLimit, most=max_body)
    app.include_router(health.router)
    app.include_router(inspections.router)
    app.include_router(log.router)
    for resource in (decisions, stations, keys, people, session):
        app.include_router(resource.router)
    answer_with_problems(app)

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    return app
