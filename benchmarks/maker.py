"""The bank of makers on dies never learned from: python benchmarks/maker.py [--shards N] [--json]

Rendered numbers of held-out families, eight of each set of dies (`models/hands.py`), every one on other metal, in other
light, by another camera, read as `inspect` reads them. One is held against some others of its dies, as against cleared
vehicles of its maker, and so are numbers by other dies: a number struck anew as a whole, by a careful hand. Beside it,
on the same trials, how near its hand (`vision/hand.py`) is to the mean of theirs. What is rendered is kept in the run's
folder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import lrs
import numpy as np
import torch

from vinspect.models import hands, weights
from vinspect.models.fit_maker import EACH, trials
from vinspect.vision import hand, maker, strength
from vinspect.vision.evidence import Character, Strip
from vinspect.vision.judge import Judge
from vinspect.vision.looks import support_of, traits

SEED = 99_990  # of the numbers
SHARDS = 4
SIZES = ((2, 2), (3, 4), (5, 7))  # cleared vehicles, from and to
Row = dict[str, float]


def row(said: np.ndarray, baseline: np.ndarray, looked: np.ndarray, strange: np.ndarray) -> Row:
    """Supports, the baseline's answers and what the looks say, of numbers by other dies and by the same."""
    review = said + looked >= strength.REVIEW
    return {
        "other": int(strange.sum()),
        "same": int((~strange).sum()),
        "auroc": lrs.auroc(said[strange], said[~strange]),
        "baseline": lrs.auroc(baseline[strange], baseline[~strange]),
        "cllr": lrs.cllr(said[strange], said[~strange]),
        "cllr_min": lrs.cllr_min(said[strange], said[~strange]),
        "found": float(review[strange].mean()),
        "alarms": float(review[~strange].mean()),
        "alarms without": float((looked[~strange] >= strength.REVIEW).mean()),
    }


def look(t: hands.Taken, judge: Judge) -> float:
    """What its looks say of a number."""
    nowhere = np.zeros((4, 2), np.float32)
    characters = [Character(c, 1.0, (), nowhere, b, 0) for c, b in zip(t.text, t.boxes, strict=True)]
    return support_of(traits([judge.see(Strip(t.strip, np.eye(3), 1.0), characters)]))


def measured(numbers: Sequence[hands.Taken]) -> dict[str, Row]:
    """Each size of bank, and all of them."""
    shown = [hand.observed(t.strip, t.boxes) for t in numbers]
    known, usual = maker.learned(), hand.learned()
    forms = [maker.formed(t.text, s, known.turn) for t, s in zip(numbers, shown, strict=True)]
    vectors = [hand.of_seen(*hand.gathered(s, t.text, usual), usual) for t, s in zip(numbers, shown, strict=True)]
    judge = Judge(weights.path("judge.onnx"), threads=1)
    looks = [look(t, judge) for t in numbers]
    said, baseline, looked, strange, size = [], [], [], [], []
    for trial in trials(np.array([t.hand for t in numbers]), np.random.default_rng(0)):
        support = maker.support_of(forms[trial.asked], [forms[i] for i in trial.bank])
        if support is not None:
            said.append(support)
            baseline.append(-float(vectors[trial.asked] @ np.mean([vectors[i] for i in trial.bank], axis=0)))
            looked.append(looks[trial.asked])
            strange.append(trial.strange)
            size.append(len(trial.bank))
    columns = [np.array(each) for each in (said, baseline, looked, strange, size)]
    rows = {}
    for least, most in (*SIZES, (SIZES[0][0], SIZES[-1][1])):
        some = (columns[4] >= least) & (columns[4] <= most)
        rows[f"{least} to {most}"] = row(*(each[some] for each in columns[:4]))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=SHARDS, help=f"of {hands.SHARD} numbers each")
    parser.add_argument("--run", type=Path, default=Path("runs/judge/maker"), help="where numbers are kept")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    numbers = hands.taken(hands.fill(arguments.run, SEED, arguments.shards, True, EACH), EACH)
    count = len({t.hand for t in numbers})
    rows = measured(numbers)
    if arguments.json:
        print(json.dumps({"judged": len(numbers), "hands": count, "rows": rows}))
        return
    rendered = arguments.shards * hands.SHARD
    print(f"{len(numbers)} of {rendered} numbers can be judged, by {count} sets of dies of held-out families")
    print(f"no support beyond {maker.learned().bound:.2f}; for review from {strength.REVIEW:.2f} on")
    for name, r in rows.items():
        print(
            f"{name} cleared: AUROC {r['auroc']:.3f} (mean of hands {r['baseline']:.3f}), Cllr {r['cllr']:.2f} "
            f"(calibrated {r['cllr_min']:.2f}); with its looks for review: other dies {r['found']:.1%}, the same "
            f"{r['alarms']:.1%}, {r['alarms without']:.1%} by looks alone; {r['other']:.0f} and {r['same']:.0f} trials"
        )


if __name__ == "__main__":
    main()
