"""A corpus of numbers in relief to train the judge on: rendered once, kept in shards, read many times over.

A shard is one .npz file of `SHARD` strips side by side. Half of the strips are forged; half of those share their maker,
metal, light and camera with a genuine one, so that what the forger did is all that tells the two apart. Twins are left
out: nothing in one photograph tells a number that was struck whole by other dies.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vinspect.datasets.relief.forgery import METHODS, Method
from vinspect.datasets.relief.stamping import Stamping, stamping

SHARD = 200  # strips
SEEN: tuple[Method, ...] = tuple(m for m in METHODS if m != "twin")  # what one photograph can show
DEPTH = 0.4  # millimetres above or below its surroundings at which the map of heights ends
GROOVE, GHOST = 2, 1  # what a pixel's stroke is: of a character that stands, or of one that stood there; 0 for none


@dataclass(frozen=True, eq=False)
class Known:
    """A strip and what is known of it. Arrays of pixels are uint8 (64, w)."""

    picture: np.ndarray
    stroke: np.ndarray  # 0, GHOST or GROOVE
    touched: np.ndarray  # as `Stamping.touched`
    height: np.ndarray  # 128 is level with the surroundings, 0 and 255 are `DEPTH` below and above
    line: np.ndarray  # float32 (4, 2)
    quads: np.ndarray  # float32 (n, 4, 2)
    text: str
    altered: tuple[bool, ...]  # of each character: the forger struck it, or laid it in
    dies: tuple[str, ...]  # of each character: which set struck it
    method: str  # of the forger; empty where the maker struck it all

    @property
    def process(self) -> str:
        """How the first character was struck."""
        return self.dies[0].rsplit(" ", 2)[1]


def known(s: Stamping) -> Known:
    """What the judge learns from a stamping."""
    stroke = np.where(s.groove == 255, GROOVE, np.where(s.groove == 128, GHOST, 0)).astype(np.uint8)
    away = s.height - cv2.GaussianBlur(s.height, (0, 0), 12)
    height = np.clip(128 + 127 * away / DEPTH, 0, 255).astype(np.uint8)
    return Known(
        s.picture,
        stroke,
        s.touched,
        height,
        s.line,
        s.quads,
        s.text,
        tuple(c.method is not None for c in s.characters),
        tuple(f"{c.dies} {c.edge} {c.process} {c.method is not None}" for c in s.characters),
        s.deed.method if s.deed is not None else "",
    )


def stampings(seed: int, count: int, held_out: bool = False, methods: tuple[Method, ...] = SEEN) -> Iterator[Known]:
    """Numbers of a seed, always the same ones; every other one is forged."""
    for i in range(count):
        own = i - i % 2 if i % 4 < 2 else i
        rng = np.random.default_rng((seed, own))
        yield known(stamping(rng, i % 2 == 1, held_out=held_out, methods=methods))


def write(file: Path, strips: list[Known]) -> None:
    """One shard."""
    part = file.with_suffix(".part")
    picture, stroke, touched, height = (
        np.concatenate(planes, 1)
        for planes in zip(*((s.picture, s.stroke, s.touched, s.height) for s in strips), strict=True)
    )
    told = [
        {"text": s.text, "altered": s.altered, "dies": s.dies, "method": s.method, "width": s.picture.shape[1],
         "line": s.line.tolist(), "quads": s.quads.tolist()}
        for s in strips
    ]  # fmt: skip
    with part.open("wb") as f:
        words = np.array(json.dumps(told))
        np.savez_compressed(f, told=words, picture=picture, stroke=stroke, touched=touched, height=height)
    part.replace(file)


def load(file: Path) -> list[Known]:
    """The strips of a shard."""
    with np.load(file) as shard:
        told = json.loads(str(shard["told"]))
        cuts = np.cumsum([t["width"] for t in told])[:-1]
        planes = [np.split(shard[name], cuts, 1) for name in ("picture", "stroke", "touched", "height")]
    return [
        Known(
            picture,
            stroke,
            touched,
            height,
            np.array(t["line"], np.float32),
            np.array(t["quads"], np.float32).reshape(-1, 4, 2),
            t["text"],
            tuple(t["altered"]),
            tuple(t["dies"]),
            t["method"],
        )
        for t, picture, stroke, touched, height in zip(told, *planes, strict=True)
    ]


def fill(
    folder: Path, seed: int, shards: int, held_out: bool = False, methods: tuple[Method, ...] = SEEN
) -> list[Path]:
    """Render what the folder lacks of so many shards, behind other work; its shards of this seed."""
    os.nice(2)
    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{seed}-{i:04}.npz" for i in range(shards)]
    for i, file in enumerate(files):
        if not file.exists():
            write(file, list(stampings(seed * 100_003 + i, SHARD, held_out, methods)))
    return files
