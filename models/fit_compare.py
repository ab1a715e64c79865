"""What the comparer's answers are worth, learned: python -m vinspect.models.fit_compare

The pairs that `train_compare` kept apart tell how far a logit of the published network is to be believed, and where the
thresholds lie. Writes `models/compare.json`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from vinspect.models import weights
from vinspect.models.fit_judge import logistic
from vinspect.models.laid_pairs import LEGIBLE, SEED, Measured, judgeable, legible, run, usual_patches
from vinspect.models.train_compare import APART, NUMBERS, WHOLE
from vinspect.vision import congruence
from vinspect.vision.congruence import Learned

FALSE_ALARMS = 0.01  # share of same strikings that may be called another
MISSED = 0.03  # share of other strikings that may be called the same


def fit(ms: Sequence[Measured], usual: dict[str, np.ndarray]) -> Learned:
    """Everything, from pairs that the published network was not trained on."""
    ms = [m for m in ms if judgeable(m, usual)]
    bare = Learned(usual, np.array([1, 0], np.float32), np.array([1, 0], np.float32), LEGIBLE, 0.0, 0.0, 0.0, 99.0)
    said = [congruence.weighed(m.laid, m.text, bare) for m in ms]
    plain = [m.kind != "same dies" for m in ms]
    each = logistic(
        np.concatenate([s.each for s, p in zip(said, plain, strict=True) if p])[:, None],
        np.concatenate([m.again for m, p in zip(ms, plain, strict=True) if p]),
    )
    whole = np.array([m.kind in WHOLE for m in ms])
    other = np.array([m.kind != "same" for m in ms])
    line = logistic(np.array([s.line for s in said])[whole, None], other[whole])
    bound = float(np.log10(min((~other[whole]).sum(), other[whole].sum())))
    model = replace(bare, each=each.astype(np.float32), line=line.astype(np.float32), bound=bound)
    said = [congruence.weighed(m.laid, m.text, model) for m in ms]
    shown = np.array([legible(m, usual) > LEGIBLE for m in ms])
    total = np.array([congruence.total(s.line, s.each, model) for s in said])
    same = shown & ~other
    characters = np.concatenate([s.each for s, k in zip(said, same, strict=True) if k])
    return replace(
        model,
        same=float(min(-0.3, np.quantile(total[shown & whole & other], MISSED))),
        other=float(max(0.3, np.quantile(total[same], 1 - FALSE_ALARMS))),
        character=float(np.quantile(characters, 1 - FALSE_ALARMS / 4)),
    )


def main() -> None:
    """Measure, fit, write."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.models.fit_compare", description=__doc__)
    parser.add_argument("--numbers", type=int, default=NUMBERS)
    parser.add_argument("--run", type=Path, default=Path("runs/compare"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    found = list(run(arguments.run, SEED, arguments.numbers, held_out=False))
    usual = usual_patches([m for _, m in found])
    apart = [m for number, m in found if number % APART == 0]
    path = weights.FOLDER / congruence.FILE
    fit(apart, usual).write(path)
    weights.publish(path)
    print(f"{len(apart)} pairs that were kept apart, of {arguments.numbers} numbers; wrote {path.name}")


if __name__ == "__main__":
    main()
