"""What every request shares: the store, and the workers with the networks, loaded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from vinspect.api.store import Store

if TYPE_CHECKING:  # both know who calls, and that is found out with the works
    from vinspect.api.service.metrics import Metrics
    from vinspect.api.service.scoring import Scoring
    from vinspect.api.sightings.filed import OnFile
    from vinspect.api.webhooks.courier import Courier


@dataclass(frozen=True)
class Works:
    """Made when the service starts, let go when it stops."""

    store: Store
    scoring: Scoring
    metrics: Metrics
    courier: Courier
    on_file: OnFile


async def _works(request: Request) -> Works:  # as all that never waits: a thread would cost more than it does
    works: Works = request.app.state.works
    return works


AppWorks = Annotated[Works, Depends(_works)]
