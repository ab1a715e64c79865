"""What a number was before: the characters that a suspect or unsure one may have been, and the numbers to look up.

A forger adds strokes more easily than he takes any away: 1 becomes 4, 3 becomes 8, F becomes E. Which character becomes
which is counted over die sets (`python -m vinspect.models.fit_before`), with a share kept for the pairs that inspectors
meet (`vin.ADDED_STROKES`); what the reader also saw there counts too, for it sees the old strokes. Where the number's
region makes the check digit binding, numbers that keep it come first: a genuine one did.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

from vinspect.models import weights
from vinspect.vision import vin
from vinspect.vision.evidence import UNREADABLE, Character, Inspection, Reading, Verdict

FILE = "before.json"
UNSURE = 0.9  # a character less sure than this may be another
SUSPECT = 0.3  # log10: twice as likely where the character is not as struck
EVEN = 0.5  # how likely one is taken to be altered where the number is suspect and no character of it is named
READER = 0.3  # exponent of the reader's probabilities: on added strokes that training saw, 0.3 to 0.6 ranks best
LEAST = 1e-3  # probability that the reader gives to what it does not list
SELDOM = 0.003  # share of a character that no die of those counted was made into this one
KEPT = 6  # characters that one may have been, where no check digit sorts them
TRIED = {1: 36, 2: 12, 3: 6}  # of so many changed characters, how many candidates of each make numbers
FAINT = 0.02  # of the likeliest number: what is less likely is not looked up, unless it alone keeps the check digit
NUMBERS = 12  # to look up
FEW = 5  # characters of which several may have been changed; among more, one
NAMED, SHOWN = 3, 5  # in sentences: of a character's candidates, of numbers


@dataclass(frozen=True)
class Former:
    """What one character may have been."""

    place: int  # in the reading, from 0
    candidates: tuple[tuple[str, float], ...]  # the likeliest first, probabilities that sum to 1 at most


@dataclass(frozen=True)
class Before:
    """What a number may have been."""

    characters: tuple[Former, ...]  # of the suspect and unsure ones, in reading order
    numbers: tuple[str, ...]  # to look up, the likeliest first


NOTHING = Before((), ())


def before(inspection: Inspection) -> Before:
    """What the best reading may have been before; nothing where all of its characters are sure and none is suspect.

    Raises FileNotFoundError or ValueError where what was learned is missing or damaged.
    """
    if not inspection.report.readings:
        return NOTHING
    best = inspection.report.readings[0]
    named = {place for f in inspection.findings if f.support > 0 for place in f.characters}
    doubts = doubtful(best, inspection.verdict, named)
    return _before(best, {place: formers(best.characters[place], odds) for place, odds in doubts.items()})


def doubtful(reading: Reading, verdict: Verdict, named: Set[int]) -> dict[int, float]:
    """0..1, how likely each suspect or unsure character was altered, by its place; named: those that findings name.

    Where none is, and the check digit is binding and does not hold, each of them may be the one.
    """
    supports = verdict.characters or (None,) * len(reading.characters)
    marked = verdict.outcome in ("review", "suspect")
    doubts = {
        place: _chance(support)
        for place, (character, support) in enumerate(zip(reading.characters, supports, strict=True))
        if character.text != "-"
        and (character.confidence < UNSURE or (marked and (place in named or (support or 0.0) >= SUSPECT)))
    }
    if not doubts and reading.rules.binding and reading.rules.check_digit is False:
        doubts = dict.fromkeys(range(len(reading.characters)), EVEN)
    return doubts


def remarks(inspection: Inspection) -> tuple[str, ...]:
    """What the best reading may have been before, in sentences; none where there is nothing to say."""
    was = before(inspection)
    said = [
        f"The character at position {former.place + 1} may have been {_or([c for c, _ in former.candidates[:NAMED]])}."
        for former in was.characters
        if former.candidates and len(was.characters) <= FEW
    ]
    if was.numbers:
        said.append(f"Look up what it may have been before: {', '.join(was.numbers[:SHOWN])}.")
    return tuple(said)


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _chance(support: float | None) -> float:
    """Of being altered, with even odds before anything was seen; none where nothing speaks for it."""
    return 0.0 if support is None or support <= 0 else 1 / (1 + 10**-support)


def formers(character: Character, altered: float = 1.0) -> tuple[tuple[str, float], ...]:
    """What one character may have been, likeliest first; altered: 0..1, how likely strokes were added to it.

    What it may be now, if the reader is unsure, is what it may have been if nobody altered it.
    """
    read = {c: p for c, p in character.candidates if c in vin.FREE_ALPHABET and c != "-"}
    if character.text == UNREADABLE and not read:
        read = dict.fromkeys(vin.VIN_ALPHABET, 1 / len(vin.VIN_ALPHABET))
    shapes = {c: share * max(read.get(c, 0.0), LEAST) ** READER for c, share in _shares(character.text).items()}
    total = sum(shapes.values())
    own = {c: (1 - altered) * p for c, p in read.items()}
    for c, weight in shapes.items():
        own[c] = own.get(c, 0.0) + altered * weight / total
    may = [each for each in own.items() if each[0] != character.text and each[1] > 0]
    return tuple(sorted(may, key=lambda each: (-each[1], each[0])))


def _shares(after: str) -> dict[str, float]:
    known = learned().get(after, {})
    return {c: known.get(c, SELDOM) for c in vin.VIN_ALPHABET if c != after}


@cache
def learned() -> dict[str, dict[str, float]]:
    """Of each character: what it was made of, with shares that sum to 1."""
    kept: dict[str, dict[str, float]] = json.loads(weights.path(FILE).read_text(encoding="utf-8"))
    return kept


def _before(reading: Reading, may: dict[int, tuple[tuple[str, float], ...]]) -> Before:
    """The candidates of each place and the numbers of them, those that keep the check digit first where it binds."""
    ranked = sorted(_numbers(reading.text, may), key=lambda each: (not each[1], -each[2], each[0]))
    if ranked:  # where one keeps the check digit, no other number is meant
        ranked = [each for each in ranked if each[1] == ranked[0][1] and each[2] >= FAINT * ranked[0][2]]
    characters = tuple(Former(place, _first(place, candidates, ranked)[:KEPT]) for place, candidates in may.items())
    return Before(characters, tuple(number for number, _, _ in ranked[:NUMBERS]))


def _first(
    place: int, candidates: tuple[tuple[str, float], ...], ranked: Sequence[tuple[str, bool, float]]
) -> tuple[tuple[str, float], ...]:
    """The candidates of a place, those first that stand in a number that keeps the check digit, as these are ranked."""
    order = list(dict.fromkeys(number[place] for number, keeps, _ in ranked if keeps))
    return tuple(
        sorted(candidates, key=lambda each: (order.index(each[0]) if each[0] in order else len(order), -each[1]))
    )


def _numbers(text: str, may: dict[int, tuple[tuple[str, float], ...]]) -> Iterator[tuple[str, bool, float]]:
    """(number, whether it keeps a binding check digit, its weight) of each that may have stood there."""
    gone = {place for place, character in enumerate(text) if character == UNREADABLE}
    for count in range(max(1, len(gone)), min(max(TRIED), len(may)) + 1):
        for places in combinations(may, count):
            if not gone <= set(places):
                continue
            for chosen in product(*(may[place][: TRIED[count]] for place in places)):
                changed = list(text)
                for place, (character, _) in zip(places, chosen, strict=True):
                    changed[place] = character
                number = "".join(changed)
                yield number, vin.binding(number) and vin.passes(number), math.prod(p for _, p in chosen)
        if len(may) > FEW:  # a whole line struck anew: nobody looks up what all of it may have been
            return
