"""How well the locating network finds numbers: `python benchmarks/locate.py`.

Real photographs are taken from --photos where they are: those of `train` that training left out, and `valid`, which
is only ever measured on. Rendered scenes are drawn from seeds that training never sees. A line counts as found where
its quadrilateral, with the strip's margin around it, holds the whole number, is not much larger, and reads its way.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from vinspect.datasets import scene as scenes
from vinspect.datasets import views, vinphotos
from vinspect.models import weights
from vinspect.vision.evidence import Photo, StampLine
from vinspect.vision.locate import Locator, locate, numbers
from vinspect.vision.photo import photo_of
from vinspect.vision.rectify import MARGIN

HELD_OUT = 20  # every twentieth photograph of train, as in models/train_locate.py
LARGEST = 1.6  # times as high as the number is still close enough to read

# A picture, uint8 (h, w); its lines, float32 (n, 4, 2), and its labelled box where it has one.
Sample = tuple[np.ndarray, np.ndarray, np.ndarray | None]


@dataclass
class Row:
    """One line of the table."""

    name: str
    pictures: int = 0
    found: int = 0
    overlap: float = 0.0  # summed intersection over union
    read_way: int = 0  # of those found, how many read the right way up
    ms: float = 0.0


def photo(grey: np.ndarray) -> Photo:
    return photo_of("picture", cv2.imencode(".png", grey)[1].tobytes())


def turned(points: np.ndarray, quarters: int, width: int, height: int) -> np.ndarray:
    """Points (n, 2) of a picture after `quarters` turns of 90 degrees clockwise."""
    for _ in range(quarters):
        points = np.stack([height - 1 - points[:, 1], points[:, 0]], 1)
        width, height = height, width
    return points


def holds(line: StampLine, truth: np.ndarray) -> bool:
    """Whether a line's strip holds the true quadrilateral: its ends, and its height from top to bottom."""
    quad = line.quad.astype(np.float64)
    along = (quad[1] + quad[2] - quad[0] - quad[3]) / 2
    length = float(np.linalg.norm(along))
    along /= length
    down = np.array([-along[1], along[0]])
    tall = float(np.linalg.norm(quad[3] + quad[2] - quad[0] - quad[1])) / 2
    u, v = (truth - quad.mean(0)) @ along, (truth - quad.mean(0)) @ down
    true_tall = float(np.linalg.norm(truth[3] + truth[2] - truth[0] - truth[1])) / 2
    return bool(
        np.abs(u).max() < length / 2 + (MARGIN + 0.1) * tall
        and np.abs(v).max() < 0.85 * tall  # the strip shows 0.83 of the line's height on either side of its middle
        and tall < LARGEST * true_tall
        and length < 1.25 * float(np.ptp(u)) + tall
    )


def boxed(line: StampLine, box: np.ndarray) -> bool:
    """The same for a labelled box, left, top, right, bottom, which leaves a margin around its number.

    The strip must hold the box but for that margin, and the line with a like margin must cover mostly the box.
    """
    tall = float(np.linalg.norm(line.quad[3] + line.quad[2] - line.quad[0] - line.quad[1])) / 2
    strip, like = (rim(grown(line.quad, by * tall, down * tall)) for by, down in ((MARGIN, 0.33), (0.2, 0.2)))
    slack = 0.2 * tall
    inside = (strip[:2] < box[:2] + slack).all() and (strip[2:] > box[2:] - slack).all()
    shared = np.clip(np.minimum(like[2:], box[2:]) - np.maximum(like[:2], box[:2]), 0, None).prod()
    return bool(inside and shared > 0.45 * ((like[2:] - like[:2]).prod() + (box[2:] - box[:2]).prod() - shared))


def grown(quad: np.ndarray, along: float, down: float) -> np.ndarray:
    """A quadrilateral with so many pixels more at its ends, and above and below."""
    a, b = quad[1] - quad[0], quad[3] - quad[0]
    a, b = a / np.linalg.norm(a) * along, b / np.linalg.norm(b) * down
    return quad + np.array([-a - b, a - b, a + b, b - a])


def rim(points: np.ndarray) -> np.ndarray:
    """Left, top, right, bottom of points (n, 2)."""
    return np.concatenate([points.min(0), points.max(0)])


