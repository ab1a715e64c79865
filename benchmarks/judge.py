"""The judge on dies, tools, metals and light that it has not learned from: python benchmarks/judge.py [--json]

Rendered numbers in relief, every other one forged in one of seven ways; the line is given, as rough as locating finds
it, and read. Beside the judge, on the same pictures, two peers: the classical baseline (layout z-scores, overlap of
equal characters, and its rubbing: `vision/layout.py`, `glyphs.py`, `rub.py`); and an anomaly detector that has seen
genuine numbers of the training's families alone (`patchcore.py`). A twin is struck whole by other dies, which nothing
in one photograph tells: it stands apart. What is rendered is kept in runs/judge; plots go to build/bench-judge.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import lrs
import numpy as np
import patchcore
import torch

from vinspect.datasets.relief.forgery import METHODS
from vinspect.models import fit_strength, stampings, weights
from vinspect.models.exhibits import Exhibit, exhibits
from vinspect.models.stampings import GROOVE
from vinspect.vision import glyphs, layout, looks, strength
from vinspect.vision.evidence import Finding, Looks, Outcome
from vinspect.vision.judge import Judge
from vinspect.vision.judgeable import why_not
from vinspect.vision.rub import rub
from vinspect.vision.weigh import weigh

SEED = 902  # of the numbers
SHARDS = 4
SPARSE = 7  # every so manieth pixel of the maps is ranked
ROOT = Path(__file__).resolve().parent.parent
JUDGES = {"learned": "The judge", "classical": "Classical baseline", "patchcore": "PatchCore on the reader's eyes"}
MARKS = "<!-- judge -->\n", "<!-- /judge -->"
Row = dict[str, str | int | float]


@dataclass(frozen=True, eq=False)
class Opinion:
    """What one judge says of a number."""

    support: float
    characters: tuple[float, ...]
    findings: tuple[Finding, ...] = ()
    outcome: Outcome | None = None  # None of a judge that calls nothing suspect and finds nothing, but ranks


@dataclass(frozen=True, eq=False)
class Judged:
    exhibit: Exhibit
    learned: Opinion
    classical: Opinion
    patchcore: Opinion
    looks: Looks
    strange: np.ndarray  # float32 (h, w): the anomaly detector's map

    @property
    def method(self) -> str:
        return self.exhibit.known.method


def peer(run: Path) -> patchcore.PatchCore:
    """The anomaly detector, from numbers that the judge was calibrated on: half of them kept, half to weigh."""
    files = stampings.fill(run, fit_strength.SEED, 2)
    kept, others = (
        [e for e in exhibits(stampings.load(file), fit_strength.SEED) if why_not(e.reading) is None] for file in files
    )
    return patchcore.learn([e for e in kept if not e.sample.forged], others)


def judged(e: Exhibit, judge: Judge, anomalies: patchcore.PatchCore) -> Judged | None:
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
    classical = Opinion(support, tuple(each), found, "review" if found else "clear")
    strange = anomalies.map(e.reading.strips[0])
    most = tuple(_most(strange, c.box) for c in e.reading.characters)
    return Judged(e, learned, classical, Opinion(anomalies.support(strange), most), seen, strange)


def _most(strange: np.ndarray, box: np.ndarray) -> float:
    """The strangest place of a character."""
    x0, y0, x1, y1 = np.maximum(np.round(box), 0).astype(int)
    return float(strange[y0 : y1 + 1, x0 : x1 + 1].max(initial=0.0))


def row(name: str, judge: str, forged: Sequence[Judged], genuine: Sequence[Judged]) -> Row:
    """How well one judge tells the forged from the genuine."""
    f, g = ([getattr(n, judge) for n in each] for each in (forged, genuine))
    a, b = (np.array([o.support for o in each], float) for each in (f, g))
    single = [(n, getattr(n, judge)) for n in forged if n.exhibit.sample.altered.sum() == 1]
    first = [o.characters[int(n.exhibit.sample.altered.argmax())] >= max(o.characters) > 0 for n, o in single]
    told: Row = {}
    if f[0].outcome is not None:
        told = {
            "forged: suspect": float(np.mean([o.outcome == "suspect" for o in f])),
            "genuine: suspect": float(np.mean([o.outcome == "suspect" for o in g])),
            "genuine: any finding": float(np.mean([bool(o.findings) for o in g])),
        }
    return {
        "numbers": name,
        "judge": judge,
        "forged": len(f),
        "auroc": lrs.auroc(a, b),
        "found at 1 %": lrs.found(a, b),
        "cllr": lrs.cllr(a, b),
        "calibrated": lrs.cllr_min(a, b),
        "single one first": float(np.mean(first)) if first else float("nan"),
    } | told


def bounds(numbers: Sequence[Judged], forged: Sequence[Judged], genuine: Sequence[Judged]) -> Row:
    """Whether evidence is beyond its bound, and what so many numbers could support."""
    each = np.abs(np.concatenate([[n.learned.support, *n.learned.characters] for n in numbers]))
    least, most = lrs.supported(*(np.array([n.learned.support for n in some]) for some in (forged, genuine)))
    return {
        "beyond the bound": f"{int((each > strength.BOUND + 1e-6).sum())} of {len(each)}",
        "bound, log10": strength.BOUND,
        "strongest, log10": float(each.max()),
        "supported by these, least": least,
        "supported by these, most": most,
    }


def maps(numbers: Sequence[Judged]) -> Row:
    """Overlap of the rubbings with the true groove, and how well the map tells touched pixels from others."""
    both, either = np.zeros(2), np.zeros(2)
    worked: dict[str, list[np.ndarray]] = {"learned": [], "patchcore": []}
    bare: dict[str, list[np.ndarray]] = {"learned": [], "patchcore": []}
    for n in numbers:
        s = n.exhibit.sample
        groove = s.stroke == GROOVE
        for k, drawn in enumerate((n.looks.rubbings[0], rub(n.exhibit.reading.strips[0]))):
            there = drawn.stroke > 0.5
            both[k] += (groove & there).sum()
            either[k] += (groove | there).sum()
        touched = s.touched > 0
        for judge, drawn_map in (("learned", n.looks.touched[0]), ("patchcore", n.strange)):
            worked[judge].append(drawn_map[touched][::SPARSE])
            bare[judge].append(drawn_map[~touched][::SPARSE])
    iou = both / either
    return {
        "rubbing, IoU": float(iou[0]),
        "classical rubbing, IoU": float(iou[1]),
        **{
            f"touched, AUROC by pixel, {judge}": lrs.auroc(np.concatenate(worked[judge]), np.concatenate(bare[judge]))
            for judge in worked
        },
    }


def table(rows: Sequence[Row]) -> str:
    heads = list(rows[0])
    cells = [[f"{v:.3f}" if isinstance(v := r.get(h, ""), float) else str(v) for h in heads] for r in rows]
    wide = [max(len(h), *(len(c[i]) for c in cells)) for i, h in enumerate(heads)]
    return "\n".join(
        "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, wide, strict=True)))
        for line in (heads, *cells)
    )


def readme(rows: Mapping[str, Row], rest: Row, asked: int, share: float) -> str:
    """The README's words and table: `rows` of each judge."""
    j, c, p = (rows[which] for which in JUDGES)

    def each(key: str, digits: int | None = None) -> list[str]:
        return [f"{r[key]:.2f}" if digits is None else _percent(r[key], digits) for r in (j, c, p)]

    calls = (f"{_percent(r['genuine: suspect'])}; {_percent(r['genuine: any finding'])}" for r in (j, c))
    touched = (f"{rest[f'touched, AUROC by pixel, {which}']:.2f}" for which in ("learned", "patchcore"))
    lines = {
        "forged against genuine, twins apart: AUROC": (*each("auroc"), "0.97"),
        "the worst forging method: AUROC": (*(str(rest[f"worst forging method, {w}"]) for w in JUDGES), "0.90"),
        "found at 1 % false alarms": (*each("found at 1 %", 1), "85 %"),
        "Cllr of the support": (*each("cllr"), "0.25"),
        "evidence beyond its bound": (str(rest["beyond the bound"]), "", "", "none"),
        "genuine called suspect; with any finding": (*calls, "", "none; 2 %"),
        "a single altered character ranked first": (*each("single one first", 0), "90 %"),
        "virtual rubbing, overlap with the groove (IoU)": (
            f"{rest['rubbing, IoU']:.2f}", f"{rest['classical rubbing, IoU']:.2f}", "", "0.80"
        ),
        "touched metal, AUROC by pixel": (next(touched), "", next(touched), "0.95"),
    }  # fmt: skip
    told = [
        f"Printed by `make bench-judge` (`python benchmarks/judge.py --readme`): {asked} rendered numbers of dies,",
        "tools, metals and lights kept out of training by family, half of them forged in one of seven ways; the",
        f"line is given and read; {_percent(share, 0)} were clear enough to be judged. Two peers saw the same",
        "pictures: the classical baseline (layout of the characters, overlap of equal ones) and PatchCore, an anomaly",
        "detector, on the eyes of the reader.",
        "",
        "| | judge | classical baseline | PatchCore | goal |",
        "|---|---|---|---|---|",
        *(f"| {name} | {' | '.join(cells)} |" for name, cells in lines.items()),
    ]
    return "\n".join(told) + "\n"


