"""A table of the archive's files, as CSV: which columns it may have, and what each line says."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

from vinspect.api.archive.refusals import Code, Refusal
from vinspect.api.document import shown
from vinspect.api.numbers import NoNumber, plain_number, registered_number

COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("vin", "车辆识别代号", "车辆识别代码", "车架号", "发动机号", "号码"),
    "maker": ("制造厂", "制造商", "生产厂", "品牌"),
    "plant": ("装配厂", "工厂"),
    "year": ("年份", "车型年份", "出厂年份"),
    "station": ("检测站", "站点", "车管所"),
    "file": ("档案编号", "档案号"),
    "filed": ("归档日期", "建档日期", "入档日期"),
    "rubbing": ("拓印膜", "拓印", "拓印膜图片"),
}
"""What a column is called in the first line, and what else it may be called there."""

_NAMES = {name.casefold(): column for column, others in COLUMNS.items() for name in (column, *others)}
_DATE = re.compile(r"(\d{4})(?:[-/.年])?(\d{1,2})(?:[-/.月])?(\d{1,2})日?")
SHORTEST, LONGEST = 4, 25  # characters of a number
WIDEST = 200  # characters of a field


class NoTable(Exception):
    """A file that is no such table at all. The message says so in one sentence, without the file's name."""


@dataclass(frozen=True)
class Record:
    """What a line says of one vehicle's file."""

    line: int
    number: str
    maker: str | None = None
    plant: str | None = None
    year: int | None = None
    station: str | None = None
    file: str | None = None  # the archive's own number of the file
    filed: str | None = None  # ISO 8601 date
    rubbing: str | None = None  # the picture's name


class Table:
    """A CSV file, in UTF-8, UTF-16 or GB 18030, separated by commas, semicolons, tabs or bars."""

    def __init__(self, path: Path) -> None:
        """Look at the first line. Raises OSError, NoTable."""
        self._path = path
        self._encoding = _encoding(path)
        with path.open(encoding=self._encoding, newline="") as file:
            first = file.readline(1 << 16)
        self._delimiter = max(",;\t|", key=lambda each: sum(name in _NAMES for name in _heads(first, each)))
        heads = _heads(first, self._delimiter)
        self._columns = [_NAMES.get(head) for head in heads]
        if "number" not in self._columns:
            raise NoTable("its first line names no column `number` (车辆识别代号): name the columns there")
        if len(self._columns) - self._columns.count(None) > len({*self._columns} - {None}):
            raise NoTable("its first line names a column twice: leave one of them out")
        self.passed_over = [shown(head) for head in heads if head and head not in _NAMES]
        """Columns that are not known, and not taken."""

    def __len__(self) -> int:
        """Lines, about: those within a quoted field count too."""
        with self._path.open("rb") as file:
            return max(0, sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1)

    def __iter__(self) -> Iterator[Record | Refusal]:
        """Each line that is not empty. Raises OSError."""
        with self._path.open(encoding=self._encoding, newline="") as file:
            rows = csv.reader((line.replace("\0", "") for line in file), delimiter=self._delimiter)
            next(rows)
            while True:
                line = rows.line_num + 1
                try:
                    row = next(rows)
                except StopIteration:
                    return
                except csv.Error:
                    yield Refusal(line, "malformed", "")
                    continue
                if any(field.strip() for field in row):
                    yield self._record(line, row)

    def _record(self, line: int, row: list[str]) -> Record | Refusal:
        if any(field.strip() for field in row[len(self._columns) :]):
            return Refusal(line, "malformed", "")
        said = {column: value.strip() for column, value in zip(self._columns, row, strict=False) if column}
        try:
            return record(line, said)
        except _Refused as error:
            return error.refusal


def record(line: int, said: dict[str, str]) -> Record:
    """What a line says, by column. Raises _Refused."""

    def refuse(code: Code, value: str) -> NoReturn:
        raise _Refused(Refusal(line, code, shown(value)[:WIDEST]))

    number = said.pop("number", "")
    if not plain_number(number):
        refuse("number_missing", "")
    try:
        plain = registered_number(number)
    except NoNumber:
        refuse("number_malformed", number)
    if not SHORTEST <= len(plain) <= LONGEST:
        refuse("number_malformed", number)
    for value in said.values():
        if len(value) > WIDEST or not value.isprintable():
            refuse("too_long", value)
    year, filed = said.pop("year", ""), said.pop("filed", "")
    if year and not (year.isascii() and year.isdigit() and 1900 <= int(year) <= date.today().year + 1):
        refuse("year", year)
    day = _day(filed)
    if filed and (day is None or day > date.today()):
        refuse("filed", filed)
    texts = {column: value or None for column, value in said.items()}
    return Record(line, plain, year=int(year) if year else None, filed=day.isoformat() if day else None, **texts)


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def _day(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _heads(line: str, delimiter: str) -> list[str]:
    try:
        return [head.strip().casefold() for head in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _encoding(path: Path) -> str:
    """What the file is written in: Excel writes GB 18030 or UTF-16 where it is not told otherwise."""
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        for encoding in ("utf-8-sig", "gb18030"):
            file.seek(0)
            decoder = codecs.getincrementaldecoder(encoding)()
            try:
                for block in iter(lambda: file.read(1 << 20), b""):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return encoding
    raise NoTable("it is neither UTF-8 nor GB 18030: save it as CSV in UTF-8")
