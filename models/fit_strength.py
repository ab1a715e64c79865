"""What the judge's answers weigh: python -m vinspect.models.fit_strength

Renders genuine and forged numbers of the training's families from seeds of their own, has the published network look at
them, and writes `vision/strength.py`: how its logits become log10 likelihood ratios, and from which of them on a number
is for review or suspect. What is rendered is kept in the run's folder. About a minute on one core beside that.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from vinspect.models import stampings, weights
from vinspect.models.exhibits import Exhibit, exhibits
from vinspect.models.fit_judge import logistic
from vinspect.vision import looks
from vinspect.vision.judge import Judge, Seen
from vinspect.vision.judgeable import why_not

SEED = 501  # of the numbers to calibrate on
SHARDS = 16
REVIEW, SUSPECT = 0.01, 0.001  # share of genuine numbers that may come to review or worse, and to suspect
STRAY = 0.001  # share of genuine characters that may be called stray


@dataclass(frozen=True, eq=False)
class Looked:
    """One number that can be judged, and what the network saw of it."""

    exhibit: Exhibit
    seen: Seen


def looked(some: Iterable[Exhibit], judge: Judge) -> list[Looked]:
    """Those that can be judged, looked at."""
    return [Looked(e, judge.see(e.reading.strips[0], e.reading.characters)) for e in some if why_not(e.reading) is None]


def fit(numbers: list[Looked]) -> dict[str, object]:
    """Everything that `vision/strength.py` holds."""
    forged = np.array([e.exhibit.sample.forged for e in numbers])
    made_of = np.array([looks.traits([n.seen]) for n in numbers])
    *own, offset = logistic(made_of, forged, low=0.0)
    odd = np.concatenate([n.seen.odd for n in numbers])
    altered = np.concatenate([n.exhibit.sample.altered for n in numbers])
    *odd_weight, odd_offset = logistic(odd[:, None].astype(np.float64), altered, low=0.0)
    # Nobody may claim more than he has seen: not a likelihood ratio beyond the numbers of either kind.
    bound = float(np.log10(min(forged.sum(), (~forged).sum())))
    genuine = np.clip(made_of @ np.array(own) + offset, -bound, bound)[~forged]
    each = odd_offset + float(odd_weight[0]) * odd[~np.repeat(forged, [len(n.seen.odd) for n in numbers])]
    return {
        "WEIGHTS": tuple(own),
        "OFFSET": offset,
        "ODD_WEIGHT": float(odd_weight[0]),
        "ODD_OFFSET": odd_offset,
        "STRAY": max(0.3, float(np.quantile(each, 1 - STRAY)) + 1e-3),
        "QUIET": float(np.median(genuine)),
        "REVIEW": max(0.3, float(np.quantile(genuine, 1 - REVIEW)) + 1e-3),
        "SUSPECT": max(1.5, float(np.quantile(genuine, 1 - SUSPECT)) + 1e-3),
        "BOUND": bound,
    }


_SAYS = {
    "WEIGHTS": "looks.support_of",
    "ODD_WEIGHT": "looks.supports_of",
    "STRAY": "log10: from here on a character does not belong with the others",
    "QUIET": "log10: what an ordinary genuine number's looks say",
    "REVIEW": "log10: from here on a number is for review, and what speaks against it is said",
    "SUSPECT": "log10",
    "BOUND": "log10 of the numbers of either kind that this was learned from",
}


def source(values: dict[str, object], count: int) -> str:
    """`vision/strength.py`."""
    lines = [
        '"""What the judge\'s answers weigh. Written by `python -m vinspect.models.fit_strength`; do not edit.',
        "",
        f"From {count} rendered numbers that could be judged, about half of them forged.",
        '"""',
        "",
    ]
    for name, value in values.items():
        if name in _SAYS:
            lines.append(f"# {_SAYS[name]}")
        numbers = value if isinstance(value, tuple) else (value,)
        rounded = [f"{float(v):.4f}".rstrip("0") for v in numbers]
        rounded = [r + "0" if r.endswith(".") else r for r in rounded]
        lines.append(f"{name} = ({', '.join(rounded)})" if isinstance(value, tuple) else f"{name} = {rounded[0]}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Render, look, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=weights.FOLDER.parent / "runs/judge/fit")
    parser.add_argument("--shards", type=int, default=SHARDS, help=f"of {stampings.SHARD} numbers each")
    parser.add_argument("--out", type=Path, default=Path(looks.__file__).with_name("strength.py"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    files = stampings.fill(arguments.run, SEED, arguments.shards)
    strips = (k for file in files for k in stampings.load(file))
    numbers = looked(exhibits(strips, SEED), Judge(weights.path("judge.onnx"), threads=1))
    arguments.out.write_text(source(fit(numbers), len(numbers)), encoding="utf-8")
    print(f"{len(numbers)} numbers could be judged; wrote {arguments.out}")


if __name__ == "__main__":
    main()
