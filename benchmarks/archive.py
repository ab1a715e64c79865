"""Import and search of an archive of 230,000 files: python benchmarks/archive.py [--files N] [--store URL] [--json]

The files lie on disk, in SQLite, or in the PostgreSQL database of --store, which must be empty. Numbers are random
VINs with their check digit: 600 models, some far more frequent than others, so that many share their first half.
Searches go from the call to the cards that are answered, one after another, by a pool of one connection; beside them
stands what they cannot do without, a row read by its key. CPU is the time that this process itself was busy: on a
machine that does other work it says more than the time on the wall.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from vinspect.api.archive import imports
from vinspect.api.archive.alike import How
from vinspect.api.archive.documents import cards
from vinspect.api.archive.find import find
from vinspect.api.archive.table import Table
from vinspect.api.archive.tables import FileRow
from vinspect.api.record.audit import audit
from vinspect.api.store import Store
from vinspect.vision import vin

WMIS = "LSV LFV LVS LGB LHG LBE LDC LSG LVG LZW LGX LB3 LJ1 WVW WBA WDD JTH KMH 1HG 3VW".split()
YEARS = vin.YEAR_CODES
GOALS = {"import": 120.0, "exact": 5.0, "alike, 1": 50.0, "alike, 2": 50.0, "wild, 1": 50.0, "wild, 3": 50.0,
         "wild, 6": 50.0, "wild, 5 in a row": 50.0, "before": 50.0}  # fmt: skip


def numbers(seed: int) -> Iterator[str]:
    """Random VINs."""
    rng = random.Random(seed)
    models = [rng.choice(WMIS) + "".join(rng.choices(vin.VIN_ALPHABET, k=5)) for _ in range(600)]
    often = list(accumulate(1 / rank for rank in range(1, len(models) + 1)))
    while True:
        model, year, plant = rng.choices(models, cum_weights=often)[0], rng.choice(YEARS), rng.choice("ABCDEFGH123")
        yield vin.with_check_digit(f"{model}0{year}{plant}{rng.randrange(10**6):06}")


def write_table(path: Path, files: int) -> list[str]:
    """A table of so many files; returns their numbers."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow("number maker plant year station file filed".split())
        written = [number for number, _ in zip(numbers(1), range(files), strict=False)]
        for place, number in enumerate(written):
            rows.writerow([number, "上汽大众", "Nanjing", 2012, f"S{place % 24:02}", f"3201{place:08}", "2014-03-05"])
    return written


def put_in(store: Store, path: Path, sha256: str) -> dict[str, float]:
    """Import a table; returns the seconds that it took, and how many files it added."""
    wall, cpu = time.perf_counter(), time.process_time()
    row = imports.begin(store, path.name, sha256, "user:benchmark")
    *_, row = imports.run(store, row.id, Table(path), lambda name: None)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "added": row.added}


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


def searched(store: Store, kept: list[str], count: int) -> dict[str, dict[str, float]]:
    """Each kind of search, for so many of the numbers that are kept."""
    rng = random.Random(2)
    floor = []
    for _ in range(count):
        with store.reading() as session:
            place = rng.randrange(len(kept)) + 1
            floor.append(timed(lambda: session.get(FileRow, place)))  # noqa: B023 (called at once)
    rows = {"a row by its key": measured(floor)}
    for name, (how, ask) in SEARCHES.items():
        times, hits = [], 0
        for number in rng.choices(kept, k=count):
            answer: list[Any] = []

            def search(asked: str = ask(rng, number), how: How = how, answer: list[Any] = answer) -> None:
                with store.reading() as session:
                    answer.extend(cards(session, find(session, [asked], how, 200)))

            times.append(timed(search))
            hits += how == "before" or any(card["number"] == number for card in answer)
        rows[name] = {**measured(times), "found": hits / count}
    return rows


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--files", type=int, default=230_000)
    asked.add_argument("--searches", type=int, default=500, help="of each kind")
    asked.add_argument("--store", metavar="URL", help="an empty PostgreSQL database")
    asked.add_argument("--json", action="store_true")
    of = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = write_table(folder / "files.csv", of.files)
        store = Store(folder / "store", of.store)
        first = put_in(store, folder / "files.csv", "0" * 64)
        again = put_in(store, folder / "files.csv", "0" * 64)
        rows = searched(store, kept, of.searches)
        store.close()
        start = time.perf_counter()
        holds = audit(folder / "store", url=of.store)["holds"]
        audited = time.perf_counter() - start
    machine = f"{platform.machine()}, Python {platform.python_version()}, {'PostgreSQL' if of.store else 'SQLite'}"
    if of.json:
        said = {"machine": machine, "files": of.files, "import": first, "again": again, "searches": rows}
        print(json.dumps({**said, "audit": {"seconds": audited, "holds": holds}}))
        return
    print(f"{machine}: {of.files} files, {of.searches} searches of each kind")
    for what, each in (("import", first), ("the same again", again)):
        print(f"{what:18} {each['wall']:7.1f} s, CPU {each['cpu']:.1f} s, {each['added']:.0f} files added (goal 120 s)")
    print(f"{'audit':18} {audited:7.1f} s, {'all holds' if holds else 'SOMETHING DOES NOT HOLD'}")
    print(f"{'milliseconds':18} {'median':>8} {'p99':>8} {'CPU':>8} {'CPU p99':>8} {'found':>8} {'goal p99':>8}")
    for what, row in rows.items():
        found = f"{row['found']:.1%}" if "found" in row and what != "before" else ""
        goal = f"{GOALS[what]:.0f}" if what in GOALS else ""
        times = " ".join(f"{row[each]:8.2f}" for each in ("median", "p99", "cpu", "cpu_p99"))
        print(f"{what:18} {times} {found:>8} {goal:>8}")


if __name__ == "__main__":
    main()
