"""Whether the service is up. Open to everybody; it never waits for a photograph in work."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter
from typing_extensions import TypedDict

router = APIRouter(tags=["health"])


class Health(TypedDict):
    """Answered while the networks are loaded and the store is open."""

    status: str
    version: str


@router.get("/health")
async def health() -> Health:
    """Say that the service is up."""
    return {"status": "ok", "version": version("vinspect")}
