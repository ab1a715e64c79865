"""What audit finds in stores that were tampered with: python benchmarks/record.py [--tamperings N] [--json]

Every tampering is done behind the back of the service, on a copy of a small store: rows, entries, checkpoints, files
and keys edited, dropped, added, reordered, back-dated. It counts as found where audit names what was tampered with.
Audit has a checkpoint that was kept elsewhere: the last four kinds leave a store that is whole in itself.
"""
# ruff: noqa: S608 (whoever tampers writes what SQL he likes)

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import sqlite3
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect

from vinspect.api import decisions, keys, migrations, people, stations
from vinspect.api.record import merkle
from vinspect.api.record.audit import audit
from vinspect.api.record.entry import canonical, digest, instruments
from vinspect.api.record.log import split
from vinspect.api.record.note import Checkpoint, Signer
from vinspect.api.store import Store
from vinspect.api.tables import DATABASE, InspectionRow

VERDICTS = ("clear", "review", "suspect", "cannot judge")


def row(number: int, document: dict[str, Any] | None = None) -> InspectionRow:
    """An inspection as the service keeps it, of a photograph that was never taken."""
    said = document or {"verdict": VERDICTS[number % 4], "support": number / 8, "readings": [], "findings": []}
    return InspectionRow(
        photo=f"{number}.jpg",
        media_type="image/jpeg",
        format="auto",
        expect=None if number % 3 else "LSVAM4187C2184841",
        text="LSVAM4187C2184841",
        verdict=said["verdict"],
        support=said["support"],
        document=json.dumps(said),
    )


def example(folder: Path, inspections: int = 12) -> str:
    """Make a store with every kind of event in it; returns its newest checkpoint."""
    store = Store(folder)
    store.replace_keys("a" * 64)
    kept = [store.keep(row(n), b"photo %d" % n, b"overlay %d" % n, instruments()) for n in range(inspections)]
    store.replace_keys("b" * 64)
    with store.writing() as log:
        station = stations.add_station(log, "north", "The northern one", [], "user:somebody")
        stations.change_station(log, station, None, ["cleared"], "user:somebody")
        key = keys.add_key(log, "c" * 64, "north", "lane 1", "key:" + "b" * 64)
        keys.add_key(log, "d" * 64, None, None, "key:" + "b" * 64)
        keys.revoke_key(log, key, "key:" + "b" * 64)
        for name in ("first", "second"):
            someone = people.add_person(log, name, "auditor", None, "a password of no worth", "key:" + "b" * 64)
            people.sign_in(log, someone, f"person:{name}")
    of_a_station = row(inspections)
    of_a_station.station, of_a_station.by = "north", "key:" + "c" * 64
    kept.append(store.keep(of_a_station, b"photo of a station", b"overlay of a station", instruments()))
    with store.writing() as log:
        for case in (kept[1], kept[5], kept[-1]):
            decisions.decide(log, case, "cleared", "compared with the file", "person:first")
        decisions.decide(log, kept[-1], "cleared", "the same", "person:second", 1)
        decisions.decide(log, kept[5], "retake", "it was another vehicle", "person:second", 1)
    for each in kept[::3]:
        store.viewed(each, "photo", "person:first")
    store.export(kept[1], "somebody", lambda entries, key: b"page")
    store.delete(kept[2], "term of storage has ended", "somebody")
    store.viewed(kept[4], "overlay", "key:" + "b" * 64)
    checkpoint = store.checkpoint()
    store.close()
    return checkpoint


def age(folder: Path) -> None:
    """Leave a store's database as the first version would have: inspections and keys, and no log."""
    engine = create_engine(f"sqlite:///{folder / DATABASE}")
    with engine.begin() as connection:
        newer = inspect(connection).get_table_names()
        for table in newer:
            connection.exec_driver_sql(f"CREATE TABLE newer_{table} AS SELECT * FROM {table}")
            connection.exec_driver_sql(f"DROP TABLE {table}")
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", migrations.__path__[0])
        command.upgrade(config, "1")
        connection.exec_driver_sql("DROP TABLE alembic_version")
        for table in ("inspections", "keys"):
            columns = ", ".join(column["name"] for column in inspect(connection).get_columns(table))
            connection.exec_driver_sql(f"INSERT INTO {table} SELECT {columns} FROM newer_{table}")
        for table in newer:
            connection.exec_driver_sql(f"DROP TABLE newer_{table}")
    engine.dispose()


