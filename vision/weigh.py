"""The findings weighed together."""

from __future__ import annotations

import numpy as np

from vinspect.vision import strength
from vinspect.vision.evidence import Finding, Looks, Outcome, Reading, Verdict
from vinspect.vision.judgeable import why_not
from vinspect.vision.quality import reason


def weigh(
    reading: Reading | None, findings: tuple[Finding, ...], looks: Looks | None = None, heeded: bool = False
) -> Verdict:
    """Sum what the looks of the best reading say and what the findings beside them do, and say what is to be done.

    The support is the log10 of the likelihood ratio for "not as the maker struck it" over "as struck": that of the
    looks, whose own findings only share it out, plus those of the other findings, within log10 of the numbers that all
    this was learned from (`BOUND`): nobody may claim more than he has seen. Thresholds, in `vision/strength.py`, were
    set on rendered genuine numbers:

    - `suspect`: `SUSPECT` or more;
    - `review`: `REVIEW` or more; at most 2 in 100 genuine numbers reach it;
    - `clear`: less;
    - `cannot judge`: no reading, print, too few or unsure characters, too small or hardly to be seen (`judgeable`).
      Rules and barcodes speak even then: where they alone reach `REVIEW`, that is the outcome.

    heeded: among the findings is one for which a person must look, however the number was struck: it is at least for
    `review`.

    Each character gets what its looks say and the sum of the other findings that name it, shared out where they name
    several; None where the number was not judged and nothing names it.
    """
    if reading is None:
        return Verdict("cannot judge", None, (), reason("no_number"))
    why = why_not(reading)
    beside = [f for f in findings if looks is None or f not in looks.findings]
    total = sum(f.support for f in beside) + (looks.support if looks is not None else 0.0)
    support = float(np.clip(total, -strength.BOUND, strength.BOUND))
    characters = _characters(len(reading.characters), beside, looks, judged=why is None)
    if why is not None and support < strength.REVIEW and not heeded:
        return Verdict("cannot judge", None, characters, why)
    outcome: Outcome = "clear"
    if support >= strength.REVIEW or heeded:
        outcome = "suspect" if support >= strength.SUSPECT else "review"
    return Verdict(outcome, support, characters, None)


def _characters(n: int, beside: list[Finding], looks: Looks | None, judged: bool) -> tuple[float | None, ...]:
    supports: list[float | None] = [0.0 if judged else None] * n
    if looks is not None:
        supports = list(looks.characters)
    for finding in beside:
        for place in finding.characters:
            if place < n:
                supports[place] = (supports[place] or 0.0) + finding.support / len(finding.characters)
    bound = strength.BOUND
    return tuple(None if s is None else float(np.clip(s, -bound, bound)) for s in supports)
