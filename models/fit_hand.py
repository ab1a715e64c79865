"""What tells hands apart: python -m vinspect.models.fit_hand

Numbers struck by known hands of the training's families (`hands.py`, rendered into the run's folder where they are not
yet) give `hand.json`, as `vision/hand.py` has it. The judging network takes no part: nothing is to be fitted anew when
its weights change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vinspect.models import hands
from vinspect.models.hands import Taken
from vinspect.vision import hand
from vinspect.vision.hand import FILE, LETTERS, Learned

SEED = 501  # of the numbers to learn from
SHARDS = 25
SHOWN, HIDDEN = 12, 32  # numbers of each letter, and of the hidden vector
ROUNDS = 12
RIDGE = 0.1  # share of the mean variance within a hand that is added to it
_FEW = 40  # characters: a letter that is seldom struck is not learned


def fit(numbers: Sequence[Taken], shown: Sequence[np.ndarray]) -> Learned:
    """Learn from numbers whose characters look so (`hand.observed`)."""
    every = np.concatenate(shown)
    text = "".join(t.text for t in numbers)
    mean, axes = _principal(every, np.array([LETTERS.find(c) for c in text]))
    n, q = len(LETTERS), HIDDEN
    blank = Learned(
        mean, axes, np.zeros((n, SHOWN, q), np.float32), np.ones((n, SHOWN), np.float32),
        np.zeros(q, np.float32), np.eye(q, dtype=np.float32),
    )  # fmt: skip
    seen, count = (
        np.stack(each)
        for each in zip(*(hand.gathered(s, t.text, blank) for s, t in zip(shown, numbers, strict=True)), strict=True)
    )
    shows, noise, hidden = _factors(seen.astype(np.float64), count.astype(np.float64))
    centre = hidden.mean(0)
    turn = apart(hidden - centre, np.array([t.hand for t in numbers]))
    return Learned(mean, axes, shows, noise, centre.astype(np.float32), turn)


def _principal(every: np.ndarray, letter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each letter's mean and the axes along which its forms differ most, the first of deviation one."""
    mean = np.zeros((len(LETTERS), every.shape[1]), np.float32)
    axes = np.zeros((len(LETTERS), every.shape[1], SHOWN), np.float32)
    for k in range(len(LETTERS)):
        own = every[letter == k]
        if len(own) < _FEW:
            continue
        mean[k] = own.mean(0)
        away = own - mean[k]
        variance, along = np.linalg.eigh(away.T @ away / len(own))
        axes[k] = along[:, ::-1][:, :SHOWN] / np.sqrt(variance[-1])
    return mean, axes


def _factors(seen: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expectation maximization of the factor analysis; what letters show, its noise, and the hidden vectors."""
    rng = np.random.default_rng(0)
    n, k, q = len(LETTERS), SHOWN, HIDDEN
    shows, noise = rng.normal(0, 0.1, (n, k, q)), np.full((n, k), 0.5)
    for _ in range(ROUNDS):
        hidden, unsure = _hidden(seen, count, shows, noise)
        moment = unsure + hidden[:, :, None] * hidden[:, None, :]
        for letter in range(n):
            there = count[:, letter] > 0
            if not there.any():
                continue
            c = count[there, letter]
            second = np.tensordot(c, moment[there], 1) + 1e-3 * c.sum() * np.eye(q)
            shows[letter] = np.linalg.solve(second, hidden[there].T @ (c[:, None] * seen[there, letter])).T
            off = seen[there, letter] - hidden[there] @ shows[letter].T
            spread = np.tensordot(c, unsure[there], 1)
            around = np.einsum("kq,kq->k", shows[letter] @ spread, shows[letter])
            noise[letter] = np.maximum(((c[:, None] * off * off).sum(0) + around) / there.sum(), 1e-3)
    return shows.astype(np.float32), noise.astype(np.float32), _hidden(seen, count, shows, noise)[0]


def _hidden(seen: np.ndarray, count: np.ndarray, shows: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (m, q) and covariance (m, q, q) of each number's hidden vector."""
    n, k, q = shows.shape
    weighed = shows / noise[..., None]
    one = weighed.transpose(0, 2, 1) @ shows
    unsure = np.linalg.inv(np.eye(q) + (count @ one.reshape(n, -1)).reshape(-1, q, q))
    told = (seen * count[..., None]).reshape(-1, n * k) @ weighed.reshape(n * k, q)
    return (unsure @ told[..., None])[..., 0], unsure


def apart(hidden: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """The turn after which numbers of one hand differ by as much every way, and hands where they differ most."""
    _, inverse, each = np.unique(whose, return_inverse=True, return_counts=True)
    middle = np.zeros((len(each), hidden.shape[1]))
    np.add.at(middle, inverse, hidden)
    middle /= each[:, None]
    off = (hidden - middle[inverse])[each[inverse] > 1]
    within = off.T @ off / max(1, int((each[each > 1] - 1).sum()))
    within += RIDGE * np.trace(within) / len(within) * np.eye(len(within))
    value, along = np.linalg.eigh(within)
    white = along / np.sqrt(value)
    total = white.T @ (hidden.T @ hidden / len(hidden)) @ white
    ratio, axes = np.linalg.eigh(total)
    return np.asarray(white @ axes * np.sqrt(np.maximum(1 - 1 / np.maximum(ratio, 1 + 1e-6), 0)), np.float32)


def main() -> None:
    """Parse the command line and fit."""
    hands.command("fit_hand", __doc__, "runs/judge/hand", SEED, SHARDS, hands.EACH, fit, FILE)


if __name__ == "__main__":
    main()
