from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.vision import strength
from vinspect.vision.evidence import Finding, Reading
from vinspect.vision.weigh import weigh

NUMBER = "WVWZZZ1JZ3W386752"


def finding(support: float, *characters: int, code: str = "layout") -> Finding:
    return Finding(code, characters, support, "A sentence.", "一句话。", None)


def test_a_number_that_nobody_looked_at_and_without_findings_is_clear_and_says_nothing(strike) -> None:
    verdict = weigh(strike(NUMBER), ())
    assert (verdict.outcome, verdict.support) == ("clear", 0.0)
    assert verdict.characters == (0.0,) * 17


def test_findings_add_up_to_review_and_to_suspect(strike) -> None:
    reading = strike(NUMBER)
    doubt = strength.REVIEW / 2 + 0.01
    assert weigh(reading, (finding(doubt, 2),)).outcome == "clear"
    assert weigh(reading, (finding(doubt, 2), finding(doubt, 5, code="glyph"))).outcome == "review"
    assert weigh(reading, (finding(strength.SUSPECT + 0.01, 2),)).outcome == "suspect"


def test_each_character_carries_its_share(strike) -> None:
    verdict = weigh(strike(NUMBER), (finding(0.8, 3, 4, code="glyph"), finding(0.5, 3)))
    assert verdict.characters[3] == pytest.approx(0.9)
    assert verdict.characters[4] == pytest.approx(0.4)
    assert verdict.characters[0] == 0.0


def test_print_is_not_judged_and_says_so(strike) -> None:
    verdict = weigh(strike(NUMBER, surface="label"), ())
    assert (verdict.outcome, verdict.support) == ("cannot judge", None)
    assert verdict.characters == (None,) * 17
    assert verdict.reason is not None
    assert verdict.reason.code == "print"


def test_a_printed_plate_is_print_and_an_embossed_one_is_judged(strike) -> None:
    verdict = weigh(strike(NUMBER, surface="plate", bright=120.0), ())
    assert verdict.reason is not None
    assert verdict.reason.code == "print"


def test_a_label_whose_barcode_differs_is_not_let_off(strike) -> None:
    verdict = weigh(strike(NUMBER, surface="label"), (finding(2.0, 3, code="barcode"),))
    assert verdict.outcome == "suspect"
    assert verdict.support == pytest.approx(2.0)
    assert verdict.characters[3] == pytest.approx(2.0)
    assert verdict.characters[4] is None


def test_too_few_characters_cannot_be_judged(strike) -> None:
    verdict = weigh(strike("ABC1"), ())
    assert verdict.outcome == "cannot judge"
    assert verdict.reason is not None
    assert verdict.reason.code == "too_few"


def test_characters_of_a_few_pixels_cannot_be_judged(strike) -> None:
    verdict = weigh(strike(NUMBER, scale=0.3), ())
    assert verdict.reason is not None
    assert verdict.reason.code == "too_small"


def doubtful(reading: Reading, count: int) -> Reading:
    """The reading with its first characters in doubt."""
    characters = [replace(c, confidence=0.6) if i < count else c for i, c in enumerate(reading.characters)]
    return replace(reading, characters=tuple(characters), confidence=0.6**count)


def test_a_reading_of_which_much_is_in_doubt_cannot_be_judged(strike) -> None:
    assert weigh(doubtful(strike(NUMBER), 4), ()).reason is None
    verdict = weigh(doubtful(strike(NUMBER), 5), ())
    assert verdict.reason is not None
    assert verdict.reason.code == "unreadable"


def test_a_number_that_hardly_stands_out_cannot_be_judged(strike) -> None:
    verdict = weigh(strike(NUMBER, bright=2.0), ())
    assert verdict.reason is not None
    assert verdict.reason.code == "unreadable"


def test_no_reading_cannot_be_judged() -> None:
    verdict = weigh(None, ())
    assert (verdict.outcome, verdict.support, verdict.characters) == ("cannot judge", None, ())
    assert verdict.reason is not None
    assert verdict.reason.code == "no_number"


@pytest.fixture(scope="module")
def judged(strike) -> Reading:
    """One reading for many sums."""
    return strike(NUMBER)


@given(st.lists(st.floats(-9, 9), max_size=6))
def test_nobody_claims_more_than_was_learned_from(judged: Reading, supports: list[float]) -> None:
    verdict = weigh(judged, tuple(finding(s, 0) for s in supports))
    bound = strength.BOUND
    assert verdict.support == pytest.approx(max(-bound, min(bound, sum(supports))))
    assert verdict.characters[0] == pytest.approx(max(-bound, min(bound, sum(supports))))


def test_thresholds_stand_in_order() -> None:
    assert strength.QUIET < strength.REVIEW < strength.SUSPECT < strength.BOUND