def iou(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(np.float32), b.astype(np.float32)
    shared, _ = cv2.intersectConvexConvex(cv2.convexHull(a), cv2.convexHull(b))
    return float(shared / max(cv2.contourArea(cv2.convexHull(a)) + cv2.contourArea(cv2.convexHull(b)) - shared, 1e-6))


def add(row: Row, picture: Photo, truths: np.ndarray, net: Locator, box: np.ndarray | None = None) -> bool:
    """Measure one picture with its lines; whether all of the number was found, by its labelled box where it has one."""
    began = time.perf_counter()
    groups = numbers(locate(picture, net))
    row.ms += 1000 * (time.perf_counter() - began)
    row.pictures += 1
    best = groups[0] if groups else ()
    matches = [max(best, key=lambda a: iou(a.quad, truth)) for truth in truths] if best else []
    row.overlap += float(np.mean([iou(m.quad, t) for m, t in zip(matches, truths, strict=True)])) if matches else 0.0
    if box is None:
        found = bool(matches) and all(holds(m, t) for m, t in zip(matches, truths, strict=True))
    else:
        found = bool(matches) and boxed(matches[0], box)
    row.found += found
    row.read_way += found and all(
        float((m.quad[1] - m.quad[0]) @ (t[1] - t[0])) > 0 for m, t in zip(matches, truths, strict=True)
    )
    return found


def real(root: Path, split: str, keep: Callable[[int], bool]) -> Iterator[Sample]:
    for k, item in enumerate(vinphotos.vin_photos(root, split)):
        if keep(k):
            grey = item.grey()
            yield grey, vinphotos.quad(item.box, vinphotos.tilt(grey, item.box))[None], item.box


def drawn(count: int, seed: int, with_number: bool) -> Iterator[Sample]:
    """Scenes whose number stands wholly in the picture, no line less than 8 pixels high; or those without one."""
    rng = np.random.default_rng(seed)
    while count:
        scene = scenes.scene(rng)
        if not with_number and not len(scene.numbers):
            count -= 1
            yield views.camera(rng, scene).grey, scene.numbers, None
        if with_number and len(scene.numbers):
            seen = views.view(rng, scene, (640, 480))
            h, w = seen.grey.shape
            tall = np.linalg.norm(seen.numbers[:, 3] - seen.numbers[:, 0], axis=1)
            if seen.numbers.min() >= 0 and (seen.numbers.max((0, 1)) < [w, h]).all() and tall.min() >= 8:
                count -= 1
                yield seen.grey, seen.numbers, None


def measure(net: Locator, root: Path, count: int) -> tuple[list[Row], list[Row]]:
    """Rows of pictures with a number, and of pictures without."""
    rows, empty = [], []
    sets: list[tuple[str, list[Sample]]] = []
    held = list(real(root, "train", lambda k: k % HELD_OUT == 0))
    if held:
        sets.append(("train, held out", held))
        sets.append(("valid", list(real(root, "valid", lambda k: True))))
    sets.append(("rendered scenes", list(drawn(count, 900_001, True))))
    for name, pictures in sets:
        for quarters in range(4):
            row = Row(f"{name}, turned by {90 * quarters}" if quarters else name)
            for grey, quads, box in pictures:
                h, w = grey.shape
                points = turned(quads.reshape(-1, 2), quarters, w, h).reshape(-1, 4, 2)
                box = None if box is None else rim(turned(box.reshape(2, 2), quarters, w, h))
                add(row, photo(np.ascontiguousarray(np.rot90(grey, -quarters))), points, net, box)
            rows.append(row)
    rng = np.random.default_rng(900_002)
    negatives = [("rendered, no number", [g for g, _, _ in drawn(count, 900_003, False)])]
    if held:
        covered = [
            scenes.covered(rng, item.grey(), item.box)
            for k, item in enumerate(vinphotos.vin_photos(root, "train"))
            if k % HELD_OUT == 0
        ]
        negatives.append(("train, held out, number covered", covered))
    for name, greys in negatives:
        row = Row(name)
        for grey in greys:
            began = time.perf_counter()
            row.found += bool(locate(photo(grey), net))
            row.ms += 1000 * (time.perf_counter() - began)
            row.pictures += 1
        empty.append(row)
    return rows, empty


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=Path(__file__).parents[2] / "shared/data/vin-photos")
    parser.add_argument("--weights", type=Path, help="another locator.onnx than the installed one")
    parser.add_argument("--count", type=int, default=300, help="rendered scenes of each kind")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    net = Locator(args.weights or weights.path("locator.onnx"))
    rows, empty = measure(net, args.photos, args.count)
    if args.json:
        print(json.dumps({"found": [vars(r) for r in rows], "false_alarms": [vars(r) for r in empty]}))
        return
    table = Table(title=f"Locate, {platform.machine()}, {os.cpu_count()} cores")
    for column in ("pictures", "n", "whole number found", "right way up", "mean IoU", "ms"):
        table.add_column(column, justify="left" if column == "pictures" else "right")
    for r in rows:
        share, way = 100 * r.found / r.pictures, 100 * r.read_way / max(r.found, 1)
        iou_mean, ms = r.overlap / r.pictures, r.ms / r.pictures
        table.add_row(r.name, str(r.pictures), f"{share:.1f} %", f"{way:.1f} %", f"{iou_mean:.2f}", f"{ms:.0f}")
    for r in empty:
        false = f"{100 * r.found / r.pictures:.1f} % false"
        table.add_row(r.name, str(r.pictures), false, "", "", f"{r.ms / r.pictures:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
