"""`vinspect people`: who may sign in, told by whoever has the store at hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vinspect.api.people import Role
    from vinspect.api.record.log import Log

_EXIT = "Exit status: 0 done; 2 not understood; 3 the store could not be used, or it cannot be so."

app = typer.Typer(help="Who may sign in to the service, and as what.", no_args_is_help=True)

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="FOLDER", help="The store's folder.", show_default="vinspect-data")
]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="Its PostgreSQL database.", show_default="SQLite in the folder"),
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What they sign in with.")]


@app.command(epilog=_EXIT)
def add(
    name: NameArgument,
    role: Annotated[
        str,
        typer.Option("--role", help="inspector: sends photographs; auditor: decides; administrator: all."),
    ],
    station: Annotated[str | None, typer.Option("--station", metavar="ID", help="Whose cases they see alone.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="What the OpenID provider calls them; no password is asked for.")
    ] = None,
    email: Annotated[str | None, typer.Option("--email", help="The address that it has of them; likewise.")] = None,
    data: DataOption = None,
    store: StoreOption = None,
) -> None:
    """Let somebody sign in. The password is asked for, or read as one line from standard input.

    Example: vinspect people add 李娜 --role administrator --data /srv/vinspect
    """
    from vinspect.api.people import ROLES, add_person
    from vinspect.api.who import by_user

    known: Role | None = next((each for each in ROLES if each == role), None)
    if known is None:
        raise typer.BadParameter(f"it is one of {', '.join(ROLES)}", param_hint="--role")
    asked = None if subject or email else _password()
    named = {"subject": subject, "email": email}
    _written(data, store, name, lambda log: add_person(log, name, known, station, asked, by_user(), **named))
    print(f"{name} may sign in.")


@app.command(epilog=_EXIT)
def password(name: NameArgument, data: DataOption = None, store: StoreOption = None) -> None:
    """Give somebody another password, asked for or read as one line from standard input. Their sessions end.

    Example: vinspect people password 李娜 --data /srv/vinspect
    """
    from vinspect.api.custody import Refused
    from vinspect.api.people import change_person, person
    from vinspect.api.who import by_user

    def change(log: Log) -> None:
        row = person(log.session, name)
        if row is None:
            raise Refused(name, "there is nobody of this name: `vinspect people add` adds them")
        change_person(log, row, by_user(), password=asked)

    asked = _password()
    _written(data, store, name, change)
    print(f"{name} has another password.")


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _written(data: Path | None, url: str | None, name: str, change: Callable[[Log], object]) -> None:
    """Do it in the store that is meant, or say why not and exit."""
    from vinspect.api.custody import Refused, complain, opened
    from vinspect.api.people import NotAllowed
    from vinspect.api.settings import SettingsError, settings

    try:
        of = settings(data=data, store=url)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        try:
            with opened(of) as store, store.writing() as log:
                change(log)
        except NotAllowed as error:
            raise Refused(name, error.detail) from error
    except Refused as error:
        raise typer.Exit(complain(error)) from error