class Tampering:
    """Somebody with the database and the folder at hand, and time."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.database = sqlite3.connect(folder / DATABASE, isolation_level=None)
        self.database.execute("PRAGMA synchronous=OFF")

    def do(self, kind: str) -> list[str]:
        """Do it; returns what audit has to name."""
        with closing(self.database):
            named: list[str] = KINDS[kind](self)
            self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return named

    def sql(self, query: str, *values: object) -> list[Any]:
        return self.database.execute(query, values).fetchall()

    def id(self, *, deleted: bool = False) -> str:
        has = "IN" if deleted else "NOT IN"
        ids = self.sql(f"SELECT id FROM inspections WHERE id {has} ({_DELETED}) ORDER BY number")
        return str(self.random.choice(ids)[0])

    def indexes(self, count: int, *, last: bool = True) -> list[int]:
        (size,) = self.sql("SELECT count(*) FROM entries")[0]
        return sorted(self.random.sample(range(size if last else size - 1), count))

    def body(self, index: int) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.sql('SELECT body FROM entries WHERE "index" = ?', index)[0][0])
        return document

    def set(self, index: int, column: str, value: object) -> None:
        self.sql(f'UPDATE entries SET "{column}" = ? WHERE "index" = ?', value, index)

    def blob(self, sha256: str) -> Path:
        return self.folder / "blobs" / sha256[:2] / sha256

    def picture(self, *, deleted: bool = False) -> str:
        kept = self.sql("SELECT sha256, overlay_sha256 FROM inspections WHERE id = ?", self.id(deleted=deleted))[0]
        # Of a row that was tampered with before, the hash may name no file.
        there = [str(sha256) for sha256 in kept if deleted or self.blob(str(sha256)).exists()]
        return str(self.random.choice(there or [str(kept[0])]))

    def rewrite(self, index: int, body: dict[str, Any], signer: Signer | None) -> None:
        """Put another entry in a place and make all behind it fit, signed again where there is a key."""
        self.set(index, "body", canonical(body).decode())
        rows = self.sql('SELECT "index", body, peaks FROM entries WHERE "index" >= ? ORDER BY "index"', index)
        peaks = split(rows[0][2])
        for place, text, _ in rows:
            self.set(place, "peaks", b"".join(peaks))
            peaks = merkle.grown(peaks, place, merkle.leaf_hash(text.encode()))
            if signer:
                checkpoint = Checkpoint(signer.public.name, place + 1, merkle.root(peaks))
                self.set(place, "checkpoint", signer.sign(checkpoint))


_DELETED = "SELECT inspection FROM entries WHERE event = 'deleted'"
_EARLIER = "2020-01-01T00:00:00.000+00:00"


def edit_row(t: Tampering) -> list[str]:
    columns = "photo sha256 media_type overlay_sha256 format expect text verdict support document station by".split()
    column, case = t.random.choice(columns), t.id()
    value: object = 0.0625 if column == "support" else "f" * 64 if "sha256" in column else "vin"
    if column == "document":
        value = t.sql("SELECT document FROM inspections WHERE id = ?", case)[0][0].replace("{", "{ ", 1)
    t.sql(f"UPDATE inspections SET {column} = ? WHERE id = ?", value, case)
    return [f"inspection {case}"]


def back_date_row(t: Tampering) -> list[str]:
    case = t.id()
    t.sql("UPDATE inspections SET created = ? WHERE id = ?", _EARLIER, case)
    return [f"inspection {case}"]


def drop_row(t: Tampering) -> list[str]:
    case = t.id()
    t.sql("DELETE FROM inspections WHERE id = ?", case)
    return [f"inspection {case}"]


def double_row(t: Tampering) -> list[str]:
    case, other = t.id(), str(uuid.UUID(int=t.random.getrandbits(128)))
    columns = "created, photo, sha256, media_type, overlay_sha256, format, expect, text, verdict, support, document"
    t.sql(f"INSERT INTO inspections (id, {columns}) SELECT ?, {columns} FROM inspections WHERE id = ?", other, case)
    return [f"inspection {other}"]


def reorder_rows(t: Tampering) -> list[str]:
    (a, first), (b, second) = t.random.sample(t.sql("SELECT number, id FROM inspections ORDER BY number"), 2)
    for number, case in ((-1, first), (a, second), (b, first)):
        t.sql("UPDATE inspections SET number = ? WHERE id = ?", number, case)
    return [f"inspection {first}", f"inspection {second}"]


def edit_entry(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    body = t.body(index)
    fact = t.random.choice(sorted(body))
    t.set(index, "body", canonical({**body, fact: "another"}).decode())
    return [f"entry {index}"]


def edit_entry_and_all_hashes(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    t.rewrite(index, {**t.body(index), "user": "another"}, None)
    return [f"entry {index}"]


def edit_entry_beside(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    column = t.random.choice(["event", "inspection", "peaks"])
    t.set(index, column, b"\1" * 32 if column == "peaks" else "another")
    return [f"entry {index}"]


def back_date_entry(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    t.set(index, "body", canonical({**t.body(index), "at": _EARLIER}).decode())
    return [f"entry {index}"]


def drop_entry(t: Tampering) -> list[str]:
    [index] = t.indexes(1, last=False)
    t.sql('DELETE FROM entries WHERE "index" = ?', index)
    return [f"entry {index}"]


def close_the_gap(t: Tampering) -> list[str]:
    [index] = t.indexes(1, last=False)
    t.sql('DELETE FROM entries WHERE "index" = ?', index)
    for (place,) in t.sql('SELECT "index" FROM entries WHERE "index" > ? ORDER BY "index"', index):
        t.set(place, "index", place - 1)
    return [f"entry {index}"]


def add_entry(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    (end,) = t.sql("SELECT count(*) FROM entries")[0]
    rest = "inspection, event, body, peaks, checkpoint"
    t.sql(f'INSERT INTO entries ("index", {rest}) SELECT ?, {rest} FROM entries WHERE "index" = ?', end, index)
    return [f"entry {end}"]


def reorder_entries(t: Tampering) -> list[str]:
    places = t.indexes(2)
    columns = ["body"] if t.random.random() < 0.5 else ["body", "event", "inspection", "peaks", "checkpoint"]
    for column in columns:
        a, b = (t.sql(f'SELECT "{column}" FROM entries WHERE "index" = ?', place)[0][0] for place in places)
        t.set(places[0], column, b)
        t.set(places[1], column, a)
    return [f"entry {place}" for place in places]


def forge_checkpoint(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    (note,) = t.sql('SELECT checkpoint FROM entries WHERE "index" = ?', index)[0]
    stranger = Signer.kept_in(t.folder / "blobs", make=True)
    forged = stranger.sign(Checkpoint(note.split("\n")[0], index + 1, b"\2" * 32))
    t.set(index, "checkpoint", t.random.choice([forged, note.replace(f"\n{index + 1}\n", "\n999\n"), note[:-9], ""]))
    return [f"checkpoint of entry {index}"]


def exchange_checkpoints(t: Tampering) -> list[str]:
    places = t.indexes(2)
    a, b = (t.sql('SELECT checkpoint FROM entries WHERE "index" = ?', place)[0][0] for place in places)
    t.set(places[0], "checkpoint", b)
    t.set(places[1], "checkpoint", a)
    return [f"checkpoint of entry {place}" for place in places]


def change_file(t: Tampering) -> list[str]:
    sha256 = t.picture()
    data = bytearray(t.blob(sha256).read_bytes())
    data[t.random.randrange(len(data))] ^= 1 << t.random.randrange(8)
    t.blob(sha256).write_bytes(data)
    return [f"file {sha256}"]


def lose_file(t: Tampering) -> list[str]:
    sha256 = t.picture()
    t.blob(sha256).unlink()
    return [f"file {sha256}"]


def lose_file_and_claim_a_deletion(t: Tampering) -> list[str]:
    case = t.id()
    [(sha256,)] = t.sql("SELECT sha256 FROM inspections WHERE id = ?", case)
    t.blob(sha256).unlink()
    [(index,)] = t.sql("SELECT \"index\" FROM entries WHERE inspection = ? AND event = 'inspected'", case)
    t.set(index, "event", "deleted")
    return [f"file {sha256}", f"entry {index}"]


def bring_back_what_was_deleted(t: Tampering) -> list[str]:
    sha256 = t.picture(deleted=True)
    t.blob(sha256).parent.mkdir(exist_ok=True)
    t.blob(sha256).write_bytes(b"a copy from elsewhere")
    return [f"file {sha256}"]


def change_keys(t: Tampering) -> list[str]:
    [key] = t.random.choice(t.sql("SELECT sha256 FROM keys"))
    other = digest(b"%d" % t.random.getrandbits(64))
    query, *values = t.random.choice(
        [
            ("DELETE FROM keys WHERE sha256 = ?", key),
            ("INSERT INTO keys (sha256, created) VALUES (?, ?)", other, _EARLIER),
            ("UPDATE keys SET created = ? WHERE sha256 = ?", _EARLIER, key),
            ("UPDATE keys SET sha256 = ? WHERE sha256 = ?", other, key),
            ("UPDATE keys SET station = 'south' WHERE sha256 = ?", key),
        ]
    )
    t.sql(query, *values)
    return [f"API key {other if query.startswith('INSERT') else key}"]


def open_a_revoked_key(t: Tampering) -> list[str]:
    [key] = t.random.choice(t.sql("SELECT sha256 FROM keys WHERE revoked IS NOT NULL"))
    t.sql("UPDATE keys SET revoked = NULL WHERE sha256 = ?", key)
    return [f"API key {key}"]


def change_stations(t: Tampering) -> list[str]:
    query = t.random.choice(
        ["DELETE FROM stations", "UPDATE stations SET second_signature = '[]'", "UPDATE stations SET name = 'another'"]
    )
    t.sql(query)
    return ["station north"]


def change_people(t: Tampering) -> list[str]:
    name = t.random.choice(["first", "second"])
    query = t.random.choice(
        [
            "DELETE FROM people WHERE name = ?",
            "UPDATE people SET password = 'another' WHERE name = ?",
            "UPDATE people SET role = 'administrator' WHERE name = ?",
        ]
    )
    t.sql(query, name)
    return [f"person {name}"]


def slip_in_a_session(t: Tampering) -> list[str]:
    other = digest(b"%d" % t.random.getrandbits(64))
    t.sql("INSERT INTO sessions VALUES (?, 'first', ?, '2999-01-01T00:00:00.000+00:00')", other, _EARLIER)
    return [f"session {other}"]


def change_decisions(t: Tampering) -> list[str]:
    case, version = t.random.choice(t.sql("SELECT inspection, version FROM decisions ORDER BY inspection, version"))
    query = t.random.choice(
        [
            "DELETE FROM decisions",
            "UPDATE decisions SET decision = 'confirmed'",
            "UPDATE decisions SET reason = 'another'",
            "UPDATE decisions SET by = 'person:another'",
            "UPDATE decisions SET needs = 3",
            "UPDATE decisions SET created = '2020-01-01T00:00:00.000+00:00'",
            "UPDATE decisions SET version = 9",
        ]
    )
    t.sql(f"{query} WHERE inspection = ? AND version = ?", case, version)
    return [f"decision {case} {version}"]


def slip_in_a_decision(t: Tampering) -> list[str]:
    case, columns = t.id(), "created, decision, reason, by, signature, needs"
    t.sql(f"INSERT INTO decisions SELECT ?, 7, {columns} FROM decisions LIMIT 1", case)
    return [f"decision {case} 7"]


def cut_off_the_end(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    t.sql('DELETE FROM entries WHERE "index" >= ?', max(1, index))
    return [f"entry {max(1, index)}"]


def sign_one_entry_anew(t: Tampering) -> list[str]:
    [index] = t.indexes(1, last=False)
    signer, body = Signer.kept_in(t.folder, make=False), canonical({**t.body(index), "user": "another"})
    (peaks,) = t.sql('SELECT peaks FROM entries WHERE "index" = ?', index)[0]
    root = merkle.root(merkle.grown(split(peaks), index, merkle.leaf_hash(body)))
    t.set(index, "body", body.decode())
    t.set(index, "checkpoint", signer.sign(Checkpoint(signer.public.name, index + 1, root)))
    return [f"entry {index + 1}"]


def start_the_log_anew(t: Tampering) -> list[str]:
    (size,) = t.sql("SELECT count(*) FROM entries")[0]
    edit_row(t)
    age(t.folder)
    Store(t.folder).close()
    (new,) = t.sql("SELECT count(*) FROM entries")[0]
    return [f"entry {new} to {size - 1}"]


def rewrite_with_the_key(t: Tampering) -> list[str]:
    [index] = t.indexes(1)
    t.rewrite(index, {**t.body(index), "user": "another"}, Signer.kept_in(t.folder, make=False))
    return ["the log up to"]


def rewrite_with_a_new_key(t: Tampering) -> list[str]:
    for name in ("record.key", "record.pub"):
        (t.folder / name).unlink()
    signer = Signer.kept_in(t.folder, make=True)
    t.rewrite(0, {**t.body(0), "key": str(signer.public)}, signer)
    return ["record.pub"]


KINDS: dict[str, Callable[[Tampering], list[str]]] = {
    kind.__name__: kind
    for kind in (
        edit_row,
        back_date_row,
        drop_row,
        double_row,
        reorder_rows,
        edit_entry,
        edit_entry_and_all_hashes,
        edit_entry_beside,
        back_date_entry,
        drop_entry,
        close_the_gap,
        add_entry,
        reorder_entries,
        forge_checkpoint,
        exchange_checkpoints,
        change_file,
        lose_file,
        lose_file_and_claim_a_deletion,
        bring_back_what_was_deleted,
        change_keys,
        open_a_revoked_key,
        change_stations,
        change_people,
        slip_in_a_session,
        change_decisions,
        slip_in_a_decision,
        sign_one_entry_anew,
        cut_off_the_end,
        start_the_log_anew,
        rewrite_with_the_key,
        rewrite_with_a_new_key,
    )
}


def found(folder: Path, checkpoint: str, named: Iterable[str]) -> bool:
    """Whether audit names all that was tampered with; a name may go on, as in "entry 4 to 6"."""
    findings = [finding["what"] + " " for finding in audit(folder, checkpoint)["findings"]]
    return all(any(what.startswith(name + " ") for what in findings) for name in named)


def tampered(folder: Path, count: int) -> dict[str, list[int]]:
    """By kind, how many of how many were found."""
    checkpoint = example(folder / "store")
    counted: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for seed in range(count):
        kind = list(KINDS)[seed % len(KINDS)]
        copy = folder / "copy"
        shutil.copytree(folder / "store", copy)
        held[kind] += found(copy, checkpoint, Tampering(copy, seed).do(kind))
        counted[kind] += 1
        shutil.rmtree(copy)
    return {kind: [held[kind], counted[kind]] for kind in counted}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tamperings", type=int, default=500)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        kinds = tampered(Path(name), options.tamperings)
    if options.json:
        print(json.dumps({"machine": platform.platform(), "tampered": kinds}))
        return
    print(f"{platform.platform()}, {platform.processor() or platform.machine()}\n")
    for kind, (hits, of) in kinds.items():
        print(f"{kind.replace('_', ' '):<34} {hits:>4} of {of}")
    print(f"{'found by audit':<34} {sum(h for h, _ in kinds.values()):>4} of {options.tamperings}")


if __name__ == "__main__":
    main()
