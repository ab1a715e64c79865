"""The findings weighed together."""

from __future__ import annotations

import numpy as np

from vinspect.vision import tolerances
from vinspect.vision.evidence import Finding, Outcome, Reading, Reason, Verdict
from vinspect.vision.judgeable import why_not
from vinspect.vision.quality import reason


def weigh(reading: Reading | None, findings: tuple[Finding, ...]) -> Verdict:
    """Sum what the findings say of the best reading, and say what is to be done.

    The support is the log10 of the likelihood ratio for "not as the maker struck it" over "as struck": the findings'
    supports, plus what it says by itself that a number was judged (a little for "as struck", `QUIET`), within
    log10 of the numbers that all this was learned from (`BOUND`): nobody may claim more than he has seen. Thresholds,
    in `vision/tolerances.py`, were set on rendered genuine numbers:

    - `suspect`: `SUSPECT` or more;
    - `review`: `REVIEW` or more; at most 2 in 100 genuine numbers reach it;
    - `clear`: less;
    - `cannot judge`: no reading, print, too few or unsure characters, too small or hardly to be seen (`judgeable`).
      Rules and barcodes speak even then: where they alone reach `REVIEW`, that is the outcome.

    Each character gets the sum of the findings that name it, shared out where they name several; 0 where nothing was
    found, None where the number was not judged and nothing names it.
    """
    if reading is None:
        return Verdict("cannot judge", None, (), reason("no_number"))
    why = why_not(reading)
    total = sum(f.support for f in findings) + (tolerances.QUIET if why is None else 0.0)
    support = float(np.clip(total, -tolerances.BOUND, tolerances.BOUND))
    characters = _characters(len(reading.characters), findings, why)
    if why is not None and support < tolerances.REVIEW:
        return Verdict("cannot judge", None, characters, why)
    outcome: Outcome = "clear"
    if support >= tolerances.REVIEW:
        outcome = "suspect" if support >= tolerances.SUSPECT else "review"
    return Verdict(outcome, support, characters, None)


def _characters(n: int, findings: tuple[Finding, ...], why: Reason | None) -> tuple[float | None, ...]:
    supports: list[float | None] = [0.0 if why is None else None] * n
    for finding in findings:
        for place in finding.characters:
            if place < n:
                supports[place] = (supports[place] or 0.0) + finding.support / len(finding.characters)
    bound = tolerances.BOUND
    return tuple(None if s is None else float(np.clip(s, -bound, bound)) for s in supports)
