"""Rendered pairs of numbers laid on each other: what a comparison against the file is learned from and measured on.

Pairs (`datasets/relief/pairs.py`) are laid on each other as `vision/compare.py` does, the characters' boxes as rough as
the reader's. What is measured of each number is kept in the run's folder, so that rendering that was cut off goes on
and happens once. About 0.8 s a number on one core.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vinspect.datasets.relief.pairs import Kind, Pair, Side, pairs
from vinspect.vision import congruence
from vinspect.vision.laid import Laid, lay
from vinspect.vision.register import PATCH, Registered, paired, register

SEED, HELD_OUT_SEED = 7, 71  # of the numbers to learn from, and of the benchmark's
ROUGH = 0.05  # capitals: standard deviation of the reader's corners
FEWEST = 5  # characters of a line that is compared
LEGIBLE = 0.4  # of the usual forms; below it neither people nor the reader make out most of the characters
_NEARLY = 0.1  # less legible by no more than this is learned from, too


@dataclass(frozen=True, eq=False)
class Measured:
    """One pair, laid on each other."""

    kind: Kind
    rubbed: bool  # the file holds a rubbing; a photograph otherwise
    text: str  # of the first line's characters that have their like on file
    on_file: str
    again: np.ndarray  # bool (n,)
    laid: Registered


def measured(seed: int, number: int, held_out: bool) -> list[Measured]:
    """All pairs of one number."""
    lines = Lines(number)
    return [m for p in list(pairs(seed, number, held_out)) if (m := measure(p, lines)) is not None]


class Lines:
    """The lines of one number laid level, each once, its boxes as rough as the reader's."""

    def __init__(self, number: int) -> None:
        self._rng = np.random.default_rng(number)
        self._laid: dict[int, Laid] = {}

    def __call__(self, side: Side) -> Laid:
        """The side's line."""
        key = id(side.picture)
        if key not in self._laid:
            tall = float(np.linalg.norm(side.quads[:, 3] - side.quads[:, 0], axis=1).mean())
            rough = side.quads + self._rng.normal(0, ROUGH * tall, side.quads.shape)
            self._laid[key] = lay(side.picture, side.text, rough.astype(np.float32))
        return self._laid[key]


def measure(pair: Pair, lines: Lines) -> Measured | None:
    """One pair; None where too few characters belong together."""
    now, file = lines(pair.now), lines(pair.file)
    both = paired(now.text, file.text)
    if len(both) < FEWEST:
        return None
    return Measured(
        pair.kind,
        pair.file.rubbed,
        "".join(now.text[i] for i, _ in both),
        "".join(file.text[j] for _, j in both),
        np.array([pair.again[i] for i, _ in both]),
        register(now, file, both),
    )


def usual_patches(ms: Sequence[Measured]) -> dict[str, np.ndarray]:
    """The usual form of each character: the mean over die sets, illegible ones counting little."""
    seen: dict[str, list[np.ndarray]] = {}
    for m in ms:
        if m.kind != "same":
            continue
        for patches, text in ((m.laid.first, m.text), (m.laid.alone, m.on_file)):
            for c, x in zip(text, congruence.directions(patches), strict=True):
                seen.setdefault(c, []).append(x)
    usual = {}
    for c, found in seen.items():
        x = np.array(found)
        mean = x.mean(0)
        for _ in range(3):
            like = np.clip(x @ (mean / np.linalg.norm(mean)), 0, 1) ** 2
            mean = (x * like[:, None]).sum(0) / like.sum()
        usual[c] = (mean / np.linalg.norm(mean)).astype(np.float32)
    return usual


def legible(m: Measured, usual: dict[str, np.ndarray]) -> float:
    """How legible the less legible of the two lines is."""
    return min(
        congruence.legibility(m.laid.first, m.text, usual), congruence.legibility(m.laid.alone, m.on_file, usual)
    )


def judgeable(m: Measured, usual: dict[str, np.ndarray]) -> bool:
    """Whether it is legible enough to be learned from."""
    return legible(m, usual) > LEGIBLE - _NEARLY


_ARRAYS = ("to_other", "middle", "shifts", "cells", "first", "other", "alone")


def keep(path: Path, ms: Sequence[Measured]) -> None:
    """Write what was measured of one number."""
    fields = {name: np.concatenate([np.asarray(getattr(m.laid, name)).reshape(-1) for m in ms]) for name in _ARRAYS}
    halves = {name: fields[name].astype(np.float16) for name in ("first", "other", "alone")}
    about = json.dumps([[m.kind, m.rubbed, m.text, m.on_file, m.again.tolist(), m.laid.pairs] for m in ms])
    np.savez(path, about=np.array(about), **(fields | halves))  # type: ignore[arg-type]


def kept(path: Path) -> list[Measured]:
    """What was measured of one number."""
    with np.load(path) as file:
        about, fields = json.loads(str(file["about"])), {name: file[name] for name in _ARRAYS}
    ms, at = [], dict.fromkeys(_ARRAYS, 0)
    for kind, rubbed, text, on_file, again, pairs_ in about:
        n = len(text)
        shapes = {"to_other": (6, 2), "middle": (3,), "shifts": (n, 3), "cells": (n, 4, 4)}
        cut = {}
        for name in _ARRAYS:
            shape = shapes.get(name, (n, *PATCH, 3))
            size = int(np.prod(shape))
            cut[name] = fields[name][at[name] : at[name] + size].reshape(shape)
            at[name] += size
        x, y, half = cut.pop("middle").tolist()
        laid = Registered(pairs=tuple((i, j) for i, j in pairs_), middle=(x, y, half), **cut)
        ms.append(Measured(kind, rubbed, text, on_file, np.array(again), laid))
    return ms


def run(folder: Path, seed: int, count: int, held_out: bool) -> Iterator[tuple[int, Measured]]:
    """What is measured of so many numbers, from the run's folder where it lies there already."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{'held-out-' * held_out}{seed}-{number:05d}.npz"
        if not path.exists():
            keep(path, measured(seed, number, held_out))
        for m in kept(path):
            yield number, m
