"""What a lane has seen and the service does not have yet, on the disk: one SQLite file.

Whatever this says it has taken is there after a loss of power. A case is written once; what is added to it later is
only what became of it. Vehicles that are still in view are kept as drafts, so that they outlive the process too.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vinspect.api.lane.tracks import Shot, Track

FILE = "spool.sqlite"
KEPT = 10_000  # cases that the service has are remembered: two months of a lane, so that recordings may come again
_FORMAT = 1
_TABLES = """
CREATE TABLE cases (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, source TEXT NOT NULL, began REAL NOT NULL,
    ended REAL NOT NULL, document TEXT NOT NULL, picture BLOB, state TEXT NOT NULL DEFAULT 'waiting', id TEXT,
    verdict TEXT, problem TEXT);
CREATE INDEX waiting ON cases (number) WHERE state = 'waiting';
CREATE INDEX ended ON cases (source, ended);
CREATE TABLE drafts (track TEXT PRIMARY KEY, began REAL NOT NULL, document TEXT NOT NULL);
CREATE TABLE shots (track TEXT NOT NULL, at REAL NOT NULL, document TEXT NOT NULL, picture BLOB NOT NULL,
    PRIMARY KEY (track, at));
"""

State = Literal["waiting", "sent", "refused"]


class NoSpool(Exception):
    """A folder that cannot be used. Its text is one sentence that says what to do."""


@dataclass(frozen=True)
class Case:
    """One vehicle, as it goes to the service."""

    key: str  # the same whenever this vehicle is seen in the same frames: the service takes it once
    source: str
    began: float  # seconds, on the source's clock
    ended: float
    document: Mapping[str, Any]  # what is said of it
    picture: bytes | None = field(repr=False)  # None once the service has it
    state: State = "waiting"
    id: str | None = None  # the inspection's
    verdict: str | None = None
    problem: str | None = None  # why the service does not take it


class Spool:
    """The spool in a folder. One process has it at a time."""

    def __init__(self, folder: Path) -> None:
        """Open or make it. Raises NoSpool."""
        self.aside = folder / "refused"
        self._lock = threading.RLock()
        self._drafted: dict[str, tuple[float, ...]] = {}  # the shots of each draft on the disk
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(folder / FILE, timeout=0, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            with self._writing() as database:
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    for statement in filter(str.strip, _TABLES.split(";")):
                        database.execute(statement)
                    database.execute(f"PRAGMA user_version = {_FORMAT}")
                if version <= _FORMAT:
                    database.execute(_TIDY, (KEPT,))
        except (OSError, sqlite3.Error) as error:
            busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            if busy:
                raise NoSpool("another lane has this folder: give each lane a --spool of its own") from error
            raise NoSpool(f"it cannot be used ({error}): name another folder with --spool") from error
        if version > _FORMAT:
            raise NoSpool("a newer Vinspect wrote it: install that")

    def add(self, case: Case, tracks: Iterable[str] = ()) -> Case:
        """Keep a case; the drafts of its tracks go in the same step. Returns it as it stands: a key is kept once."""
        with self._writing() as database:
            database.execute(
                "INSERT INTO cases (key, source, began, ended, document, picture) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO NOTHING",
                (case.key, case.source, case.began, case.ended, json.dumps(dict(case.document)), case.picture),
            )
            self._forget(database, tracks)
            return _case(database.execute(_ONE, (case.key,)).fetchone())

    def waiting(self) -> list[str]:
        """The keys of the cases that the service does not have yet, the oldest first."""
        with self._lock:
            rows = self._database.execute("SELECT key FROM cases WHERE state = 'waiting' ORDER BY number")
            return [key for (key,) in rows]

    def again(self) -> int:
        """Let what was refused wait once more: a station may have been added since. Returns how many there are."""
        with self._writing() as database:
            return database.execute(
                "UPDATE cases SET state = 'waiting', problem = NULL WHERE state = 'refused'"
            ).rowcount

    def case(self, key: str) -> Case:
        """The case of this key."""
        with self._lock:
            return _case(self._database.execute(_ONE, (key,)).fetchone())

    def earlier(self, source: str, began: float, ended: float, within: float) -> list[Case]:
        """Cases of a source that began before `ended`, and ended less than `within` seconds before `began`."""
        with self._lock:
            return [_case(row) for row in self._database.execute(_EARLIER, (source, began - within, ended))]

    def sent(self, key: str, id: str, verdict: str | None) -> None:
        """The service has it: the picture need not be kept here any longer."""
        self._settle("UPDATE cases SET state = 'sent', id = ?, verdict = ?, picture = NULL", (id, verdict), key)

    def refuse(self, key: str, problem: str) -> None:
        """The service does not take it. It stays here, and its picture is laid out for whoever looks after it."""
        case = self.case(key)
        if case.picture is not None:
            self.aside.mkdir(exist_ok=True)
            suffix = Path(str(case.document.get("photo", ""))).suffix or ".jpg"
            (self.aside / f"{key}{suffix}").write_bytes(case.picture)
        self._settle("UPDATE cases SET state = 'refused', problem = ?", (problem,), key)

    def draft(self, track: Track) -> None:
        """Keep what there is of a track in view, where its pictures have changed."""
        shots = {shot.at: shot for shot in track.shots}
        before = self._drafted.get(track.id, ())
        if before == tuple(shots):
            return
        with self._writing() as database:
            database.execute(
                "INSERT INTO drafts VALUES (?, ?, ?) ON CONFLICT (track) DO UPDATE SET document = excluded.document",
                (track.id, track.began, json.dumps(_of_track(track))),
            )
            gone = [(track.id, at) for at in before if at not in shots]
            database.executemany("DELETE FROM shots WHERE track = ? AND at = ?", gone)
            new = [(track.id, at, json.dumps(_of_shot(s)), s.data) for at, s in shots.items() if at not in before]
            database.executemany("INSERT INTO shots VALUES (?, ?, ?, ?)", new)
        self._drafted[track.id] = tuple(shots)

    def drafts(self) -> list[Track]:
        """The tracks that were in view when the process before this one ended, in the order of time."""
        with self._lock:
            found = self._database.execute("SELECT track, document FROM drafts ORDER BY began").fetchall()
            tracks = [_track(name, json.loads(text)) for name, text in found]
            query = "SELECT document, picture FROM shots WHERE track = ? ORDER BY at"
            for track in tracks:
                rows = self._database.execute(query, (track.id,))
                track.shots = [_shot(json.loads(text), data) for text, data in rows]
                self._drafted[track.id] = tuple(shot.at for shot in track.shots)
        return tracks

    def forget(self, tracks: Iterable[str]) -> None:
        """Let go of drafts that were no vehicle of their own."""
        with self._writing() as database:
            self._forget(database, tracks)

    def close(self) -> None:
        """Let another process have it."""
        with self._lock:
            self._database.close()

    def _forget(self, database: sqlite3.Connection, tracks: Iterable[str]) -> None:
        for track in tracks:
            if self._drafted.pop(track, None) is not None:
                database.execute("DELETE FROM drafts WHERE track = ?", (track,))
                database.execute("DELETE FROM shots WHERE track = ?", (track,))

    def _settle(self, change: str, values: tuple[object, ...], key: str) -> None:
        with self._writing() as database:
            database.execute(f"{change} WHERE key = ? AND state = 'waiting'", (*values, key))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk afterwards, or nothing."""
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database


