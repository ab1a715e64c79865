"""Rows by their numbers, a page at a time: what a process takes up of a table that may be long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVarTuple

from sqlalchemy import Row, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

Ts = TypeVarTuple("Ts")
_PAGE = 10_000


def pages(
    session: Session, query: Select[*Ts], number: InstrumentedAttribute[int], last: int
) -> Iterator[Sequence[Row[*Ts]]]:
    """What the query finds with a number beyond `last`, in their order, by pages; number: a column of it."""
    while rows := session.execute(query.where(number > last).order_by(number).limit(_PAGE)).all():
        yield rows
        if len(rows) < _PAGE:
            return
        last = getattr(rows[-1], number.key)
