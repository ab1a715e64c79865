from __future__ import annotations

from dataclasses import replace

import numpy as np

from vinspect.vision import glyphs
from vinspect.vision.rub import rub


def test_impressions_of_one_die_lie_on_each_other(strike) -> None:
    reading = strike("A8B8C8D")
    found = glyphs.pairs(rub(reading.strips[0]), reading.characters)
    assert [(p.first, p.second) for p in found] == [(1, 3), (1, 5), (3, 5)]
    assert min(p.overlap for p in found) > 0.9


def test_equal_characters_of_one_die_set_give_no_finding(strike) -> None:
    assert glyphs.findings_of(strike("WVWZZZ1JZ3W386752")) == ()


def test_of_two_that_differ_both_are_named(strike) -> None:
    reading = strike("AKRBCD4E74FGHK2", die={11: 3, 9: 7})
    found = glyphs.findings_of(reading)
    assert [f.characters for f in found] == [(6, 9)]
    assert found[0].sentence == "The two 4s are not of one shape."


def test_of_four_the_one_that_differs_is_named_alone(strike) -> None:
    reading = strike("A4KR4BC4DE4", die={4: 7})
    (finding,) = glyphs.findings_of(reading)
    assert finding.code == "glyph"
    assert finding.characters == (4,)
    assert finding.sentence == "5th character is not of one shape with the other 4s."


def test_a_character_that_may_be_another_is_not_compared(strike) -> None:
    reading = strike("A8B8C8D")
    unsure = tuple(replace(c, confidence=0.6) if i == 3 else c for i, c in enumerate(reading.characters))
    found = glyphs.pairs(rub(reading.strips[0]), unsure)
    assert [(p.first, p.second) for p in found] == [(1, 5)]


def test_overlap_finds_the_shift_by_itself() -> None:
    stroke = np.zeros((48, 120), np.float32)
    for x in (20, 82):
        stroke[12:36, x : x + 3] = 1
        stroke[12:15, x : x + 14] = 1
    straight = glyphs.overlap(stroke, np.array([18, 10, 36, 38]), np.array([80, 10, 98, 38]))
    shifted = glyphs.overlap(stroke, np.array([18, 10, 36, 38]), np.array([82, 8, 100, 36]))
    assert straight > 0.99
    assert shifted > 0.95


def test_print_is_not_judged(strike) -> None:
    assert glyphs.findings_of(strike("A4KR4BC4DE4", die={4: 7}, surface="label")) == ()
