"""The command line. What takes long to import is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vinspect.api import roster, sets
from vinspect.api.archive import commands as archive
from vinspect.api.lane import command as lane
from vinspect.vision.evidence import Format, Language

if TYPE_CHECKING:
    from vinspect.api.settings import Settings

_EXIT = """
Exit status, the highest that applies:

0  all is well

1  a number could not be read, in part or whole, or not be judged

2  the command was not understood

3  a file could not be opened

4  a number needs a second look: review, suspect, or other than --expect
"""

_RECORD_EXIT = "Exit status: 0 all holds; 1 something does not; 2 not understood; 3 a file or store could not be used."

app = typer.Typer(
    name="vinspect",
    help="Reads the number struck into a vehicle from one photograph, and says what does not sit right.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(sets.app, name="datasets")
app.add_typer(archive.app, name="archive")
app.add_typer(roster.app, name="people")
app.add_typer(lane.app, name="lane")

Photos = Annotated[
    list[str],
    typer.Argument(metavar="PHOTO", help="Files, folders, patterns such as 'in/*.jpg', or - for standard input."),
]
FormatOption = Annotated[
    Format,
    typer.Option("--format", help="vin: 17 characters without I, O, Q; free: frame and engine numbers; auto: either."),
]
ExpectOption = Annotated[
    str | None, typer.Option("--expect", metavar="NUMBER", help="The registered number, to compare with.")
]
ReaderOption = Annotated[
    str | None,
    typer.Option("--reader", metavar="NAME", help="Another reader of characters: easyocr, or easyocr:NETWORK."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, as docs/*.schema.json describe.")]
PicturesOption = Annotated[
    Path | None,
    typer.Option("--pictures", metavar="FOLDER", help="Write each photograph with what was found drawn into it."),
]


SiteOption = Annotated[
    Path | None,
    typer.Option("--site", metavar="FILE", help="The site's own thresholds, as `vinspect calibrate` wrote them."),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FOLDER", help="Where photographs and inspections are kept.", show_default="vinspect-data"
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="A PostgreSQL database: postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.",
        show_default="SQLite in the folder",
    ),
]


@app.command(epilog=_EXIT)
def read(
    photos: Photos,
    json: JsonOption = False,
    pictures: PicturesOption = None,
    format: FormatOption = "auto",
    expect: ExpectOption = None,
    reader: ReaderOption = None,
) -> None:
    """Read the number in each photograph: every character, how sure it is, and what the rules say of it.

    Example: vinspect read IMG_2031.jpg
    """
    from vinspect.api import scan
    from vinspect.vision import inspector

    nets = scan.nets(reader)
    number = scan.number(expect)
    raise typer.Exit(
        scan.scan(
            photos,
            lambda photo: scan.compared(inspector.read(photo, nets, format), number),
            judged=False,
            expect=number,
            json=json,
            pictures=pictures,
        )
    )


@app.command(epilog=_EXIT)
def inspect(
    photos: Photos,
    json: JsonOption = False,
    pictures: PicturesOption = None,
    format: FormatOption = "auto",
    expect: ExpectOption = None,
    reader: ReaderOption = None,
    site: SiteOption = None,
) -> None:
    """Read the number in each photograph, and say whether its characters sit as a maker would have struck them.

    Example: vinspect inspect --expect LSVAM4187C2184841 --pictures out IMG_2031.jpg
    """
    from vinspect.api import scan
    from vinspect.vision import inspector
    from vinspect.vision.site import at

    own = scan.site(site)
    nets = scan.nets(reader)
    number = scan.number(expect)
    raise typer.Exit(
        scan.scan(
            photos,
            lambda photo: at(inspector.inspect(photo, nets, format, number), own),
            judged=True,
            expect=number,
            json=json,
            pictures=pictures,
        )
    )


@app.command(
    epilog="Exit status: 0 one striking made both; 1 cannot judge; 2 not understood; 3 a file could not be opened; "
    "4 not the same striking."
)
def compare(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The number as it stands on the vehicle today.")],
    rubbing: Annotated[
        str | None, typer.Argument(metavar="RUBBING", help="The rubbing or photograph on file; none: nothing on file.")
    ] = None,
    json: JsonOption = False,
    pictures: PicturesOption = None,
    format: FormatOption = "auto",
    expect: ExpectOption = None,
    reader: ReaderOption = None,
) -> None:
    """Hold the number against the rubbing on file: one striking, another, or a character struck anew.

    Example: vinspect compare IMG_2031.jpg rubbing-1998.png --pictures out
    """
    from vinspect.api import compare as comparing
    from vinspect.api import scan

    nets = scan.nets(reader)
    number = scan.number(expect)
    raise typer.Exit(comparing.against(photo, rubbing, nets, format, number, json=json, pictures=pictures))


@app.command(epilog="Exit status: 0 written; 2 not understood; 3 too few can be judged, or a file failed.")
def calibrate(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Genuine photographs of the site, ten or more.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file for --site.")] = Path(
        "site.json"
    ),
    false_alarms: Annotated[
        str, typer.Option("--false-alarms", metavar="SHARE", help="Of genuine numbers that may come to review.")
    ] = "1%",
    json: JsonOption = False,
    format: FormatOption = "auto",
    reader: ReaderOption = None,
) -> None:
    """Set a site's own thresholds from ten or more of its genuine photographs, at a stated rate of false alarms.

    Example: vinspect calibrate genuine/ --false-alarms 1% -o lane-3.json
    """
    from vinspect.api import scan, site
    from vinspect.vision import inspector

    try:
        stated = site.share(false_alarms)
    except ValueError as error:
        raise typer.BadParameter("it is a share such as 1% or 0.01", param_hint="--false-alarms") from error
    nets = scan.nets(reader)
    raise typer.Exit(
        site.calibrate(folder, lambda photo: inspector.inspect(photo, nets, format), stated, output, json=json)
    )


@app.command(epilog="Exit status: 0 written; 2 not understood; 3 a file could not be opened or written.")
def report(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="The number as it stands on the vehicle today.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The PDF to write.")],
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUBBING", help="The rubbing or photograph on file.")
    ] = None,
    language: Annotated[Language, typer.Option("--lang", help="en: English; zh: Chinese.")] = "en",
    format: FormatOption = "auto",
    expect: ExpectOption = None,
    reader: ReaderOption = None,
    site: SiteOption = None,
) -> None:
    """Write a report of two pages: each step of the inspection, its picture, what was found and how strong it is.

    Example: vinspect report IMG_2031.jpg --against rubbing-1998.png --lang zh -o report.pdf
    """
    from vinspect.api import scan
    from vinspect.api.report import command

    number, own = scan.number(expect), scan.site(site)
    raise typer.Exit(command.report(photo, against, scan.nets(reader), format, number, language, output, own))


@app.command(
    epilog="Exit status: 0 the rules hold for every number; 1 for one they do not; 2 the command was not understood."
)
def decode(
    numbers: Annotated[list[str], typer.Argument(metavar="VIN", help="Numbers, or - for one a line.")],
    json: JsonOption = False,
) -> None:
    """Say what the rules make of a number: maker, country, model year, check digit. No photograph is needed.

    Example: vinspect decode LSVAM4187C2184841
    """
    from rich.console import Console

    from vinspect.api.document import decode_document, json_line
    from vinspect.api.numbers import plain_number
    from vinspect.api.sheet import rules_sheet
    from vinspect.vision.rules import rules_of

    console = Console(highlight=False)
    texts = [line for number in numbers for line in (sys.stdin.read().splitlines() if number == "-" else [number])]
    held = True
    for text in filter(None, map(plain_number, texts)):
        rules = rules_of(text)
        held = held and not rules.problems
        if json:
            print(json_line(decode_document(text, rules)), flush=True)
        else:
            console.print(rules_sheet(text, rules))
    raise typer.Exit(0 if held else 1)


@app.command()
def serve(
    data: DataOption = None,
    store: StoreOption = None,
    host: Annotated[
        str | None, typer.Option("--host", help="The address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, show_default="8000")] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Photographs in work at a time.", show_default="one for each core"),
    ] = None,
    waiting: Annotated[
        int | None,
        typer.Option("--waiting", min=0, help="Vehicles that may wait.", show_default="three for two workers"),
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make and print a new API key; those before it no longer open.")
    ] = False,
) -> None:
    """Serve inspections over HTTP, each kept before it is answered. The first start prints the API key.

    Example: vinspect serve --data /srv/vinspect --host 0.0.0.0
    """
    from vinspect.api.service.start import start

    given = _settings(data=data, store=store, host=host, port=port, workers=workers, waiting=waiting)
    raise typer.Exit(start(given, new_key=new_key))


@app.command(epilog=_RECORD_EXIT)
def export(
    id: Annotated[str, typer.Argument(metavar="ID", help="The inspection's, as the service answered it.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file to write, a zip.")],
    data: DataOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Write a case as one file: photograph, overlay, inspection, the log about it, what proves it, a page to read.

    Example: vinspect export 3f0c... --data /srv/vinspect --to case.zip
    """
    from vinspect.api import custody

    of = _settings(data=data, store=store)
    _record(lambda: custody.export(id, of, to, json=json))


