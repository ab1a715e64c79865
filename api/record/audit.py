"""Go through a whole store: every entry and checkpoint, every row, every file, each held against what was signed.

What the log says is believed of entries that hold, and of them alone. Nothing is written; the service may run on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

from cryptography import x509
from sqlalchemy import Connection, Engine, RowMapping, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from vinspect.api.blobs import blobs_of
from vinspect.api.database import reader_of
from vinspect.api.record.archived import Archived
from vinspect.api.record.entry import KEPT, digest, facts_of, facts_of_accepted
from vinspect.api.record.note import PRIVATE_KEY, PUBLIC_KEY, Checkpoint, NoteError, PublicKey, Signer
from vinspect.api.record.registers import TABLES, Registers
from vinspect.api.record.stamps import StampError, Unchecked, checked
from vinspect.api.record.walk import Entry, walk
from vinspect.api.schema import AuditDocument, RecordFinding, Wrong
from vinspect.api.tables import DATABASE

Tracked = Callable[[Iterable[Any], int, str], Iterator[Any]]
"""Passes things on, and shows how many of so many were passed, and what they are."""


class NoStore(Exception):
    """A folder that holds no store. The message says so in one sentence, without the folder's name."""


def audit(
    folder: Path,
    known: str | None = None,
    tracked: Tracked = lambda things, *_: iter(things),
    url: str | None = None,
    authority: Sequence[x509.Certificate] | None = None,
    photographs: str | None = None,
) -> AuditDocument:
    """Check the store in this folder; known: a checkpoint that was kept elsewhere, which the log must still hold.

    url: of the store's PostgreSQL database, where it has one. authority: certificates that time stamps must lead to;
    with none, whose they are is not checked. photographs: the bucket that they lie in, where it is one. Raises NoStore
    where there is none, or none to reach.
    """
    if url is None and not (folder / DATABASE).is_file():
        raise NoStore(f"there is no {DATABASE} in it: name the folder that `vinspect serve --data` has")
    check = _Audit(folder, url, photographs)
    try:
        with check.opened() as database:  # one state of the store, whatever is added meanwhile
            check.run(database, known, tracked)
            check.stamps(database, authority)
    except SQLAlchemyError as error:
        check.unreadable(error)
    return check.document


