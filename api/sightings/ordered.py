"""Rows by their numbers, a page at a time: what a process takes up of a table that may be long.

Numbers grow in the order in which rows were committed (`tables.Beside`), so that nothing ever comes in behind the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVarTuple

from sqlalchemy import Row, Select, bindparam
from sqlalchemy.orm import InstrumentedAttribute, Session

Ts = TypeVarTuple("Ts")
_PAGE = 10_000


def by_page(query: Select[*Ts], number: InstrumentedAttribute[int]) -> Select[*Ts]:
    """The query, as it is gone through by `pages`; number: the column of that name in it."""
    return query.where(number > bindparam("last")).order_by(number).limit(_PAGE)


def pages(session: Session, query: Select[*Ts], last: int) -> Iterator[Sequence[Row[*Ts]]]:
    """What a query `by_page` finds with a number beyond `last`, in their order."""
    while rows := session.execute(query, {"last": last}).all():
        yield rows
        if len(rows) < _PAGE:
            return
        last = rows[-1].number
