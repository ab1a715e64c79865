"""Photographs that are used again, among many: python benchmarks/same.py [--photographs N] [--strangers N] [--among N]

Half of the photographs (../shared/data, or the folders named) are read and taken as those of earlier cases; each comes
in again cropped by up to 15 % at each edge, made up to 40 % smaller, brighter or darker, and recompressed. The other
half never was there: what is found for them is a false match; those that bear the number of one that was there, as the
data has some twice, are left out. Where more --strangers are asked for than there are, they come in again and again,
each time cropped and lit in another way. Prints of photographs that nobody has are added up to
--among: bits of real prints, mixed by pairs, so that they are as alike as real ones are. As in the service, a
photograph is laid over those whose prints are nearest, and those with the same reading. How many of those that are
laid over a photograph are taken for it is counted apart, on pairs of different photographs that bear two numbers.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track
from sqlalchemy.orm import Session

from vinspect.api.sightings.findings import OF_THE_NUMBER
from vinspect.api.sightings.prints import Prints
from vinspect.vision.evidence import Photo
from vinspect.vision.inspector import Nets, open_nets, read
from vinspect.vision.photo import open_photo, photo_of
from vinspect.vision.same import PRINT, likeness, marked, needed, number_print, number_prints, whole_print, whole_prints

SHARED = Path(__file__).parents[2] / "shared" / "data"


def seen(photo: Photo, nets: Nets) -> tuple[np.ndarray | None, str | None, float]:
    """Where the number stands in the small copy, how it is read, and how surely."""
    best = next(iter(read(photo, nets).readings), None)
    return (None, None, 0.0) if best is None else (best.quad / photo.reduction, best.text, best.confidence)


def used_again(data: bytes, rng: random.Random) -> bytes:
    """The same photograph, as somebody would make it look like another."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    left, right, top, bottom = (rng.uniform(0, 0.15) for _ in range(4))
    part = picture[int(top * height) : int((1 - bottom) * height), int(left * width) : int((1 - right) * width)]
    scale = rng.uniform(0.6, 1)
    part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lit = np.clip(part.astype(np.float32) * rng.uniform(0.75, 1.3) + rng.uniform(-15, 25), 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, rng.randrange(40, 85)]
    return cv2.imencode(".jpg", lit, quality)[1].tobytes()


class Filled(Prints):
    """Prints that come from no store."""

    def __init__(self, whole: np.ndarray, around: np.ndarray) -> None:
        super().__init__()
        self._bits = np.stack([whole, around]).view(np.uint8)
        self._numbers, self._size = np.arange(len(whole)), len(whole)

    def _take_up(self, session: Session) -> None:
        """All is there."""


def mixed(real: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Prints made of the bits of two real ones each, two different ones: uint64 (count, 4)."""
    one = rng.integers(0, len(real), count)
    other = (one + rng.integers(1, len(real), count)) % len(real)
    take = rng.integers(0, 2**64, (count, real.shape[1]), np.uint64)
    return (real[one] & take) | (real[other] & ~take)


def words(marks: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(marks), np.uint64).reshape(len(marks), -1)


def measured(files: list[Path], among: int, strangers: int | None = None) -> dict[str, Any]:
    nets, rng = open_nets(), random.Random(1)
    half = len(files) // 2
    kept = [open_photo(file) for file in files[:half]]
    known = [seen(photo, nets) for photo in kept]
    whole = words([whole_print(photo.small) for photo in kept])
    has = np.array([quad is not None for quad, *_ in known])
    around = words(
        [
            bytes(PRINT) if quad is None else number_print(photo.small, quad)
            for photo, (quad, *_) in zip(kept, known, strict=True)
        ]
    )
    filled = max(0, among - half)
    filling = np.random.default_rng(1)
    prints = Filled(
        np.concatenate([whole, mixed(whole, filled, filling)]),
        np.concatenate([around, mixed(around[has], filled, filling)]),
    )
    corners = [marked(photo.small) for photo in kept]
    ms: list[float] = []

    def found(photo: Photo) -> list[int]:
        """The kept photographs that it is taken for."""
        quad, text, sure = seen(photo, nets)
        around = [] if quad is None else number_prints(photo.small, quad)
        start = time.process_time()
        near = prints.near(Session(), whole_prints(photo.small), around)
        ms.append((time.process_time() - start) * 1e3)
        near += [n for n in range(half) if text and known[n][1] == text and n not in near][-OF_THE_NUMBER:]
        mine = marked(photo.small)
        return [n for n in near if n < half and likeness(mine, corners[n]) >= needed(text, known[n][1], sure)]

    places = track(range(half), "used again")
    again = [place in found(photo_of("again", used_again(kept[place].data, rng))) for place in places]
    bears = {text for _, text, _ in known if text}
    others = track(files[half:], "strangers, what they bear")
    unknown = [file for file in others if seen(open_photo(file), nets)[1] not in bears]
    false, taken = [], 0
    for n in track(range(len(unknown) if strangers is None else strangers), "strangers"):
        data = (file := unknown[n % len(unknown)]).read_bytes()
        hits = found(photo_of(file.name, data if n < len(unknown) else used_again(data, rng)))
        taken += bool(hits)
        false += [(file.name, files[place].name) for place in hits]
    pairs = [rng.sample(range(half), 2) for _ in range(4 * half)]
    pairs = [(one, other) for one, other in pairs if known[one][1] is None or known[one][1] != known[other][1]]
    alike = [likeness(corners[one], corners[other]) for one, other in pairs]
    taken_pairs = sum(
        each >= needed(known[one][1], known[other][1], known[one][2])
        for each, (one, other) in zip(alike, pairs, strict=True)
    )
    return {
        "photographs": half,
        "among": half + filled,
        "found": statistics.mean(again),
        "strangers": n + 1,
        "strangers_taken": taken,
        "taken_for": sorted(set(false)),
        "pairs": len(pairs),
        "pairs_taken": taken_pairs,
        "likest_pair": max(alike),
        "cpu_ms": statistics.median(ms),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folders", nargs="*", type=Path, default=[SHARED])
    asked.add_argument("--photographs", type=int, default=400)
    asked.add_argument("--strangers", type=int, help="that are looked for (default: each of them once)")
    asked.add_argument("--among", type=int, default=230_000)
    asked.add_argument("--json", action="store_true")
    of = asked.parse_args()
    cv2.setNumThreads(1)
    files = sorted(file for folder in of.folders for file in folder.rglob("*.jpg"))
    random.Random(0).shuffle(files)
    said = measured(files[: of.photographs], of.among, of.strangers)
    if of.json:
        print(json.dumps(said))
        return
    print(f"used again, found among {said['among']}: {said['found']:.1%} of {said['photographs']} (goal 95 %)")
    print(f"strangers taken for one of them: {said['strangers_taken']} of {said['strangers']} (goal: 1 in 10,000)")
    for one, other in said["taken_for"]:
        print(f"    {one} for {other}")
    print(
        f"pairs of others taken for one: {said['pairs_taken']} of {said['pairs']}; the likest {said['likest_pair']:.2f}"
    )
    print(f"the nearest prints of one photograph: {said['cpu_ms']:.0f} ms of CPU")


if __name__ == "__main__":
    main()
