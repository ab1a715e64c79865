"""One number from several frames of it: each says how likely each character is, and they are heard together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from vinspect.vision.evidence import UNREADABLE, Character, Reading

AGREED = 0.6  # a character that the frames together give less than this is not told
CERTAIN = 0.9  # two characters as sure as this that differ are two numbers
LIKE = 0.8  # numbers of different lengths that have so much in common are one, misread
CANDIDATES = 5


@dataclass(frozen=True)
class Voted:
    """One character."""

    text: str  # "?" where the frames disagree, or none could read it
    confidence: float  # 0..1, of the first candidate
    candidates: tuple[tuple[str, float], ...]  # the likeliest first, with their probabilities


@dataclass(frozen=True)
class Vote:
    """What the frames say together."""

    characters: tuple[Voted, ...]
    confidence: float  # 0..1, that the whole number is right
    frames: int  # that were heard: those that read a number as long as this one

    @property
    def text(self) -> str:
        """The number, "?" for characters that the frames do not agree on."""
        return "".join(each.text for each in self.characters)


def vote(readings: Sequence[Reading]) -> Vote | None:
    """The number that the readings of one vehicle give together; None where there is none.

    They are aligned by length: the length that most of the trust stands behind is the number's, and readings of
    another length are not heard. Each character's probabilities are averaged over the frames, weighted by how sure each
    frame is of its number. The average is never surer than the surest frame: frames of one vehicle see the same dirt
    and the same glare, so that they are no independent witnesses. The confidence is the same average over what each
    frame says of the whole number.
    """
    trust: defaultdict[int, float] = defaultdict(float)
    for reading in readings:
        trust[len(reading.text)] += reading.confidence
    if not trust:
        return None
    length = max(trust, key=lambda n: (trust[n], n))
    heard = [reading for reading in readings if len(reading.text) == length]
    weights = [max(reading.confidence, 0.01) for reading in heard]
    total = sum(weights)
    shares = [weight / total for weight in weights]
    voted = tuple(_voted([reading.characters[i] for reading in heard], shares) for i in range(length))
    text = "".join(each.text for each in voted)
    confidence = sum(
        share * reading.confidence for reading, share in zip(heard, shares, strict=True) if reading.text == text
    )
    return Vote(voted, confidence, len(heard))


def _voted(characters: Sequence[Character], shares: Sequence[float]) -> Voted:
    together: defaultdict[str, float] = defaultdict(float)
    for character, share in zip(characters, shares, strict=True):
        for text, probability in character.candidates:
            together[text] += share * probability
    ranked = sorted(together.items(), key=lambda pair: (-pair[1], pair[0]))[:CANDIDATES]
    text, confidence = ranked[0] if ranked else (UNREADABLE, 0.0)
    return Voted(text if confidence >= AGREED else UNREADABLE, confidence, tuple(ranked))


def equal(one: Vote, other: Vote) -> bool:
    """Whether two votes read the same number, from its first to its last character."""
    return one.text == other.text and UNREADABLE not in one.text


def same(one: Vote, other: Vote) -> bool:
    """Whether two votes can be of one number: nowhere are both certain of different characters."""
    if len(one.characters) != len(other.characters):
        return SequenceMatcher(None, one.text, other.text, autojunk=False).ratio() >= LIKE
    pairs = list(zip(one.characters, other.characters, strict=True))
    differ = any(a.text != b.text and min(a.confidence, b.confidence) >= CERTAIN for a, b in pairs)
    alike = sum(a.text == b.text for a, b in pairs if UNREADABLE not in (a.text, b.text))
    return not differ and 2 * alike >= len(pairs)
