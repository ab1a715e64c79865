"""Imports that the service has taken on: kept on the disk until done, one after another, whatever befalls it."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from threading import Event

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from vinspect.api.archive import imports
from vinspect.api.archive.rubbings import Beside
from vinspect.api.archive.table import Table
from vinspect.api.archive.tables import ImportRow
from vinspect.api.blobs import sync_folder
from vinspect.api.record.log import RecordError
from vinspect.api.store import Store

FOLDER = "imports"
_TABLE = "table.csv"
_log = logging.getLogger(__name__)


class Spool:
    """The imports of a store that wait, and the one that is in work."""

    def __init__(self, store: Store) -> None:
        """Begin with those that an earlier start has left unfinished; clear away what it was killed before it did."""
        self._store = store
        self._folder = store.folder / FOLDER
        self._stopping = Event()
        self._worker = ThreadPoolExecutor(1, "import")
        for draft in self._folder.glob("*.draft"):  # never answered for
            shutil.rmtree(draft, ignore_errors=True)
        kept = [folder.name for folder in self._folder.glob("*")]
        with store.reading() as session:
            known = session.execute(
                select(ImportRow.id, ImportRow.finished).where(ImportRow.id.in_(kept)).order_by(ImportRow.created)
            ).all()
        for each, finished in known:
            if finished is None:
                self._worker.submit(self._work, each)
            else:
                shutil.rmtree(self._folder / each, ignore_errors=True)

    def take_on(self, name: str, table: bytes, pictures: Iterable[tuple[str, bytes]], by: str) -> ImportRow:
        """Keep a table and the rubbings that it names, and import them; when this returns, they are on the disk.

        name: the table's; by: who imports. Raises NoTable, OSError, SQLAlchemyError or RecordError; then nothing is
        taken on.
        """
        draft = self._folder / f"{uuid.uuid4()}.draft"
        draft.mkdir(parents=True)
        try:
            for file, data in ((_TABLE, table), *((_plain(picture), data) for picture, data in pictures)):
                _write(draft / file, data)
            sync_folder(draft)
            passed_over = Table(draft / _TABLE).passed_over
            row = imports.begin(self._store, name, hashlib.sha256(table).hexdigest(), by, passed_over)
            folder = self._folder / row.id
            if not folder.exists():  # else the same is being imported now
                draft.rename(folder)
                sync_folder(self._folder)
                self._worker.submit(self._work, row.id)
            return row
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def close(self) -> None:
        """Stop after the lines that are in work; the next start goes on behind them."""
        self._stopping.set()
        self._worker.shutdown(cancel_futures=True)

    def _work(self, id: str) -> None:
        folder = self._folder / id
        beside = Beside(folder)
        try:
            for row in imports.run(self._store, id, Table(folder / _TABLE), lambda name: beside(_plain(name))):
                if self._stopping.is_set() and row.finished is None:
                    return
        except (OSError, SQLAlchemyError, RecordError):
            _log.exception("The import %s cannot go on; the next start of the service tries again.", id)
            return
        shutil.rmtree(folder, ignore_errors=True)


def _plain(name: str) -> str:
    """A picture's name without folders: a form sends no more of it."""
    return "rubbing-" + PurePosixPath(name.replace("\\", "/")).name


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
