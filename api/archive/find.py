"""Files are found by their number: exactly, with look-alikes, with blanks, or by what the number may have been before.

A search tells no more than the card index of a paper archive; what lies in a file is looked up (`life`), and logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ARRAY, any_, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from vinspect.api.archive.alike import BLANK, How, before, folds, unlike
from vinspect.api.archive.table import LONGEST
from vinspect.api.archive.tables import BYTES, INNER, FileRow
from vinspect.api.numbers import NoNumber, plain_number, registered_number
from vinspect.vision import vin

_MODEL = 8  # characters at the front of a VIN that vehicles of one model share
_AT_ONCE = 5000  # values in one query: SQLite takes 32,766


@dataclass(frozen=True)
class Hit:
    """A file that was found."""

    file: FileRow
    asked: str  # the number that was asked for, or that the number asked for may have been before
    differs: int  # in how many characters the file's number is another


class NoSearch(ValueError):
    """What was asked for is no number; the message says what one looks like, without a full stop."""


def asked(text: str, how: How) -> str:
    """The number that somebody asks for, in capitals and without spaces. Raises NoSearch."""
    number = plain_number(text)
    if (
        how == "wild"
        and len(number) <= LONGEST
        and set(number) - {BLANK} <= set(vin.FREE_ALPHABET)
        and number.strip("?")
    ):
        return number
    try:
        plain = registered_number(number)
    except NoNumber as error:
        raise NoSearch(str(error)) from error
    if len(plain) > LONGEST:
        raise NoSearch(f"a number has at most {LONGEST} characters")
    return plain


def find(session: Session, numbers: Iterable[str], how: How, limit: int, after: FileRow | None = None) -> list[Hit]:
    """At most so many files, the nearest first, those behind the file `after` where the search goes on.

    numbers: in capitals, without spaces; with `how` "wild", each "?" in one stands for any one character.
    """
    match how:
        case "exact":
            found = _exact(session, list(dict.fromkeys(numbers)))
        case "before":
            found = _exact(session, list(dict.fromkeys(old for number in numbers for old in before(number))))
        case "alike":
            found = [hit for number in dict.fromkeys(numbers) for hit in _alike(session, number)]
        case "wild":
            return _wild(session, list(dict.fromkeys(numbers)), limit, after)
    if after is not None:
        ids = [hit.file.id for hit in found]
        found = found[ids.index(after.id) + 1 :] if after.id in ids else []
    return found[:limit]


def _exact(session: Session, numbers: list[str]) -> list[Hit]:
    """Those that have one of the numbers, in the order of the numbers."""
    order = {number: place for place, number in enumerate(numbers)}
    rows = _having(session, FileRow.number, numbers)
    return [Hit(row, row.number, 0) for row in sorted(rows, key=lambda row: (order[row.number], row.place))]


def _alike(session: Session, number: str) -> list[Hit]:
    """Those whose number may be mistaken for this one, the fewest different characters first."""
    hits = []
    for row in _having(session, FileRow.folded, list(dict.fromkeys(folds(number)))):
        differs = unlike(number, row.number)
        if differs is not None:
            hits.append(Hit(row, number, differs))
    return sorted(hits, key=lambda hit: (hit.differs, hit.file.number, hit.file.place))


def _wild(session: Session, patterns: list[str], limit: int, after: FileRow | None) -> list[Hit]:
    """Those that have one of the numbers but for its blanks, in the order of their numbers."""
    found: dict[int, Hit] = {}
    for pattern in patterns:
        column, shape, known = _widest(pattern)
        query = select(FileRow).where(FileRow.number.like(_like(pattern)))
        if known:
            inside = (column >= known, column < known[:-1] + chr(ord(known[-1]) + 1))
            query = query.where(column.like(_like(shape)), *inside)
        else:
            # The index is smaller than the table: look through that.
            places = select(FileRow.place).where(FileRow.number.like(_like(pattern)))
            query = select(FileRow).where(FileRow.place.in_(places))
        if after is not None:
            query = query.where(tuple_(FileRow.number, FileRow.place) > tuple_(after.number, after.place))
        for row in session.scalars(query.order_by(FileRow.number, FileRow.place).limit(limit)):
            found.setdefault(row.place, Hit(row, pattern, pattern.count(BLANK)))
    return sorted(found.values(), key=lambda hit: (hit.file.number, hit.file.place))[:limit]


def _widest(pattern: str) -> tuple[InstrumentedAttribute[str], str, str]:
    """The column whose index leaves the fewest numbers for this pattern, the pattern in it, and what it begins with."""
    forms = (
        (FileRow.number, pattern, 0),
        (FileRow.inner, pattern[INNER:], INNER),
        (FileRow.backwards, pattern[::-1], 0),
    )

    def worth(form: tuple[InstrumentedAttribute[str], str, int]) -> float:
        column, shape, skipped = form
        known = len(shape.partition(BLANK)[0])
        if column is FileRow.backwards:
            return known
        shared = min(known, max(0, _MODEL - skipped))
        return known - shared + shared / 4

    column, shape, _ = max(forms, key=worth)
    return column, shape, shape.partition(BLANK)[0]


def _like(pattern: str) -> str:
    return pattern.replace(BLANK, "_")


def _having(session: Session, column: InstrumentedAttribute[str], values: list[str]) -> Iterator[FileRow]:
    if session.get_bind().dialect.name == "postgresql":  # one array is planned in a tenth of the time of many values
        yield from session.scalars(select(FileRow).where(column == any_(literal(values, ARRAY(BYTES)))))
        return
    for start in range(0, len(values), _AT_ONCE):
        yield from session.scalars(select(FileRow).where(column.in_(values[start : start + _AT_ONCE])))
