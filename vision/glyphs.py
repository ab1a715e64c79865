"""Equal characters in one number: struck by one die, their rubbings lie on each other stroke for stroke.

Two impressions of one die correlate 0.97 to 0.99 on clean metal; grain, dirt and a die held askew bring that down for
all pairs of a line alike, so each pair is held against the line's other pairs and against how clear its characters are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from vinspect.vision import tolerances
from vinspect.vision.chinese import chinese
from vinspect.vision.evidence import UNREADABLE, Character, Finding, Reading, Rubbing
from vinspect.vision.judgeable import why_not
from vinspect.vision.layout import DIM, NARROW, one_of, ordinal
from vinspect.vision.rub import clarity, rub

SURE = 0.9  # probability: a character less sure than this may be another one, and need not look like its equals
SERIAL = 6  # characters at the end that makers strike with a wheel of its own
MIXED = 0.44  # of the altered numbers in which one of two equal characters was struck again and the other was not
_SHIFT = 3  # pixels in which the best overlap is looked for: the reader's boxes are that rough
_ALONE = -1.8  # the usual misfit, for a pair that is the line's only one


@dataclass(frozen=True)
class Pair:
    """Two equal characters of one line laid on each other."""

    first: int  # positions among the line's characters
    second: int
    overlap: float  # -1..1: normalised correlation of their rubbings at the best shift
    clarity: float  # of the less clear one
    across: bool  # one stands in the serial part, the other before it


def findings_of(reading: Reading) -> tuple[Finding, ...]:
    """One finding, "glyph", for each character whose equals do not look like it; none where print is not judged.

    Of two that differ nobody can say which is the odd one: the finding names both. Among three or more the one that
    differs from most of the others, who agree, is named alone.
    """
    if why_not(reading) is not None:
        return ()
    found = []
    for line, strip in enumerate(reading.strips):
        places = [i for i, c in enumerate(reading.characters) if c.line == line]
        characters = tuple(reading.characters[i] for i in places)
        groups = strays(characters, pairs(rub(strip), characters))
        for odd, group, ratio in groups:
            if ratio < tolerances.GLYPH_FLAG:
                continue
            support = one_of(len(groups), ratio, MIXED)
            text = characters[group[0]].text
            if len(odd) == 1:
                sentence = f"{ordinal(places[odd[0]])} character is not of one shape with the other {text}s."
                quad = characters[odd[0]].quad
            else:
                sentence = f"The two {text}s are not of one shape."
                quad = None
            named = tuple(places[i] for i in odd)
            found.append(Finding("glyph", named, round(support, 3), sentence, chinese("glyph", named), quad))
    return tuple(found)


def pairs(rubbing: Rubbing, characters: tuple[Character, ...]) -> list[Pair]:
    """All pairs of equal, sure and clear characters of a line; a bare bar says little of its die, so no 1s and Is."""
    clear = clarity(rubbing, np.array([c.box for c in characters], np.float32).reshape(-1, 4))
    fit = [
        i
        for i, c in enumerate(characters)
        if c.text != UNREADABLE and c.text not in NARROW and c.confidence >= SURE and clear[i] >= DIM
    ]
    serial = len(characters) - SERIAL
    return [
        Pair(
            i,
            j,
            overlap(rubbing.stroke, characters[i].box, characters[j].box),
            float(min(clear[i], clear[j])),
            i < serial <= j,
        )
        for i, j in combinations(fit, 2)
        if characters[i].text == characters[j].text
    ]


def overlap(stroke: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """-1..1: the normalised correlation of two places of a rubbing at their best shift.

    Equal characters are of one size in one strip, so size counts: nothing is scaled. Boxes: left, top, right, bottom.
    """
    width, height = (float(max(one[k + 2] - one[k], other[k + 2] - other[k])) for k in (0, 1))
    half = np.ceil([width / 2, height / 2])
    still, moving = _around(stroke, one, half), _around(stroke, other, half + _SHIFT)
    return float(cv2.matchTemplate(moving, still, cv2.TM_CCOEFF_NORMED).max())


def _around(stroke: np.ndarray, box: np.ndarray, half: np.ndarray) -> np.ndarray:
    centre = ((float(box[0]) + float(box[2])) / 2, (float(box[1]) + float(box[3])) / 2)
    size = (int(2 * half[0]) + 1, int(2 * half[1]) + 1)
    return np.asarray(cv2.getRectSubPix(stroke, size, centre), np.float32)


def traits(found: list[Pair]) -> np.ndarray:
    """What the likelihood ratio of each pair is made of, float32 (n, 4): its misfit, the line's, clarity, across.

    A misfit is the logarithm of what lacks to full overlap; the line's is the median over the pairs of others.
    """
    misfit = np.log(1.02 - np.array([p.overlap for p in found]))
    rows = []
    for k, pair in enumerate(found):
        mine = {pair.first, pair.second}
        others = [misfit[m] for m, p in enumerate(found) if not mine & {p.first, p.second}]
        # One other pair says half of what is usual in this line; the table says the rest.
        usual = (sum(others) + _ALONE) / (len(others) + 1) if len(others) < 3 else float(np.median(others))
        rows.append((misfit[k], usual, pair.clarity, float(pair.across)))
    return np.array(rows, np.float32).reshape(-1, 4)


def strays(
    characters: tuple[Character, ...],
    found: list[Pair],
    weights: Sequence[float] = tolerances.GLYPH_WEIGHTS,
    offset: float = tolerances.GLYPH_OFFSET,
) -> list[tuple[tuple[int, ...], tuple[int, ...], float]]:
    """For each group of equal characters: which is odd, the group, and the log10 likelihood ratio that it is."""
    supports = offset + traits(found) @ np.array(weights, np.float32)
    groups: dict[str, list[int]] = {}
    for k, pair in enumerate(found):
        groups.setdefault(characters[pair.first].text, []).append(k)
    out: list[tuple[tuple[int, ...], tuple[int, ...], float]] = []
    for ks in groups.values():
        members = tuple(sorted({m for k in ks for m in (found[k].first, found[k].second)}))
        if len(members) == 2:
            out.append((members, members, float(supports[ks[0]])))
            continue
        ends = np.array([(found[k].first, found[k].second) for k in ks])
        theirs = supports[ks]
        strange = [float(np.median(theirs[(ends == m).any(axis=1)])) for m in members]
        odd = members[int(np.argmax(strange))]
        rest = float(np.median(theirs[(ends != odd).all(axis=1)]))
        # Where the rest do not agree among themselves either, the one is less odd by as much.
        out.append(((odd,), members, max(strange) - max(0.0, rest)))
    return out
