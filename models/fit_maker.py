"""How a maker's dies are told from others: python -m vinspect.models.fit_maker

Numbers struck by known hands of training's families, eight of each (`hands.py`, rendered into the run's folder where
they are not yet), give `maker.json`, as `vision/maker.py` has it. What a likeness weighs is learned from hands that the
turn was not learned from: each half of the hands is measured by the other's turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vinspect.models import hands
from vinspect.models.fit_hand import apart
from vinspect.models.fit_judge import logistic
from vinspect.models.hands import Taken
from vinspect.vision.hand import LETTERS
from vinspect.vision.maker import FEWEST, FILE, Learned, formed, terms, unusual

SEED = 502  # of the numbers to learn from
SHARDS = 10
EACH = 8  # numbers of a hand
SIZE = 64  # numbers that a form is
BEYOND = 0.01  # share of the numbers by the same dies that reach the bound: real dies differ more than rendered ones
LEAST = 0.3  # log10: a bound below it would leave nothing to be said
STRANGE = 6  # of other hands, that are held against each hand's


def fit(numbers: Sequence[Taken], shown: Sequence[np.ndarray]) -> Learned:
    """Learn from numbers whose characters look so (`hand.observed`)."""
    whose = np.array([t.hand for t in numbers])
    made_of, strange = [], []
    for half in (0, 1):
        mine, theirs = (np.flatnonzero(whose % 2 == part).tolist() for part in (half, 1 - half))
        known = turn([numbers[i] for i in theirs], [shown[i] for i in theirs])
        forms = [formed(numbers[i].text, shown[i], known) for i in mine]
        for trial in trials(whose[mine], np.random.default_rng(half)):
            of = terms(forms[trial.asked], [forms[i] for i in trial.bank])
            if of is not None:
                made_of.append(of)
                strange.append(trial.strange)
    rows, other = np.stack(made_of), np.array(strange)
    given = logistic(rows, other)
    said = rows @ given[:-1] + given[-1]
    bound = float(np.quantile(said[~other], 1 - BEYOND))
    return Learned(turn(numbers, shown), tuple(given.tolist()), max(bound, LEAST))


def turn(numbers: Sequence[Taken], shown: Sequence[np.ndarray]) -> np.ndarray:
    """After it letters of one hand differ by as much every way, and hands where they differ most, (360, SIZE)."""
    differ = [(t.hand, *unusual(t.text, walls)) for t, walls in zip(numbers, shown, strict=True)]
    whose = np.concatenate([k * len(LETTERS) + letters.astype(int) for k, letters, _ in differ])
    return apart(np.concatenate([away for _, _, away in differ]).astype(np.float64), whose)[:, -SIZE:]


@dataclass(frozen=True)
class Trial:
    """A number that is held against others of one hand; places among the numbers."""

    asked: int
    bank: tuple[int, ...]
    strange: bool  # whether it is of another hand


def trials(whose: np.ndarray, rng: np.random.Generator) -> Iterator[Trial]:
    """Of each hand banks of every size from `FEWEST` on, against one more of it and `STRANGE` of other hands.

    whose: int (m,), the hand of each number.
    """
    for k in np.unique(whose):
        own, others = np.flatnonzero(whose == k), np.flatnonzero(whose != k)
        for count in range(FEWEST, len(own)):
            one, *bank = rng.permutation(own)[: count + 1].tolist()
            yield Trial(one, tuple(bank), False)
            for other in rng.choice(others, min(STRANGE, len(others)), replace=False).tolist():
                yield Trial(other, tuple(bank), True)


def main() -> None:
    """Parse the command line and fit."""
    hands.command("fit_maker", __doc__, "runs/judge/maker", SEED, SHARDS, EACH, fit, FILE)


if __name__ == "__main__":
    main()
