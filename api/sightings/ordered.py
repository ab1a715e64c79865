"""Rows by their numbers, a thousand at a time: what a process takes up of a table that may be long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVarTuple

from sqlalchemy import Row, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

Ts = TypeVarTuple("Ts")
_PAGE = 1000


def after(
    session: Session, query: Select[*Ts], number: InstrumentedAttribute[int], last: int
) -> Iterator[Row[*Ts]]:
    """What the query finds with a number beyond `last`, in their order; number: its first column."""
    while True:
        rows = session.execute(query.where(number > last).order_by(number).limit(_PAGE)).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1][0]
