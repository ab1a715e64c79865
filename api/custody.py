"""The commands about the record: a case goes out, a picture is deleted, a file or a whole store is checked."""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from vinspect.api.document import json_line, logged_document, shown
from vinspect.api.progress import progress, stderr

if TYPE_CHECKING:
    from cryptography import x509

    from vinspect.api.record.note import PublicKey
    from vinspect.api.schema import RecordFinding, TimeStamp
    from vinspect.api.settings import Settings
    from vinspect.api.store import Store
    from vinspect.api.tables import InspectionRow


class Status(IntEnum):
    """The exit status of these commands."""

    HOLDS = 0
    DOES_NOT = 1
    NOT_OPENED = 3  # 2 is the command line's own, for a command that was not understood


class Refused(Exception):
    """What cannot be done: about what, and in one sentence why and what to do."""


def export(id: str, of: Settings, to: Path, *, json: bool) -> Status:
    """Write a case as one file. Raises Refused."""
    from vinspect.api.record.case import write_case
    from vinspect.api.record.page import page
    from vinspect.api.scan import nets
    from vinspect.api.sightings.filed import OnFile
    from vinspect.api.who import by_user

    with _inspection(id, of) as (store, row):
        draft = to.with_name(f"{to.name}.{uuid.uuid4().hex}")
        held = OnFile(store, lambda: nets(None)).shown(row, by_user(), f"export of inspection {row.id}")
        try:
            with draft.open("xb") as file:  # that there is room for it comes before the log says that it went out
                case = store.export(row, _user(), lambda entries, key: page(row, entries, key, store.blobs, held))
                write_case(file, case, store.blobs)
            draft.replace(to)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise Refused(to, f"it cannot be written ({error.strerror}): name another file with --to") from error
    if json:
        print(json_line(logged_document(case.entries[-1].index, case.entries[-1].body)))
    else:
        out = Console(highlight=False)
        said = f"{to}: the case, with {len(case.entries)} entries of the log. Whoever gets it checks it with:"
        out.print(Text(said), soft_wrap=True)
        out.print(Text(f"  vinspect verify {to} --key {of.data / 'record.pub'}"), soft_wrap=True)
    return Status.HOLDS


def delete(id: str, of: Settings, reason: str, *, json: bool) -> Status:
    """Take a case's photograph and overlay away. Raises Refused."""
    with _inspection(id, of) as (store, row):
        try:
            entry = store.delete(row, reason, _user())
        except OSError as error:
            raise Refused(id, f"its picture cannot be taken away ({error.strerror}): delete it again") from error
        shared = any(store.blobs.has(sha256) for sha256 in (row.sha256, row.overlay_sha256))
    document = logged_document(entry.index, entry.body)
    if json:
        print(json_line(document))
    else:
        said = document["entry"]
        out = Console(highlight=False)
        done = f"{id}: the photograph was deleted, {said['at']}, entry {entry.index} of the log: {said['reason']}"
        out.print(Text(shown(done)), soft_wrap=True)
        if shared:
            out.print(Text("Another inspection has the same picture, so that its file stays.", style="yellow"))
    return Status.HOLDS


def verify(
    path: Path, key: PublicKey | None, *, json: bool, authority: Sequence[x509.Certificate] | None = None
) -> Status:
    """Check an exported case, and say what it holds and what is wrong. Raises Refused."""
    from vinspect.api.record.verify import NoCase
    from vinspect.api.record.verify import verify as check

    try:
        verified = check(path, key, authority)
    except OSError as error:
        raise Refused(path, f"it cannot be opened ({error.strerror}): check its name") from error
    except NoCase as error:
        raise Refused(path, str(error)) from error
    document = verified.document
    if json:
        print(json_line(document))
    else:
        out = Console(highlight=False)
        _findings(out, document["findings"])
        for entry in verified.entries:
            said = " ".join(str(entry[fact]) for fact in ("event", "decision") if fact in entry)
            out.print(Text(f"  {entry['index']:>8}  {entry['at']}  {shown(said)}", style="dim"))
        for stamp in document["stamps"]:
            out.print(Text(f"  {_stamped(stamp)}", style="dim"), soft_wrap=True)
        if document["holds"]:
            said = f"All of it is as it was recorded: inspection {document['inspection']}."
            out.print(Text(said, style="green"), soft_wrap=True)
        if document["key"] and key is None:
            advice = "Signed by the key in the file itself: it shows that the file is whole, not whose it is. Compare:"
            out.print(Text(advice, style="yellow"), soft_wrap=True)
            out.print(Text(f"  {shown(document['key'])}"), soft_wrap=True)
    return Status.HOLDS if document["holds"] else Status.DOES_NOT


def _stamped(stamp: TimeStamp) -> str:
    """What a time stamp says, and how far that was checked."""
    before = f"a time stamp over the entries before {stamp['size']}"
    if stamp["at"] is None:
        return f"{before} was not checked: pip install 'vinspect[timestamps]'"
    return f"{before}: {stamp['at']}" + ("" if stamp["trusted"] else ", by whom was not checked: --authority")


