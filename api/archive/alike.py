"""Numbers that may be meant by a number: look-alikes, blanks, and what it may have been before strokes were added."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Literal

from vinspect.vision import vin

# Each class is of characters that are all look-alikes of one another (`vin.LOOK_ALIKES`), no character is in two of
# them, and one that is in none stands for itself. The archive keeps each number folded by these: a change of them
# comes with a migration that folds the kept numbers anew.
CLASSES = ("0CDOQ", "1ILT", "27Z", "38B", "4A", "5S", "6G", "EF", "HMNW", "KX", "PR", "VY")
_FOLD = str.maketrans({character: each[0] for each in CLASSES for character in each} | {"-": ""})
CROSSED = 2  # characters taken for one of another class, at most; within a class there is no limit
_BESIDE = {
    character: "".join(sorted({_folded for other in vin.FREE_ALPHABET if vin.look_alike(character, other)
                               and (_folded := other.translate(_FOLD)) != character.translate(_FOLD)}))
    for character in vin.FREE_ALPHABET
}  # fmt: skip
BLANK = "?"

How = Literal["exact", "alike", "wild", "before"]
"""How a number is looked for."""


def folded(number: str) -> str:
    """The number with each character replaced by the first of its class, without hyphens."""
    return number.translate(_FOLD)


def folds(number: str) -> Iterator[str]:
    """The folded form of every number that may be mistaken for this one, its own first.

    Any number of characters may be taken for another of their class, at most `CROSSED` for a look-alike outside it.
    """
    plain = number.replace("-", "")
    own = folded(plain)
    yield own
    for crossed in range(1, CROSSED + 1):
        for places in combinations(range(len(own)), crossed):
            for others in product(*(_BESIDE.get(plain[place], "") for place in places)):
                changed = list(own)
                for place, other in zip(places, others, strict=True):
                    changed[place] = other
                yield "".join(changed)


def unlike(number: str, other: str) -> int | None:
    """In how many characters the numbers differ; None where a difference is no look-alike, or the lengths differ."""
    one, two = number.replace("-", ""), other.replace("-", "")
    if len(one) != len(two):
        return None
    pairs = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
    return len(pairs) if all(vin.look_alike(a, b) for a, b in pairs) else None


def before(number: str) -> list[str]:
    """What the number may have been before strokes were added to one or two of its characters, one change first.

    Where the number's region makes the check digit binding only numbers that keep it are meant: a genuine one did.
    """
    earlier = [
        (place, old) for place, character in enumerate(number) for old, new in vin.ADDED_STROKES if new == character
    ]
    found: dict[str, None] = {}
    for count in (1, 2):
        for chosen in combinations(earlier, count):
            if len({place for place, _ in chosen}) < count:
                continue
            changed = list(number)
            for place, old in chosen:
                changed[place] = old
            text = "".join(changed)
            if vin.passes(text) or not (vin.is_vin(number) and vin.binding(text)):
                found[text] = None
    return list(found)