_ALL = "SELECT key, source, began, ended, document, picture, state, id, verdict, problem FROM cases"
_TIDY = "DELETE FROM cases WHERE state = 'sent' AND number <= (SELECT max(number) FROM cases) - ?"
_ONE = f"{_ALL} WHERE key = ?"
_EARLIER = f"{_ALL} WHERE source = ? AND ended >= ? AND began < ? ORDER BY began DESC"


def _case(row: tuple[Any, ...]) -> Case:
    key, source, began, ended, document, *rest = row
    return Case(key, source, began, ended, json.loads(document), *rest)


def _of_track(track: Track) -> dict[str, Any]:
    said = {name: value for name, value in vars(track).items() if name not in ("id", "shots")}
    return said | {"entry": track.entry.tolist(), "exit": track.exit.tolist(), "taken": _iso(track.taken)}


def _track(id: str, said: dict[str, Any]) -> Track:
    return Track(id, **said | {"entry": _quad(said["entry"]), "exit": _quad(said["exit"]), "taken": _at(said["taken"])})


def _of_shot(shot: Shot) -> dict[str, Any]:
    said = {name: value for name, value in vars(shot).items() if name != "data"}
    return said | {"quad": shot.quad.tolist(), "taken": _iso(shot.taken)}


def _shot(said: dict[str, Any], data: bytes) -> Shot:
    return Shot(**said | {"quad": _quad(said["quad"]), "taken": _at(said["taken"]), "data": data})


def _quad(points: list[list[float]]) -> np.ndarray:
    return np.array(points, np.float32)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
