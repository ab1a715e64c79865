"""`python -m vinspect.models.align`: where exactly each transcribed number stands in its photograph.

Photographs come with upright boxes, and the transcription tells the tilt to some degrees: for small print that is half
a character's height at the ends. Here each line is laid where the published reader finds the number that somebody read
there likeliest: over tilts around the one written down, then level by the characters' own boxes. Written into the
transcription's column `line`. Where somebody could not read every character, the line is where the reader, left to
itself, finds one in the photograph's box; and where it agrees with all that was read, what it makes of the rest goes
into the column `filled`, to learn from and never to be measured on.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rich.progress import track

from vinspect.datasets import vinphotos
from vinspect.models.reader import ALPHABET
from vinspect.vision import ctc, inspector
from vinspect.vision.evidence import Reading, StampLine
from vinspect.vision.network import Reader
from vinspect.vision.photo import open_photo
from vinspect.vision.rectify import rectify
from vinspect.vision.spelled import Spelled, folded, levelled
from vinspect.vision.spelled import boxes as boxes_of

ROOT = Path(__file__).resolve().parent.parent
AROUND = (0.0, -2.0, 2.0, -4.0, 4.0, -6.0, 6.0)  # degrees
ROUNDS = 3  # times the line is laid level by its characters
INSIDE = 0.6  # overlap (intersection over union) of box and reading: below it another line was read
UNKNOWN = 3  # characters at most that are filled in
FAIR = -0.7  # mean log probability of a character: below it the characters' boxes are not believed


def aligned(grey: np.ndarray, starts: Iterable[np.ndarray], number: str, reader: Reader) -> np.ndarray:
    """The quadrilateral, float32 (4, 2), at which `number` is likeliest, of `starts` and what they lead to."""
    sequence = tuple(ALPHABET.index(c) + 1 for c in number)

    def look(quad: np.ndarray) -> tuple[float, StampLine]:
        line = StampLine(quad.astype(np.float32), 1.0, 1.0)
        strip = rectify(grey, line)
        seen = reader.see(strip.grey)
        likely, shares, occupancy = ctc.alternatives(folded(seen.p), sequence)
        boxes = boxes_of(seen.places, occupancy)
        level = levelled(Spelled(line, strip, seen, shares, boxes))
        return likely / len(sequence), level

    found = [(*look(quad), quad) for quad in starts]
    score, level, best = max(found, key=lambda f: f[0])
    for _ in range(ROUNDS):
        if score < FAIR:
            break
        again, further = look(level.quad)
        if again < score:
            break
        score, level, best = again, further, level.quad
    return np.asarray(best, np.float32)


def overlap(box: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two upright boxes: left, top, right, bottom."""
    sides = np.clip(np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2]), 0, None)
    both = float(sides.prod())
    return both / (float((box[2:] - box[:2]).prod()) + float((other[2:] - other[:2]).prod()) - both)


def agrees(reading: Reading, number: str) -> bool:
    """Whether a reading is the number, of which some characters are `?`, and not many of them."""
    pairs = zip(number, reading.text, strict=False)
    same = len(reading.text) == len(number) and all(a in ("?", b) for a, b in pairs)
    return same and number.count("?") <= UNKNOWN


def main() -> None:
    """Fill the columns `line` and `filled` of train's transcription."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.models.align", description=__doc__)
    parser.add_argument("--photos", type=Path, default=ROOT.parent / "shared/data/vin-photos")
    args = parser.parse_args()
    path = ROOT / "datasets/transcriptions/vin-photos-train.csv"
    rows = vinphotos.transcribed(path)
    nets = inspector.open_nets()
    reader = nets.reader
    for photo in track(vinphotos.vin_photos(args.photos, "train"), "laying lines"):
        row = rows.get(photo.path.name)
        if row is None or row["tilt"] == "v":
            continue
        grey, tilt = photo.grey(), float(row["tilt"] or 0)
        quad = vinphotos.quad(photo.box, tilt)
        if row["legible"] == "yes" and 5 <= len(row["number"]) <= 18 and "?" not in row["number"]:
            starts = [vinphotos.quad(photo.box, tilt + a) for a in AROUND]
            quad = aligned(
                grey, [*starts, vinphotos.quad(photo.box, vinphotos.tilt(grey, photo.box))], row["number"], reader
            )
        else:
            readings = inspector.read(open_photo(photo.path), nets).readings
            if readings:
                best = readings[0]
                filled = agrees(best, row["number"])
                if filled or overlap(photo.box, np.concatenate([best.quad.min(0), best.quad.max(0)])) > INSIDE:
                    quad = best.quad
                row["filled"] = best.text if filled else ""
        row["line"] = " ".join(f"{v:.1f}" for v in quad.ravel())
    with path.open("w", newline="", encoding="utf-8") as file:
        columns = ["file", "number", "kind", "legible", "tilt", "line", "filled"]
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())


if __name__ == "__main__":
    main()
