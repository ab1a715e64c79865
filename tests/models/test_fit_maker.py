"""The bank of makers is learned from hands that are known."""

import numpy as np

from vinspect.models.fit_maker import fit, trials
from vinspect.models.hands import Taken
from vinspect.vision.hand import LETTERS
from vinspect.vision.maker import formed, support_of

BOXES = np.zeros((17, 4), np.float32)


def test_what_is_learned_tells_hands_apart_that_it_was_not_learned_from() -> None:
    rng = np.random.default_rng(0)
    dies = rng.normal(size=(40, len(LETTERS), 360)).astype(np.float32)
    numbers, shown = [], []
    for k in range(40):
        for _ in range(4):
            text = "".join(rng.choice(list(LETTERS), 17))
            walls = np.stack([dies[k, LETTERS.index(c)] for c in text])
            numbers.append(Taken(k, np.zeros((48, 8), np.uint8), BOXES, text))
            shown.append(walls + rng.normal(0, 2.0, walls.shape).astype(np.float32))
    learned = fit(numbers[:120], shown[:120])
    forms = [formed(t.text, s, learned.turn) for t, s in zip(numbers, shown, strict=True)]
    whose = np.array([t.hand for t in numbers])
    said: dict[bool, list[float]] = {True: [], False: []}
    for trial in trials(whose[120:], rng):
        support = support_of(forms[120 + trial.asked], [forms[120 + i] for i in trial.bank], learned)
        if support is not None:
            said[trial.strange].append(support)
    assert np.median(said[True]) > 0.2
    assert np.median(said[False]) < -0.2


def test_a_number_is_never_among_those_that_it_is_held_against() -> None:
    whose = np.repeat(np.arange(5), 4)
    every = list(trials(whose, np.random.default_rng(1)))
    assert {len(each.bank) for each in every} == {2, 3}
    for each in every:
        assert each.asked not in each.bank
        assert len({whose[i] for i in each.bank}) == 1
        assert each.strange == (whose[each.asked] != whose[each.bank[0]])
