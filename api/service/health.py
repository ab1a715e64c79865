"""Whether the service is up, and ready. Open to everybody; neither ever waits for a photograph in work."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import TypedDict

from vinspect.api.record.log import RecordError
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks

ROOM = 256 * 2**20  # bytes that must be free on the disk

router = APIRouter(tags=["health"])


class Health(TypedDict):
    """Answered while the networks are loaded and the store is open."""

    status: str
    version: str


class Ready(TypedDict):
    """Answered while photographs are taken."""

    status: Literal["ready"]


@router.get("/health")
async def health() -> Health:
    """Say that the service is up."""
    return {"status": "ok", "version": version("vinspect")}


@router.get("/health/ready", responses=described(503))
def ready(works: AppWorks) -> Ready:
    """Say whether photographs are taken: the record answers, and the disk has room."""
    try:
        works.store.checkpoint()
        next(works.store.blobs.addresses(), None)
        free = shutil.disk_usage(works.store.folder).free
    except (OSError, SQLAlchemyError, RecordError) as error:
        raise Refused(
            503,
            "The record cannot be reached: look at the database, the disk and the bucket of the service.",
            "无法访问记录：请检查数据库、服务器磁盘和对象存储。",
        ) from error
    if free < ROOM:
        raise Refused(
            503,
            f"Only {free // 2**20} MB are free on the disk of the service: make room.",
            f"服务器磁盘仅剩 {free // 2**20} MB：请清理空间。",
        )
    return {"status": "ready"}
