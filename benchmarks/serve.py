"""What the service bears: throughput beside the command line, its answers under load and over it, and `kill -9`.

Load comes from locust in a second process: pip install 'vinspect[bench]'. The kinds of trouble are

    killed      the service, at random moments, while cameras send photographs and send them again
    restarted   PostgreSQL, as if its machine had lost its power, at random moments between

and afterwards the store is gone through: each photograph that was answered must be there once, with its verdict.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
from sqlalchemy import create_engine, text

from vinspect.api.keys import hashed, make_key
from vinspect.api.record.audit import audit
from vinspect.api.store import Store
from vinspect.api.tables import DATABASE

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "datasets" / "samples"
VINSPECT = (sys.executable, "-m", "vinspect.api.cli", "serve")
PATH = "/v1/inspections"
PLACES = (5 * (os.cpu_count() or 1) + 1) // 2  # for vehicles, unless told: in work and waiting
CAMERAS = 48  # senders in an open stream: many against the places, so that one that waits holds no other back


class Service:
    """`vinspect serve` on a store, in a process of its own, which may be killed and started again."""

    def __init__(self, data: Path, url: str | None = None, program: Sequence[str] = VINSPECT) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        store, self.key = Store(data, url), make_key()
        store.replace_keys(hashed(self.key))
        store.close()
        self.address = f"http://127.0.0.1:{self.port}"
        self.data, self.url = data, url
        where = ["--store", url] if url else []
        self._command = [*program, "--data", str(data), "--port", str(self.port), *where]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait()

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.address, headers={"X-API-Key": self.key}, timeout=120)

    def wait(self) -> None:
        """Until it is ready."""
        with self.client() as client:
            for _ in range(2400):
                try:
                    if client.get("/health/ready").status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                time.sleep(0.05)
        raise SystemExit("The service did not become ready.")

    def measure(self, name: str) -> float:
        with self.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(name + " "))

    def memory(self) -> float:
        """Bytes that it holds, with the processes beside it."""
        assert self._process is not None
        held = 0.0
        service = psutil.Process(self._process.pid)
        for each in (service, *service.children()):
            with suppress(psutil.NoSuchProcess):  # one that has just ended
                held += each.memory_info().rss
        return held

    @contextmanager
    def running(self) -> Iterator[Service]:
        self.start()
        try:
            self.wait()
            yield self
        finally:
            self.stop()


@dataclass
class Sent:
    """What cameras sent, and what they were told."""

    answered: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """By idempotency key, the case's id and the photograph."""
    statuses: Counter[int] = field(default_factory=Counter)
    other: list[str] = field(default_factory=list)
    """Keys that were answered with another case the second time."""


def camera(service: Service, name: int, photos: Sequence[bytes], stop: threading.Event, sent: Sent) -> None:
    """Send photographs, each until it is answered, some a second time; every third need not be scored at once."""
    chance = random.Random(name)
    with service.client() as client:
        count = 0
        while not stop.is_set():
            count += 1
            key = f"{name}-{count}"
            photo = chance.choice(photos) + key.encode()  # bytes behind a JPEG's end change nothing but its hash
            headers = {"Idempotency-Key": key, "Content-Type": "image/jpeg"}
            headers |= {"Prefer": "respond-async"} if count % 3 == 0 else {}
            for _ in range(1 + (count % 4 == 0)):
                answer = until_answered(client, photo, headers, sent)
                if key in sent.answered and sent.answered[key][0] != answer["id"]:
                    sent.other.append(key)
                sent.answered[key] = (answer["id"], photo)


def until_answered(client: httpx2.Client, photo: bytes, headers: dict[str, str], sent: Sent) -> Any:
    while True:
        try:
            answer = client.post(PATH, content=photo, headers=headers)
        except httpx2.TransportError:
            time.sleep(0.02)
            continue
        sent.statuses[answer.status_code] += 1
        if answer.status_code in (201, 202):
            return answer.json()
        assert answer.status_code in (503, 507), answer.text
        time.sleep(0.1)


