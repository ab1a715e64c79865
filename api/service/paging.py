"""Lists that are answered a page at a time: each page says where the next one begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

T = TypeVar("T")
U = TypeVar("U")

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]


def page(found: Sequence[T], limit: int, mark: Callable[[T], U]) -> tuple[Sequence[T], U | None]:
    """The page, and its `next`: the mark of the last on it, None where nothing follows.

    found: one more than the limit, where there are as many.
    """
    shown = found[:limit]
    return shown, mark(shown[-1]) if len(found) > limit else None
