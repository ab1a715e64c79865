"""What the service keeps: photographs by content; inspections, keys and the log of it all in a database."""

from __future__ import annotations

import json
import uuid
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, cast

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, bindparam, exists, inspect, or_, select
from sqlalchemy.orm import Session, make_transient

from vinspect.api import keys, migrations
from vinspect.api.archive.tables import RubbingRow
from vinspect.api.blobs import blobs_of, sync_folder
from vinspect.api.database import engine_of, reading_of, writer_of
from vinspect.api.record.entry import digest, facts_of, facts_of_accepted
from vinspect.api.record.log import Log, RecordError
from vinspect.api.record.note import NoteError, Signer
from vinspect.api.record.stamps import Stamped
from vinspect.api.record.turns import Turns
from vinspect.api.schema import InspectDocument
from vinspect.api.tables import AcceptedRow, Beside, EntryRow, InspectionRow, KeyRow, StampRow
from vinspect.api.who import by_user


@dataclass(frozen=True)
class Case:
    """An inspection as it leaves the store, with the log's entries about it and what proves them."""

    row: InspectionRow
    entries: Sequence[EntryRow]
    proofs: Sequence[Sequence[bytes]]
    """One for each entry."""
    checkpoint: str
    """The signed note that they are proven under."""
    key: str
    """The log's public key, as record.pub has it."""
    page: bytes
    stamps: Sequence[Stamped] = ()
    """The first time stamp over each entry, where there is one."""


