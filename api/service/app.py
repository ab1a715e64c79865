"""The application: what the service is made of."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.requests import ClientDisconnect

from vinspect.api.console import answers, pages
from vinspect.api.console.compared import Laid
from vinspect.api.openid import Provider
from vinspect.api.record.entry import instruments
from vinspect.api.service import (
    archive,
    batches,
    decisions,
    events,
    evidence,
    hands,
    health,
    inspections,
    intake,
    keys,
    log,
    metrics,
    openid,
    people,
    session,
    stations,
    watchlist,
    webhooks,
)
from vinspect.api.service.attempts import Attempts
from vinspect.api.service.examples import describe_by_example
from vinspect.api.service.limit import BodyLimit, Door
from vinspect.api.service.looking import Here, Looking
from vinspect.api.service.problems import answer_with_problems
from vinspect.api.service.scoring import Scoring
from vinspect.api.service.stamping import Stamping
from vinspect.api.service.works import Works
from vinspect.api.sightings.filed import OnFile
from vinspect.api.site import KeptSite
from vinspect.api.store import Store
from vinspect.api.webhooks.courier import Courier
from vinspect.vision.inspector import Nets

MAX_BODY = 64 * 2**20


def create_app(
    data: Path,
    nets: Nets,
    max_body: int = MAX_BODY,
    url: str | None = None,
    provider: Provider | None = None,
    authority: str | None = None,
    workers: int | None = None,
    waiting: int | None = None,
    local_webhooks: bool = False,
    site: KeptSite | None = None,
    photographs: str | None = None,
    looking: Callable[[], Looking] | None = None,
) -> FastAPI:
    """The service on the store in folder `data`, on the database of `url` where there is one.

    photographs: the bucket that they lie in, where it is one.
    provider: by which people may sign in too; authority: the address of one that stamps checkpoints.

    A request has at most `max_body` bytes. workers: photographs scored at a time, as many as there are cores unless
    told; looking: who looks at them for each of these, this process unless told; waiting: vehicles that may wait before
    them, three for two unless told; local_webhooks: whether a webhook may aim at this machine; site: whose thresholds
    take the place of the judge's.
    """
    workers = workers or os.cpu_count() or 1
    places = (workers, (3 * workers + 1) // 2 if waiting is None else waiting)
    measured = metrics.Metrics()

    @asynccontextmanager
    async def works(app: FastAPI) -> AsyncIterator[None]:
        store = Store(data, url, photographs)
        app.state.attempts = Attempts()
        app.state.openid = provider
        app.state.laid = Laid(nets)
        made_with = instruments() | ({} if site is None else {"site": site.sha256})
        look = looking or (lambda: Here(nets))
        scoring = Scoring(store, nets, made_with, measured, look, *places, site=None if site is None else site.site)
        courier = Courier(store, local=local_webhooks)
        app.state.works = Works(store, scoring, measured, courier, OnFile(store, lambda: nets))
        async with scoring.running(), courier.running(), Stamping(store, authority).running():
            yield
        store.close()

    app = FastAPIOffline(
        redoc_url=None,
        title="Vinspect",
        description="The number from one photograph, as it was struck, and what does not sit right.",
        version=version("vinspect"),
        lifespan=works,
    )
    app.add_middleware(BodyLimit, most=max_body)
    app.add_middleware(Door, photographs=intake.PHOTOGRAPHS)
    app.add_middleware(metrics.Timed, metrics=measured)  # the outermost, which sees what the others send away
    app.include_router(health.router)
    app.include_router(intake.router)
    app.include_router(inspections.router)
    app.include_router(metrics.router)
    app.include_router(log.router)
    app.include_router(webhooks.router)
    app.include_router(batches.router)
    app.include_router(events.router)
    for resource in (decisions, evidence, stations, keys, people, session, openid, hands, archive, watchlist):
        app.include_router(resource.router)
    app.include_router(pages.router)
    app.mount(answers.STATIC, answers.Kept())
    answer_with_problems(app)
    describe_by_example(app)

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # to nobody

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse(answers.HOME)

    return app
