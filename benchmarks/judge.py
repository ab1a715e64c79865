"""The judge on dies, tools, metals and light that it has not learned from: python benchmarks/judge.py [--json]

Rendered numbers in relief, every other one forged in one of seven ways; the reading is given, its boxes as rough as the
reader's. Beside the judge, on the same pictures, the classical baseline: layout z-scores and overlap of equal
characters (`vision/layout.py`, `vision/glyphs.py`), and its rubbing (`vision/rub.py`). A twin is struck whole by other
dies, which nothing in one photograph tells: it stands apart. Cllr: N. Bruemmer, J. du Preez, Computer Speech & Language
20, 2006, 230: 0 is perfect, 1 says nothing. What is rendered is kept in runs/judge/held-out.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from vinspect.datasets.relief.forgery import METHODS
from vinspect.models import stampings, weights
from vinspect.models.exhibits import Exhibit, exhibits
from vinspect.models.stampings import GROOVE
from vinspect.vision import glyphs, layout, looks
from vinspect.vision.evidence import Finding, Looks, Outcome
from vinspect.vision.judge import Judge
from vinspect.vision.rub import rub
from vinspect.vision.weigh import weigh

SEED = 902  # of the numbers
SHARDS = 4
FALSE_ALARMS = 0.01
SPARSE = 7  # every so manieth pixel of the maps is ranked
ROOT = Path(__file__).resolve().parent.parent
Row = dict[str, str | int | float]


@dataclass(frozen=True, eq=False)
class Opinion:
    """What one judge says of a number."""

    support: float
    characters: tuple[float, ...]
    findings: tuple[Finding, ...]
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class Judged:
    exhibit: Exhibit
    learned: Opinion
    classical: Opinion
    looks: Looks

    @property
    def method(self) -> str:
        return self.exhibit.known.method


def judged(e: Exhibit, judge: Judge) -> Judged | None:
    """None where the number cannot be judged."""
    seen = looks.look(e.reading, judge)
    if seen is None:
        return None
    verdict = weigh(e.reading, seen.findings, seen)
    learned = Opinion(seen.support, seen.characters, seen.findings, verdict.outcome)
    found = layout.findings_of(e.reading) + glyphs.findings_of(e.reading)
    each = np.zeros(len(e.reading.characters))
    for f in found:
        each[list(f.characters)] += f.support / len(f.characters)
    support = sum(f.support for f in found)
    return Judged(e, learned, Opinion(support, tuple(each), found, "review" if found else "clear"), seen)


def auroc(altered: np.ndarray, genuine: np.ndarray) -> float:
    """The chance that an altered number has more support than a genuine one; ties count half."""
    both = np.concatenate([altered, genuine])
    _, place, count = np.unique(both, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    n = len(altered)
    return float((rank[:n].sum() - n * (n + 1) / 2) / (n * len(genuine)))


def cllr(altered: np.ndarray, genuine: np.ndarray) -> float:
    """The cost of log10 likelihood ratios, in bits."""
    return float((np.log2(1 + 10.0**-altered).mean() + np.log2(1 + 10.0**genuine).mean()) / 2)


def row(name: str, judge: str, forged: Sequence[Judged], genuine: Sequence[Judged]) -> Row:
    """How well one judge tells the forged from the genuine."""
    f, g = ([getattr(n, judge) for n in each] for each in (forged, genuine))
    a, b = (np.array([o.support for o in each], float) for each in (f, g))
    single = [(n, getattr(n, judge)) for n in forged if n.exhibit.sample.altered.sum() == 1]
    first = [o.characters[int(n.exhibit.sample.altered.argmax())] >= max(o.characters) > 0 for n, o in single]
    limit = float(np.quantile(b, 1 - FALSE_ALARMS))
    return {
        "numbers": name,
        "judge": judge,
        "forged": len(f),
        "auroc": auroc(a, b),
        "found at 1 %": float((a > limit).mean()),
        "cllr": cllr(a, b),
        "forged: suspect": float(np.mean([o.outcome == "suspect" for o in f])),
        "genuine: suspect": float(np.mean([o.outcome == "suspect" for o in g])),
        "genuine: any finding": float(np.mean([bool(o.findings) for o in g])),
        "single one first": float(np.mean(first)) if first else float("nan"),
    }


def maps(numbers: Sequence[Judged]) -> Row:
    """Overlap of the rubbings with the true groove, and how well the map tells touched pixels from others."""
    both, either = np.zeros(2), np.zeros(2)
    worked, bare = [], []
    for n in numbers:
        s = n.exhibit.sample
        groove = s.stroke == GROOVE
        for k, drawn in enumerate((n.looks.rubbings[0], rub(n.exhibit.reading.strips[0]))):
            there = drawn.stroke > 0.5
            both[k] += (groove & there).sum()
            either[k] += (groove | there).sum()
        touched = s.touched > 0
        worked.append(n.looks.touched[0][touched][::SPARSE])
        bare.append(n.looks.touched[0][~touched][::SPARSE])
    iou = both / either
    return {
        "rubbing, IoU": float(iou[0]),
        "classical rubbing, IoU": float(iou[1]),
        "touched, AUROC by pixel": auroc(np.concatenate(worked), np.concatenate(bare)),
    }


def table(rows: Sequence[Row]) -> str:
    heads = list(rows[0])
    cells = [[f"{v:.3f}" if isinstance(v, float) else str(v) for v in r.values()] for r in rows]
    wide = [max(len(h), *(len(c[i]) for c in cells)) for i, h in enumerate(heads)]
    return "\n".join(
        "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, wide, strict=True)))
        for line in (heads, *cells)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=SHARDS, help=f"of {stampings.SHARD} numbers each")
    parser.add_argument("--weights", type=Path, help="another network than the published one")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    judge = Judge(arguments.weights or weights.path("judge.onnx"), threads=1)
    files = stampings.fill(ROOT / "runs/judge/held-out", SEED, arguments.shards, True, METHODS)
    asked = list(exhibits((k for file in files for k in stampings.load(file)), SEED))
    numbers = [n for e in asked if (n := judged(e, judge)) is not None]
    genuine = [n for n in numbers if not n.method]
    forged = [n for n in numbers if n.method and n.method != "twin"]
    rows = [row("all but twins", which, forged, genuine) for which in ("learned", "classical")]
    rows += [row(m, "learned", some, genuine) for m in METHODS if (some := [n for n in numbers if n.method == m])]
    drawn = maps([n for n in numbers if n.method != "twin"])
    share = len(numbers) / len(asked)
    if arguments.json:
        print(
            json.dumps({"machine": platform.processor() or platform.machine(), "judged": share, "rows": rows} | drawn)
        )
        return
    print(f"{platform.machine()}, Python {platform.python_version()}; {len(asked)} numbers, {share:.3f} of them judged")
    print(table(rows))
    for name, value in drawn.items():
        print(f"{name:<26}{value:.3f}")


if __name__ == "__main__":
    main()
