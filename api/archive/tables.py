"""The archive's tables. A change to them comes with a step in api/migrations/versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from vinspect.api.archive.refusals import Code
from vinspect.api.record.entry import digest
from vinspect.api.tables import Base

# PostgreSQL compares text by the rules of a language unless it is told to compare bytes, as SQLite does; only then an
# index finds what begins with some characters.
BYTES = String().with_variant(String(collation="C"), "postgresql")
INNER = 4  # characters left out at the front of `FileRow.inner`


class FileRow(Base):
    """One vehicle's file as it was put into the archive; written once, never changed."""

    __tablename__ = "archive_files"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The file's, from 1, without a gap."""
    id: Mapped[str] = mapped_column(unique=True)
    """The beginning of the hash of what the file says: the same file put in again is the same."""
    number: Mapped[str] = mapped_column(BYTES, index=True)
    """In capitals, without spaces and marks."""
    folded: Mapped[str] = mapped_column(BYTES, index=True)
    """As `alike.folded` gives it."""
    backwards: Mapped[str] = mapped_column(BYTES, index=True)
    """The number read from its end, to find it by that."""
    inner: Mapped[str] = mapped_column(BYTES, index=True)
    """The number less its first characters, to find it by what stands in its middle."""
    maker: Mapped[str | None]
    plant: Mapped[str | None]
    year: Mapped[int | None]
    station: Mapped[str | None]
    file: Mapped[str | None] = mapped_column(unique=True)
    """The archive's own number of the file."""
    filed: Mapped[str | None]
    """ISO 8601 date, when the vehicle's file was made."""
    source: Mapped[str]
    """The id of the import that it came by."""


class RubbingRow(Base):
    """A rubbing in a vehicle's file; written once, never changed."""

    __tablename__ = "archive_rubbings"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The rubbing's, from 1, without a gap."""
    of: Mapped[str] = mapped_column(index=True)
    """The id of the file that it is in."""
    sha256: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    name: Mapped[str]
    """The picture's name as it came in."""
    source: Mapped[str]


class ImportRow(Base):
    """An import, and how far it has come."""

    __tablename__ = "archive_imports"

    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]
    name: Mapped[str]
    """Of the table or folder."""
    sha256: Mapped[str] = mapped_column(index=True)
    """Of the table's bytes, or of what the folder lists."""
    by: Mapped[str]
    """Who imports: "key:" and the hash of the key, "person:" or "user:" and the name."""
    passed_over: Mapped[str]
    """Columns that are not known and were not taken, a JSON array."""
    line: Mapped[int]
    """The last one that is done with."""
    added: Mapped[int]
    """Files that were new."""
    known: Mapped[int]
    """Files that the archive had already."""
    rubbings: Mapped[int]
    """Rubbings that were new."""
    refused: Mapped[int]
    finished: Mapped[str | None]


class RefusedRow(Base):
    """A line of an import that was not taken, or its rubbing, and why."""

    __tablename__ = "archive_refused"

    source: Mapped[str] = mapped_column(primary_key=True)
    """The id of the import."""
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[Code] = mapped_column(String, primary_key=True)
    value: Mapped[str]


class EventRow(Base):
    """Where the log speaks of a file: what happened to it."""

    __tablename__ = "archive_events"

    entry: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The index of the log's entry."""
    of: Mapped[str] = mapped_column(index=True)
    """The id of the file."""
    event: Mapped[str]


FILED: dict[str, tuple[str, ...]] = {
    "archive_files": tuple("id number folded backwards inner maker plant year station file filed source".split()),
    "archive_rubbings": tuple("of sha256 media_type name source".split()),
}
"""By table, the columns that the hash of a row is of, less its place, which is its place among the hashes."""


def digest_of(said: Mapping[str, str | int | None]) -> str:
    """The hash of canonical JSON (RFC 8785), for an object that is flat and has ASCII names.

    Of these `json` writes the same bytes as `rfc8785`, in a fiftieth of the time. Raises UnicodeEncodeError.
    """
    return digest(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def row_digest(table: str, row: Mapping[str, Any]) -> str:
    """The hash of a row of one of the tables in `FILED`, given by column. Raises UnicodeEncodeError, LookupError."""
    return digest_of({name: row[name] for name in FILED[table]})


def batch_facts(digests: list[str], first: int) -> dict[str, Any]:
    """What an entry says of rows that were written together: enough to see that any was changed, and which one.

    digests: one for each row, in hexadecimal; first: the first one's place. The hash over all of them cannot be
    forged; the mark of each, its first 32 bits, only tells which row it is that no longer fits.
    """
    return {
        "first": first,
        "count": len(digests),
        "rows": digest("".join(digests).encode()),
        "marks": "".join(each[:8] for each in digests),
    }