def audit(
    of: Settings, known: str | None, *, json: bool, authority: Sequence[x509.Certificate] | None = None
) -> Status:
    """Check a whole store, and name all that is wrong with it. Raises Refused."""
    from vinspect.api.record.audit import NoStore
    from vinspect.api.record.audit import audit as check

    def tracked(things: Iterable[Any], total: int, unit: str) -> Iterator[Any]:
        with progress(total, unit, json=json) as (_, _, advance):
            for thing in things:
                yield thing
                advance()

    try:
        document = check(of.data, known, tracked, of.store, authority, of.photographs)
    except NoStore as error:
        raise Refused(of.data, str(error)) from error
    if json:
        print(json_line(document))
        return Status.HOLDS if document["holds"] else Status.DOES_NOT
    out = Console(highlight=False)
    for remark in document["remarks"]:
        out.print(Text(shown(remark), style="dim"), soft_wrap=True)
    _findings(out, document["findings"])
    counted = f"{document['entries']} entries, {document['inspections']} inspections, {document['files']} files"
    if document["holds"]:
        out.print(Text(f"All is as it was recorded: {counted}.", style="green"), soft_wrap=True)
    else:
        out.print(Text(f"{len(document['findings'])} found in {counted}.", style="bold red"))
    if document["checkpoint"] and known is None:
        advice = "Keep this checkpoint on another machine, and bring it to the next audit with --known:"
        out.print(Text(f"{advice}\n{document['checkpoint']}"), soft_wrap=True)
    return Status.HOLDS if document["holds"] else Status.DOES_NOT


def follow(service: str, api_key: str, key: PublicKey, to: Path, *, json: bool) -> Status:
    """Keep the newest checkpoint of a service, once its log is shown to go on from the one kept. Raises Refused."""
    from vinspect.api.record.follow import Unanswered
    from vinspect.api.record.follow import follow as ask
    from vinspect.api.record.note import Checkpoint, NoteError

    try:
        kept = Checkpoint.opened(_read(to), key) if to.exists() else None
        document = ask(service, api_key, key, kept)
        if document["holds"] and document["checkpoint"] is not None:
            _replace(to, document["checkpoint"])
    except NoteError as error:
        raise Refused(to, f"{error}: name the file that was kept of this log, or a new one") from error
    except Unanswered as error:
        raise Refused(service, str(error)) from error
    except OSError as error:
        raise Refused(to, f"it cannot be read or written ({error.strerror}): name another file with --kept") from error
    if json:
        print(json_line(document))
        return Status.HOLDS if document["holds"] else Status.DOES_NOT
    out = Console(highlight=False)
    _findings(out, document["findings"])
    if not document["holds"]:
        if kept is not None:
            advice = f"{to} stays as it was: keep it, and where the service runs say `vinspect audit --known {to}`."
            out.print(Text(advice, style="yellow"), soft_wrap=True)
        return Status.DOES_NOT
    before = f"goes on from the {kept.size} kept" if kept else "is followed from now on"
    out.print(Text(f"The log {before}: {document['size']} entries, in {to}.", style="green"), soft_wrap=True)
    return Status.HOLDS


def public_key(text: str) -> PublicKey:
    """The key that is meant by a file or by the line in it. Raises typer.BadParameter."""
    from vinspect.api.record.note import NoteError, PublicKey

    try:
        return PublicKey.parse((_read(Path(text)) if "+" not in text else text).strip())
    except (OSError, NoteError) as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint="--key") from error


def checkpoint(path: Path) -> str:
    """The signed note in a file. Raises typer.BadParameter."""
    try:
        return _read(path)
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--known") from error


def authority(path: Path | None) -> Sequence[x509.Certificate] | None:
    """The certificates in a file, PEM. Raises typer.BadParameter."""
    from cryptography import x509

    if path is None:
        return None
    if find_spec("rfc3161_client") is None:
        raise typer.BadParameter(
            "time stamps need their library: pip install 'vinspect[timestamps]'", param_hint="--authority"
        )
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path}: {error}", param_hint="--authority") from error


def _replace(path: Path, text: str) -> None:
    """Write a file anew; whatever happens meanwhile, it is as it was or as it shall be. Raises OSError."""
    from vinspect.api.blobs import sync_folder

    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


@contextmanager
def _inspection(id: str, of: Settings) -> Iterator[tuple[Store, InspectionRow]]:
    """The store in a folder, and an inspection in it. Raises Refused."""
    with opened(of) as store:
        row = store.inspection(id)
        if row is None:
            raise Refused(id, "there is no such inspection: GET /v1/inspections lists those that there are")
        yield store, row


@contextmanager
def opened(of: Settings) -> Iterator[Store]:
    """The store of these settings. Raises Refused."""
    from sqlalchemy.exc import SQLAlchemyError

    from vinspect.api.record.log import RecordError
    from vinspect.api.record.note import PRIVATE_KEY
    from vinspect.api.store import Store
    from vinspect.api.tables import DATABASE

    file = DATABASE if of.store is None else PRIVATE_KEY
    if not (of.data / file).is_file():
        raise Refused(of.data, f"there is no {file} in it: name the folder that `vinspect serve --data` has")
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


def _findings(out: Console, findings: list[RecordFinding]) -> None:
    for finding in findings:
        out.print(Text.assemble((f"{finding['kind']:<10}  ", "bold red"), shown(finding["sentence"])), soft_wrap=True)


def _user() -> str:
    """Who sits at the terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, in a container
        return "unknown"


def complain(error: Refused) -> Status:
    """Say what cannot be done."""
    what, why = error.args
    stderr().print(Text(f"vinspect: {shown(str(what))}: {shown(str(why))}"), soft_wrap=True)
    return Status.NOT_OPENED
