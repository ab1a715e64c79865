"""A site's own thresholds: never below what its own genuine photographs reach, and no better than ten can support."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.vision import strength
from vinspect.vision.evidence import Finding, Inspection, Photo, Report, Verdict
from vinspect.vision.site import FEWEST, RATES, Site, TooFew, at, site

QUIET = [strength.QUIET] * FEWEST
supports = st.lists(st.floats(-2, 2), min_size=FEWEST, max_size=60)


def inspection(support: float | None, *findings: Finding) -> Inspection:
    photo = Photo("", "", b"", (1, 1), np.zeros((1, 1), np.uint8), 1.0)
    return Inspection(Report(photo, (), None, {}), findings, Verdict("cannot judge", support, (), None))


@given(supports, st.sampled_from([0.001, 0.01, 0.05]))
def test_none_of_fewer_photographs_than_the_rate_speaks_of_is_called(own: list[float], stated: float) -> None:
    if stated * (len(own) + 1) < 1:
        assert site(own, stated).review > max(own)


@given(supports)
def test_a_lower_rate_has_a_threshold_as_high_or_higher(own: list[float]) -> None:
    thresholds = [site(own, stated).review for stated in (0.2, 0.1, 0.05, 0.01, 0.001)]
    assert thresholds == sorted(thresholds)


@given(supports)
def test_suspect_is_never_easier_than_review(own: list[float]) -> None:
    of = site(own, 0.01)
    assert of.suspect >= of.review


def test_a_site_like_any_other_keeps_the_judges_threshold_at_the_judges_rate() -> None:
    assert site(QUIET, RATES[0]).review == pytest.approx(strength.REVIEW, abs=2e-3)


def test_a_site_whose_genuine_numbers_speak_loudly_has_a_higher_threshold() -> None:
    loud = QUIET[:-2] + [strength.REVIEW + 0.01] * 2
    assert site(loud, 0.01).heavier > 1
    assert site(loud, 0.01).review > site(QUIET, 0.01).review


def test_what_ten_photographs_support_by_themselves_is_one_in_eleven() -> None:
    assert site(QUIET, 0.01).supported == pytest.approx(1 / 11, abs=1e-4)


def test_with_enough_photographs_the_stated_share_of_them_may_be_called() -> None:
    own = np.random.default_rng(1).normal(3.0, 1.0, 999)
    called = float((own >= site(own.tolist(), 0.1).review).mean())
    assert called == pytest.approx(0.1, abs=0.005)


def test_nine_photographs_are_refused_with_what_to_do() -> None:
    with pytest.raises(TooFew, match="9 photographs can be judged, and a site needs 10: add genuine ones"):
        site(QUIET[1:], 0.01)


@pytest.mark.parametrize("stated", [0.0, 1.0, -0.1, 1.5])
def test_a_share_that_is_none_is_refused(stated: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        site(QUIET, stated)


@pytest.mark.parametrize(("support", "outcome"), [(0.9, "clear"), (1.0, "review"), (2.0, "suspect")])
def test_the_outcome_is_by_the_sites_thresholds(support: float, outcome: str) -> None:
    of = Site(1.0, 2.0, 0.01, 10, 1.0, 0.09)
    assert at(inspection(support), of).verdict.outcome == outcome


def test_what_cannot_be_judged_stays_so_and_what_rules_ask_for_stands() -> None:
    of = Site(5.0, 6.0, 0.01, 10, 1.0, 0.09)
    assert at(inspection(None), of).verdict.outcome == "cannot judge"
    rules = Finding("check_digit", (), strength.REVIEW + 0.1, "", "", None)
    asked = inspection(strength.REVIEW + 0.1, rules)
    asked = replace(asked, verdict=replace(asked.verdict, outcome="review"))
    assert at(asked, of).verdict.outcome == "review"


def test_without_a_site_nothing_changes() -> None:
    as_it_was = inspection(9.0)
    assert at(as_it_was, None) is as_it_was
