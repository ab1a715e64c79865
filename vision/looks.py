"""How a number looks: what the judging network sees in it, made into a likelihood ratio and into findings.

The network's answers for the whole number and its strangest character, and how much metal it takes for touched, give
one log10 likelihood ratio for "not as the maker struck it", by logistic calibration on rendered numbers of their own
seeds (`vision/strength.py`). Findings say what it rests on and share it between them: they are no separate witnesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vinspect.vision import layout, strength
from vinspect.vision.chinese import chinese
from vinspect.vision.evidence import Finding, Looks, Reading, Rubbing, frozen
from vinspect.vision.judge import MAP, TRACES, Judge, Seen
from vinspect.vision.judgeable import why_not
from vinspect.vision.rub import rub

MOST = 0.6  # share of the characters: where more of them are odd, it is the number that is
CERTAIN = 0.5  # probability from which a place counts as touched
SMALLEST = 12  # cells of the map: a smaller place is a speck
NEAR = 0.35  # share of a character's box that must be touched for a place to be about it
_MOST_TOUCHED = 40  # cells of the map: about two characters
_SAID = {  # in English, in Chinese
    "painted": ("painted over", "重漆"),
    "ground": ("ground", "打磨"),
    "filled": ("filled", "填补"),
    "welded": ("welded", "焊接"),
    "let in": ("let in from another piece", "镶嵌"),
    "struck": ("struck anew", "重新打刻"),
}


@dataclass(frozen=True, eq=False)
class Place:
    """A place in one line where metal was touched."""

    box: np.ndarray  # float32 (4,), left, top, right, bottom in strip pixels
    trace: str  # one of `judge.TRACES`, the likeliest
    certainty: float  # 0..1, its mean
    over: tuple[int, ...]  # places in the line of the characters that it covers


def look(reading: Reading, judge: Judge) -> Looks | None:
    """What the looks of this number say; None where they cannot be judged (`judgeable.why_not`)."""
    if why_not(reading) is not None:
        return None
    lines = [[i for i, c in enumerate(reading.characters) if c.line == k] for k in range(len(reading.strips))]
    seen = [
        judge.see(strip, [reading.characters[i] for i in places]) if places else None
        for strip, places in zip(reading.strips, lines, strict=True)
    ]
    support = support_of(traits([s for s in seen if s is not None]))
    each = np.zeros(len(reading.characters))
    for s, places in zip(seen, lines, strict=True):
        if s is not None:
            each[places] = supports_of(s.odd)
    found = tuple(_findings(reading, seen, lines, each)) if support >= strength.REVIEW else ()
    weight = sum(f.support for f in found)
    shared = tuple(replace(f, support=round(support * f.support / weight, 3)) for f in found)
    return Looks(
        support,
        tuple(each.tolist()),
        shared,
        tuple(
            Rubbing(s.groove if s is not None else rub(strip).stroke)
            for s, strip in zip(seen, reading.strips, strict=True)
        ),
        tuple(
            Rubbing(s.ghost if s is not None else frozen(np.zeros(strip.grey.shape, np.float32)))
            for s, strip in zip(seen, reading.strips, strict=True)
        ),
        tuple(_map(s, strip.grey.shape) for s, strip in zip(seen, reading.strips, strict=True)),
    )


def traits(seen: Sequence[Seen]) -> np.ndarray:
    """What the likelihood ratio of a number is made of, float64 (3,), all the larger the less it looks as struck.

    The logits of the number and of its strangest character, and that of the share of metal that was touched where it
    was most. Of two lines the stranger counts.
    """
    return np.max([_traits(s) for s in seen], axis=0)


def _traits(s: Seen) -> np.ndarray:
    touched = np.sort(s.touched.sum(0), axis=None)
    return np.array([s.whole, s.odd.max(), _logit(touched[-_MOST_TOUCHED:].mean())], np.float64)


def _logit(share: float) -> float:
    p = min(max(float(share), 1e-3), 1 - 1e-3)
    return float(np.log(p / (1 - p)))


def support_of(made_of: np.ndarray) -> float:
    """The log10 likelihood ratio that `traits` say, within `strength.BOUND`."""
    return float(np.clip(strength.OFFSET + made_of @ np.array(strength.WEIGHTS), -strength.BOUND, strength.BOUND))


def supports_of(odd: np.ndarray) -> np.ndarray:
    """The log10 likelihood ratio of each character, float64 (n,), from its logit, within `strength.BOUND`."""
    each = strength.ODD_OFFSET + strength.ODD_WEIGHT * odd.astype(np.float64)
    return np.asarray(np.clip(each, -strength.BOUND, strength.BOUND))


def places_of(seen: Seen, boxes: np.ndarray) -> Iterator[Place]:
    """Where metal was touched, the largest place first; boxes: float32 (n, 4), of the characters."""
    there = seen.touched.sum(0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((there > CERTAIN).astype(np.uint8))
    for k in sorted(range(1, count), key=lambda k: -int(stats[k, cv2.CC_STAT_AREA])):
        left, top, width, height, area = (int(v) for v in stats[k])
        if area < SMALLEST:
            continue
        here = labels == k
        trace = TRACES[int(seen.touched[:, here].sum(1).argmax())]
        grown = np.kron(here, np.ones((MAP, MAP), np.uint8))
        over = [
            i
            for i, (x0, y0, x1, y1) in enumerate(np.maximum(np.round(boxes), 0).astype(int))
            if x1 > x0 and y1 > y0 and grown[y0:y1, x0:x1].size and grown[y0:y1, x0:x1].mean() > NEAR
        ]
        box = MAP * np.array([left, top, left + width, top + height], np.float32)
        yield Place(frozen(box), trace, float(there[here].mean()), tuple(over))


def _findings(
    reading: Reading, seen: Sequence[Seen | None], lines: Sequence[Sequence[int]], each: np.ndarray
) -> Iterator[Finding]:
    """What the support rests on, each with its weight among the others."""
    odd = [i for i in range(len(each)) if each[i] >= strength.STRAY]
    if len(odd) > MOST * len(each):
        weight = float(np.mean(each[odd]))
        said = "The number as a whole does not look as a maker strikes it."
        yield Finding("restruck", tuple(odd), weight, said, chinese("restruck"), None)
    else:
        for line, places in enumerate(lines):
            if any(i in odd for i in places):
                yield from _strays(reading, line, places, odd, each)
    for line, (s, places) in enumerate(zip(seen, lines, strict=True)):
        if s is None:
            continue
        for place in places_of(s, np.stack([reading.characters[i].box for i in places])):
            about = tuple(places[i] for i in place.over)
            english, same = _SAID[place.trace]
            sentence, said = f"The metal {_at(about)} looks {english}.", chinese("touched", about, same)
            yield Finding("touched", about, place.certainty, sentence, said, _quad(reading, line, place.box))
    if not odd and not any(s is not None and (s.touched.sum(0) > CERTAIN).sum() >= SMALLEST for s in seen):
        said = "Taken together, the characters do not look as a maker strikes them."
        yield Finding("unlike", (), 1.0, said, chinese("unlike"), None)


def _strays(
    reading: Reading, line: int, places: Sequence[int], odd: Sequence[int], each: np.ndarray
) -> Iterator[Finding]:
    """One finding for each odd character of a line, with what can be measured of it."""
    laid = layout.lay_out(rub(reading.strips[line]), tuple(reading.characters[i] for i in places))
    for k, i in enumerate(places):
        if i in odd:
            said = ", ".join(layout.words(laid.residual[k], laid.z[k]))
            sentence = f"{layout.ordinal(i)} character does not belong with the others" + (
                f": {said}." if said else "."
            )
            same = chinese("stray", (i,), "，".join(layout.words(laid.residual[k], laid.z[k], "zh")))
            yield Finding("stray", (i,), float(each[i]), sentence, same, reading.characters[i].quad)


def _at(about: tuple[int, ...]) -> str:
    if not about:
        return "beside the number"
    first, last = layout.ordinal(about[0]), layout.ordinal(about[-1])
    return f"at the {first} character" if len(about) == 1 else f"at the {first} to {last} characters"


def _quad(reading: Reading, line: int, box: np.ndarray) -> np.ndarray:
    left, top, right, bottom = box - 0.5
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    there = cv2.perspectiveTransform(corners.reshape(-1, 1, 2), reading.strips[line].to_photo)
    return frozen(there.reshape(4, 2).astype(np.float32))


def _map(seen: Seen | None, shape: tuple[int, ...]) -> np.ndarray:
    """The map of touched metal in strip pixels, float32 (h, w), 0..1."""
    if seen is None:
        return frozen(np.zeros(shape, np.float32))
    size = (MAP * seen.touched.shape[2], MAP * seen.touched.shape[1])
    large = cv2.resize(seen.touched.sum(0), size, interpolation=cv2.INTER_LINEAR)
    return frozen(np.ascontiguousarray(large[: shape[0], : shape[1]]))
