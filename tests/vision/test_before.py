"""What a number was before: strokes are added, never taken away, and a binding check digit sorts the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.datasets.restruck import reading
from vinspect.vision import vin
from vinspect.vision.before import KEPT, NOTHING, Before, before, formers, learned
from vinspect.vision.evidence import Character, Inspection, Photo, Reading, Report, Verdict
from vinspect.vision.rules import rules_of

GENUINE = vin.with_check_digit("LSVAM4180C2184341")
QUAD = np.zeros((4, 2), np.float32)


def read(text: str, unsure: Mapping[int, tuple[tuple[str, float], ...]] = MappingProxyType({})) -> Reading:
    boxes = np.array([[20 * i, 4, 20 * i + 16, 44] for i in range(len(text))], np.float32)
    plain = reading(text, np.full((48, 400), 90, np.uint8), boxes, "struck", 1.0)
    each = tuple(
        replace(c, candidates=unsure[i], confidence=unsure[i][0][1]) if i in unsure else c
        for i, c in enumerate(plain.characters)
    )
    return replace(plain, characters=each, rules=rules_of(text, each))


def inspected(best: Reading, *suspect: int) -> Before:
    photo = Photo("", "", b"", (400, 48), np.zeros((48, 400), np.uint8), 1.0)
    supports = tuple(1.5 if i in suspect else 0.0 for i in range(len(best.text)))
    return before(Inspection(Report(photo, (best,), None, {}), (), Verdict("review", 1.0, supports, None)))


def test_nothing_is_said_of_a_number_whose_characters_are_all_sure_and_none_is_suspect() -> None:
    assert inspected(read(GENUINE)) == NOTHING


def test_the_true_character_comes_first_where_the_check_digit_binds_and_one_alone_keeps_it() -> None:
    forged = GENUINE[:14] + "8" + GENUINE[15:]  # there stood a 3
    was = inspected(read(forged), 14)
    assert was.characters[0].place == 14
    assert was.characters[0].candidates[0][0] == "3"
    assert was.numbers == (GENUINE,)


@pytest.mark.parametrize(("old", "new"), [("1", "4"), ("3", "8"), ("0", "8"), ("F", "E"), ("P", "R"), ("C", "G")])
def test_pairs_that_inspectors_meet_are_among_the_first_three(old: str, new: str) -> None:
    assert old in [c for c, _ in formers(Character(new, 0.99, ((new, 0.99),), QUAD, QUAD[0], 0))[:3]]


def test_a_number_outside_the_check_digits_regions_keeps_every_candidate() -> None:
    european = "WVWZZZ1JZXW000008"
    was = inspected(read(european), 16)
    assert len(was.characters[0].candidates) == KEPT
    assert {c for c, _ in was.characters[0].candidates} <= {number[16] for number in was.numbers}


def test_where_no_character_is_named_but_the_check_digit_fails_each_may_be_the_one() -> None:
    forged = GENUINE[:13] + "9" + GENUINE[14:]
    was = inspected(read(forged))
    assert len(was.characters) == 17
    assert was.numbers
    assert all(vin.passes(number) for number in was.numbers)


def test_an_unsure_character_may_have_been_what_the_reader_takes_it_for() -> None:
    was = inspected(read("WVWZZZ1JZXW000008", {3: (("Z", 0.6), ("2", 0.3))}))
    assert was.characters[0].candidates == (("2", 0.3),)


def test_an_unread_character_is_looked_up_as_each_that_keeps_the_check_digit() -> None:
    was = inspected(read(GENUINE[:11] + "?" + GENUINE[12:], {11: (("1", 0.3), ("7", 0.2), ("T", 0.1))}))
    assert was.numbers == (GENUINE,)


@given(st.sampled_from(vin.VIN_ALPHABET), st.floats(0, 1), st.floats(0, 1))
def test_what_a_character_may_have_been_is_likelihoods_in_order_and_never_itself(
    text: str, confidence: float, altered: float
) -> None:
    found = formers(Character(text, confidence, ((text, confidence),), QUAD, QUAD[0], 0), altered)
    shares = [p for _, p in found]
    assert text not in dict(found)
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 + 1e-9


def test_shares_of_each_character_sum_to_one_and_no_character_is_made_of_itself() -> None:
    for after, shares in learned().items():
        assert after not in shares
        assert sum(shares.values()) == pytest.approx(1, abs=2e-3)
