"""The tables of the store. A change to them comes with a step in api/migrations/versions."""

from __future__ import annotations

from sqlalchemy import Float, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from vinspect.vision.evidence import Format, Outcome

DATABASE = "vinspect.sqlite"
"""The file's name in the store's folder."""


class Base(DeclarativeBase):
    """All tables."""


class InspectionRow(Base):
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
    support: Mapped[float | None] = mapped_column(Float)
    document: Mapped[str]
    """The inspection's JSON."""


class KeyRow(Base):
    """An API key, of which only the hash is kept."""

    __tablename__ = "keys"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]


class EntryRow(Base):
    """One entry of the log, with what proves it; written once, never changed."""

    __tablename__ = "entries"

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The leaf's, from 0, without a gap."""
    inspection: Mapped[str | None] = mapped_column(index=True)
    """The id that the body names, to find it by."""
    event: Mapped[str]
    """The event that the body names, to find it by."""
    body: Mapped[str]
    """Canonical JSON (RFC 8785); its bytes in UTF-8 are the leaf."""
    peaks: Mapped[bytes]
    """32 bytes each, of the Merkle tree of all entries before this one; with the leaf they give the root."""
    checkpoint: Mapped[str]
    """The signed note over the log up to and with this entry."""
