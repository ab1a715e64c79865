"""A file's life, as in a paper archive: looked up, pulled, filed back, transferred out; the log says who and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vinspect.api.archive.events import Event, State
from vinspect.api.archive.tables import EventRow, FileRow, RubbingRow
from vinspect.api.clock import now
from vinspect.api.record.entry import Event as Logged
from vinspect.api.store import Store
from vinspect.api.tables import EntryRow

LOGGED: dict[Event, Logged] = {
    "looked up": "file looked up",
    "pulled": "file pulled",
    "filed back": "file filed back",
    "transferred out": "file transferred out",
}
"""What the log calls each."""
EVENTS: dict[str, Event] = {logged: event for event, logged in LOGGED.items()}
_AFTER: dict[str, State] = {"pulled": "pulled", "filed back": "in", "transferred out": "transferred out"}
_FROM: dict[Event, tuple[State, ...]] = {
    "looked up": ("in", "pulled", "transferred out"),  # its picture is here wherever the paper is
    "pulled": ("in",),
    "filed back": ("pulled", "transferred out"),
    "transferred out": ("in", "pulled"),
}


_NOT_NOW: dict[State, tuple[str, str]] = {
    "in": ("The file is in its place: it cannot be filed back.", "档案在库，无需归还。"),
    "pulled": (
        "The file has been pulled since {since}: file it back first.",
        "档案自 {since} 起已调出：请先归还。",
    ),
    "transferred out": (
        "The file has been transferred out since {since}: file it back first.",
        "档案自 {since} 起已转出：请先转回归档。",
    ),
}


class NotNow(Exception):
    """What cannot happen to a file as things stand."""

    def __init__(self, state: State, since: str | None) -> None:
        """Say where the file is, and since when."""
        day = (since or "")[:10]
        self.sentence, self.sentence_zh = (each.format(since=day) for each in _NOT_NOW[state])


def file(session: Session, id: str) -> FileRow | None:
    """The file of this id."""
    return session.scalar(select(FileRow).where(FileRow.id == id))


def rubbings(session: Session, id: str) -> Sequence[RubbingRow]:
    """The rubbings in a file, in the order in which they came in."""
    return session.scalars(select(RubbingRow).where(RubbingRow.of == id).order_by(RubbingRow.place)).all()


def states(session: Session, ids: Sequence[str]) -> dict[str, tuple[State, str]]:
    """By id, where a file is and since when; those that never left are not among them."""
    last = (
        select(EventRow.of, func.max(EventRow.entry))
        .where(EventRow.of.in_(ids), EventRow.event.in_(list(_AFTER)))
        .group_by(EventRow.of)
    )
    entries = {entry: of for of, entry in session.execute(last)} if ids else {}
    if not entries:
        return {}
    found = session.execute(select(EntryRow.index, EntryRow.body).where(EntryRow.index.in_(list(entries))))
    said = {index: json.loads(body) for index, body in found}
    return {of: (_AFTER[EVENTS[said[index]["event"]]], said[index]["at"]) for index, of in entries.items()}


def events(session: Session, id: str, limit: int, after: int = -1) -> Sequence[EntryRow]:
    """At most so many entries of the log about a file, in its order, those behind the entry `after`."""
    query = select(EntryRow).join(EventRow, EventRow.entry == EntryRow.index)
    query = query.where(EventRow.of == id, EventRow.entry > after).order_by(EventRow.entry)
    return session.scalars(query.limit(limit)).all()


def record(store: Store, id: str, event: Event, by: str, why: str, to: str | None = None, **facts: Any) -> EntryRow:
    """Put into the log what happens to a file, in one transaction with where the file is then.

    by: who does it; to: to whom the file is given. Raises NotNow where it cannot happen as things stand.
    """
    with store.writing() as log:
        before = states(log.session, [id]).get(id)
        state: State = before[0] if before else "in"
        if state not in _FROM[event]:
            raise NotNow(state, before[1] if before else None)
        if to:
            facts["to"] = to
        entry = log.append(LOGGED[event], now(), file=id, by=by, why=why, **facts)
        log.session.add(EventRow(entry=entry.index, of=id, event=event))
    return entry
