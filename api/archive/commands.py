"""`vinspect archive`: vehicles' files are put in, found, and followed."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vinspect.api.archive.alike import How
from vinspect.api.archive.events import Event

if TYPE_CHECKING:
    from vinspect.api.archive.imports import Line, Picture
    from vinspect.api.archive.refusals import Refusal
    from vinspect.api.store import Store

SHOWN = 20  # refused lines, unless all are asked for
_COLUMNS = ("number", "maker", "plant", "year", "station", "file", "filed", "rubbings", "state", "id")
_EXIT = "Exit status: 0 done; 1 not all of it; 2 not understood; 3 a file or store could not be used."

app = typer.Typer(help="The files of vehicles: put them in, find them, follow them.", no_args_is_help=True)

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="The store's folder.", show_default="vinspect-data")
]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="Its PostgreSQL database.", show_default="SQLite in the folder"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, as docs/*.schema.json describe.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The file's, as `vinspect archive find` prints it.")]


@app.command("import", epilog=_EXIT)
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV table, or a folder of rubbings.")],
    data: DataOption = None,
    store: StoreOption = None,
    refused: Annotated[
        Path | None, typer.Option("--refused", metavar="CSV", help="Write there each line that was not taken, and why.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put files into the archive. One that was broken off goes on; what is there already is not put in twice.

    Example: vinspect archive import files.csv --data /srv/vinspect --refused refused.csv
    """
    with _opened(data, store, make=True) as at:
        raise typer.Exit(_import(at, source, refused, json=json))


