"""Numbers struck by hands that are known: several with each set of dies, on other metal, in other light, each its own.

What tells one hand from another is learned and measured on these. They lie in shards, as the judge's corpus does
(`stampings.py`), the numbers of one hand side by side; beside each shard lies what a camera and the reader make of it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch

from vinspect.datasets.relief.stamping import stamping
from vinspect.models import weights
from vinspect.models.exhibits import exhibits
from vinspect.models.stampings import Known, known, load, write
from vinspect.vision.hand import observed
from vinspect.vision.judgeable import why_not

SHARD = 200  # numbers
EACH = 2  # numbers of a hand, where nobody asks for more


class Learns(Protocol):
    """What was learned of hands."""

    def write(self, path: Path) -> None:
        """Write it into a file."""


@dataclass(frozen=True, eq=False)
class Taken:
    """A number that can be judged, as it was photographed and read."""

    hand: int  # whose it is, counted from 0
    strip: np.ndarray  # uint8 (48, w)
    boxes: np.ndarray  # float32 (n, 4), as they were read
    text: str  # as it was read: now and then wrong


def hands(seed: int, first: int, count: int, held_out: bool = False, each: int = EACH) -> Iterator[Known]:
    """The numbers of so many hands from the one counted `first`, so many of each; always the same for one seed."""
    for k in range(first, first + count):
        for i in range(each):
            hand, rest = (np.random.default_rng((seed, k, n)) for n in (0, 1 + i))
            yield known(stamping(rest, False, held_out=held_out, hand=hand))


def fill(folder: Path, seed: int, shards: int, held_out: bool = False, each: int = EACH) -> list[Path]:
    """Render what the folder lacks of so many shards, `each` numbers of a hand; its shards of this seed."""
    os.nice(2)
    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    count = SHARD // each
    files = [folder / f"{seed}-{i:04}.npz" for i in range(shards)]
    for i, file in enumerate(files):
        if not file.exists():
            write(file, list(hands(seed, i * count, count, held_out, each)))
    return files


def taken(files: Sequence[Path], each: int = EACH) -> list[Taken]:
    """The numbers of these shards that can be judged, each photographed once; kept beside the shards."""
    out = []
    for n, file in enumerate(files):
        beside = file.with_suffix(".takes")
        if not beside.exists():
            some = [
                Taken(i // each, e.sample.strip, e.sample.boxes, e.reading.text)
                for i, k in enumerate(load(file))
                for e in exhibits([k], 1_000_003 * n + i)
                if why_not(e.reading) is None
            ]
            keep(beside, some)
        out += [replace(t, hand=n * (SHARD // each) + t.hand) for t in kept(beside)]
    return out


def command(
    module: str, said: str | None, folder: str, seed: int, shards: int, each: int, fit: Callable[..., Learns], name: str
) -> None:
    """The command line of a module that learns from hands: `fit` takes the numbers and the walls of their characters.

    folder: of the numbers, unless told; name: the file under models/ that it writes and publishes.
    """
    parser = argparse.ArgumentParser(prog=f"python -m vinspect.models.{module}", description=said)
    parser.add_argument("--run", type=Path, default=Path(folder), help="where numbers are kept")
    parser.add_argument("--shards", type=int, default=shards)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    numbers = taken(fill(arguments.run, seed, arguments.shards, each=each), each)
    file = weights.FOLDER / name
    fit(numbers, [observed(t.strip, t.boxes) for t in numbers]).write(file)
    weights.publish(file)
    print(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB, of {len(numbers)} numbers")


def keep(file: Path, some: Sequence[Taken]) -> None:
    """Write numbers side by side."""
    part = file.with_suffix(".part")
    with part.open("wb") as f:
        np.savez_compressed(
            f,
            hands=[t.hand for t in some],
            text=[t.text for t in some],
            widths=[t.strip.shape[1] for t in some],
            strips=np.concatenate([t.strip for t in some], 1),
            boxes=np.concatenate([t.boxes for t in some]),
        )
    part.replace(file)


def kept(file: Path) -> list[Taken]:
    """What `keep` wrote."""
    with np.load(file) as f:
        told = [f[name].tolist() for name in ("hands", "text", "widths")]
        strips = np.split(f["strips"], np.cumsum(told[2])[:-1], 1)
        boxes = np.split(f["boxes"], np.cumsum([len(text) for text in told[1]])[:-1])
    return [Taken(hand, *each) for hand, *each in zip(told[0], strips, boxes, told[1], strict=True)]
