"""What the service measures of itself, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vinspect.api.service.access import only
from vinspect.api.service.problems import described
from vinspect.api.service.works import Works

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)

router = APIRouter(tags=["health"], dependencies=[Depends(only("administrator"))], responses=described(401, 403))


class Metrics:
    """The measures of one service."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.accepted = self._counter("accepted", "Photographs that were accepted")
        self.verdicts = self._counter("verdicts", "Verdicts that were kept", "verdict")
        self.failed = self._counter("failed", "Photographs on which scoring failed")
        self.refused = self._counter("refused", "Vehicles that were sent away because all places were taken")
        self.left = self._counter("left", "Clients that went away before their answer")
        self.scoring = self._histogram("scoring", "Seconds that a photograph was in work")
        self.keeping = self._histogram("keeping", "Seconds that writing a verdict took")
        self.requests = self._histogram("http", "Seconds to the end of an answer", "method", "route", "status")

    def watch(self, places: Callable[[], float], unscored: Callable[[], float]) -> None:
        """Show what is under way."""
        for name, said, value in (
            ("places_taken", "Vehicles that wait or are in work", places),
            ("unscored", "Accepted photographs without a verdict", unscored),
        ):
            Gauge(f"vinspect_{name}", said, registry=self.registry).set_function(value)

    def _counter(self, name: str, said: str, *labels: str) -> Counter:
        return Counter(f"vinspect_{name}", said, labels, registry=self.registry)

    def _histogram(self, name: str, said: str, *labels: str) -> Histogram:
        return Histogram(f"vinspect_{name}_seconds", said, labels, buckets=_SECONDS, registry=self.registry)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Measures of the service, as Prometheus reads them."""
    works: Works = request.app.state.works
    return Response(generate_latest(works.metrics.registry), media_type=CONTENT_TYPE_LATEST)


class Timed:
    """Measures how long each request takes, by its route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Watch over `app`."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), "none"

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            took = time.perf_counter() - begun
            self._metrics.requests.labels(scope["method"], route, status).observe(took)
