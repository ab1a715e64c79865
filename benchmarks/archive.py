"""Import and search of an archive of 230,000 files: python benchmarks/archive.py [--files N] [--postgres] [--json]

The files lie on disk, in SQLite, or in a PostgreSQL that is started for it. Numbers are random VINs with their check
digit: 600 models, some far more frequent than others, so that many share their first half. With --bulk they are not
imported but filled in at once, past the log: how long an import takes and whether audit holds is not measured then.
Searches go from the call to the cards that are answered, one after another, by a pool of one connection; beside them
stands what they cannot do without, a row read by its key. The same hand is looked for among as many cases with random
hands (at most a million), as the service does it, and held against a search in double precision.

CPU is the time that this process itself was busy: on a machine that does other work it says more than the time on the
wall. What PostgreSQL was busy beside it stands in its own column, as the mean of a search.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bulk  # beside this file
import numpy as np
import postgres  # beside this file

from vinspect.api.archive import imports
from vinspect.api.archive.alike import How
from vinspect.api.archive.documents import cards
from vinspect.api.archive.find import find
from vinspect.api.archive.table import Table
from vinspect.api.archive.tables import FileRow
from vinspect.api.database import engine_of
from vinspect.api.record.audit import audit
from vinspect.api.sightings.hands import Hands
from vinspect.api.store import Store
from vinspect.vision import vin

MOST_HANDS = 1_000_000
TEN = 10  # of the same hand, that are asked for
# Milliseconds, 99th percentile: of 230,000 files, and of ten million records.
GOALS = {"exact": (5, 10), "alike, 1": (50, 100), "alike, 2": (50, 100), "same hand": (50, 100)}
MANY = 1_000_000  # files, from which on the second goal holds

Cpu = Callable[[], float]
"""Seconds that the database's server has been busy so far."""


