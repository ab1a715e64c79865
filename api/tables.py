"""The tables of the store. A change to them comes with a step in api/migrations/versions."""

from __future__ import annotations

from sqlalchemy import Float, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from vinspect.vision.evidence import Format, Outcome

DATABASE = "vinspect.sqlite"
"""The file's name in the store's folder."""


class Base(DeclarativeBase):
    """All tables."""


class AcceptedRow(Base):
    """A photograph that was accepted, to be scored; written once, never changed.

    It is scored when there is an inspection of the same id, which takes over what is said here.
    """

    __tablename__ = "accepted"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    """Counts up in the order in which photographs were accepted."""
    id: Mapped[str] = mapped_column(unique=True)
    created: Mapped[str]
    """ISO 8601, UTC."""
    photo: Mapped[str]
    """The file's name as it was sent."""
    sha256: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    format: Mapped[Format] = mapped_column(String)
    expect: Mapped[str | None]
    station: Mapped[str | None]
    by: Mapped[str | None]
    """As in InspectionRow."""
    idempotency: Mapped[str | None] = mapped_column(index=True)
    """The Idempotency-Key that it was sent with: a station has no second one of that key, nor has a sender among those
    of no station; whoever writes has the log's lock and looks first."""
    request: Mapped[str]
    """SHA-256 of all that was sent, by which the same request is told from another under the same key."""
    lane: Mapped[str | None]
    """Where at the station it was taken, as its sender calls it."""
    business: Mapped[str | None]
    """The kind of business that the vehicle is there for, as its sender calls it."""
    captured: Mapped[str | None]
    """When it was taken, by its sender's clock; ISO 8601, UTC."""

    batch: Mapped[str | None] = mapped_column(index=True)
    """Of which batch it is, where it is of one."""


class BatchRow(Base):
    """Many photographs that belong together; written once, never changed."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]
    name: Mapped[str | None]
    station: Mapped[str | None]
    """Whose cases its photographs are; None where nobody said."""
    expected: Mapped[int | None]
    """How many files there will be, where its sender knows."""
    by: Mapped[str]
    """As in InspectionRow."""


class NotTakenRow(Base):
    """A file that was sent to a batch and is no photograph."""

    __tablename__ = "not_taken"

    batch: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(primary_key=True)
    """As in AcceptedRow."""
    file: Mapped[str]
    detail: Mapped[str]
    detail_zh: Mapped[str]


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
    station: Mapped[str | None] = mapped_column(index=True)
    """Whose case it is; None where nobody said."""
    by: Mapped[str | None]
    """Who sent the photograph: "key:" and the hash of the key, or "person:" and the name."""
    lane: Mapped[str | None]
    business: Mapped[str | None]
    captured: Mapped[str | None]
    """As in AcceptedRow, these three."""


class Beside(Base):
    """What an inspection or its like are known again by, kept with it."""

    __abstract__ = True

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The inspection's: whoever has taken up all to one number finds what came later behind it."""


class StationRow(Base):
    """A place where vehicles are inspected."""

    __tablename__ = "stations"

    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]
    name: Mapped[str]
    second_signature: Mapped[str]
    """The decisions that stand only once a second person has made them too, a JSON array."""


class KeyRow(Base):
    """An API key, of which only the hash is kept."""

    __tablename__ = "keys"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]
    station: Mapped[str | None]
    """The one whose cases it opens, and no others; None: it is an administrator's."""
    name: Mapped[str | None]
    """What it is for."""
    revoked: Mapped[str | None]
    """Since when it opens nothing any more."""


class PersonRow(Base):
    """Somebody who signs in."""

    __tablename__ = "people"

    name: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]
    role: Mapped[str]
    station: Mapped[str | None]
    """The one whose cases they see, and no others; None: they see all."""
    password: Mapped[str]
    """As Argon2 writes it."""
    left: Mapped[str | None]
    """Since when they may not sign in any more."""
    subject: Mapped[str | None] = mapped_column(unique=True)
    """What the OpenID provider calls them; None: they do not sign in by it so."""
    email: Mapped[str | None] = mapped_column(unique=True)
    """The address by which the provider may name them, in small letters."""


class SessionRow(Base):
    """Somebody who is signed in."""

    __tablename__ = "sessions"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    """Of what the cookie holds."""
    person: Mapped[str] = mapped_column(index=True)
    created: Mapped[str]
    expires: Mapped[str]


class StampRow(Base):
    """What a time-stamp authority says of a checkpoint; written once, never changed."""

    __tablename__ = "stamps"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the log in the checkpoint: it is that of the entry before."""
    created: Mapped[str]
    stamp: Mapped[bytes]
    """The authority's answer (RFC 3161), DER."""


class OpenidRow(Base):
    """Somebody who is signing in at the OpenID provider; it is gone once they are back, and is no evidence."""

    __tablename__ = "openid"

    state: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of what the browser brings back."""
    nonce: Mapped[str]
    verifier: Mapped[str]
    """Of PKCE."""
    expires: Mapped[str]


class DecisionRow(Base):
    """What somebody decided about a case; written once, never changed."""

    __tablename__ = "decisions"

    inspection: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts up from 1 for each inspection."""
    created: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    """As in InspectionRow."""
    signature: Mapped[int]
    """1 for the first who decides so, 2 for the second who signs the same."""
    needs: Mapped[int]
    """How many signatures it takes; with the last of them the decision stands."""


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