class _Audit:
    def __init__(self, folder: Path, url: str | None, photographs: str | None) -> None:
        self._url = url
        self.document: AuditDocument = {
            "schema": "vinspect/audit/1",
            "data": str(folder),
            "holds": True,
            "entries": 0,
            "inspections": 0,
            "files": 0,
            "checkpoint": None,
            "findings": [],
            "remarks": [],
        }
        self._folder = folder
        self._blobs = blobs_of(folder, photographs)
        self._kept: dict[str, Mapping[str, Any]] = {}  # by inspection, what the log says of it
        self._accepted: dict[str, Mapping[str, Any]] = {}  # and of what was accepted to be scored later
        self._deleted: set[str] = set()
        self._size = 0  # of the log, as far as it was read
        self._registers = Registers()
        self._archived = Archived(self.wrong)

    def wrong(self, kind: Wrong, what: str, why: str) -> None:
        self.document["holds"] = False
        self.document["findings"].append(RecordFinding(kind=kind, what=what, sentence=f"{what}: {why}."))

    def unreadable(self, error: SQLAlchemyError) -> None:
        why = getattr(error, "orig", None) or error
        self.wrong("changed", DATABASE if self._url is None else "the database", f"it cannot be read ({why})")

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        engine = reader_of(self._folder, self._url)
        try:
            if self._url is not None:
                _reach(engine)
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def run(self, database: Connection, known: str | None, tracked: Tracked) -> None:
        said = self.document
        said["entries"] = database.scalar(text("SELECT count(*) FROM entries")) or 0
        said["inspections"] = database.scalar(text("SELECT count(*) FROM inspections")) or 0
        if not said["entries"]:
            self.wrong("lost", "the log", "it is empty, and its first entry is as old as the store")
        key = self._public_key()
        entries = tracked(_rows(database, 'SELECT * FROM entries ORDER BY "index"'), said["entries"], "entries")
        for entry, before in walk(entries, key, self._known(known, key), self.wrong):
            self._take_in(entry, before, key)
        rows = _rows(database, "SELECT * FROM inspections ORDER BY number")
        self._inspections(tracked(rows, said["inspections"], "inspections"))
        self._accepted_rows(_rows(database, "SELECT * FROM accepted ORDER BY number"))
        for table in TABLES:
            self._registers.compare(table, _rows(database, f"SELECT * FROM {table}"), self.wrong)  # noqa: S608
        self._archived.check(database)
        self._content(tracked)

    def stamps(self, database: Connection, authority: Sequence[x509.Certificate] | None) -> None:
        query = 'SELECT size, stamp, checkpoint FROM stamps JOIN entries ON "index" = size - 1 ORDER BY size'
        unchecked: Unchecked | None = None
        for row in _rows(database, query):
            try:
                checked(row["stamp"], str(row["checkpoint"]), authority)
            except StampError as error:
                self.wrong("forged", f"time stamp {row['size']}", str(error))
            except Unchecked as error:
                unchecked = error
        if unchecked is not None:
            self.document["remarks"].append(f"No time stamp was checked: {unchecked}.")

    def _public_key(self) -> PublicKey | None:
        key = None
        try:
            key = PublicKey.parse((self._folder / PUBLIC_KEY).read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            self.wrong("lost", PUBLIC_KEY, "without it no checkpoint can be checked: put it back")
        except (OSError, ValueError) as error:
            self.wrong("changed", PUBLIC_KEY, str(error))
        try:
            if key and (self._folder / PRIVATE_KEY).exists():
                signs = Signer.kept_in(self._folder, make=False).public
                if signs != key:
                    self.wrong("forged", PUBLIC_KEY, f"{PRIVATE_KEY} is another key, {signs.id.hex()}")
        except PermissionError:
            pass  # whoever audits need not be able to sign
        except (OSError, NoteError) as error:
            self.wrong("changed", PRIVATE_KEY, str(error))
        return key

    def _known(self, note: str | None, key: PublicKey | None) -> Checkpoint | None:
        try:
            return None if note is None or key is None else Checkpoint.opened(note, key)
        except NoteError as error:
            self.wrong("forged", PUBLIC_KEY, f"the checkpoint that was kept is of another key, or damaged: {error}")
            return None

    def _take_in(self, entry: Entry, before: str, key: PublicKey | None) -> None:
        """Believe what an entry says that holds."""
        said, row = entry.document, entry.row
        self._size = entry.index + 1
        event, inspection, at = said.get("event"), said.get("inspection"), str(said.get("at"))
        if entry.sound:
            self.document["checkpoint"] = row["checkpoint"]
        if (row["event"], row["inspection"]) != (event, inspection):
            self.wrong("changed", entry.name, "the columns beside it do not say what it says")
        if at < before:
            self.document["remarks"].append(
                f"{entry.name} is dated {at}, the one before it {before}: the clock was set back."
            )
        if event == "log started" and key is not None and said.get("key") != str(key):
            self.wrong("forged", PUBLIC_KEY, "it is not the key that the log was started with")
        if event in KEPT:
            self._kept[str(inspection)] = {**said, "index": entry.index}
        elif event == "photograph accepted" and "accepted" in said:  # else it was scored with it, in one go
            self._accepted[str(inspection)] = {**said, "index": entry.index}
        elif event == "deleted":
            self._deleted.add(str(inspection))
        else:
            self._registers.take_in(said)
            self._archived.take_in(said, entry.index)

    def _inspections(self, rows: Iterable[RowMapping]) -> None:
        lost = dict(self._kept)
        for row in rows:
            what = f"inspection {row['id']}"
            try:
                facts = facts_of(dict(row))
            except (ValueError, LookupError, OverflowError):
                facts = {}
            said = lost.pop(row["id"], None)
            if said is None:
                self.wrong("added", what, "no entry that holds speaks of this row")
                if facts and all(str(facts[fact]).isalnum() for fact in ("photo", "overlay")):
                    self._kept.setdefault(row["id"], facts)
                continue
            differ = [name for name, value in facts.items() if name != "row" and value != said.get(name)]
            if differ or facts.get("row") != said.get("row"):
                kind: Wrong = "back-dated" if "created" in differ else "reordered" if "number" in differ else "changed"
                names = " and ".join(differ) or "a column"
                self.wrong(kind, what, f"{names} of its row is not what entry {said['index']} says")
        for inspection, said in lost.items():
            self.wrong("lost", f"inspection {inspection}", f"entry {said['index']} speaks of it, its row is not there")

    def _accepted_rows(self, rows: Iterable[RowMapping]) -> None:
        lost = dict(self._accepted)
        for row in rows:
            what = f"accepted photograph {row['id']}"
            try:
                facts = facts_of_accepted(dict(row))
            except (ValueError, LookupError, OverflowError):
                facts = {}
            said = lost.pop(row["id"], None)
            if said is None:
                self.wrong("added", what, "no entry that holds speaks of this row")
            elif any(facts.get(name) != said[name] for name in ("photo", "accepted")):
                self.wrong("changed", what, f"a column of its row is not what entry {said['index']} says")
            if row["id"] not in self._kept:
                self.document["remarks"].append(f"{what} is not scored yet: the service does it when it runs.")
        for inspection, said in lost.items():
            what = f"accepted photograph {inspection}"
            self.wrong("lost", what, f"entry {said['index']} speaks of it, its row is not there")

    def _content(self, tracked: Tracked) -> None:
        wanted: dict[str, tuple[str, str]] = {}
        gone: set[str] = set()
        for inspection, said in self._kept.items():
            for fact in ("photo", "overlay"):
                if inspection in self._deleted:
                    gone.add(said[fact])
                else:
                    wanted.setdefault(said[fact], (fact, inspection))
        for inspection, said in self._accepted.items():
            if inspection not in self._kept:
                wanted.setdefault(said["photo"], ("photo", inspection))
        for sha256, place in self._archived.rubbings.items():
            wanted.setdefault(sha256, ("rubbing", place))
        self.document["files"] = len(wanted)
        for sha256, (fact, inspection) in tracked(wanted.items(), len(wanted), "files"):
            what = f"file {sha256}"
            where = f"rubbing {inspection}" if fact == "rubbing" else f"the {fact} of inspection {inspection}"
            try:
                if digest(self._blobs.read(sha256)) != sha256:
                    self.wrong("changed", what, f"it is {where} no more")
            except FileNotFoundError:
                if not self._deleted_since(inspection):
                    self.wrong("lost", what, f"it was {where}, and the log knows of no deletion")
            except OSError as error:
                self.wrong("lost", what, f"{where} cannot be read ({error.strerror})")
        for address in self._blobs.addresses():
            name = PurePath(address).name
            if name in gone and name not in wanted:
                self.wrong("added", f"file {name}", "by the log it was deleted: `vinspect delete` removes it")
            elif name not in wanted or address != self._blobs.where(name):
                remark = f"{address} is of no inspection: an upload that was cut off leaves such."
                self.document["remarks"].append(remark)

    def _deleted_since(self, inspection: str) -> bool:
        """Whether a deletion came in while the audit ran."""
        query = text('SELECT 1 FROM entries WHERE inspection = :id AND event = :event AND "index" >= :size')
        with self.opened() as database:
            found = database.execute(query, {"id": inspection, "event": "deleted", "size": self._size}).first()
        return found is not None


def _rows(database: Connection, query: str) -> Iterable[RowMapping]:
    """What the query finds, as it is found: a large table never lies in memory."""
    return database.execute(text(query), execution_options={"yield_per": 1000}).mappings()


def _reach(engine: Engine) -> None:
    try:
        engine.connect().close()
    except OperationalError as error:
        raise NoStore(f"its database cannot be reached ({error.orig}): check its address") from error
