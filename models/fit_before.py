"""Which character strokes are added to, to make which: python -m vinspect.models.fit_before, into models/before.json.

Counts what the dies of the training's families allow (`datasets/relief/additions.py`) over the characters of rendered
VINs, and keeps a share for the pairs that inspectors meet (`vin.ADDED_STROKES`). About 0.6 s a number on one core.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from vinspect.datasets import numbers
from vinspect.datasets.relief import additions, dieset
from vinspect.datasets.relief.process import PROCESSES
from vinspect.models import weights
from vinspect.vision import vin
from vinspect.vision.before import FILE

SEED = 4
MET = 0.3  # share of the pairs that inspectors meet: a generator's dies are not the world's
RARE = 0.02  # a share less than this is left out


def counted(count: int, seed: int = SEED) -> Counter[tuple[str, str]]:
    """How often strokes make `after` of `before`, over the characters of so many numbers, two die sets for each."""
    rng = np.random.default_rng(seed)
    made: Counter[tuple[str, str]] = Counter()
    for _ in range(count):
        process = PROCESSES[str(rng.choice(["press", "punch", "roller", "scribe", "peen", "embossed"]))]
        old = dieset.cut(rng, False, process.stroke, process.width)
        new = old if rng.random() < 0.5 else dieset.cut(rng, False, (0.06, 0.18), (0.5, 0.78))
        for character in numbers.vin_number(rng):
            found = additions.additions(rng, old, new, character)
            if found:
                made[character, found[int(rng.integers(len(found)))].after] += 1
    return made


def shares(made: Counter[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Of each character what it was made of, the likeliest first."""
    out: dict[str, dict[str, float]] = {}
    for after in vin.VIN_ALPHABET:
        met = [b for b, a in vin.ADDED_STROKES if a == after]
        seen = {b: n for (b, a), n in made.items() if a == after}
        parts = {b: n / sum(seen.values()) * (1 - MET if met else 1.0) for b, n in seen.items()}
        for b in met:
            parts[b] = parts.get(b, 0.0) + (MET if seen else 1.0) / len(met)
        kept = {b: p for b, p in parts.items() if p >= RARE}
        whole = sum(kept.values())
        out[after] = {b: round(p / whole, 4) for b, p in sorted(kept.items(), key=lambda each: (-each[1], each[0]))}
    return {after: each for after, each in out.items() if each}


def main() -> None:
    """Count, write, publish."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.models.fit_before", description=__doc__)
    parser.add_argument("--numbers", type=int, default=300)
    parser.add_argument("--out", type=Path, default=weights.FOLDER / FILE)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    arguments.out.write_text(json.dumps(shares(counted(arguments.numbers)), indent=1) + "\n", encoding="utf-8")
    weights.publish(arguments.out)


if __name__ == "__main__":
    main()
