"""Files are put into the archive, many at a time: an import that is broken off goes on, one done twice adds nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from vinspect.api.archive.alike import folded
from vinspect.api.archive.refusals import Refusal
from vinspect.api.archive.rubbings import Loose
from vinspect.api.archive.table import Record
from vinspect.api.archive.tables import (
    INNER,
    FileRow,
    ImportRow,
    RefusedRow,
    RubbingRow,
    batch_facts,
    digest_of,
    row_digest,
)
from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.store import Store
from vinspect.vision.photo import media_type

BATCH = 2000  # lines in one transaction, so that others can write between
Line = Record | Loose | Refusal
Picture = Callable[[str], bytes | None]
"""The bytes of the rubbing of this name, None where there is none."""


def begin(store: Store, name: str, sha256: str, by: str, passed_over: Sequence[str] = ()) -> ImportRow:
    """A new import of what has this hash, or the one that was broken off.

    by: who imports; passed_over: columns that are not known.
    """
    with store.writing() as log:
        unfinished = select(ImportRow).where(ImportRow.sha256 == sha256, ImportRow.finished.is_(None))
        found = log.session.scalar(unfinished)
        if found is None:
            found = ImportRow(
                id=str(uuid.uuid4()), created=now(), name=name, sha256=sha256, by=by,
                passed_over=json.dumps(list(passed_over)),
                line=0, added=0, known=0, rubbings=0, refused=0, finished=None,
            )  # fmt: skip
            log.session.add(found)
            said = {"name": name, "sha256": sha256, "by": by, "passed_over": found.passed_over}
            log.append("import started", found.created, source=found.id, **said)
    return found


def run(store: Store, id: str, lines: Iterable[Line], picture: Picture) -> Iterator[ImportRow]:
    """Put in what the lines say, from where the import was broken off; gives its row as it stands after each batch.

    lines: all of the import's, in their order. Raises OSError, SQLAlchemyError or RecordError where it cannot go on;
    what was put in before stays, and the import is gone on with by the next call.
    """
    with store.reading() as session:
        done = session.get_one(ImportRow, id).line
    rest = (line for line in lines if line.line > done)
    while batch := list(islice(rest, BATCH)):
        rubbings = {line.line: _kept(store, line, picture) for line in batch if getattr(line, "rubbing", None)}
        with store.writing() as log:
            row = log.session.get_one(ImportRow, id)
            # Somebody else may have gone on with the same import since.
            _Batch(log, row, [line for line in batch if line.line > row.line], rubbings).put_in()
        yield row
    with store.writing() as log:
        row = log.session.get_one(ImportRow, id)
        if row.finished is None:
            row.finished = now()
            counts = {name: getattr(row, name) for name in ("added", "known", "rubbings", "refused")}
            log.append("import finished", row.finished, source=id, **counts)
    yield row


@dataclass(frozen=True)
class _Kept:
    sha256: str
    media_type: str
    name: str


def _kept(store: Store, line: Line, picture: Picture) -> _Kept | Refusal:
    """Keep a line's rubbing."""
    assert not isinstance(line, Refusal)
    name = line.rubbing or ""
    data = picture(name)
    if data is None:
        return Refusal(line.line, "rubbing_missing", name)
    kind = media_type(data)
    if kind is None:
        return Refusal(line.line, "rubbing_no_picture", name)
    return _Kept(store.blobs.keep(data), kind, name)


