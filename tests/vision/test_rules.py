"""What the rules say of numbers, and how much they may say of a reading that is not sure of itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vinspect.vision import vin
from vinspect.vision.evidence import Character, Finding, Reading
from vinspect.vision.rules import rule_findings, rules_of

GOOD = "1M8GDM9AXKP042788"
vins = st.text(alphabet=vin.VIN_ALPHABET, min_size=17, max_size=17)


def character(text: str, place: int, *candidates: tuple[str, float]) -> Character:
    box = np.array([place * 10, 0, place * 10 + 8, 14], np.float32)
    quad = np.array([[box[0], 0], [box[2], 0], [box[2], 14], [box[0], 14]], np.float32)
    ranked = candidates or ((text, 0.999),)
    return Character(text, ranked[0][1], ranked, quad, box, 0)


def characters_of(text: str, unsure: dict[int, tuple[tuple[str, float], ...]] | None = None) -> tuple[Character, ...]:
    return tuple(character(c, place, *(unsure or {}).get(place, ())) for place, c in enumerate(text))


def reading_of(text: str, confidence: float, characters: tuple[Character, ...] | None = None) -> Reading:
    characters = characters_of(text) if characters is None else characters
    quad = np.array([[0, 0], [170, 0], [170, 14], [0, 14]], np.float32)
    return Reading(text, confidence, quad, (None, None), (), (), "struck", characters, rules_of(text, characters))


def the(findings: tuple[Finding, ...], code: str) -> Finding:
    (found,) = [finding for finding in findings if finding.code == code]
    return found


def changed(text: str, place: int, to: str) -> str:
    return text[:place] + to + text[place + 1 :]


def test_good_number_has_no_problem_and_a_maker() -> None:
    found = rules_of("5YJ3E1EA7KF317000"[:8] + vin.check_digit("5YJ3E1EA7KF317000") + "KF317000")
    assert found.vin
    assert found.check_digit is True
    assert found.binding
    assert found.maker == "Tesla"
    assert found.country == "United States"
    assert found.years == (1989, 2019)
    assert found.suggestions == ()
    assert found.problems == ()


def test_european_number_without_check_digit_is_no_problem() -> None:
    found = rules_of("WVWZZZ1KZAW000001")
    assert found.check_digit is False
    assert not found.binding
    assert found.problems == ()
    assert found.maker == "Volkswagen"
    assert rule_findings(reading_of("WVWZZZ1KZAW000001", 0.999)) == ()


@pytest.mark.parametrize("text", ["GX61-6026788", "4D56-XJ2203", "JN15-001", "", "A", "WDB1230331234567"[:13]])
def test_frame_and_engine_numbers_break_no_rule(text: str) -> None:
    found = rules_of(text)
    assert not found.vin
    assert found.check_digit is None
    assert not found.binding
    assert found.problems == ()
    assert found.maker is None


def test_wrong_check_digit_is_named_with_the_right_one() -> None:
    (problem,) = rules_of(changed(GOOD, 8, "4")).problems
    assert problem == "Position 9 is 4 where the check digit of the other characters is X."


@pytest.mark.parametrize(("length", "problems"), [(14, 0), (15, 1), (16, 1), (18, 1), (19, 1), (20, 0)])
def test_length_near_that_of_a_vin_is_a_problem(length: int, problems: int) -> None:
    assert len(rules_of((GOOD + GOOD)[:length]).problems) == problems


def test_letters_that_no_vin_has_are_named_with_what_they_may_be() -> None:
    found = rules_of(changed(GOOD, 11, "O"))
    assert found.problems == ("A VIN has no I, O or Q: O at position 12 may be 0.",)
    assert found.suggestions == (GOOD,)


@pytest.mark.parametrize(
    ("code", "text"),
    [("model_year", "1M8GDM9A50P042788"), ("serial", "1M8GDM9A5KP04278B"), ("check_digit", GOOD[:-1] + "1")],
)
def test_what_stands_at_a_position_says_no_more_than_the_number_is_sure(code: str, text: str) -> None:
    said = [the(rule_findings(reading_of(text, sure)), code).support for sure in (0.13, 0.5, 0.999)]
    assert said == sorted(said)
    assert said[0] < 0.1 < 1 < said[2]


def test_impossible_model_year_and_letters_in_the_serial_number_are_problems() -> None:
    number = vin.with_check_digit("1M8GDM9AXUP0427B8")
    assert len(rules_of(number).problems) == 2
    marked = [finding.characters for finding in rule_findings(reading_of(number, 0.99))]
    assert marked == [(9,), (15,)]


def test_unread_characters_leave_the_maker_and_are_listed() -> None:
    text = changed(changed(GOOD, 4, "?"), 15, "?")
    found = rules_of(text)
    assert found.check_digit is None
    assert not found.vin
    assert found.country == "United States"
    assert found.problems == ("The character at positions 5 and 16 could not be read.",)
    assert rules_of("?" + GOOD[1:]).maker is None


@pytest.mark.parametrize("place", [2, 5, 10, 16])
def test_unsure_character_is_ranked_by_the_check_digit_and_left_as_read(place: int) -> None:
    other, third = [c for c in "386904" if not vin.same_value(c, GOOD[place])][:2]
    read = changed(GOOD, place, other)
    characters = characters_of(read, {place: ((other, 0.6), (third, 0.2), (GOOD[place], 0.15))})
    found = rules_of(read, characters)
    assert found.suggestions == (GOOD,)
    assert found.check_digit is False


def test_two_unsure_characters_are_ranked_by_their_probability() -> None:
    read = changed(changed(GOOD, 11, "8"), 15, "3")
    characters = characters_of(read, {11: (("8", 0.5), ("0", 0.4)), 15: (("3", 0.7), ("8", 0.2), ("9", 0.05))})
    assert rules_of(read, characters).suggestions[0] == GOOD


def test_unread_character_is_filled_from_its_candidates_or_from_all() -> None:
    read = changed(GOOD, 12, "?")
    assert rules_of(read, characters_of(read, {12: (("4", 0.3), ("1", 0.2))})).suggestions == (GOOD,)
    everything = rules_of(read, characters_of(read, {12: ()})).suggestions
    assert GOOD in everything
    assert all(vin.passes(number) for number in everything)


def test_sure_reading_that_fails_gets_no_suggestion() -> None:
    assert rules_of(changed(GOOD, 12, "7"), characters_of(changed(GOOD, 12, "7"))).suggestions == ()


@given(vins, st.integers(0, 16), st.sampled_from(vin.VIN_ALPHABET))
def test_suggestions_keep_the_check_digit_and_most_of_the_text(number: str, place: int, other: str) -> None:
    text = changed("L" + number[1:], place, other)
    for typed in (text, changed(text, place, "?")):
        for suggestion in rules_of(typed).suggestions:
            assert vin.passes(suggestion)
            assert sum(a != b for a, b in zip(suggestion, typed, strict=True)) == 1


def test_nothing_is_suggested_where_the_check_digit_is_not_binding() -> None:
    read = vin.with_check_digit("WVWZZZ1KZAW000001")
    read = changed(read, 12, "8")
    assert rules_of(read, characters_of(read, {12: (("8", 0.6), ("0", 0.3))})).suggestions == ()


@given(vins)
def test_nothing_is_suggested_where_the_number_passes(number: str) -> None:
    assert rules_of(vin.with_check_digit(number)).suggestions == ()


@given(st.text(alphabet=vin.FREE_ALPHABET + "?", max_size=20), st.text(max_size=20))
def test_any_text_gets_its_rules(text: str, expect: str) -> None:
    found = rules_of(text, expect=expect)
    assert found.vin == vin.is_vin(text)
    assert all(problem.endswith(".") for problem in found.problems)


@given(st.floats(0, 1))
def test_support_of_a_failed_check_digit_is_bounded_by_the_confidence(confidence: float) -> None:
    support = the(rule_findings(reading_of(changed(GOOD, 8, "4"), confidence)), "check_digit").support
    assert 0 <= support <= math.log10(0.3 / 0.005) + 1e-3
    # a reading that may be wrong cannot outweigh the odds that it is
    assert support <= math.log10(1 / (1 - confidence + 1e-9)) + 1e-3


def test_support_grows_with_the_confidence() -> None:
    read = changed(GOOD, 8, "4")
    supports = [the(rule_findings(reading_of(read, c)), "check_digit").support for c in (0.0, 0.3, 0.9, 0.99, 1.0)]
    assert supports == sorted(supports)
    assert supports[0] == 0
    assert supports[-1] > 1.7


def test_number_as_registered_gives_no_finding_in_any_notation() -> None:
    for expect in (GOOD, GOOD.lower(), f" *{GOOD[:8]} {GOOD[8:]}* ", f"{GOOD[:3]}-{GOOD[3:]}"):
        assert rule_findings(reading_of(GOOD, 0.99), expect) == ()
        assert rules_of(GOOD, expect=expect).problems == ()


@pytest.mark.parametrize("expect", ["GX61-6026788", "GX616026788", "gx61 6026788"])
def test_hyphens_make_no_difference_from_the_papers(expect: str) -> None:
    assert rules_of("GX61-6026788", expect=expect).problems == ()
    assert rules_of("GX616026788", expect=expect).problems == ()


def test_difference_from_the_papers_names_characters_and_look_alikes() -> None:
    registered = changed(changed(GOOD, 11, "8"), 15, "3")
    found = the(rule_findings(reading_of(GOOD, 0.999), registered), "registered_number")
    assert found.characters == (11, 15)
    assert "0 for 8 at position 12 (look-alikes)" in found.sentence
    assert "8 for 3 at position 16 (strokes added to 3 make 8)" in found.sentence
    assert found.quad is not None
    assert found.quad[:, 0].tolist() == [110, 158, 158, 110]


def test_difference_is_worth_little_where_the_reader_hesitates_over_it() -> None:
    registered = changed(GOOD, 15, "3")
    hesitant = characters_of(GOOD, {15: (("8", 0.55), ("3", 0.42))})
    unsure = the(rule_findings(reading_of(GOOD, 0.5, hesitant), registered), "registered_number").support
    sure = the(rule_findings(reading_of(GOOD, 0.99), registered), "registered_number").support
    assert 0 <= unsure < 0.2
    assert sure > 1


def test_another_vehicles_papers_are_said_as_one_difference() -> None:
    other = vin.with_check_digit("LSVAL41Z882104202")
    found = the(rule_findings(reading_of(GOOD, 0.99), other), "registered_number")
    assert "characters differ from the registered number LSVAL41Z" in found.sentence


@given(st.integers(0, 16))
def test_lost_character_is_found_against_the_papers_without_marking_the_others(place: int) -> None:
    read = GOOD[:place] + GOOD[place + 1 :]
    assume(len(read) == 16)
    found = the(rule_findings(reading_of(read, 0.6), GOOD), "registered_number")
    assert len(found.characters) <= 1
    assert "16 characters were read where the registered number has 17" in found.sentence
    assert found.support <= 0.5


def test_unread_character_is_no_evidence_against_the_papers() -> None:
    read = changed(GOOD, 5, "?")
    characters = characters_of(read, {5: (("N", 0.3), ("M", 0.3))})
    assert the(rule_findings(reading_of(read, 0.1, characters), GOOD), "registered_number").support == 0


def test_maker_is_never_a_placeholder() -> None:
    for wmi in ("LFB", "Y4K", "30P", "000"):
        found = rules_of(vin.with_check_digit(wmi + GOOD[3:]))
        assert found.maker is None
        assert found.country is None or found.country.istitle()
    assert rules_of("KMHZZZ1K0AW000001").maker == "Hyundai"


@pytest.mark.parametrize(
    ("text", "expect", "said"),
    [
        ("1M8GDM9AXKP04278", None, "字符数不是 17 位：读出 16 位，可能漏读一位。"),
        ("1M8GDM9A1KP042788", None, "第 9 位校验位与其余字符不符：现为 1，按其余字符应为 X。"),
        ("1M8GDM9AXKP0?2788", None, "第 13 位字符无法辨认。"),
        ("1M8GDM9AXKPO42788", None, "VIN 中不使用 I、O、Q：第 12 位的 O 可能是 0。"),
        (GOOD, "1M8GDM9AXKP042783", "与登记号码不一致：第 17 位读作 8，登记为 3（3 加笔可成 8）。"),
        (GOOD, "1M8GDM9AXKP04278", "与登记号码不一致：读出 17 位，登记号码 1M8GDM9AXKP04278 为 16 位。"),
        (GOOD, "LSVAM4187C2184841", "与登记号码不一致：17 位中有 17 位与登记号码 LSVAM4187C2184841 不同。"),
    ],
)
def test_a_problem_is_said_in_chinese_with_all_that_it_tells(text: str, expect: str | None, said: str) -> None:
    assert said in rules_of(text, expect=expect).problems_zh
    assert len(rules_of(text, expect=expect).problems_zh) == len(rules_of(text, expect=expect).problems)
