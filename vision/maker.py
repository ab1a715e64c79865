"""As its maker strikes: the characters of a number against the equal ones of cleared vehicles of one maker.

Vehicles of one maker, plant and model year are struck with one set of dies, or few. Each character's walls
(`hand.observed`), the usual form of its letter taken away, are turned so that what differs between photographs of one
die counts little (linear discriminant, as in `vision/hand.py`). The mean of a letter over cleared vehicles is laid on
that of the number in question; how alike they are, and how many vehicles that rests on, make a likelihood ratio, by
logistic calibration on rendered numbers. A few vehicles do. Fitted by `python -m vinspect.models.fit_maker`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vinspect.models import weights
from vinspect.vision import hand, vin
from vinspect.vision.evidence import Reading, frozen

FILE = "maker.json"
VERSION = 1
FEWEST = 2  # cleared vehicles: one may be the one that was forged
MOST = 24  # of them, the newest: more say nothing new
SHARED = 4  # letters that both must have
_FIRM = 2.0  # letters that a likeness must have to count for what it is


@dataclass(frozen=True, eq=False)
class Forms:
    """How the letters of a number are struck."""

    letters: np.ndarray  # uint8 (m,), places in `hand.LETTERS`, rising: each letter that it has
    forms: np.ndarray  # float32 (m, d), of length one: the mean over its equal characters

    def packed(self) -> bytes:
        """To be kept: a letter a row, its place and d signed bytes."""
        rows = np.column_stack([self.letters.view(np.int8), np.round(self.forms * 127).astype(np.int8)])
        return rows.tobytes()

    @staticmethod
    def unpacked(content: bytes) -> Forms:
        """What was kept, by the `Learned` that is published. Raises ValueError where it was another."""
        rows = np.frombuffer(content, np.int8).reshape(-1, 1 + learned().turn.shape[1])
        return Forms(rows[:, 0].view(np.uint8), _level(rows[:, 1:].astype(np.float32)))


@dataclass(frozen=True, eq=False)
class Learned:
    """Everything that is fitted."""

    turn: np.ndarray  # float32 (360, d)
    weights: tuple[float, ...]  # of `terms`, and the offset
    bound: float  # log10: the most that is said either way, which one in a hundred by the same dies reach

    def write(self, path: Path) -> None:
        """As JSON."""
        content = {"version": VERSION, "turn": hand.packed(self.turn), "weights": self.weights, "bound": self.bound}
        path.write_text(json.dumps(content, indent=0) + "\n", "utf-8")

    @staticmethod
    def read(path: Path) -> Learned:
        """Raises ValueError where the file is of another version."""
        content = weights.content(path, VERSION)
        return Learned(hand.unpacked(content["turn"]), tuple(content["weights"]), content["bound"])


@cache
def learned() -> Learned:
    """What is published. Raises FileNotFoundError or ValueError where it is missing or damaged."""
    return Learned.read(weights.path(FILE))


@cache
def made_by() -> str:
    """The hash of what is published, in hexadecimal: only forms that were made by one are compared."""
    return weights.sums()[FILE]


def maker_of(text: str) -> str | None:
    """Whose dies a VIN is struck with, as far as it says: WMI, plant and model year. None for another number.

    A maker of fewer than a thousand vehicles a year, whose third character is 9, is told by positions 12 to 14 too
    (ISO 3780).
    """
    if not vin.is_vin(text):
        return None
    few = text[11:14] if text[2] == "9" else ""
    return f"{text[vin.WMI]}{few} {text[10]} {text[vin.YEAR_POSITION]}"


def forms_of(reading: Reading) -> Forms | None:
    """How the letters of a number are struck; None where it has none that was learned.

    It says something only of numbers whose looks can be judged (`judgeable.why_not`).
    """
    forms = formed(*hand.observed_in(reading), learned().turn)
    return forms if len(forms.letters) else None


def formed(text: str, shown: np.ndarray, turn: np.ndarray) -> Forms:
    """How letters are struck by the walls of the characters, float32 (n, 360)."""
    letters, away = unusual(text, shown)
    return Forms(letters, _level(away @ turn))


def unusual(text: str, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The letters of a number, uint8 (m,), and what each one's walls differ in from its usual form, (m, 360)."""
    place = np.array([hand.LETTERS.find(c) for c in text], int)
    letters = np.unique(place[place >= 0])
    usual = hand.learned().mean
    away = [shown[place == letter].mean(0) - usual[letter] for letter in letters]
    return letters.astype(np.uint8), np.array(away, np.float32).reshape(-1, usual.shape[1])


def terms(one: Forms, others: Sequence[Forms]) -> np.ndarray | None:
    """What the likelihood ratio is made of, float64 (3,); None where they share too few letters.

    How alike the letters are to the mean of the others, on the average; the same by the logarithm of how many vehicles
    a letter was seen on; that logarithm.
    """
    alike, seen = [], []
    for letter, form in zip(one.letters, one.forms, strict=True):
        same = [o.forms[o.letters == letter][0] for o in others if (o.letters == letter).any()]
        if same:
            mean = np.sum(same, axis=0)
            alike.append(float(form @ mean / (np.linalg.norm(mean) + 1e-9)))
            seen.append(len(same))
    if len(alike) < SHARED:
        return None
    likeness, many = sum(alike) / (len(alike) + _FIRM), float(np.log(np.mean(seen)))
    return np.array([likeness, likeness * many, many])


def support_of(one: Forms, others: Sequence[Forms], known: Learned | None = None) -> float | None:
    """The log10 likelihood ratio for "struck with other dies than those vehicles" over "with the same".

    None where they are too few, or share too few letters. Within the bound.
    """
    if len(others) < FEWEST or (made_of := terms(one, others)) is None:
        return None
    known = known or learned()
    said = made_of @ np.array(known.weights[:-1]) + known.weights[-1]
    return float(np.clip(said, -known.bound, known.bound))


def _level(forms: np.ndarray) -> np.ndarray:
    return frozen((forms / (np.linalg.norm(forms, axis=1, keepdims=True) + 1e-9)).astype(np.float32))
