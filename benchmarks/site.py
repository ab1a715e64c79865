"""Whether a site's stated false-alarm rate is held: python benchmarks/site.py [--numbers N] [--json]

Genuine numbers of held-out dies, rendered; a site is a surface, through a camera or as struck. Thresholds are set
from ten of its numbers that can be judged, drawn at random 200 times, and tried on the rest of them.
The looks alone are judged: what rules and records say is the same at every site.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections import defaultdict

import cv2
import numpy as np
import torch

from vinspect.datasets.restruck import case
from vinspect.models import weights
from vinspect.models.strips import camera, degrade
from vinspect.vision import looks, strength
from vinspect.vision.judge import Judge
from vinspect.vision.site import FEWEST, site

SEED = 99997
STATED = (0.01, 0.02, 0.05, 0.1)
DRAWS = 200
LEAST = 15  # numbers that a site must have beside the ten


def sites(count: int) -> dict[str, np.ndarray]:
    """The supports of each site's genuine numbers that can be judged."""
    rng = np.random.default_rng(SEED)
    torch.manual_seed(SEED)
    lens, judge = camera(), Judge(weights.path("judge.onnx"), threads=1)
    found: dict[str, list[float]] = defaultdict(list)
    for k in range(count):
        through = bool(k % 2)
        one = case(rng, False, True, lambda draw, grey, t=through: degrade(draw, grey, lens) if t else grey)
        said = looks.look(one.reading, judge)
        if said is not None:
            found[f"{one.reading.surface}, {'through a camera' if through else 'as struck'}"].append(said.support)
    return {name: np.array(each) for name, each in sorted(found.items()) if len(each) >= FEWEST + LEAST}


def tried(supports: np.ndarray, stated: float, rng: np.random.Generator) -> np.ndarray:
    """The share of the rest that comes to review, for each draw of ten."""
    rates = np.empty(DRAWS)
    for k in range(DRAWS):
        order = rng.permutation(supports)
        rates[k] = (order[FEWEST:] >= site(order[:FEWEST].tolist(), stated).review).mean()
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    found, rng = sites(arguments.numbers), np.random.default_rng(SEED)
    rows = []
    for name, supports in found.items():
        row: dict[str, str | int | float] = {"site": name, "n": len(supports)}
        row["before"] = float((supports >= strength.REVIEW).mean())
        row |= {f"stated {s:.0%}": float(tried(supports, s, rng).mean()) for s in STATED}
        rows.append(row)
    n = sum(len(s) for s in found.values())
    whole = {"site": "all sites", "n": n, **{key: sum(r[key] * r["n"] for r in rows) / max(n, 1)  # type: ignore[operator]
             for key in ("before", *(f"stated {s:.0%}" for s in STATED))}}  # fmt: skip
    if arguments.json:
        print(json.dumps({"machine": platform.machine(), "numbers": arguments.numbers, "rows": [*rows, whole]}))
        return
    print(
        f"{platform.machine()}, Python {platform.python_version()}, {arguments.numbers} genuine numbers, dies held out"
    )
    for r in (*rows, whole):
        shares = [f"{key} {value:.1%}" for key, value in r.items() if isinstance(value, float)]
        print(f"{r['site']:<32}{r['n']:>5}  " + "  ".join(shares))


if __name__ == "__main__":
    main()