def _percent(share: float | str, digits: int = 1) -> str:
    return f"{100 * float(share):.{digits}f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=SHARDS, help=f"of {stampings.SHARD} numbers each")
    parser.add_argument("--weights", type=Path, help="another network than the published one")
    parser.add_argument("--plots", type=Path, default=ROOT / "build/bench-judge", help="folder of the plots")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    judge = Judge(arguments.weights or weights.path("judge.onnx"), threads=1)
    anomalies = peer(ROOT / "runs/judge/fit")
    files = stampings.fill(ROOT / "runs/judge/held-out", SEED, arguments.shards, True, METHODS)
    asked = [k for file in files for k in stampings.load(file)]
    numbers = [n for e in exhibits(asked, SEED) if (n := judged(e, judge, anomalies)) is not None]
    genuine = [n for n in numbers if not n.method]
    forged = [n for n in numbers if n.method and n.method != "twin"]
    rows = [row("all but twins", which, forged, genuine) for which in JUDGES]
    by_method = [
        row(method, which, some, genuine)
        for method in METHODS
        for which in JUDGES
        if (some := [n for n in numbers if n.method == method])
    ]
    rest = bounds(numbers, forged, genuine) | maps([n for n in numbers if n.method != "twin"])
    for which in JUDGES:
        methods = (r for r in by_method if r["judge"] == which and r["numbers"] != "twin")
        worst = min(methods, key=lambda r: float(r["auroc"]))
        rest[f"worst forging method, {which}"] = f"{worst['auroc']:.2f}, {worst['numbers']}"
    share = len(numbers) / len(asked)
    for which, name in JUDGES.items():
        far, near = (np.array([getattr(n, which).support for n in some]) for some in (forged, genuine))
        bound = strength.BOUND if which == "learned" else None
        lrs.plots(arguments.plots / f"{which}.png", name, far, near, bound)
    if arguments.json:
        machine = platform.processor() or platform.machine()
        print(json.dumps({"machine": machine, "judged": share, "rows": rows + by_method} | rest))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}; {len(asked)} numbers, {share:.3f} of them judged")
    print(table(rows + [r for r in by_method if r["judge"] == "learned"]))
    for name, value in rest.items():
        print(f"{name:<36}{f'{value:.3f}' if isinstance(value, float) else value}")
    print(f"plots: {', '.join(str(arguments.plots / f'{which}.png') for which in JUDGES)}")
    if arguments.readme:
        text = readme({str(r["judge"]): r for r in rows}, rest, len(asked), share)
        path = ROOT / "README.md"
        head, _, tail = path.read_text("utf-8").partition(MARKS[0])
        path.write_text(f"{head}{MARKS[0]}{text}{MARKS[1]}{tail.partition(MARKS[1])[2]}", "utf-8")


if __name__ == "__main__":
    main()
