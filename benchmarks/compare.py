"""The number against the file, on families never learned from: python benchmarks/compare.py [--numbers N] [--json]

Rendered pairs (`datasets/relief/pairs.py`, held out): photographs against rubbings and other photographs, of the same
striking, of twins, and struck again in part. Boxes are given, as rough as the reader's. Beside it a classical baseline:
normalised correlation of all grooves of the line together. What cannot be judged counts in no rate but its own.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import lrs
import numpy as np
import torch

from vinspect.datasets.relief.pairs import pairs
from vinspect.models.laid_pairs import HELD_OUT_SEED, Measured, legible, run
from vinspect.vision import congruence
from vinspect.vision.compare import SENTENCES, compare
from vinspect.vision.congruence import Learned, learned
from vinspect.vision.evidence import Report
from vinspect.vision.inspector import open_nets, read
from vinspect.vision.photo import photo_of


@dataclass(frozen=True, eq=False)
class Judged:
    pair: Measured
    clear: bool  # legible enough to be judged
    support: float  # log10, towards "not one striking"
    each: np.ndarray  # float32 (n,), of each character
    plain: float  # the baseline, towards "not one striking"


def judge(pair: Measured, known: Learned) -> Judged:
    said = congruence.weighed(pair.laid, pair.text, known)
    clear = legible(pair, known.usual) > known.legible
    return Judged(pair, clear, congruence.total(said.line, said.each, known), said.each, -plain(pair))


def plain(pair: Measured) -> float:
    """-1..1: the normalised correlation of all characters' grooves together, laid on each other, letters and all."""
    one, other = (x.astype(np.float32).reshape(-1) for x in (pair.laid.first, pair.laid.other))
    return float(np.corrcoef(one, other)[0, 1])


def row(name: str, other: list[Judged], same: list[Judged], known: Learned) -> dict[str, str | int | float]:
    o, s = ([j for j in some if j.clear] for some in (other, same))
    if min(len(o), len(s)) < 10:
        return {"against the same striking": name, "n": len(other)}
    far, near = (np.array([j.support for j in some]) for some in (o, s))
    base_far, base_near = (np.array([j.plain for j in some]) for some in (o, s))
    return {
        "against the same striking": name,
        "n": len(other),
        "judged": (len(o) + len(s)) / (len(other) + len(same)),
        "auroc": lrs.auroc(far, near),
        "found at 1 %": lrs.found(far, near),
        "cllr": lrs.cllr(far, near),
        "not the same": float((far >= known.other).mean()),
        "false alarms": float((near >= known.other).mean()),
        "called the same": float((far <= known.same).mean()),
        "same so called": float((near <= known.same).mean()),
        "baseline auroc": lrs.auroc(base_far, base_near),
        "baseline at 1 %": lrs.found(base_far, base_near),
    }


def characters(name: str, pairs: Iterable[Judged], same: Iterable[Judged]) -> dict[str, str | int | float]:
    """One character struck again among those that were not."""
    again, left, first, total = [], [np.concatenate([j.each for j in same if j.clear])], 0, 0
    for j in (j for j in pairs if j.clear):
        again.append(j.each[j.pair.again])
        left.append(j.each[~j.pair.again])
        if j.pair.again.sum() == 1:
            total += 1
            first += bool(j.pair.again[int(j.each.argmax())])
    a, b = np.concatenate(again), np.concatenate(left)
    return {
        "characters": name,
        "n": len(a),
        "auroc": lrs.auroc(a, b),
        "found at 1 %": lrs.found(a, b),
        "ranked first, of single ones": first / max(1, total),
    }


def by_the_whole_road(numbers: int) -> list[dict[str, str | int | float]]:
    """Outcomes where both pictures are read by the reader, as `vinspect compare` does: nothing is given."""
    nets = open_nets()
    counts: dict[str, Counter[str]] = {}
    for number in range(numbers):
        reports: dict[int, Report] = {}
        for pair in list(pairs(HELD_OUT_SEED, number, held_out=True)):
            for side in (pair.now, pair.file):
                if id(side.picture) not in reports:
                    photo = photo_of("strip.png", cv2.imencode(".png", side.picture)[1].tobytes())
                    reports[id(side.picture)] = read(photo, nets)
            found = compare(reports[id(pair.now.picture)], reports[id(pair.file.picture)])
            name = f"{'rubbing' if pair.file.rubbed else 'photograph'}, {pair.kind}"
            said = found.outcome if found.outcome != "cannot judge" else found.why.code
            counts.setdefault(name, Counter())[said] += 1
    judged = ["same striking", "not the same striking"]
    heads = [*judged, *(code for code in SENTENCES if code not in ("same", "some", "other"))]
    heads = [h for h in heads if any(c[h] for c in counts.values())]
    return [
        {"both pictures read": name, "n": c.total(), **{h: c[h] for h in heads}} for name, c in sorted(counts.items())
    ]


def table(rows: list[dict[str, str | int | float]]) -> str:
    heads = list(rows[0])
    lines = ["  ".join([f"{heads[0]:<34}", *(f"{h:>{max(6, len(h))}}" for h in heads[1:])])]
    for r in rows:
        cells = [f"{r[heads[0]]:<34}"]
        for h in heads[1:]:
            value = r.get(h, "")
            cells.append(f"{f'{value:.3f}' if isinstance(value, float) else value:>{max(6, len(h))}}")
        lines.append("  ".join(cells))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=150)
    parser.add_argument("--run", type=Path, default=Path("runs/compare"), help="where what was measured is kept")
    parser.add_argument("--read", type=int, default=0, metavar="N", help="so many numbers by the whole road as well")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    known = learned()
    judged = [judge(m, known) for _, m in run(arguments.run, HELD_OUT_SEED, arguments.numbers, held_out=True)]

    def some(kind: str, rubbed: bool) -> list[Judged]:
        return [j for j in judged if j.pair.kind == kind and j.pair.rubbed is rubbed]

    same, photographs = some("same", True), some("same", False)
    rows = [
        row("rubbing, another die set (twin)", some("twin", True), same, known),
        row("rubbing, a forger's nearest dies", some("near twin", True), same, known),
        row("rubbing, the same dies once more", some("same dies", True), same, known),
        row("rubbing, forged by stroke or piece", some("forged", True), same, known),
        row("rubbing, one character again", some("one again", True), same, known),
        row("photograph, another die set (twin)", some("twin", False), photographs, known),
    ]
    ones = [
        characters("altered by a forger", some("forged", True), same),
        characters("struck again, near dies, same letter", some("one again", True), same),
    ]
    outcomes = by_the_whole_road(arguments.read)
    if arguments.json:
        print(json.dumps({"machine": platform.machine(), "rows": rows, "characters": ones, "outcomes": outcomes}))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, {arguments.numbers} numbers of held-out families")
    print(*map(table, filter(None, (rows, ones, outcomes))), sep="\n\n")


if __name__ == "__main__":
    main()