AuthorityOption = Annotated[
    Path | None,
    typer.Option("--authority", metavar="PEM", help="The certificate that time stamps must lead to."),
]


@app.command(epilog=_RECORD_EXIT)
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `vinspect export` wrote.")],
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="PUBLIC", help="The log's public key: record.pub, or the line in it."),
    ] = None,
    authority: AuthorityOption = None,
    json: JsonOption = False,
) -> None:
    """Check an exported case, offline: that it is what the log holds, and that the log's key signed it.

    Example: vinspect verify case.zip --key record.pub
    """
    from vinspect.api import custody

    public, roots = None if key is None else custody.public_key(key), custody.authority(authority)
    _record(lambda: custody.verify(file, public, json=json, authority=roots))


@app.command(epilog=_RECORD_EXIT)
def audit(
    data: DataOption = None,
    store: StoreOption = None,
    known: Annotated[
        Path | None,
        typer.Option(
            "--known", metavar="FILE", help="A checkpoint that was kept on another machine; the log must still hold it."
        ),
    ] = None,
    authority: AuthorityOption = None,
    json: JsonOption = False,
) -> None:
    """Check a whole store: name every row, photograph, entry and checkpoint that was changed, lost, added or reordered.

    Example: vinspect audit --data /srv/vinspect --known last-week.txt
    """
    from vinspect.api import custody

    of = _settings(data=data, store=store)
    kept, roots = None if known is None else custody.checkpoint(known), custody.authority(authority)
    _record(lambda: custody.audit(of, kept, json=json, authority=roots))