@app.command(epilog=_EXIT)
def find(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER", help="Numbers; several are looked for together.")],
    how: Annotated[
        How,
        typer.Option(
            "--how",
            help="exact; alike: 0 for O, 8 for B ...; wild: each ? is any character; before: less added strokes.",
        ),
    ] = "exact",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 50,
    data: DataOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Find files by a vehicle's number.

    Example: vinspect archive find 'LSVAM4187C21848??' --how wild
    """
    from vinspect.api.archive.documents import cards
    from vinspect.api.archive.find import NoSearch, asked, find
    from vinspect.api.document import json_line

    try:
        plain = [asked(number, how) for number in numbers]
    except NoSearch as error:
        raise typer.BadParameter(str(error), param_hint="NUMBER") from error
    with _opened(data, store) as at, at.reading() as session:
        found = cards(session, find(session, plain, how, limit))
    if json:
        for card in found:
            print(json_line(card))
    else:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(box=box.SIMPLE)
        for column in _COLUMNS:
            table.add_column(column, no_wrap=column in ("number", "id"), overflow="fold")
        for row in map(dict, found):
            table.add_row(*("" if row[name] is None else str(row[name]) for name in _COLUMNS))
        console = Console(highlight=False)
        console.print(table if found else "No file was found: --how alike looks for look-alikes too.")
    raise typer.Exit(0 if found else 1)


@app.command(epilog=_EXIT)
def record(
    file: IdArgument,
    event: Annotated[
        Event,
        typer.Argument(metavar="EVENT", help="looked up, pulled, 'filed back' or 'transferred out'."),
    ],
    why: Annotated[str, typer.Option("--why", help="It stays in the log.")],
    to: Annotated[str | None, typer.Option("--to", help="To whom the file is given.")] = None,
    data: DataOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Put into the log what happens to a file.

    Example: vinspect archive record 3f0c... pulled --why "annual inspection" --to "Li Na"
    """
    from rich.console import Console
    from rich.text import Text

    from vinspect.api.archive import life
    from vinspect.api.custody import Refused
    from vinspect.api.document import json_line, logged_document, shown
    from vinspect.api.who import by_user

    with _opened(data, store) as at:
        _file(at, file)
        try:
            entry = life.record(at, file, event, by_user(), why, to)
        except life.NotNow as error:
            raise Refused(file, error.sentence) from error
    if json:
        print(json_line(logged_document(entry.index, entry.body)))
    else:
        said = f"{file}: {event}, entry {entry.index} of the log."
        Console(highlight=False).print(Text(shown(said)), soft_wrap=True)


@app.command(epilog=_EXIT)
def events(file: IdArgument, data: DataOption = None, store: StoreOption = None, json: JsonOption = False) -> None:
    """List what happened to a file: when, what, who and why.

    Example: vinspect archive events 3f0c...
    """
    from rich.console import Console
    from rich.text import Text

    from vinspect.api.archive import life
    from vinspect.api.document import json_line, logged_document, shown

    with _opened(data, store) as at:
        _file(at, file)
        with at.reading() as session:
            entries = [logged_document(each.index, each.body) for each in life.events(session, file, limit=1 << 31)]
    out = Console(highlight=False)
    for each in entries:
        if json:
            print(json_line(each))
        else:
            said = each["entry"]
            to = f", to {said['to']}" if "to" in said else ""
            line = f"{each['index']:>8}  {said['at']}  {said['event']} by {said['by']}{to}: {said['why']}"
            out.print(Text(shown(line)), soft_wrap=True)


def _import(store: Store, source: Path, refused: Path | None, *, json: bool) -> int:
    from rich.text import Text

    from vinspect.api.archive import imports
    from vinspect.api.archive.documents import import_document, refused_document
    from vinspect.api.document import json_line, shown
    from vinspect.api.progress import progress
    from vinspect.api.who import by_user

    lines, sha256, passed_over, picture, count = _source(source)
    row = imports.begin(store, shown(source.name), sha256, by_user(), passed_over)
    with progress(count, "lines", json=json) as (out, _, advance):

        def tracked() -> Iterator[Line]:
            for line in lines:
                yield line
                advance()

        *_, row = imports.run(store, row.id, tracked(), picture)
    with store.reading() as session:
        not_taken = imports.refused(session, row.id)
    if refused is not None:
        _write(refused, not_taken)
    if json:
        for each in not_taken:
            print(json_line(refused_document(each)))
        print(json_line(import_document(row)))
    else:
        for each in not_taken[:SHOWN]:
            out.print(Text(f"line {each.line}: {each.sentence}"), soft_wrap=True)
        if len(not_taken) > SHOWN:
            more = len(not_taken) - SHOWN
            out.print(f"{more} more were not taken: --refused FILE.csv writes all of them.", markup=False)
        if passed_over:
            out.print(f"Columns that are not known were not taken: {', '.join(passed_over)}.", markup=False)
        counted = (
            f"{row.added} files added, {row.known} were there, {row.rubbings} rubbings added, {row.refused} refused"
        )
        out.print(f"{source.name}: {counted}.", markup=False, soft_wrap=True)
    return 1 if not_taken else 0


def _source(source: Path) -> tuple[Iterator[Line], str, Sequence[str], Picture, int]:
    """What is imported: its lines, its hash, the columns that are not known, its pictures, how many lines, about."""
    from vinspect.api.archive.rubbings import Beside, Folder
    from vinspect.api.archive.table import NoTable, Table
    from vinspect.api.custody import Refused
    from vinspect.api.files import NoPhotograph

    try:
        if source.is_dir():
            folder = Folder(source)
            return iter(folder), folder.sha256(), (), Beside(source), len(folder)
        table = Table(source)
        with source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return iter(table), sha256, table.passed_over, Beside(source.parent), len(table)
    except OSError as error:
        raise Refused(source, f"it cannot be opened ({error.strerror}): check its name") from error
    except (NoTable, NoPhotograph) as error:
        raise Refused(source, str(error)) from error


def _write(path: Path, refused: Sequence[Refusal]) -> None:
    from vinspect.api.archive.documents import refused_document
    from vinspect.api.custody import Refused

    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:  # with a mark, so that Excel sees what it is
            rows = csv.writer(file)
            rows.writerow(["line", "value", "why", "原因"])
            for each in map(refused_document, refused):
                rows.writerow([each["line"], each["value"], each["sentence"], each["sentence_zh"]])
    except OSError as error:
        raise Refused(path, f"it cannot be written ({error.strerror}): name another file with --refused") from error


@contextmanager
def _opened(data: Path | None, url: str | None, *, make: bool = False) -> Iterator[Store]:
    """The store that is meant; says what is wrong with it, or with what was asked of it, and exits."""
    from sqlalchemy.exc import SQLAlchemyError

    from vinspect.api.custody import Refused, complain
    from vinspect.api.record.log import RecordError
    from vinspect.api.record.note import PRIVATE_KEY
    from vinspect.api.settings import SettingsError, settings
    from vinspect.api.store import Store

    try:
        of = settings(data=data, store=url)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        if not make and not (of.data / PRIVATE_KEY).is_file():
            raise Refused(of.data, f"there is no {PRIVATE_KEY} in it: name the folder that `vinspect serve --data` has")
        try:
            store = Store(of.data, of.store, of.photographs)
            try:
                yield store
            finally:
                store.close()
        except RecordError as error:
            raise Refused(of.data, str(error)) from error
        except (OSError, SQLAlchemyError) as error:
            raise Refused(of.data, f"the store cannot be used ({getattr(error, 'orig', None) or error})") from error
    except Refused as error:
        raise typer.Exit(complain(error)) from error


def _file(store: Store, id: str) -> None:
    from vinspect.api.archive import life
    from vinspect.api.custody import Refused

    with store.reading() as session:
        if life.file(session, id) is None:
            raise Refused(id, "there is no such file: `vinspect archive find` prints the ids of those that there are")