class Store:
    """A folder with photographs, overlays and a database. Any number of threads may use it, and several processes."""

    def __init__(self, folder: Path, url: str | None = None, photographs: str | None = None) -> None:
        """Open the store in this folder, making it where there is none.

        url: of a PostgreSQL database, which then takes the place of the SQLite file; photographs: the address of a
        bucket, which takes the place of the folder that they lie in. Raises OSError or SQLAlchemyError where it cannot,
        ValueError where the URL is none, RecordError where what it finds was not left by a store.
        """
        self.folder = folder
        """Where all lies that is no row of the database."""
        folder.mkdir(parents=True, exist_ok=True)
        self.blobs = blobs_of(folder, photographs)
        """Photographs, overlays and rubbings, by their hashes."""
        self._engine = engine_of(folder, url)
        self._reading = reading_of(self._engine)
        try:
            self._signer = self._open(folder)
        except BaseException:
            self._engine.dispose()
            raise
        self._turns = Turns(writer_of(self._engine), self._signer)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def accept(self, row: AcceptedRow, photograph: bytes) -> AcceptedRow:
        """Keep a photograph that is to be scored, under its id or a new one. When this returns, it outlives a loss
        of power.

        Where there is one with the same Idempotency-Key (`known`), that one is returned and nothing is kept.
        Raises OSError, SQLAlchemyError or RecordError where it cannot; then nothing is kept.
        """
        row.id, row.sha256 = row.id or str(uuid.uuid4()), self.blobs.keep(photograph)
        with self.writing() as log:
            if known := _known(log.session, row):
                return known
            if not self.blobs.has(row.sha256):  # a deletion came in between
                self.blobs.keep(photograph)
            row.created = _now()
            log.session.add(row)
            log.session.flush()
            columns = {column.name: getattr(row, column.name) for column in inspect(AcceptedRow).columns}
            log.append("photograph accepted", row.created, row.id, **facts_of_accepted(columns))
        return row

    def keep(
        self, row: InspectionRow, photograph: bytes, overlay: bytes, instruments: Mapping[str, Any]
    ) -> InspectionRow:
        """Accept a photograph and keep what was found in it, which `row` says, in one go."""
        taken = "photo media_type format expect station by lane business captured".split()
        accepted = AcceptedRow(**{name: getattr(row, name) for name in taken}, request=digest(photograph))
        return self.scored(self.accept(accepted, photograph).id, json.loads(row.document), overlay, instruments)

    def known(self, row: AcceptedRow) -> AcceptedRow | None:
        """What this row's station has sent with its Idempotency-Key before, or its sender where it is of no station."""
        with self.reading() as session:
            return _known(session, row)

    def accepted(self, id: str) -> AcceptedRow | None:
        """The photograph that was accepted under this id, whether it is scored or not."""
        with self.reading() as session:
            return session.scalar(select(AcceptedRow).where(AcceptedRow.id == id))

    def unscored(self) -> Sequence[str]:
        """The ids of what was accepted and not scored, the oldest first."""
        scored = exists().where(InspectionRow.id == AcceptedRow.id)
        with self.reading() as session:
            return session.scalars(select(AcceptedRow.id).where(~scored).order_by(AcceptedRow.number)).all()

    def resumed(self, id: str) -> int:
        """Put into the log that a photograph is scored over which the service was stopped; returns how often it was."""
        with self.writing() as log:
            before = [entry for entry in log.about(id) if entry.event == "scoring resumed"]
            log.append("scoring resumed", _now(), id)
        return len(before) + 1

    def scored(
        self,
        id: str,
        document: InspectDocument,
        overlay: bytes,
        instruments: Mapping[str, Any],
        beside: Iterable[Beside] = (),
    ) -> InspectionRow:
        """Keep what was found in an accepted photograph. When this returns, it outlives a loss of power.

        instruments: what it was made with (`entry.instruments`); beside: rows by which it and its like are known
        again, kept with it under its number. Where another process has scored it already, that stays and is returned.
        Raises OSError, SQLAlchemyError or RecordError where it cannot; then nothing is kept.
        """
        overlay_sha256 = self.blobs.keep(overlay)
        with self.writing() as log:
            accepted, before = cast(
                "tuple[AcceptedRow, InspectionRow | None]", log.session.execute(_BOTH, {"id": id}).one()
            )
            if before is not None:
                return before
            if not self.blobs.has(overlay_sha256):  # a deletion came in between
                self.blobs.keep(overlay)
            taken = "id created photo sha256 media_type format expect station by lane business captured".split()
            row = InspectionRow(
                **{name: getattr(accepted, name) for name in taken},
                overlay_sha256=overlay_sha256,
                text=document["readings"][0]["text"] if document["readings"] else None,
                verdict=document["verdict"],
                support=document["support"],
                document=json.dumps(document, allow_nan=False),
            )
            log.session.add(row)
            log.session.flush()
            for mark in beside:
                make_transient(mark)  # a try that failed may have brought the same, and kept nothing
                mark.number = row.number
                log.session.add(mark)
            log.append("inspected", _now(), row.id, **facts_of(vars(row)), **instruments)
        return row

    def inspection(self, id: str) -> InspectionRow | None:
        """The inspection of this id."""
        with self.reading() as session:
            return session.scalar(select(InspectionRow).where(InspectionRow.id == id))

    def inspections(self, limit: int, before: InspectionRow | None = None) -> Sequence[InspectionRow]:
        """At most so many inspections, the newest first, from the one kept before `before`."""
        query = select(InspectionRow).order_by(InspectionRow.number.desc()).limit(limit)
        if before is not None:
            query = query.where(InspectionRow.number < before.number)
        with self.reading() as session:
            return session.scalars(query).all()

    def viewed(self, row: InspectionRow, what: Literal["photo", "overlay"], by: str) -> None:
        """Put into the log who looks at the photograph."""
        with self.writing() as log:
            key = {"key": by.removeprefix("key:")} if by.startswith("key:") else {}
            log.append("photograph viewed", _now(), row.id, what=what, by=by, **key)

    def deletion(self, id: str) -> EntryRow | None:
        """The entry of the deletion of this inspection's photograph."""
        query = select(EntryRow).where(EntryRow.inspection == id, EntryRow.event == "deleted")
        with self.reading() as session:
            return session.scalar(query)

    def delete(self, row: InspectionRow, reason: str, user: str) -> EntryRow:
        """Take an inspection's photograph and overlay away, for good; what the log says of them stays.

        Where it was done before, that entry is returned and only what a loss of power may have left is taken away.
        Content that another inspection has too stays until that one is deleted as well, content of the archive always.
        """
        with self.writing() as log:
            found = next((entry for entry in log.about(row.id) if entry.event == "deleted"), None)
            if found is None:
                facts = {"photo": row.sha256, "overlay": row.overlay_sha256, "reason": reason, "user": user}
                found = log.append("deleted", _now(), row.id, **facts)
        # With the lock nobody keeps the same content meanwhile. What others write in the same transaction counts where
        # they keep it, and not yet where they delete it: they may still be told that it was not committed.
        with self.writing() as log, self.reading() as committed:
            gone = select(EntryRow.inspection).where(EntryRow.event == "deleted")
            for sha256 in (row.sha256, row.overlay_sha256):
                has = or_(InspectionRow.sha256 == sha256, InspectionRow.overlay_sha256 == sha256)
                unscored = select(AcceptedRow.id).where(AcceptedRow.sha256 == sha256, AcceptedRow.id.not_in(gone))
                others = select(InspectionRow.id).where(has, InspectionRow.id.not_in(gone))
                filed = select(RubbingRow.place).where(RubbingRow.sha256 == sha256)
                holders = (others, unscored, filed)
                if all(session.scalar(each) is None for session in (log.session, committed) for each in holders):
                    self.blobs.drop(sha256)
        return found

    def export(self, row: InspectionRow, user: str, page: Callable[[Sequence[EntryRow], str], bytes]) -> Case:
        """Let an inspection leave the store, and put that into the log.

        page: makes what a person reads of it, from the entries so far and the public key.
        """
        with self.writing() as log:
            before = log.about(row.id)
            read = page(before, str(self._signer.public))
            facts = {"entries": [entry.index for entry in before], "page": digest(read), "user": user}
            entries = [*before, log.append("exported", _now(), row.id, **facts)]
            proofs = [log.proof(entry.index) for entry in entries]
            stamps = _stamps(log, before)
        return Case(row, entries, proofs, entries[-1].checkpoint, str(self._signer.public), read, stamps)

    def checkpoint(self) -> str:
        """The newest checkpoint, a signed note."""
        with self.reading() as session:
            return session.scalars(select(EntryRow.checkpoint).order_by(EntryRow.index.desc()).limit(1)).one()

    def has_keys(self) -> bool:
        """Whether an API key was ever made."""
        with self.reading() as session:
            return session.scalar(select(KeyRow).limit(1)) is not None

    def knows_key(self, sha256: str) -> bool:
        """Whether a key of this hash opens the service."""
        with self.reading() as session:
            row = keys.key(session, sha256)
            return row is not None and row.revoked is None

    def replace_keys(self, sha256: str) -> None:
        """Let the key of this hash be the administrator's, and no other; stations keep theirs."""
        with self.writing() as log:
            keys.renew_key(log, sha256, by_user())

    def _open(self, folder: Path) -> Signer:
        with writer_of(self._engine).begin() as connection:
            before = _brought_up_to_date(connection)
            with Session(connection, expire_on_commit=False) as session:
                started = session.scalar(select(EntryRow).limit(1)) is not None
                try:
                    signer = Signer.kept_in(folder, make=not started)
                except NoteError as error:
                    raise RecordError(f"The log cannot be signed: {error}.") from error
                log = Log(session, signer)
                if not started:
                    log.append("log started", _now(), key=str(signer.public), program=version("vinspect"))
                    if before:
                        _take_up(log)
                session.flush()
            sync_folder(folder)
        return signer

    @contextmanager
    def writing(self) -> Iterator[Log]:
        """A transaction that holds the write lock, and the log in it; afterwards it is on the disk."""
        with self._turns.log() as log:
            yield log

    @contextmanager
    def proving(self) -> Iterator[Log]:
        """The log as it is now, to read and to prove by. Raises RecordError where its end was changed."""
        with self.reading() as session:
            yield Log(session, self._signer)

    def reading(self) -> Session:
        """A session to read in; what is read may be used after it."""
        return Session(self._reading, expire_on_commit=False)


