"""The rules of the VIN, against numbers published with the standards and against arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vinspect.vision import vin

vins = st.text(alphabet=vin.VIN_ALPHABET, min_size=17, max_size=17)
positions = st.integers(0, 16)
characters = st.sampled_from(vin.VIN_ALPHABET)


@pytest.mark.parametrize("number", ["1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715", "1HGCM82633A004352"])
def test_published_numbers_pass(number: str) -> None:
    assert vin.passes(number)


def test_alphabet_is_digits_and_letters_without_i_o_q() -> None:
    assert len(vin.VIN_ALPHABET) == 33
    assert not set("IOQ") & set(vin.VIN_ALPHABET)
    assert set(vin.VALUES) == set(vin.VIN_ALPHABET)
    assert set(vin.FREE_ALPHABET) == set(vin.VIN_ALPHABET) | set("IOQ-")


def test_42_pairs_share_a_value() -> None:
    assert len(vin.SAME_VALUE) == 42


@given(vins)
def test_number_with_its_own_check_digit_passes(number: str) -> None:
    assert vin.passes(vin.with_check_digit(number))


@given(vins, positions, characters)
def test_one_changed_character_fails_unless_it_shares_the_value(number: str, position: int, character: str) -> None:
    good = vin.with_check_digit(number)
    changed = good[:position] + character + good[position + 1 :]
    if position == vin.CHECK_POSITION:
        assert vin.passes(changed) == (changed == good)
    else:
        # every weight is prime to 11, and values differ by less than 11
        assert vin.passes(changed) == vin.same_value(good[position], character)


@given(vins, st.integers(0, 15))
def test_neighbours_exchanged_keep_the_check_digit_only_where_values_agree(number: str, at: int) -> None:
    assume(vin.CHECK_POSITION not in (at, at + 1))
    changed = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    first, second = vin.VALUES[number[at]], vin.VALUES[number[at + 1]]
    same = (first - second) * (vin.WEIGHTS[at] - vin.WEIGHTS[at + 1]) % 11 == 0
    assert (vin.check_digit(changed) == vin.check_digit(number)) == same


@given(st.text(max_size=20))
def test_any_other_text_does_not_pass_and_raises_nothing(text: str) -> None:
    assert vin.passes(text) <= vin.is_vin(text)


@pytest.mark.parametrize(
    "text", ["", "1M8GDM9AXKP04278", "1M8GDM9AXKP0427888", "1M8GDM9AXKPO42788", "1m8gdm9axkp042788"]
)
def test_check_digit_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="VIN"):
        vin.check_digit(text)


@pytest.mark.parametrize(
    ("wmi", "expected"),
    [("1HG", True), ("2T1", True), ("3VW", True), ("5YJ", True), ("LSV", True), ("HES", True), ("7SA", True),
     ("7A3", False), ("WVW", False), ("JTD", False), ("VF1", False), ("6FP", False), ("9BW", False), ("", False)],
)  # fmt: skip
def test_check_digit_binds_in_north_america_and_china(wmi: str, expected: bool) -> None:
    assert vin.binding(wmi) is expected


@pytest.mark.parametrize(
    ("code", "years"),
    [("A", (1980, 2010)), ("Y", (2000, 2030)), ("1", (2001, 2031)), ("9", (2009, 2039)), ("T", (1996, 2026))],
)
def test_model_years_return_every_thirty_years(code: str, years: tuple[int, ...]) -> None:
    assert vin.model_years(code) == years


@pytest.mark.parametrize("code", ["I", "O", "Q", "U", "Z", "0", "", "AB", "?"])
def test_characters_that_mean_no_year_give_none(code: str) -> None:
    assert vin.model_years(code) == ()


@pytest.mark.parametrize("pair", ["8B", "0D", "0O", "0Q", "5S", "2Z", "17", "1I", "6G", "UV", "3B", "7T"])
def test_look_alikes_go_both_ways(pair: str) -> None:
    assert vin.look_alike(pair[0], pair[1])
    assert vin.look_alike(pair[1], pair[0])


@given(characters)
def test_no_character_is_its_own_look_alike(character: str) -> None:
    assert not vin.look_alike(character, character)


def test_look_alikes_are_few_enough_to_mean_something() -> None:
    assert all(set(pair) <= set(vin.FREE_ALPHABET) and len(pair) == 2 for pair in vin.LOOK_ALIKES)
    pairs = len(vin.FREE_ALPHABET) * (len(vin.FREE_ALPHABET) - 1) // 2
    assert len(vin.LOOK_ALIKES) < 0.2 * pairs
