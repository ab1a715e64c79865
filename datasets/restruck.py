"""Numbers as the maker struck them, and numbers of which somebody struck a few characters again, as strips to judge.

The honest ones hold what is honest and looks odd: letters larger than digits, a serial part from another wheel. The
altered ones are done with another die set of about the same size, by a careful hand or an ordinary one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vinspect.datasets import dies, numbers, press, takes
from vinspect.vision.evidence import Character, Reading, Rules, Strip, frozen

SURFACES = ("struck", "scribed", "peened", "plate", "etched")
SHARES = (0.5, 0.2, 0.12, 0.12, 0.06)
Degrade = Callable[[np.random.Generator, np.ndarray], np.ndarray]
_BOX = 1.3  # pixels: how far the reader's boxes are off


@dataclass(frozen=True, eq=False)
class Case:
    """A reading of which it is known whether it is as the maker struck it."""

    reading: Reading
    restruck: frozenset[int]  # positions; empty where nothing was altered
    wheel: frozenset[int]  # positions that the maker himself struck with other dies
    hand: bool  # placed by an ordinary hand rather than by a careful one; False where nothing was altered


def case(rng: np.random.Generator, altered: bool, held_out: bool, degrade: Degrade) -> Case:
    """One photograph of one number, 10 to 40 pixels high; `held_out` draws dies that nothing was learned from."""
    surface = str(rng.choice(SURFACES, p=SHARES))
    text = numbers.number(rng)
    hand = bool(rng.random() < 0.6)
    restrike = _forger(rng, text, held_out, hand) if altered else _maker(rng, text, surface, held_out)
    struck = press.render(rng, text, surface, 40.0, held_out, restrike)
    cap = float(np.exp(rng.uniform(np.log(10), np.log(40))))
    far = takes.shrink(rng, takes.Take(struck.grey, struck.line, struck.quads), cap)
    far = takes.Take(degrade(rng, far.grey), far.line, far.quads)
    grey, boxes = takes.lay(rng, far)
    boxes = boxes + rng.normal(0, _BOX, boxes.shape).astype(np.float32)
    other = restrike.characters if restrike is not None else frozenset()
    none: frozenset[int] = frozenset()
    return Case(
        reading(text, grey, boxes, struck.surface, cap / takes.CAP),
        restruck=other if altered else none,
        wheel=none if altered else other,
        hand=altered and hand,
    )


def reading(text: str, grey: np.ndarray, boxes: np.ndarray, surface: str, scale: float) -> Reading:
    """A sure reading of one line, as if the strip were the photograph; boxes float32 (n, 4)."""
    frozen(grey)
    place = np.array([[scale, 0, 0], [0, scale, 0], [0, 0, 1]])
    characters = tuple(
        Character(c, 0.99, ((c, 0.99),), frozen(_quad(b) * np.float32(scale)), frozen(b.astype(np.float32)), 0)
        for c, b in zip(text, boxes, strict=True)
    )
    whole = _quad(np.array([0, 0, grey.shape[1], grey.shape[0]])) * np.float32(scale)
    rules = Rules(False, None, False, None, None, (), (), ())
    return Reading(
        text, 0.99, frozen(whole), (None, None), (), (Strip(grey, place, scale),), surface, characters, rules  # type: ignore[arg-type]
    )


def _quad(box: np.ndarray) -> np.ndarray:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def _forger(rng: np.random.Generator, text: str, held_out: bool, hand: bool) -> press.Restrike:
    """One to four characters, scattered or side by side; his dies are near in size, his eye is not perfect."""
    struck = np.array([i for i, c in enumerate(text) if c != "-"])
    k = int(rng.choice([1, 2, 3, 4], p=[0.4, 0.25, 0.2, 0.15]))
    first = int(rng.integers(0, len(struck) - k + 1))
    at = rng.choice(struck, k, replace=False) if rng.random() < 0.6 else struck[first : first + k]
    u = rng.uniform
    if hand:
        scatter = (u(0.02, 0.08), u(0.02, 0.1), u(1, 5), u(0.01, 0.05), u(0.15, 0.4))
    else:
        scatter = (u(0, 0.03), u(0, 0.04), u(0, 1.5), u(0, 0.02), u(0.1, 0.3))
    return press.Restrike(
        frozenset(int(i) for i in at),
        dies.die_set(rng, held_out),
        width=float(np.exp(rng.normal(0, 0.1))),
        stroke=float(np.exp(rng.normal(0, 0.2))),
        size=float(np.exp(rng.normal(0, 0.05))),
        scatter=scatter,
    )


def _maker(rng: np.random.Generator, text: str, surface: str, held_out: bool) -> press.Restrike | None:
    """What makers do themselves: the last characters from another wheel, letters larger than digits; mostly neither."""
    die = dies.die_set(rng, held_out)
    kind = rng.random()
    if kind < 0.15 and len(text) >= 10:
        last = frozenset(range(len(text) - int(rng.integers(4, 8)), len(text)))
        wide, thick, high = np.exp(rng.normal(0, [0.1, 0.15, 0.04]))
        return press.Restrike(last, die, float(wide), float(thick), float(high), None)
    letters = frozenset(i for i, c in enumerate(text) if c.isalpha())
    if kind > 0.93 and surface in ("struck", "scribed") and letters:
        return press.Restrike(letters, die, 1.0, 1.0, float(rng.uniform(1.08, 1.18)), None)
    return None
