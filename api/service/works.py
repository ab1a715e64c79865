"""What every request shares: the networks, loaded once, and the store."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from vinspect.api.store import Store
from vinspect.vision.inspector import Nets


@dataclass(frozen=True)
class Works:
    """Made when the service starts, let go when it stops."""

    nets: Nets
    instruments: Mapping[str, Any]
    """What inspections are made with, for the log."""
    store: Store
    scoring: threading.BoundedSemaphore
    """As many photographs are in work at a time as there are cores: more would only take more memory."""


def _works(request: Request) -> Works:
    works: Works = request.app.state.works
    return works


AppWorks = Annotated[Works, Depends(_works)]