@contextmanager
def sending(service: Service, photos: Sequence[bytes], cameras: int) -> Iterator[Sent]:
    """Cameras that send meanwhile to a service that is ready; afterwards all that was accepted has been scored."""
    stop, sent = threading.Event(), Sent()
    threads = [threading.Thread(target=camera, args=(service, n, photos, stop, sent)) for n in range(cameras)]
    for thread in threads:
        thread.start()
    try:
        yield sent
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    while service.measure("vinspect_unscored"):
        time.sleep(0.05)


def troubled(
    service: Service,
    photos: Sequence[bytes],
    times: int,
    *,
    seed: int = 0,
    cameras: int = 3,
    longest: float | None = None,
    restart: Callable[[], None] | None = None,
) -> dict[str, int]:
    """Kill the service so many times while cameras send; returns what became of what they sent.

    longest: seconds from one start to the next kill at most; twice what a start takes unless told. restart: restarts
    the database, which is done every other time, before the service is killed.
    """
    chance, begun = random.Random(seed), time.perf_counter()
    service.start()
    service.wait()
    longest = longest or 2 * (time.perf_counter() - begun)
    with sending(service, photos, cameras) as sent:
        for count in range(times):
            time.sleep(chance.uniform(0, longest))
            if restart and count % 2:
                restart()
                time.sleep(chance.uniform(0, longest))
            service.stop(signal.SIGKILL)
            service.start()
        service.wait()
    service.stop()
    return {"killed": times, **looked_through(service, sent)}


def looked_through(service: Service, sent: Sent) -> dict[str, int]:
    """What is wrong with a store, against what was answered."""
    engine = create_engine(service.url or f"sqlite:///{service.data / DATABASE}")
    with engine.connect() as connection:
        accepted = [tuple(row) for row in connection.execute(text("SELECT id, sha256, idempotency FROM accepted"))]
        scored = {row[0]: row[1] for row in connection.execute(text("SELECT id, sha256 FROM inspections"))}
        verdicts = list(connection.execute(text("SELECT id FROM inspections")))
    engine.dispose()
    store = Store(service.data, service.url)
    there = {case: sha256 for case, sha256, _ in accepted}
    whole = {case for case, photo in sent.answered.values() if _holds(store, there.get(case), photo)}
    store.close()
    found = audit(service.data, url=service.url)
    keys = Counter(key for _, _, key in accepted)
    return {
        "answered": len(sent.answered),
        "accepted": len(accepted),
        "lost": sum(case not in whole for case, _ in sent.answered.values()),
        "doubled": sum(keys.values()) - len(keys) + len(verdicts) - len(scored) + len(sent.other),
        "without verdict": sum(case not in scored for case, *_ in accepted),
        "found by audit": len(found["findings"]),
    }


def _holds(store: Store, sha256: str | None, photo: bytes) -> bool:
    return sha256 is not None and store.blobs.has(sha256) and store.blobs.read(sha256) == photo