class _Batch:
    """Lines that are put in in one transaction."""

    def __init__(self, log: Log, row: ImportRow, lines: Sequence[Line], kept: dict[int, _Kept | Refusal]) -> None:
        self._log = log
        self._session: Session = log.session
        self._row = row
        self._lines = lines
        self._kept = kept
        self._refused = [line for line in lines if isinstance(line, Refusal)]
        self._files: dict[str, dict[str, Any]] = {}  # new ones, by id
        self._rubbings: list[tuple[str, _Kept]] = []  # with the id of their file

    def put_in(self) -> None:
        if not self._lines:
            return
        self._records([line for line in self._lines if isinstance(line, Record)])
        self._loose([line for line in self._lines if isinstance(line, Loose)])
        facts: dict[str, Any] = {}
        if self._files:
            facts["files"] = self._insert(FileRow, list(self._files.values()))
        if rubbings := self._new_rubbings():
            facts["rubbings"] = self._insert(RubbingRow, rubbings)
        if facts:
            self._log.append("files put in", now(), source=self._row.id, by=self._row.by, **facts)
        if self._refused:
            refused = [{"source": self._row.id, **vars(each)} for each in self._refused]
            self._session.execute(insert(RefusedRow), refused)
        self._row.added += len(self._files)
        self._row.rubbings += len(rubbings)
        self._row.refused += len(self._refused)
        self._row.line = self._lines[-1].line

    def _records(self, records: list[Record]) -> None:
        ids = {record.line: id_of(record) for record in records}
        known = self._in(FileRow.id, set(ids.values()), FileRow.id)
        taken = dict(self._in(FileRow.file, {record.file for record in records if record.file}, FileRow.id))
        here = {each for each, _ in known}
        for record in records:
            this = ids[record.line]
            if this in here or this in self._files:
                self._row.known += 1
            elif record.file and taken.setdefault(record.file, this) != this:
                self._refused.append(Refusal(record.line, "file_taken", record.file))
                continue
            else:
                self._add(this, record)
            self._rub(record.line, this)

    def _loose(self, loose: list[Loose]) -> None:
        files: dict[str, set[str]] = {}
        for number, of in self._in(FileRow.number, {line.number for line in loose}, FileRow.id):
            files.setdefault(number, set()).add(of)
        for of, new in self._files.items():
            files.setdefault(new["number"], set()).add(of)
        for line in loose:
            if isinstance(self._kept[line.line], Refusal):
                self._rub(line.line, "")
                continue
            has = files.setdefault(line.number, set())
            if len(has) > 1:
                self._refused.append(Refusal(line.line, "rubbing_ambiguous", line.rubbing))
                continue
            if has:
                self._row.known += 1
            else:
                record = Record(line.line, line.number)
                has.add(id_of(record))
                self._add(id_of(record), record)
            self._rub(line.line, next(iter(has)))

    def _add(self, id: str, record: Record) -> None:
        number = record.number
        self._files[id] = {
            "id": id,
            "number": number,
            "folded": folded(number),
            "backwards": number[::-1],
            "inner": number[INNER:],
            **_said(record),
        }

    def _rub(self, line: int, id: str) -> None:
        match self._kept.get(line):
            case Refusal() as refusal:
                self._refused.append(refusal)
            case _Kept() as kept:
                self._rubbings.append((id, kept))

    def _new_rubbings(self) -> list[dict[str, Any]]:
        known = set(self._in(RubbingRow.of, {of for of, _ in self._rubbings}, RubbingRow.sha256))
        new: dict[tuple[str, str], dict[str, Any]] = {}
        for of, kept in self._rubbings:
            if (of, kept.sha256) not in known:
                new.setdefault((of, kept.sha256), {"of": of, **vars(kept)})
        return list(new.values())

    def _insert(self, rows_of: type[FileRow] | type[RubbingRow], rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Write rows in the next places; returns what the log says of them."""
        first = (self._session.scalar(select(func.max(rows_of.place))) or 0) + 1
        for place, row in enumerate(rows, first):
            row.update(place=place, source=self._row.id)
        table = FileRow.metadata.tables[rows_of.__tablename__]
        self._session.execute(insert(table), rows)  # by the table: the mapper would take as long again
        return batch_facts([row_digest(table.name, row) for row in rows], first)

    def _in(self, column: Any, values: set[Any], other: Any) -> list[tuple[Any, Any]]:
        """Of the rows that have one of these values in this column, both columns."""
        if not values:
            return []
        return [(a, b) for a, b in self._session.execute(select(column, other).where(column.in_(values)))]


def refused(session: Session, id: str, limit: int | None = None, after: int = 0) -> list[Refusal]:
    """At most so many lines of an import that were not taken, those behind the line `after`."""
    query = select(RefusedRow).where(RefusedRow.source == id, RefusedRow.line > after)
    rows = session.scalars(query.order_by(RefusedRow.line, RefusedRow.code).limit(limit))
    return [Refusal(row.line, row.code, row.value) for row in rows]


def id_of(record: Record) -> str:
    """The id of a file that says this: 128 bits of its hash, in hexadecimal."""
    return digest_of({"number": record.number, **_said(record)})[:32]


def _said(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in ("maker", "plant", "year", "station", "file", "filed")}
