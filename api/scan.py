"""Many photographs, one after the other: what cannot be opened is said in one line, and the rest goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from enum import IntEnum
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import typer
from rich.console import Console

from vinspect.api import files
from vinspect.api.document import inspect_document, json_line, read_document, shown
from vinspect.api.numbers import NoNumber, registered_number
from vinspect.api.progress import progress, stderr
from vinspect.vision.evidence import Inspection, Photo, Report
from vinspect.vision.photo import PhotoError, open_photo, photo_of
from vinspect.vision.rules import rule_findings, rules_of

if TYPE_CHECKING:
    from vinspect.vision.inspector import Nets
    from vinspect.vision.network import Reader
    from vinspect.vision.site import Site

READERS = "vinspect.readers"  # the group of entry points


class Status(IntEnum):
    """The exit status of a scan; the highest that applies stands."""

    WELL = 0
    NOT_READ = 1
    NOT_OPENED = 3  # 2 is the command line's own, for a command that was not understood
    LOOK = 4


def nets(reader: str | None) -> Nets:
    """The networks, with another reader where one is named: "easyocr", or "easyocr:NETWORK" for one of its networks.

    Raises typer.BadParameter where that reader cannot be had.
    """
    from vinspect.vision import inspector

    try:
        return inspector.open_nets(None if reader is None else _plugged_in(reader))
    except (OSError, ValueError) as error:  # weights that are missing or damaged, which say so
        stderr().print(f"vinspect: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(Status.NOT_OPENED) from error


def _plugged_in(reader: str) -> Reader:
    name, _, network = reader.partition(":")
    known = {entry.name: entry for entry in entry_points(group=READERS)}
    if name not in known:
        raise typer.BadParameter(f"there is no reader {name}; there is: {', '.join(known)}", param_hint="--reader")
    try:
        opened: Reader = known[name].load()(*([network] if network else []))
    except ImportError as error:
        missing = f"{name} needs {error.name or 'more'}: pip install 'vinspect[{name}]'"
        raise typer.BadParameter(missing, param_hint="--reader") from error
    return opened


def site(path: Path | None) -> Site | None:
    """The site's own thresholds, where a file of them is named. Raises typer.BadParameter where it holds none."""
    from vinspect.api.site import NoSite, load

    try:
        return None if path is None else load(path).site
    except NoSite as error:
        raise typer.BadParameter(str(error), param_hint="--site") from error


def number(expect: str | None) -> str | None:
    """A registered number as it is compared. Raises typer.BadParameter where it holds nothing to compare."""
    try:
        return None if expect is None else registered_number(expect)
    except NoNumber as error:
        raise typer.BadParameter(str(error), param_hint="--expect") from error


def scan(
    arguments: list[str],
    score: Callable[[Photo], Report | Inspection],
    *,
    judged: bool,
    expect: str | None,
    json: bool,
    pictures: Path | None,
) -> Status:
    """Score all photographs that the arguments name, print what is said of them, and return the exit status."""
    gallery = None if pictures is None else _Gallery(pictures)
    status = Status.WELL
    names: list[str] = []
    for argument in arguments:
        try:
            names += files.photographs(argument)
        except files.NoPhotograph as error:
            status = Status.NOT_OPENED
            _complain(stderr(), argument, str(error))
    with progress(len(names), "photographs", json=json) as (out, err, advance):
        write = _writer(names, out, judged=judged, json=json)
        for name in names:
            try:
                result = score(_open(name))
            except PhotoError as error:
                status = max(status, Status.NOT_OPENED)
                _complain(err, name, str(error))
            except Exception as error:  # a mistake of ours in one photograph must not cost the others
                status = max(status, Status.NOT_OPENED)
                _complain(err, name, f"Vinspect failed on it, please report this ({type(error).__name__}: {error})")
            else:
                status = max(status, _status(result, expect))
                write(result)
                if gallery and (unwritten := gallery.keep(result)):
                    status = max(status, Status.NOT_OPENED)
                    _complain(err, name, unwritten)
            advance()
    return status


def _open(name: str) -> Photo:
    return photo_of(name, sys.stdin.buffer.read()) if name == files.STANDARD_INPUT else open_photo(name)


def compared(report: Report, expect: str | None) -> Report:
    """The same report, whose best reading's rules also say how it differs from the registered number."""
    if expect is None or not report.readings:
        return report
    best, *others = report.readings
    best = replace(best, rules=rules_of(best.text, best.characters, expect))
    return replace(report, readings=(best, *others))


def _status(result: Report | Inspection, expect: str | None) -> Status:
    report = result.report if isinstance(result, Inspection) else result
    if report.readings and any(each.code == "registered_number" for each in rule_findings(report.readings[0], expect)):
        return Status.LOOK
    if isinstance(result, Inspection) and result.verdict.outcome in ("review", "suspect"):
        return Status.LOOK
    if report.why or not report.readings:
        return Status.NOT_READ
    if isinstance(result, Inspection) and result.verdict.outcome == "cannot judge":
        return Status.NOT_READ
    return Status.WELL


def _writer(names: list[str], out: Console, *, judged: bool, json: bool) -> Callable[[Report | Inspection], None]:
    """What prints a result: as JSON, as a sheet where there is but one, as a row where there are many."""
    if json:
        return lambda result: print(
            json_line(inspect_document(result) if isinstance(result, Inspection) else read_document(result)), flush=True
        )
    from vinspect.api import sheet

    if len(names) == 1:
        return lambda result: out.print(sheet.sheet(result))
    rows = sheet.Rows(names, judged=judged, width=out.width)
    return lambda result: out.print(rows.row(result))


class _Gallery:
    """A folder of photographs with what was found drawn into them."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise typer.BadParameter(f"{folder}: {error.strerror}", param_hint="--pictures") from error
        self._folder = folder
        self._taken: set[str] = set()

    def keep(self, result: Report | Inspection) -> str | None:
        """Write one; returns what went wrong, as a sentence."""
        from vinspect.vision.draw import overlay

        photo = (result.report if isinstance(result, Inspection) else result).photo
        stem = "stdin" if photo.name == files.STANDARD_INPUT else Path(photo.name).stem
        if stem in self._taken:  # another folder's picture of the same name
            stem = f"{stem}-{photo.sha256[:12]}"
        self._taken.add(stem)
        try:
            _, jpeg = cv2.imencode(".jpg", overlay(result), [cv2.IMWRITE_JPEG_QUALITY, 90])
            # Not the photograph's own name: the folder may be the one that it came from.
            (self._folder / f"{stem}.vinspect.jpg").write_bytes(jpeg.tobytes())
        except (OSError, cv2.error) as error:
            return f"its picture cannot be written to {self._folder} ({error})"
        return None


def _complain(err: Console, name: str, sentence: str) -> None:
    from rich.text import Text

    err.print(Text(f"vinspect: {shown(name)}: {shown(sentence)}"), soft_wrap=True)
