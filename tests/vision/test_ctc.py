import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinspect.vision import ctc

CLASSES = 4


def paths(p):
    """Every path's probability and the sequence it spells, by enumeration."""
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        spelled = tuple(c for c, before in zip(path, (0, *path), strict=False) if c and c != before)
        yield float(np.prod([p[t, c] for t, c in enumerate(path)])), spelled


def columns(seed, steps=6):
    return np.random.default_rng(seed).dirichlet(np.full(CLASSES, 0.5), steps)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_likeliest_sequence_of_each_length_is_the_one_that_enumeration_finds(seed):
    p = columns(seed)
    best = {}
    for probability, spelled in paths(p):
        best[len(spelled)] = max(best.get(len(spelled), (0.0, ())), (probability, spelled))
    for length, (score, sequence) in enumerate(ctc.likeliest(p, np.ones(CLASSES, bool), 4)):
        assert score == pytest.approx(np.log(best[length][0]), abs=1e-6)
        assert sequence == best[length][1]


@given(st.integers(0, 10_000), st.lists(st.booleans(), min_size=CLASSES, max_size=CLASSES))
@settings(max_examples=50, deadline=None)
def test_best_sequence_is_the_best_of_the_likeliest_of_each_length(seed, allowed):
    p = columns(seed)
    score, sequence = ctc.best(p, np.array(allowed))
    assert (pytest.approx(score), sequence) == max(ctc.likeliest(p, np.array(allowed), 6))


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_alternatives_are_the_shares_that_summing_every_path_gives(seed):
    p = columns(seed)
    sequence = (1, 2, 2)
    log, shares, occupancy = ctc.alternatives(p, sequence)
    sums = {}
    for probability, spelled in paths(p):
        sums[spelled] = sums.get(spelled, 0.0) + probability
    assert np.exp(log) == pytest.approx(sums[sequence], rel=1e-6)
    for place in range(3):
        rivals = np.array(
            [0.0] + [sums.get((*sequence[:place], c, *sequence[place + 1 :]), 0.0) for c in range(1, CLASSES)]
        )
        assert shares[place] == pytest.approx(rivals / rivals.sum(), abs=1e-6)
    assert (occupancy.sum(1) <= 1 + 1e-6).all()


def test_classes_that_are_not_allowed_never_appear():
    p = columns(3, 9)
    allowed = np.array([True, True, False, True])
    assert all(2 not in sequence for _, sequence in ctc.likeliest(p, allowed, 5))


def test_a_length_that_the_columns_cannot_hold_is_impossible():
    assert ctc.likeliest(columns(1, 3), np.ones(CLASSES, bool), 4)[4] == (-np.inf, ())


def test_where_no_class_is_allowed_there_is_only_the_empty_sequence():
    p = columns(2, 5)
    empty, *longer = ctc.likeliest(p, np.array([True, False, False, False]), 3)
    assert empty == (pytest.approx(np.log(p[:, 0]).sum()), ())
    assert longer == [(-np.inf, ())] * 3
