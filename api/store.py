"""What the service keeps: photographs by their content, on disk, and inspections in SQLite."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import String, create_engine, delete, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from vinspect.vision.evidence import Format, Outcome

DATABASE = "vinspect.sqlite"
BLOBS = "blobs"


class _Base(DeclarativeBase):
    pass


class InspectionRow(_Base):
    """One inspection as it was answered; written once, never changed."""

    __tablename__ = "inspections"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    """Counts up in the order in which inspections were kept."""
    id: Mapped[str] = mapped_column(unique=True)
    created: Mapped[str]
    """ISO 8601, UTC."""
    photo: Mapped[str]
    """The file's name as it was sent."""
    sha256: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    overlay_sha256: Mapped[str]
    format: Mapped[Format] = mapped_column(String)
    expect: Mapped[str | None]
    text: Mapped[str | None] = mapped_column(index=True)
    """The best reading."""
    verdict: Mapped[Outcome] = mapped_column(String)
    support: Mapped[float | None]
    document: Mapped[str]
    """The inspection's JSON."""


class KeyRow(_Base):
    """An API key, of which only the hash is kept."""

    __tablename__ = "keys"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]


class Store:
    """A folder with photographs, overlays and a database. Any number of threads may use it."""

    def __init__(self, folder: Path) -> None:
        """Open the store in this folder, making it where there is none. Raises OSError where it cannot."""
        self._blobs = folder / BLOBS
        self._blobs.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder)
        self._engine = create_engine(f"sqlite:///{folder / DATABASE}", connect_args={"timeout": 30})
        event.listen(self._engine, "connect", _durable)
        _Base.metadata.create_all(self._engine)
        self._session = sessionmaker(self._engine, expire_on_commit=False)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def keep(self, row: InspectionRow, photograph: bytes, overlay: bytes) -> InspectionRow:
        """Keep an inspection with its photograph, under a new id. When this returns, all outlive a loss of power.

        Raises OSError or SQLAlchemyError where it cannot; then no inspection is kept.
        """
        row.id, row.created = str(uuid.uuid4()), _now()
        row.sha256, row.overlay_sha256 = self._keep_blob(photograph), self._keep_blob(overlay)
        with self._session.begin() as session:
            session.add(row)
        return row

    def inspection(self, id: str) -> InspectionRow | None:
        """The inspection of this id."""
        with self._session() as session:
            return session.scalar(select(InspectionRow).where(InspectionRow.id == id))

    def inspections(self, limit: int, before: InspectionRow | None = None) -> Sequence[InspectionRow]:
        """At most so many inspections, the newest first, from the one kept before `before`."""
        query = select(InspectionRow).order_by(InspectionRow.number.desc()).limit(limit)
        if before is not None:
            query = query.where(InspectionRow.number < before.number)
        with self._session() as session:
            return session.scalars(query).all()

    def blob(self, sha256: str) -> Path:
        """Where the content of this hash lies."""
        return self._blobs / sha256[:2] / sha256

    def has_keys(self) -> bool:
        """Whether an API key was ever made."""
        with self._session() as session:
            return session.scalar(select(KeyRow).limit(1)) is not None

    def knows_key(self, sha256: str) -> bool:
        """Whether a key of this hash opens the service."""
        with self._session() as session:
            return session.get(KeyRow, sha256) is not None

    def replace_keys(self, sha256: str) -> None:
        """Let the key of this hash open the service, and no other."""
        with self._session.begin() as session:
            session.execute(delete(KeyRow))
            session.add(KeyRow(sha256=sha256, created=_now()))

    def _keep_blob(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.blob(sha256)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            draft = path.with_name(f"{sha256}.{uuid.uuid4().hex}")
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)  # at once and whole, whoever else keeps the same
        for folder in (path.parent, self._blobs):
            _sync_folder(folder)
        return sha256


def _durable(connection: Any, _record: object) -> None:
    """A commit is on the disk when it returns; readers do not wait for the writer."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a loss of power."""
    if os.name == "nt":  # which cannot open folders, and keeps their names in its own journal
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
