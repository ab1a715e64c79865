"""A site's own thresholds, set from ten or more of its genuine photographs, at a stated rate of false alarms.

Ten pictures alone support no rate below one in eleven: one more of their kind exceeds all of them once in n + 1 times,
whatever their distribution (V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005). A lower
rate rests on the tail that genuine numbers have elsewhere, which the judge's own thresholds mark: it is taken to be so
many times as heavy here as the site's pictures show, by a gamma-Poisson estimate that starts from one, and never
lighter. Both rates are told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vinspect.vision import strength
from vinspect.vision.evidence import Inspection, Outcome

FEWEST = 10  # photographs that can be judged
RATES = (0.015, 0.004)  # of genuine numbers that reach REVIEW and SUSPECT elsewhere: what the judge was fitted to
PRIOR = 1.0  # pictures' worth of exceedances that speak for a tail as heavy as elsewhere
GRAVE = RATES[1] / RATES[0]  # of the false alarms, those that may come to "suspect"
STEEPEST = 1.0  # log10 a factor of ten: a calibrated ratio's mean over genuine numbers is one, so one in x reaches x
# What rules, barcodes and records say is the same at every site: their codes.
ELSEWHERE = frozenset(
    "alphabet length check_digit model_year serial registered_number barcode stale_capture capture_ahead "
    "photograph_used_before watched_number seen_elsewhere".split()
)


class TooFew(ValueError):
    """There are too few photographs to set thresholds from; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Site:
    """Thresholds, log10, and what they rest on."""

    review: float
    suspect: float
    false_alarms: float  # 0..1, the stated share of genuine numbers that come to review or worse
    judged: int  # genuine photographs that they were set from
    heavier: float  # times as heavy as elsewhere the tail is taken to be
    supported: float  # 0..1: the rate that the photographs support by themselves, one in judged + 1


def site(supports: Sequence[float], false_alarms: float) -> Site:
    """The thresholds for a site from the supports of its genuine photographs that could be judged.

    Raises TooFew, and ValueError where the share of false alarms is none.
    """
    if not 0 < false_alarms < 1:
        raise ValueError("a share of false alarms lies between 0 and 1, such as 1%")
    n = len(supports)
    if n < FEWEST:
        raise TooFew(
            f"{n} photograph{'' if n == 1 else 's'} can be judged, and a site needs {FEWEST}: "
            "add genuine ones of struck numbers, close, sharp and whole."
        )
    above = sum(s >= strength.REVIEW for s in supports)
    heavier = max(1.0, (above + PRIOR) / (n * RATES[0] + PRIOR))
    review, suspect = (_threshold(supports, false_alarms * share, heavier) for share in (1.0, GRAVE))
    return Site(review, max(suspect, review), false_alarms, n, round(heavier, 3), round(1 / (n + 1), 4))


def _threshold(supports: Sequence[float], rate: float, heavier: float) -> float:
    """Where the tail leaves this rate, but just above as many of the site's own as the rate leaves."""
    own = sorted(supports, reverse=True)[math.floor(rate * (len(supports) + 1))]
    return round(max(_usual(rate / heavier), own + 1e-3), 4)


def _usual(rate: float) -> float:
    """The support that this share of genuine numbers reaches elsewhere, along the line through both thresholds."""
    first, second = strength.REVIEW, strength.SUSPECT
    decades = math.log10(RATES[0] / RATES[1])
    slope = (second - first) / decades
    if rate < RATES[1]:
        return second + min(slope, STEEPEST) * math.log10(RATES[1] / rate)
    return first + slope * math.log10(RATES[0] / rate)


def at(inspection: Inspection, site: Site | None) -> Inspection:
    """The same inspection, its outcome by the site's thresholds; what rules and records ask for stands."""
    verdict = inspection.verdict
    said = sum(f.support for f in inspection.findings if f.code in ELSEWHERE)
    if site is None or verdict.support is None or said >= strength.REVIEW:
        return inspection
    outcome: Outcome = "clear"
    if verdict.support >= site.review:
        outcome = "suspect" if verdict.support >= site.suspect else "review"
    return replace(inspection, verdict=replace(verdict, outcome=outcome))
