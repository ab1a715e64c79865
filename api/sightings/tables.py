"""The tables of what is watched for, switched off, and compared. A change comes with a step in api/migrations."""

from __future__ import annotations

from sqlalchemy import Float
from sqlalchemy.orm import Mapped, mapped_column

from vinspect.api.tables import Base, Beside


class WatchRow(Base):
    """A number that is watched for, or was."""

    __tablename__ = "watchlist"

    number: Mapped[str] = mapped_column(primary_key=True)
    """In capitals, without spaces and marks."""
    created: Mapped[str]
    why: Mapped[str]
    by: Mapped[str]
    """As in InspectionRow."""
    ended: Mapped[str | None]
    """Since when it is watched for no more."""


class SwitchRow(Base):
    """A finding that is switched or weighed for a station's cases; it is on and counts in full where nobody said."""

    __tablename__ = "switches"

    station: Mapped[str] = mapped_column(primary_key=True)
    finding: Mapped[str] = mapped_column(primary_key=True)
    changed: Mapped[str]
    on: Mapped[bool]
    weight: Mapped[float] = mapped_column(Float)
    why: Mapped[str | None]
    """None where it was switched before anybody was asked."""
    by: Mapped[str]


class PrintRow(Beside):
    """The prints of a photograph (`vision/same.py`), by which one used again is found; made of it, and no evidence."""

    __tablename__ = "prints"

    whole: Mapped[bytes]
    around: Mapped[bytes | None]
    """Of what stands around its number; None where there is none."""


class HandRow(Beside):
    """The hand of a number (`vision/hand.py`), by which others struck by it are found; made of it, and no evidence."""

    __tablename__ = "hands"

    id: Mapped[str] = mapped_column(unique=True)
    """Its inspection's."""
    learned: Mapped[str]
    """The hash of what it was made by: only hands made by the same are compared."""
    vector: Mapped[bytes]
    """32-bit floats, little-endian, of length one."""


class FormsRow(Beside):
    """How a VIN is struck (`vision/maker.py`), by which others of its maker are judged; made of it, and no evidence."""

    __tablename__ = "forms"

    id: Mapped[str] = mapped_column(unique=True)
    """Its inspection's."""
    maker: Mapped[str] = mapped_column(index=True)
    """As `maker.maker_of` names it."""
    learned: Mapped[str]
    """The hash of what they were made by: only forms made by the same are compared."""
    forms: Mapped[bytes]
    """`maker.Forms.packed`."""