@app.command(
    epilog="Exit status: 0 it goes on from what was kept; 1 it does not, and the file stays; 2 not understood; "
    "3 the service or the file could not be used."
)
def follow(
    service: Annotated[str, typer.Argument(metavar="URL", help="The service's address.")],
    kept: Annotated[
        Path,
        typer.Option("--kept", metavar="FILE", help="The checkpoint kept the last time; made where there is none."),
    ],
    key: Annotated[
        str, typer.Option("--key", metavar="PUBLIC", help="The log's public key: record.pub, or the line in it.")
    ],
    api_key: Annotated[
        str,
        typer.Option("--api-key", metavar="KEY", envvar="VINSPECT_KEY", help="Any API key of it.", show_envvar=True),
    ],
    json: JsonOption = False,
) -> None:
    """Keep the newest checkpoint of a service's log here, once it is proven that nothing before it was rewritten.

    Example, each hour: vinspect follow https://vinspect.example --kept kept.txt --key record.pub
    """
    from vinspect.api import custody

    public = custody.public_key(key)
    _record(lambda: custody.follow(service, api_key, public, kept, json=json))


@app.command(epilog=_RECORD_EXIT)
def delete(
    id: Annotated[str, typer.Argument(metavar="ID", help="The inspection's, as the service answered it.")],
    reason: Annotated[str, typer.Option("--reason", help="By what right; it stays in the log.")],
    data: DataOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Take a case's photograph away for good. Its hash and what was found stay, and every proof still holds.

    Example: vinspect delete 3f0c... --data /srv/vinspect --reason "term of storage has ended"
    """
    from vinspect.api import custody

    of = _settings(data=data, store=store)
    _record(lambda: custody.delete(id, of, reason, json=json))


def _settings(**given: object) -> Settings:
    from vinspect.api.settings import SettingsError, settings

    try:
        return settings(**given)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error


def _record(command: Callable[[], int]) -> None:
    from vinspect.api.custody import Refused, complain

    try:
        status = command()
    except Refused as error:
        status = complain(error)
    raise typer.Exit(status)


def main() -> None:
    """Run the command line: the console script `vinspect`."""
    app()


if __name__ == "__main__":
    main()
