"""What it was before, on families never learned from: python benchmarks/before.py [--numbers N] [--json]

Rendered numbers of held-out dies, strokes added to one to three characters (`datasets/relief`). Which ones is given, as
a judge would that finds each, and the number as it stands; the reader looks at the strip once for what else it sees.
A character counts as found where the true one is among the first three that it may have been.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vinspect.datasets.relief.stamping import Stamping, stamping
from vinspect.datasets.restruck import reading
from vinspect.models import weights
from vinspect.vision import vin
from vinspect.vision.before import before
from vinspect.vision.evidence import ALPHABET, Character, Inspection, Photo, Report, Verdict
from vinspect.vision.network import Network
from vinspect.vision.rules import rules_of

SEED = 22
CERTAIN = 3.0  # log10: what a judge would say of a character that it finds
HEIGHT = 48  # pixels of the strips that the reader takes
LISTED = 5  # candidates of the reader, as in a reading


@dataclass(frozen=True)
class Altered:
    """One character to which strokes were added, and what it is said to have been."""

    after: str
    before: str
    said: tuple[str, ...]  # the likeliest first
    binding: bool  # the number as it stands has a check digit, and it does not hold
    number: int  # place of the true number among those to look up, from 1; 0: not among them


def characters(s: Stamping, reader: Network) -> tuple[Character, ...]:
    """The characters as they stand, with what else the reader sees there."""
    p = reader.see(s.picture).p
    step = s.picture.shape[1] / len(p)
    corners = np.concatenate([s.quads.min(1), s.quads.max(1)], axis=1)
    plain = reading(s.text, s.picture, corners, "struck", 1.0)
    out = []
    for c in plain.characters:
        first, last = max(0, int(c.box[0] / step)), min(len(p), int(np.ceil(c.box[2] / step)) + 1)
        seen = p[first:last].max(0) if last > first else p.max(0)
        others = sorted(((float(q), a) for a, q in zip(ALPHABET, seen[1:], strict=True) if a != c.text), reverse=True)
        out.append(replace(c, candidates=(*c.candidates, *((a, q) for q, a in others[:LISTED]))))
    return tuple(out)


def altered(s: Stamping, reader: Network) -> Iterator[Altered]:
    found = [c.method is not None and c.text != c.before for c in s.characters]
    each = characters(s, reader)
    best = reading(s.text, s.picture, np.stack([c.box for c in each]), "struck", 1.0)
    best = replace(best, characters=each, rules=rules_of(s.text))
    verdict = Verdict("suspect", CERTAIN, tuple(CERTAIN if yes else 0.0 for yes in found), None)
    photo = Photo("", "", b"", (s.picture.shape[1], HEIGHT), s.picture, 1.0)
    was = before(Inspection(Report(photo, (best,), None, {}), (), verdict))
    binding = best.rules.binding and best.rules.check_digit is False
    place = was.numbers.index(s.before) + 1 if s.before in was.numbers else 0
    for former in was.characters:
        now = s.characters[former.place]
        yield Altered(now.text, now.before, tuple(c for c, _ in former.candidates), binding, place)


def row(name: str, some: list[Altered]) -> dict[str, str | int | float]:
    if not some:
        return {"characters": name, "n": 0}
    return {
        "characters": name,
        "n": len(some),
        "first": sum(a.said[:1] == (a.before,) for a in some) / len(some),
        "among three": sum(a.before in a.said[:3] for a in some) / len(some),
        "its number to look up": sum(a.number > 0 for a in some) / len(some),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    reader = Network(weights.path("reader.onnx"), 1)
    some: list[Altered] = []
    for k in range(arguments.numbers):
        rng = np.random.default_rng((SEED, k))
        made = stamping(rng, True, held_out=True, methods=("strokes added",), height=HEIGHT)
        some += altered(made, reader)
    met = [a for a in some if (a.before, a.after) in vin.ADDED_STROKES]
    rows = [
        row("all", some),
        row("pairs that inspectors meet", met),
        row("other pairs that the dies allow", [a for a in some if a not in met]),
        row("check digit binds and fails", [a for a in some if a.binding]),
    ]
    if arguments.json:
        print(json.dumps({"machine": platform.machine(), "numbers": arguments.numbers, "rows": rows}))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, {arguments.numbers} numbers of held-out families")
    for r in rows:
        shown = [f"{name} {value:.1%}" for name, value in r.items() if isinstance(value, float)]
        print(f"{r['characters']:<34}{r['n']:>5}  " + "  ".join(shown))


if __name__ == "__main__":
    main()
