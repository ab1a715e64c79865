"""Vehicles missed, doubled and lost by a lane whose network is cut and whose process is killed:

    python benchmarks/lane.py [--vehicles 30] [--kills 5] [--seed 1] [--pictures FOLDER] [--json]

Generated vehicles roll in, stop and leave in one film. `vinspect lane replay` goes through it against a real `vinspect
serve`, behind a network that drops every connection again and again, now before a request has come through and now
before its answer has; it is killed (SIGKILL) at random moments and started again. What the service holds in the end is
held against what is in the film. The reading by votes is held against that of single frames beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import httpx2
import numpy as np

from vinspect.datasets import passage

VINSPECT = (sys.executable, "-m", "vinspect.api.cli")
PATIENCE = 60.0  # seconds for an answer, on a machine that is busy with other work


@dataclass(frozen=True)
class Passed:
    """A vehicle in the film."""

    text: str
    began: float  # seconds
    ended: float


def filmed(path: Path, vehicles: int, seed: int) -> list[Passed]:
    """Write a film; returns what is in it."""
    rng = np.random.default_rng(seed)
    ground = passage.lane(rng)
    passed: list[Passed] = []

    def frames() -> Iterator[np.ndarray]:
        yield from passage.empty(rng, ground, 2.0)
        at = 2.0
        for number in range(vehicles):
            vehicle = passage.vehicle(rng)
            some = list(passage.passage(rng, ground, vehicle, stand=float(rng.uniform(1.0, 2.5))))
            passed.append(Passed(vehicle.text, at, at + len(some) / passage.RATE))
            yield from some
            pause = list(passage.empty(rng, ground, float(rng.uniform(1.0, 5.0))))
            yield from pause
            at = passed[-1].ended + len(pause) / passage.RATE
            print(f"\rfilmed {number + 1} of {vehicles}", end="", file=sys.stderr)

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=int(passage.RATE), options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height = passage.SIZE
        stream.pix_fmt = "yuv420p"
        for frame in frames():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode())
    print(file=sys.stderr)
    return passed


class Network:
    """Stands between the lane and the service, and is cut again and again."""

    def __init__(self, to: int, seed: int) -> None:
        self.port, self._to, self._dice = free_port(), to, random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self.cuts, self._down, self._calm = 0, False, False
        threading.Thread(target=self._loop.run_until_complete, args=[self._serve()], daemon=True).start()

    def stay(self) -> None:
        """No more cuts."""
        self._calm = True

    async def _serve(self) -> None:
        await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        while True:
            await asyncio.sleep(self._dice.uniform(2, 12))
            if self._calm:
                continue
            self._down, self.cuts = True, self.cuts + 1
            for writer in list(self._open):
                writer.transport.abort()
            await asyncio.sleep(self._dice.uniform(1, 8))
            self._down = False

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, back}
        deaf = not self._calm and self._dice.random() < 0.2  # the request comes through, its answer does not
        with contextlib.suppress(OSError):
            await asyncio.gather(_pump(reader, back), _pump(there, writer, drop=deaf))
        self._open -= {writer, back}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, drop: bool = False) -> None:
    while data := await reader.read(65536):
        if drop:
            break
        writer.write(data)
        await writer.drain()
    writer.transport.abort() if drop else writer.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[int, str]]:
    """A service; its port and its key."""
    port = free_port()
    command = [*VINSPECT, "serve", "--data", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        key = ""
        for line in process.stdout:
            if found := re.match(r"API key, shown this once: (\S+)", line):
                key = found[1]
            if "/docs" in line:
                break
        for _ in range(600):
            with contextlib.suppress(httpx2.HTTPError):
                httpx2.get(f"http://127.0.0.1:{port}/health")
                break
            time.sleep(0.1)
        try:
            yield port, key
        finally:
            process.terminate()


def replayed(film: Path, spool: Path, port: int, key: str, kill_after: int | None, dice: random.Random) -> list[Any]:
    """One run of the command; what it printed. It is killed a moment after so many vehicles, or runs to its end."""
    command = [*VINSPECT, "lane", "replay", str(film), "--server", f"http://127.0.0.1:{port}", "--station", "12"]
    command += ["--lane", "1", "--spool", str(spool), "--json"]
    said = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "VINSPECT_KEY": key}
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(json.loads(line))
            print(f"\r{len(said)} vehicles", end="", file=sys.stderr)
            if len(said) == kill_after:
                time.sleep(dice.uniform(0, 4))
                process.kill()
    print(file=sys.stderr)
    return said


def held(port: int, key: str) -> list[Any]:
    """Every inspection that the service holds."""
    found: list[Any] = []
    before = None
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-API-Key": key}, timeout=PATIENCE) as client:
        while True:
            page = client.get("/v1/inspections", params={"limit": 200} | ({"before": before} if before else {})).json()
            found += page["inspections"]
            before = page["next"]
            if before is None:
                return found


def measured(vehicles: int, kills: int, seed: int, pictures: Path | None) -> dict[str, Any]:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        passed = filmed(folder / "film.mp4", vehicles, seed)
        with served(folder / "service") as (port, key):
            httpx2.post(
                f"http://127.0.0.1:{port}/v1/stations",
                json={"id": "12", "name": "12"},
                headers={"X-API-Key": key},
                timeout=PATIENCE,
            ).raise_for_status()
            network = Network(port, seed)
            after = sorted(dice.sample(range(1, vehicles), min(kills, vehicles - 1)))
            for each in after:
                replayed(folder / "film.mp4", folder / "spool", network.port, key, each, dice)
            network.stay()
            said = replayed(folder / "film.mp4", folder / "spool", network.port, key, None, dice)
            inspections = held(port, key)
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                for each in inspections:
                    data = httpx2.get(
                        f"http://127.0.0.1:{port}/v1/inspections/{each['id']}/photo",
                        headers={"X-API-Key": key},
                        timeout=PATIENCE,
                    )
                    (pictures / each["photo"]).write_bytes(data.content)
    of = [[each for each in said if each["began"] < one.ended and each["ended"] > one.began] for one in passed]
    shown = [re.search(r"-([\d.]+)s\.jpg", each["photo"]) for each in inspections]
    at = [float(each[1]) for each in shown if each]
    there = [sum(one.began <= t <= one.ended for t in at) for one in passed]
    ids = {each["id"] for each in inspections}
    texts = {each["id"]: each["text"] for each in inspections}
    first = [some[0] if some else None for some in of]
    return {
        "vehicles": vehicles,
        "kills": len(after),
        "cuts": network.cuts,
        "missed": sum(n == 0 for n in there),
        "doubled": sum(n > 1 for n in there) + len(inspections) - len(ids),
        "lost": sum(each["state"] != "sent" or each["id"] not in ids for each in said),
        "of no vehicle": len(at) - sum(there),
        "read by votes": sum(
            each is not None and each["text"] == one.text for each, one in zip(first, passed, strict=True)
        ),
        "read wrong by votes": sum(
            each is not None and each["text"] is not None and "?" not in each["text"] and each["text"] != one.text
            for each, one in zip(first, passed, strict=True)
        ),
        "read by the service from the best frame": sum(
            each is not None and texts.get(each["id"]) == one.text for each, one in zip(first, passed, strict=True)
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vehicles", type=int, default=30)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pictures", type=Path, help="keep the photographs that were sent, to look at")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    result = measured(options.vehicles, options.kills, options.seed, options.pictures)
    if options.json:
        print(json.dumps({"machine": platform.platform(), **result}))
        return
    print(f"{platform.platform()}, {platform.processor() or platform.machine()}\n")
    for what, value in result.items():
        print(f"{what:<42} {value:>5}")


if __name__ == "__main__":
    main()
