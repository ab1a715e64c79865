"""The first judge on die sets that it has not learned from: python benchmarks/judge.py [--numbers N] [--json]

Rendered numbers, every other one with one to four characters struck again; the reading is given, its boxes as rough as
the reader's. Cllr: N. Bruemmer, J. du Preez, Computer Speech & Language 20, 2006, 230: 0 is perfect, 1 says nothing.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from vinspect.datasets.restruck import SURFACES, Case
from vinspect.models.fit_judge import HELD_OUT_SEED, cases
from vinspect.vision import glyphs, layout
from vinspect.vision.evidence import Verdict
from vinspect.vision.weigh import weigh


@dataclass(frozen=True, eq=False)
class Judged:
    case: Case
    codes: tuple[str, ...]  # of the findings
    right: bool  # a finding names a character that was struck again
    verdict: Verdict


def judge(case: Case) -> Judged:
    reading = case.reading
    findings = layout.findings_of(reading) + glyphs.findings_of(reading)
    right = any(case.restruck & set(f.characters) for f in findings)
    return Judged(case, tuple(f.code for f in findings), right, weigh(reading, findings))


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


def row(name: str, numbers: Sequence[Judged]) -> dict[str, str | int | float]:
    judged = [n for n in numbers if n.verdict.support is not None]
    altered, genuine = ([n for n in judged if bool(n.case.restruck) is a] for a in (True, False))
    if len(altered) < 20 or len(genuine) < 20:
        return {"numbers": name, "n": len(numbers), "judged": len(judged) / max(1, len(numbers))}
    a, g = (np.array([n.verdict.support for n in each], float) for each in (altered, genuine))
    worse = ("review", "suspect")
    return {
        "numbers": name,
        "n": len(numbers),
        "judged": len(judged) / len(numbers),
        "auroc": auroc(a, g),
        "cllr": cllr(a, g),
        "genuine: any finding": sum(bool(n.codes) for n in genuine) / len(genuine),
        "genuine: review or worse": sum(n.verdict.outcome in worse for n in genuine) / len(genuine),
        "altered: any finding": sum(bool(n.codes) for n in altered) / len(altered),
        "altered: review or worse": sum(n.verdict.outcome in worse for n in altered) / len(altered),
        "altered: right character": sum(n.right for n in altered) / len(altered),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=1800)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    numbers = [judge(case) for case in cases(HELD_OUT_SEED, arguments.numbers, held_out=True)]
    plain = [n for n in numbers if not n.case.wheel]
    rows = [
        row("all", numbers),
        row("altered by an ordinary hand", [n for n in numbers if not n.case.restruck or n.case.hand]),
        row("altered by a careful hand", [n for n in numbers if not n.case.hand]),
        row("without other wheels", plain),
        *(row(surface, [n for n in numbers if n.case.reading.surface == surface]) for surface in SURFACES),
    ]
    if arguments.json:
        print(json.dumps({"machine": platform.processor() or platform.machine(), "rows": rows}))
        return
    heads = list(rows[0])
    print(f"{platform.machine()}, Python {platform.python_version()}, {len(numbers)} rendered numbers of held-out dies")
    print("  ".join([f"{heads[0]:<28}", *(f"{h:>{max(6, len(h))}}" for h in heads[1:])]))
    for r in rows:
        cells = [f"{r['numbers']:<28}"]
        for h in heads[1:]:
            value = r.get(h, "")
            text = value if isinstance(value, str) else f"{value}" if h == "n" else f"{value:.3f}"
            cells.append(f"{text:>{max(6, len(h))}}")
        print("  ".join(cells))


if __name__ == "__main__":
    main()