def command_line(photos: Path) -> float:
    """Photographs a second of `vinspect inspect`, the start of the program left out."""

    def took(path: Path) -> float:
        begun = time.perf_counter()
        command = [sys.executable, "-m", "vinspect.api.cli", "inspect", "--json", str(path)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        return time.perf_counter() - begun

    files = sorted(photos.glob("*.jpg"))
    start = took(files[0])
    return (len(files) - 1) / (took(photos) - start)


@dataclass
class Answers:
    """What a stream of photographs was answered."""

    seconds: float
    took: dict[int, list[float]]
    """By status, the seconds of each."""

    def rate(self, status: int) -> float:
        return len(self.took.get(status, [])) / self.seconds

    def at(self, quantile: float, status: int) -> float:
        took = sorted(self.took.get(status, []))
        return took[min(len(took) - 1, int(quantile * len(took)))] if took else float("nan")


def load(service: Service, photos: Path, seconds: float, cameras: int, pause: float) -> Answers:
    """Have locust send; the first fifth of the time does not count."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        given = {
            "LOAD_PHOTOS": str(photos),
            "LOAD_KEY": service.key,
            "LOAD_PAUSE": str(pause),
            "LOAD_NOTES": str(notes),
        }
        command = [sys.executable, "-m", "locust", "-f", str(ROOT / "benchmarks" / "load.py"), "--headless"]
        command += ["--host", service.address, "-u", str(cameras), "-r", str(cameras), "-t", f"{seconds:.0f}s"]
        command += ["--only-summary", "--loglevel", "ERROR", "--stop-timeout", "60"]
        subprocess.run(command, env=os.environ | given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    if not lines:
        raise SystemExit("locust sent nothing: pip install 'vinspect[bench]'")
    begun = min(at for at, *_ in lines) + seconds / 5
    end = begun + seconds * 4 / 5
    took: dict[int, list[float]] = {}
    for at, each, status, why in lines:
        if begun <= at <= end:
            took.setdefault(status, []).append(each)
            if status not in (201, 503):
                print(f"answered otherwise: {status}, {why}", file=sys.stderr)
    return Answers(seconds * 4 / 5, took)


def borne(service: Service, photos: Path, seconds: float, requests: int) -> dict[str, float]:
    """The service's rates and times, and the command line's, before and after: a machine is not always as quick."""
    with service.running():
        alone = [command_line(photos) for _ in range(3)]
        capacity = load(service, photos, seconds, PLACES, 0.0).rate(201)
        bare = statistics.median([*alone, *(command_line(photos) for _ in range(3))])
        at_80 = load(service, photos, seconds, CAMERAS, CAMERAS / (0.8 * capacity))
        before = service.memory()
        long = max(seconds, requests / (3 * capacity))
        over = load(service, photos, long, CAMERAS, CAMERAS / (3 * capacity))
        after = service.memory()
    median = at_80.at(0.5, 201)
    return {
        "vinspect inspect, photographs a second": bare,
        "the service, photographs a second": capacity,
        "the service over vinspect inspect": capacity / bare,
        "at 80 %: median, seconds": median,
        "at 80 %: 99th percentile over the median": at_80.at(0.99, 201) / median,
        "at 80 %: sent away": at_80.rate(503) / max(at_80.rate(201) + at_80.rate(503), 1e-9),
        "at 300 %: 99th percentile over that median": over.at(0.99, 201) / median,
        "at 300 %: answered with a verdict, a second": over.rate(201),
        "at 300 %: 503, a second": over.rate(503),
        "at 300 %: 503 within, seconds (99th percentile)": over.at(0.99, 503),
        "at 300 %: other answers": float(sum(len(over.took[status]) for status in over.took.keys() - {201, 503})),
        "at 300 %: memory after over before": after / before,
    }


def multiplied(folder: Path, times: int) -> Path:
    """The samples, so many times."""
    photos = folder / "photos"
    photos.mkdir()
    for count in range(times):
        for sample in SAMPLES.glob("*.jpg"):
            shutil.copy(sample, photos / f"{sample.stem}-{count}.jpg")
    return photos


def table(found: Mapping[str, Mapping[str, float]]) -> str:
    """What was measured on each database, side by side."""
    rows = list(next(iter(found.values())))
    wide = max(map(len, rows))
    lines = [
        f"| {'measured':<{wide}} | " + " | ".join(f"{name:>10}" for name in found) + " |",
        f"|{'-' * (wide + 2)}|" + "|".join("-" * 12 for _ in found) + "|",
        *(f"| {row:<{wide}} | " + " | ".join(f"{said[row]:>10.4g}" for said in found.values()) + " |" for row in rows),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of each load")
    parser.add_argument("--requests", type=int, default=10_000, help="sent at 300 %%, at least")
    parser.add_argument("--times", type=int, default=5, help="that `vinspect inspect` goes through the samples")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        photos = multiplied(folder, options.times)
        databases: dict[str, Any] = {"SQLite": None}
        if not options.sqlite_only:
            import postgres  # beside this file

            databases["PostgreSQL"] = running.enter_context(postgres.cluster())
        found: dict[str, dict[str, float]] = {}
        for database, cluster in databases.items():
            said: dict[str, float] = {}
            if options.seconds:
                service = Service(folder / f"{database}-load", cluster and cluster.new())
                said |= borne(service, photos, options.seconds, options.requests)
            if options.kills:
                service = Service(folder / f"{database}-kills", cluster and cluster.new())
                samples = [path.read_bytes() for path in SAMPLES.glob("*.jpg")]
                said |= troubled(service, samples, options.kills, restart=cluster and cluster.restart)
            found[database] = said
    print(json.dumps(found) if options.json else table(found))


if __name__ == "__main__":
    main()
