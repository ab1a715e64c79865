import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.lane.conftest import NEXT, OTHER, VIN, reading
from vinspect.api.lane.vote import AGREED, equal, same, vote
from vinspect.vision.vin import VIN_ALPHABET

numbers = st.text(VIN_ALPHABET, min_size=5, max_size=18)


@given(numbers, st.floats(0.05, 1.0), st.integers(1, 5))
@settings(deadline=None)
def test_frames_that_agree_give_their_number_and_no_more_trust_than_one(text: str, sure: float, frames: int) -> None:
    heard = vote([reading(text, sure)] * frames)
    assert heard is not None
    assert (heard.text, heard.frames) == (text, frames)
    assert heard.confidence == pytest.approx(sure)


@given(st.lists(st.tuples(st.sampled_from([VIN, NEXT, OTHER, VIN[:-1]]), st.floats(0.05, 1)), min_size=1), st.randoms())
@settings(deadline=None)
def test_the_order_of_the_frames_does_not_matter_and_none_is_outdone(
    said: list[tuple[str, float]], dice: random.Random
) -> None:
    readings = [reading(text, sure) for text, sure in said]
    heard = vote(readings)
    dice.shuffle(readings)
    again = vote(readings)
    assert heard is not None
    assert again is not None
    assert heard.text == again.text
    assert heard.confidence == pytest.approx(again.confidence)
    assert heard.confidence <= max(sure for _, sure in said) + 1e-9


def test_a_character_that_sure_frames_disagree_about_is_not_told() -> None:
    heard = vote([reading(VIN), reading(NEXT)])
    assert heard is not None
    assert heard.text == VIN[:-1] + "?"
    assert heard.confidence == 0
    assert {text for text, _ in heard.characters[-1].candidates} == {"1", "2"}


def test_one_unsure_frame_is_outvoted_by_two_sure_ones() -> None:
    heard = vote([reading(VIN), reading(VIN), reading(NEXT, sure=0.2)])
    assert heard is not None
    assert heard.text == VIN
    assert AGREED < heard.characters[-1].confidence < 0.99
    assert 0.8 < heard.confidence < 0.99


def test_the_second_candidate_of_one_frame_counts_for_the_first_of_another() -> None:
    heard = vote([reading(VIN, 0.5, unsure={3: ("4", 0.55)}), reading(VIN, 0.9)])
    assert heard is not None
    assert heard.text == VIN


def test_a_reading_that_misses_a_character_does_not_shift_the_others() -> None:
    heard = vote([reading(VIN), reading(VIN[1:], 0.6), reading(VIN, 0.7)])
    assert heard is not None
    assert (heard.text, heard.frames) == (VIN, 2)


def test_no_reading_is_no_vote() -> None:
    assert vote([]) is None


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (reading(VIN), True),
        (reading(NEXT), False),  # the next of a series
        (reading(VIN, unsure={16: ("2", 0.6)}), True),  # misread, and unsure of it
        (reading(VIN[1:]), True),
        (reading(OTHER), False),
        (reading(OTHER[:12]), False),
    ],
)
def test_two_votes_are_one_number_where_they_are_not_both_certain_of_something_else(other, alike) -> None:  # type: ignore[no-untyped-def]
    one, two = vote([reading(VIN)]), vote([other])
    assert one is not None
    assert two is not None
    assert same(one, two) is alike
    assert same(two, one) is alike
    assert equal(one, two) is (two.text == VIN)
