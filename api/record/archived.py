"""Hold the archive against the log: every file, rubbing and import, and what happened to each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from vinspect.api.archive.life import EVENTS
from vinspect.api.archive.tables import FILED, batch_facts, row_digest
from vinspect.api.schema import Wrong

Complain = Callable[[Wrong, str, str], None]
_NAMES = {"archive_files": "archive file", "archive_rubbings": "rubbing"}
_PARTS = {"archive_files": "files", "archive_rubbings": "rubbings"}
_COUNTS = ("added", "known", "rubbings", "refused")


class Archived:
    """What the log says of the archive, and what of it does not hold."""

    def __init__(self, wrong: Complain) -> None:
        """Complain by this."""
        self._wrong = wrong
        self._batches: dict[str, dict[int, Mapping[str, Any]]] = {table: {} for table in FILED}  # by the first place
        self._imports: dict[str, dict[str, Any]] = {}
        self._events: dict[int, tuple[str, str]] = {}  # by entry: of which file, and what
        self.rubbings: dict[str, str] = {}
        """By the hash of a picture that must be there, the place of a rubbing that it is."""

    def take_in(self, said: Mapping[str, Any], index: int) -> None:
        """Believe what an entry says that holds."""
        try:
            self._believe(said.get("event"), said, index)
        except (LookupError, TypeError):
            self._wrong("forged", f"entry {index}", "it does not say what an entry of its kind says")

    def _believe(self, event: Any, said: Mapping[str, Any], index: int) -> None:
        if event == "files put in":
            for table, part in _PARTS.items():
                if part in said:
                    self._batches[table][said[part]["first"]] = {**said[part], "index": index}
        elif event == "import started":
            facts = {name: said[name] for name in ("name", "sha256", "by", "passed_over")}
            self._imports[said["source"]] = {**facts, "created": said["at"], "finished": None}
        elif event == "import finished":
            counts = {name: said[name] for name in _COUNTS}
            self._imports.setdefault(said["source"], {}).update(finished=said["at"], **counts)
        elif event in EVENTS:
            self._events[index] = (said["file"], EVENTS[event])

    def check(self, database: Connection) -> None:
        """Hold the rows against it."""
        for table in FILED:
            self._rows(table, _rows(database, f"SELECT * FROM {table} ORDER BY place"))  # noqa: S608 (of ours)
        self._import_rows(_rows(database, "SELECT * FROM archive_imports ORDER BY id"))
        self._event_rows(_rows(database, "SELECT * FROM archive_events ORDER BY entry"))

    def _rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        batches = iter(sorted(self._batches[table].items()))
        first, batch = next(batches, (0, None))
        held: dict[int, str] = {}
        for row in rows:
            place = row["place"]
            while batch is not None and place >= first + batch["count"]:
                self._batch(table, batch, held)
                held = {}
                first, batch = next(batches, (0, None))
            if batch is None or place < first:
                self._wrong("added", f"{_NAMES[table]} {place}", "no entry that holds speaks of this row")
            else:
                held[place] = _digest(table, row)
            if table == "archive_rubbings":
                self.rubbings.setdefault(str(row["sha256"]), str(place))
        while batch is not None:
            self._batch(table, batch, held)
            held = {}
            first, batch = next(batches, (0, None))

    def _batch(self, table: str, said: Mapping[str, Any], held: Mapping[int, str]) -> None:
        """Hold rows that were written together against the entry that speaks of them."""
        first, index = said["first"], said["index"]
        places = range(first, first + said["count"])
        digests = [held.get(place, "") for place in places]
        if batch_facts(digests, first)["rows"] == said["rows"]:
            return
        marks = [said["marks"][at : at + 8] for at in range(0, 8 * said["count"], 8)]
        named = False
        moved = Counter(mark for place, mark in zip(places, marks, strict=True) if held.get(place, "")[:8] != mark)
        for place, digest, mark in zip(places, digests, marks, strict=True):
            what = f"{_NAMES[table]} {place}"
            if not digest:
                self._wrong("lost", what, f"entry {index} speaks of it, its row is not there")
            elif digest[:8] != mark:
                kind: Wrong = "reordered" if moved[digest[:8]] else "changed"
                self._wrong(kind, what, f"its row is not what entry {index} was made for")
            named = named or digest[:8] != mark
        if not named:  # somebody took the trouble to find a row that has the same mark
            what = f"{_NAMES[table]} {first} to {places[-1]}"
            self._wrong("forged", what, f"one of these rows is not what entry {index} was made for")

    def _import_rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        lost = dict(self._imports)
        for row in rows:
            what = f"import {row['id']}"
            said = lost.pop(str(row["id"]), None)
            if said is None:
                self._wrong("added", what, "no entry that holds speaks of it")
                continue
            differ = [name for name, value in said.items() if row[name] != value]
            if differ:
                self._wrong("changed", what, f"{' and '.join(differ)} of its row is not what the log says")
        for each in lost:
            self._wrong("lost", f"import {each}", "the log speaks of it, its row is not there")

    def _event_rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        lost = dict(self._events)
        for row in rows:
            what = f"archive event {row['entry']}"
            said = lost.pop(row["entry"], None)
            if said is None:
                self._wrong("added", what, f"entry {row['entry']} of the log does not speak of a file")
            elif said != (row["of"], row["event"]):
                self._wrong("changed", what, f"its row is not what entry {row['entry']} says")
        for index in lost:
            self._wrong("lost", f"archive event {index}", f"entry {index} speaks of it, its row is not there")


def _digest(table: str, row: Mapping[str, Any]) -> str:
    try:
        return row_digest(table, row)
    except (TypeError, ValueError, LookupError):  # a column holds what no store writes
        return "?" * 64


def _rows(database: Connection, query: str) -> Iterator[dict[str, Any]]:
    yield from map(dict, database.execute(text(query), execution_options={"yield_per": 1000}).mappings())
