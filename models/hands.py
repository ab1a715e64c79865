"""Numbers struck by hands that are known: several with each set of dies, on other metal, in other light, each its own.

What tells one hand from another is learned and measured on these. They lie in shards, as the judge's corpus does
(`stampings.py`), the numbers of one hand side by side.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from vinspect.datasets.relief.stamping import stamping
from vinspect.models.stampings import Known, known, load, write

SHARD = 200  # numbers
EACH = 2  # numbers of a hand


def hands(seed: int, first: int, count: int, held_out: bool = False) -> Iterator[Known]:
    """The numbers of so many hands from the one counted `first`, `EACH` of each; always the same for one seed."""
    for k in range(first, first + count):
        for i in range(EACH):
            hand, rest = (np.random.default_rng((seed, k, n)) for n in (0, 1 + i))
            yield known(stamping(rest, False, held_out=held_out, hand=hand))


def fill(folder: Path, seed: int, shards: int, held_out: bool = False) -> list[Path]:
    """Render what the folder lacks of so many shards; its shards of this seed."""
    os.nice(2)
    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    each = SHARD // EACH
    files = [folder / f"{seed}-{i:04}.npz" for i in range(shards)]
    for i, file in enumerate(files):
        if not file.exists():
            write(file, list(hands(seed, i * each, each, held_out)))
    return files


def numbers(files: list[Path]) -> Iterator[tuple[int, Known]]:
    """Which hand, counted from 0, and the number."""
    for n, file in enumerate(files):
        for i, k in enumerate(load(file)):
            yield (n * SHARD + i) // EACH, k