def write_table(path: Path, numbers: list[str]) -> None:
    """A table of files with these numbers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("number maker plant year station file filed".split())
        for place, number in enumerate(numbers):
            rows.writerow([number, "上汽大众", "Nanjing", 2012, f"S{place % 24:02}", f"3201{place:08}", "2014-03-05"])


def put_in(store: Store, path: Path, sha256: str, server: Cpu) -> dict[str, float]:
    """Import a table; returns the seconds that it took, and how many files it added."""
    wall, cpu, beside = time.perf_counter(), time.process_time(), server()
    row = imports.begin(store, path.name, sha256, "user:benchmark")
    *_, row = imports.run(store, row.id, Table(path), lambda name: None)
    took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "server": server() - beside}
    return {**took, "added": row.added}


def mistaken(rng: random.Random, number: str, count: int) -> str:
    """The number with so many characters taken for look-alikes."""
    characters = list(number)
    able = [place for place, each in enumerate(number) if any(vin.look_alike(each, o) for o in vin.VIN_ALPHABET)]
    for place in rng.sample(able, count):
        characters[place] = rng.choice([o for o in vin.VIN_ALPHABET if vin.look_alike(characters[place], o)])
    return "".join(characters)


def blanked(rng: random.Random, number: str, count: int) -> str:
    """The number with so many characters blank, wherever they stand."""
    places = rng.sample(range(len(number)), count)
    return "".join("?" if place in places else each for place, each in enumerate(number))


def blanked_in_a_row(rng: random.Random, number: str, count: int) -> str:
    """The number with so many characters blank that stand together."""
    first = rng.randrange(len(number) - count + 1)
    return number[:first] + "?" * count + number[first + count :]


SEARCHES: dict[str, tuple[How, Callable[[random.Random, str], str]]] = {
    "exact": ("exact", lambda rng, number: number),
    "alike, 1": ("alike", lambda rng, number: mistaken(rng, number, 1)),
    "alike, 2": ("alike", lambda rng, number: mistaken(rng, number, 2)),
    "alike, 3": ("alike", lambda rng, number: mistaken(rng, number, 3)),
    "wild, 1": ("wild", lambda rng, number: blanked(rng, number, 1)),
    "wild, 3": ("wild", lambda rng, number: blanked(rng, number, 3)),
    "wild, 6": ("wild", lambda rng, number: blanked(rng, number, 6)),
    "wild, 5 in a row": ("wild", lambda rng, number: blanked_in_a_row(rng, number, 5)),
    "before": ("before", lambda rng, number: number),
}


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the wall and of the CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3


def measured(times: list[tuple[float, float]]) -> dict[str, float]:
    """Of these: the median and the 99th percentile of both."""
    walls, cpus = (sorted(each) for each in zip(*times, strict=True))
    last = round(0.99 * (len(times) - 1))
    return {"median": walls[len(walls) // 2], "p99": walls[last], "cpu": cpus[len(cpus) // 2], "cpu_p99": cpus[last]}


def found_by_number(store: Store, kept: list[str], count: int, server: Cpu) -> dict[str, dict[str, float]]:
    """Each kind of search, for so many of the numbers that are kept."""
    rng = random.Random(2)
    floor = []
    for _ in range(count):
        with store.reading() as session:
            place = rng.randrange(len(kept)) + 1
            floor.append(timed(lambda: session.get(FileRow, place)))  # noqa: B023 (called at once)
    rows = {"a row by its key": measured(floor)}
    for name, (how, ask) in SEARCHES.items():
        times, hits, before = [], 0, server()
        for number in rng.choices(kept, k=count):
            answer: list[Any] = []

            def search(asked: str = ask(rng, number), how: How = how, answer: list[Any] = answer) -> None:
                with store.reading() as session:
                    answer.extend(cards(session, find(session, [asked], how, 200)))

            times.append(timed(search))
            hits += any(card["number"] == number for card in answer)
        rows[name] = {**measured(times), "server": (server() - before) / count * 1e3}
        if how != "before":
            rows[name]["found"] = hits / count
    return rows


def found_by_hand(store: Store, vectors: np.ndarray, count: int, server: Cpu) -> dict[str, dict[str, float]]:
    """The first search by hand, which reads all of them from the database, and so many others."""
    rng, hands = random.Random(3), Hands()
    times, recalled, before = [], 0, 0.0
    for turn in range(count + 1):
        number, answer = rng.randrange(len(vectors)), []

        def search(of: str = bulk.case(number + 1), answer: list[str] = answer) -> None:
            with store.reading() as session:
                answer.extend(each.id for each in hands.near(session, of, TEN) or ())

        times.append(timed(search))
        if turn == 0:
            before = server()
            continue
        alike = np.concatenate([part.astype(np.float64) @ vectors[number] for part in np.array_split(vectors, 10)])
        alike[number] = -np.inf
        best = np.argpartition(-alike, TEN)[:TEN]
        recalled += len(set(answer) & {bulk.case(int(place) + 1) for place in best})
    first, *others = times
    spent = (server() - before) / count * 1e3
    return {
        "same hand, first": measured([first]),
        "same hand": {**measured(others), "server": spent, "found": recalled / TEN / count},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=230_000)
    parser.add_argument("--bulk", action="store_true", help="fill them in at once, past the log")
    parser.add_argument("--searches", type=int, default=500, help="of each kind")
    parser.add_argument("--postgres", action="store_true", help="in a PostgreSQL that is started for it")
    parser.add_argument("--json", action="store_true")
    of = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = stack.enter_context(postgres.cluster(postgres.LARGE)) if of.postgres else None
        url, server = (cluster.new(), cluster.cpu) if cluster else (None, lambda: 0.0)
        store = Store(folder / "store", url)
        numbers = bulk.numbers(of.files, 1)
        kept = [bytes(row).decode("ascii") for row in numbers[:100_000]]
        vectors = bulk.vectors(min(of.files, MOST_HANDS), 1)
        filled = {"inspections": bulk.inspections(len(vectors)), "hands": bulk.hands(vectors)}
        if of.bulk:
            filled["files"] = bulk.files(numbers)
        said: dict[str, Any] = {"machine": platform.machine(), "python": platform.python_version(),
                                "database": "PostgreSQL" if url else "SQLite", "files": of.files}  # fmt: skip
        if not of.bulk:
            write_table(folder / "files.csv", [bytes(row).decode("ascii") for row in numbers])
            said["import"] = put_in(store, folder / "files.csv", "0" * 64, server)
            said["the same again"] = put_in(store, folder / "files.csv", "0" * 64, server)
            wall, cpu = time.perf_counter(), time.process_time()
            holds = audit(folder / "store", url=url)["holds"]
            said["audit"] = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "holds": holds}
        engine = engine_of(folder / "store", url)
        for name, blocks in filled.items():
            bulk.fill(engine, *bulk.TABLES[name], blocks)
        engine.dispose()
        said["searches"] = found_by_number(store, kept, of.searches, server)
        said["searches"] |= found_by_hand(store, vectors, of.searches, server)
        store.close()
    print(json.dumps(said) if of.json else shown(said, of.searches))


def shown(said: dict[str, Any], searches: int) -> str:
    """For people."""
    lines = [
        f"{said['machine']}, Python {said['python']}, {said['database']}: {said['files']} files, "
        f"{searches} searches of each kind"
    ]
    for what in ("import", "the same again"):
        if each := said.get(what):
            times = f"{each['wall']:7.1f} s, CPU {each['cpu']:.1f} s and {each['server']:.1f} s of the server"
            lines.append(f"{what:18} {times}, {each['added']} files added (goal 120 s)")
    if each := said.get("audit"):
        holds = "all holds" if each["holds"] else "SOMETHING DOES NOT HOLD"
        lines.append(f"{'audit':18} {each['wall']:7.1f} s, CPU {each['cpu']:.1f} s, {holds}")
    heads = "median", "p99", "CPU", "CPU p99", "server", "found", "goal p99"
    lines.append(f"{'milliseconds':18} " + " ".join(f"{head:>9}" for head in heads))
    for what, row in said["searches"].items():
        goals = GOALS.get(what)
        goal = f"{goals[said['files'] >= MANY]}" if goals else ""
        found = f"{row['found']:.1%}" if "found" in row else ""
        times = " ".join(f"{row.get(each, 0):9.2f}" for each in ("median", "p99", "cpu", "cpu_p99", "server"))
        lines.append(f"{what:18} {times} {found:>9} {goal:>9}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
