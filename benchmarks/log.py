"""What the log costs, by its size: python benchmarks/log.py [--entries N N ...] [--postgres] [--quick] [--json]

Logs are filled in at once. Then, beside what they cannot do without:

    append   one thread puts entries into the log, each with its signed checkpoint; and a bare durable commit of a row
    appends  many threads do, as those of the service; what they write while others wait shares a commit
    proof    that an entry, anywhere, is in the log, in a transaction as an export has it; and as many rows read
    audit    of the whole store

CPU is the time that this process itself was busy, and beside it what PostgreSQL was: on a machine that does other work
it says more than the time on the wall. With --quick only the last entry is signed, and there is no audit.
"""
# ruff: noqa: S608 (all that goes into a query is from here)

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bulk  # beside this file
import postgres  # beside this file

from vinspect.api.database import engine_of
from vinspect.api.record.audit import audit
from vinspect.api.record.note import Signer
from vinspect.api.store import Store
from vinspect.api.tables import EntryRow, InspectionRow

BY = "key:" + "a" * 64
GOALS = {"appends": "1,000 a second", "proof": "p99 5 ms", "audit": "as the size"}

Cpu = Callable[[], float]
"""Seconds that the database's server has been busy so far."""


def filled(folder: Path, url: str | None, entries: int, *, signed: bool) -> None:
    """Make a store with so many entries in its log."""
    store = Store(folder, url)
    with store.reading() as session:
        first = session.get_one(EntryRow, 0).body
    store.close()
    engine = engine_of(folder, url)
    signer = Signer.kept_in(folder, make=False)
    bulk.fill(engine, *bulk.TABLES["entries"], bulk.entries(entries, signer, first, signed=signed))
    engine.dispose()


def timed(work: Callable[[int], object], times: int, threads: int, server: Cpu) -> dict[str, float]:
    """Milliseconds of each, and how many a second, where so many threads do it at once."""

    def one(number: int) -> float:
        start = time.perf_counter()
        work(number)
        return (time.perf_counter() - start) * 1e3

    work(0)
    wall, cpu, beside = time.perf_counter(), time.process_time(), server()
    with ThreadPoolExecutor(threads) as pool:
        took = sorted(pool.map(one, range(times)))
    wall, cpu, beside = time.perf_counter() - wall, time.process_time() - cpu, server() - beside
    return {
        "median": took[times // 2],
        "p99": took[round(0.99 * (times - 1))],
        "cpu": cpu / times * 1e3,
        "server": beside / times * 1e3,
        "a second": times / wall,
    }


def costs(folder: Path, url: str | None, entries: int, times: int, threads: int, server: Cpu) -> dict[str, Any]:
    """Of a log that has so many entries."""
    store, engine, pick = Store(folder, url), engine_of(folder, url), random.Random(0)
    looked_at = InspectionRow(id=bulk.case(1))
    length = entries.bit_length()

    def commit(number: int) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO bare VALUES ({number}, '{'x' * 900}')")

    def prove(_: int) -> None:
        with store.writing() as log:
            log.proof(pick.randrange(entries))

    def read(_: int) -> None:
        with engine.begin() as connection:
            for _ in range(length):
                index = pick.randrange(entries)
                connection.exec_driver_sql(f'SELECT body, peaks FROM entries WHERE "index" = {index}').all()

    def append(_: int) -> None:
        store.viewed(looked_at, "photo", BY)

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE bare (i INTEGER, b VARCHAR)")
    rows = {
        "a bare durable commit": timed(commit, times, 1, server),
        "append": timed(append, times, 1, server),
        "appends": timed(append, times * threads, threads, server),
        f"{length} rows read": timed(read, times, 1, server),
        "proof": timed(prove, times, 1, server),
    }
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE bare")
    engine.dispose()
    store.close()
    return rows


def audited(folder: Path, url: str | None, server: Cpu) -> dict[str, Any]:
    """A whole store, gone through."""
    wall, cpu, beside = time.perf_counter(), time.process_time(), server()
    said = audit(folder, url=url)
    wall, cpu, beside = time.perf_counter() - wall, time.process_time() - cpu, server() - beside
    return {"holds": said["holds"], "entries": said["entries"], "wall": wall, "cpu": cpu, "server": beside}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, nargs="+", default=[20_000], help="in each log; goal: 10,000,000")
    parser.add_argument("--times", type=int, default=300, help="that each is done; appends together: by each thread")
    parser.add_argument("--threads", type=int, default=40, help="that append together")
    parser.add_argument("--postgres", action="store_true", help="in a PostgreSQL that is started for it")
    parser.add_argument("--quick", action="store_true", help="sign the last entry alone, and do not audit")
    parser.add_argument("--json", action="store_true")
    of = parser.parse_args()
    said: dict[str, Any] = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "busy": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "database": "PostgreSQL" if of.postgres else "SQLite",
        "threads": of.threads,
        "logs": {},
    }
    for entries in of.entries:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            cluster = stack.enter_context(postgres.cluster(postgres.LARGE)) if of.postgres else None
            url, server = (cluster.new(), cluster.cpu) if cluster else (None, lambda: 0.0)
            filled(folder / "store", url, entries, signed=not of.quick)
            said["logs"][entries] = {} if of.quick else {"audit": audited(folder / "store", url, server)}
            said["logs"][entries] |= costs(folder / "store", url, entries, of.times, of.threads, server)
    print(json.dumps(said) if of.json else shown(said))


def shown(said: dict[str, Any]) -> str:
    """For people."""
    lines = [
        f"{said['machine']}, {said['cores']} cores with {said['busy']} processes at work, Python {said['python']}, "
        f"{said['database']}, {said['threads']} threads append together"
    ]
    for entries, rows in said["logs"].items():
        lines += ["", f"{entries} entries"]
        if each := rows.pop("audit", None):
            holds = "all holds" if each["holds"] else "SOMETHING DOES NOT HOLD"
            cost = f"CPU {each['cpu']:.1f} s and {each['server']:.1f} s of the server"
            rate = each["entries"] / (each["cpu"] + each["server"])
            lines.append(f"audit {each['wall']:.1f} s, {cost}: {rate:.0f} entries a second of CPU, {holds}")
        heads = "median", "p99", "CPU", "server", "a second"
        lines.append(f"{'milliseconds':22} " + " ".join(f"{head:>9}" for head in heads))
        for what, row in rows.items():
            times = " ".join(f"{row[head]:9.2f}" for head in ("median", "p99", "cpu", "server", "a second"))
            lines.append(f"{what:22} {times}   {GOALS.get(what, '')}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    main()
