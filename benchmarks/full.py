"""Photographs while the disk fills up: python benchmarks/full.py [--times N] [--sqlite-only] [--json]

The store lies on a small disk in memory: tmpfs, in a mount namespace of its own, so that it takes Linux and root, or a
kernel that lets everybody make namespaces (PostgreSQL takes root then). While cameras send photographs, and send again
what was refused, what is left of the disk is taken at random moments, to the last byte or nearly, and given back. Then
the store is gone through as in serve.py: each photograph that was answered must be there once, with its verdict.
"""

# ruff: noqa: S606, S607 (mount and unshare are where the system has them)
from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import postgres  # beside this file, as serve is
import serve

SIZE = 2**29  # bytes of the disk: a service is ready with half of it free
INSIDE = "VINSPECT_FULL_INSIDE"  # says that the namespace is there


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A disk of its own at this folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """Take all of the disk but so many bytes; returns the file that holds it."""
    taken = folder / "taken"
    with taken.open("wb", buffering=0) as file:
        with suppress(OSError):  # at its end
            while file.write(bytes(2**16)):
                pass
        file.truncate(max(file.tell() - left, 0))
    return taken


def filled(service: serve.Service, times: int, seed: int = 0, cameras: int = 3) -> dict[str, int]:
    """Fill the service's disk so many times while cameras send; returns what became of what they sent."""
    photos = [path.read_bytes() for path in serve.SAMPLES.glob("*.jpg")]
    chance = random.Random(seed)
    with service.running(), serve.sending(service, photos, cameras) as sent:
        for _ in range(times):
            time.sleep(chance.uniform(0, 3))
            taken = fill(service.data, chance.choice([0, 4096, 65536, chance.randrange(10**6)]))
            time.sleep(chance.uniform(0, 3))
            taken.unlink()
    refused = sent.statuses[507] + sent.statuses[503]
    return {"filled": times, "refused meanwhile": refused, **serve.looked_through(service, sent)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL out, whose own disk is not filled")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    if INSIDE not in os.environ:
        if shutil.which("unshare") is None:
            parser.error("a disk of its own takes Linux: unshare of util-linux is not here")
        if os.geteuid() != 0 and not options.sqlite_only:
            parser.error("PostgreSQL beside a disk of its own takes root: add --sqlite-only")
        os.environ[INSIDE] = "1"
        apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        os.execvp(apart[0], [*apart, sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        urls = {"SQLite": None}
        if not options.sqlite_only:
            urls["PostgreSQL"] = running.enter_context(postgres.cluster()).new()
        found = {}
        for database, url in urls.items():
            with disk(Path(name) / database) as folder:
                found[database] = filled(serve.Service(folder, url), options.times)
    print(json.dumps(found) if options.json else serve.table(found))


if __name__ == "__main__":
    main()
