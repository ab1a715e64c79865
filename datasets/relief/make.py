"""Write a set of strips: pictures, truth, rubbings, and a manifest of it all. A set cut off goes on later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vinspect.datasets.relief import manifest
from vinspect.datasets.relief.plate import Array
from vinspect.datasets.relief.rubbing import rubbing
from vinspect.datasets.relief.stamping import stamping

ORDER, MANIFEST = "set.json", "manifest.jsonl"
_FOLDERS = ("pictures", "grooves", "touched", "heights", "rubbings")


@dataclass(frozen=True)
class Order:
    """What a set is made from: the same order gives the same set, bit for bit, with the same fonts and libraries."""

    count: int
    seed: int
    held_out: bool  # dies, processes, tools, metals and lights from families that training never sees


class Refused(ValueError):
    """The folder cannot take this set; the message says why and what to do."""


def made(folder: Path, order: Order) -> int:
    """How many strips of this order the folder holds already. Makes the folder where there is none.

    Raises Refused where something else lies in it.
    """
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file: name a folder for the set.")
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / ORDER
    if not saved.exists():
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty: name a new or an empty folder for the set.")
        return 0
    there = _order(saved)
    if there != order:
        raise Refused(
            f"{folder} holds another set ({there.count} strips of seed {there.seed}{', held out' * there.held_out}): "
            "name another folder, or give the same count and seed to go on with that one."
        )
    return len(_rows(folder / MANIFEST))


def _order(path: Path) -> Order:
    try:
        content = json.loads(path.read_text("utf-8"))
        return Order(int(content["count"]), int(content["seed"]), bool(content["held_out"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{path} cannot be read as the order of a set: name another folder.") from error


def _rows(path: Path) -> list[str]:
    """Whole lines of the manifest; a last one that was cut off does not count."""
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines(keepends=True)
    return [line for line in lines if line.endswith("\n")]


def make(folder: Path, count: int, seed: int, held_out: bool = False) -> Iterator[dict[str, Any]]:
    """Make what is missing of a set, strip by strip; yields each row of the manifest, those that lay there first.

    Raises Refused before the first, where the folder cannot take this set.
    """
    order = Order(count, seed, held_out)
    made(folder, order)
    for name in _FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    (folder / ORDER).write_text(json.dumps({"schema": manifest.SCHEMA, **asdict(order)}) + "\n", "utf-8")
    path = folder / MANIFEST
    rows = _rows(path)
    path.write_text("".join(rows), "utf-8")
    for line in rows:
        yield json.loads(line)
    with path.open("a", encoding="utf-8") as out:
        for number in range(len(rows), count):
            row = strip(folder, order, number)
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
            yield row


def strip(folder: Path, order: Order, number: int) -> dict[str, Any]:
    """Make one strip of a set, write its pictures, return its row."""
    rng = np.random.default_rng((order.seed, number, int(order.held_out)))
    forged = bool(rng.random() < 0.5)
    s = stamping(rng, forged, held_out=order.held_out)
    rubbings = {"on file": rubbing(rng, s.filed), "today": rubbing(rng, s.found)}
    name = f"{number:06d}"
    files = {
        "picture": f"pictures/{name}.png",
        "groove": f"grooves/{name}.png",
        "touched": f"touched/{name}.png",
        "height": f"heights/{name}.png",
        "on file": f"rubbings/{name}.png",
        "today": f"rubbings/{name}-today.png",
    }
    pictures = {
        "picture": s.picture,
        "groove": s.groove,
        "touched": s.touched,
        "height": micrometres(s.height),
        **{of: r.picture for of, r in rubbings.items()},
    }
    for key, picture in pictures.items():
        if not cv2.imwrite(str(folder / files[key]), picture, [cv2.IMWRITE_PNG_COMPRESSION, 3]):
            raise OSError(f"{folder / files[key]} could not be written: is the disk full?")
    return manifest.row(number, files, s, rubbings)


def micrometres(height: Array) -> Array:
    """Heights in millimetres as a 16-bit picture: micrometres above the sheet, plus 32768."""
    return np.clip(np.round(height * 1000) + 32768, 0, 65535).astype(np.uint16)
