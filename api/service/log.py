"""The resource /v1/log: what shows from outside that the log was not rewritten."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse

from vinspect.api.service.access import with_caller
from vinspect.api.service.problems import described
from vinspect.api.service.works import AppWorks

router = APIRouter(prefix="/v1/log", tags=["log"], dependencies=[Depends(with_caller)], responses=described(401, 503))


@router.get("/checkpoint", response_class=PlainTextResponse)
def checkpoint(works: AppWorks) -> str:
    """Get the newest checkpoint, a signed note (C2SP): kept on another machine, it shows if the log is rewritten."""
    return works.store.checkpoint()