def _brought_up_to_date(connection: Connection) -> bool:
    """Make the tables what they are now; returns whether this is a store from before there was a log."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", migrations.__path__[0].replace("%", "%%"))
    tables = inspect(connection).get_table_names()
    try:
        if "inspections" in tables and "alembic_version" not in tables:
            command.stamp(config, "1")
        command.upgrade(config, "head")
    except CommandError as error:
        raise RecordError(f"This store was written by a newer Vinspect: install that ({error}).") from error
    return "inspections" in tables and "entries" not in tables


def _take_up(log: Log) -> None:
    """Give each inspection and key from before there was a log its entry."""
    for row in log.session.scalars(select(InspectionRow).order_by(InspectionRow.number)):
        log.append("taken up", _now(), row.id, **facts_of(vars(row)))
    for key in log.session.scalars(select(KeyRow)):
        log.append("key taken up", _now(), key=key.sha256, created=key.created)


def _stamps(log: Log, entries: Sequence[EntryRow]) -> list[Stamped]:
    """The first time stamps over these entries, each with what proves that the log goes on from it."""
    sizes = log.session.scalars(select(StampRow.size).order_by(StampRow.size)).all()
    places = {bisect_right(sizes, entry.index) for entry in entries}
    found = []
    for size in (sizes[place] for place in sorted(places) if place < len(sizes)):
        note = log.session.get_one(EntryRow, size - 1).checkpoint
        found.append(Stamped(size, note, log.session.get_one(StampRow, size).stamp, log.consistency(size)))
    return found


_BOTH = (  # a photograph and, where there is one, its inspection
    select(AcceptedRow, InspectionRow)
    .outerjoin(InspectionRow, InspectionRow.id == AcceptedRow.id)
    .where(AcceptedRow.id == bindparam("id"))
)


def _known(session: Session, row: AcceptedRow) -> AcceptedRow | None:
    if row.by is None or row.idempotency is None:
        return None
    query = select(AcceptedRow).where(AcceptedRow.idempotency == row.idempotency, AcceptedRow.station == row.station)
    if row.station is None:
        query = query.where(AcceptedRow.by == row.by)
    return session.scalar(query.order_by(AcceptedRow.number).limit(1))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
