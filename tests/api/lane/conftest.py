"""A lane of paper: numbers that stand where a test puts them, and readings that say what it wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from vinspect.api.lane.frames import Frame
from vinspect.api.lane.look import Look
from vinspect.api.lane.tracks import Shot, Track, Tracker
from vinspect.vision.evidence import Character, Reading, Rules, StampLine, Strip

SIZE = (800, 450)
VIN, NEXT, OTHER = "LSVAM4187C2184841", "LSVAM4187C2184842", "WVWZZZ1KZ8W348261"
RULES = Rules(True, True, True, None, None, (), (), ())


def quad_at(x: float, y: float = 225.0, length: float = 300.0) -> np.ndarray:
    """A line of a number around that point."""
    half, tall = length / 2, length / 24
    corners = [(x - half, y - tall), (x + half, y - tall), (x + half, y + tall), (x - half, y + tall)]
    return np.array(corners, np.float32)


def line_at(x: float, sure: float = 0.98, y: float = 225.0) -> StampLine:
    return StampLine(quad_at(x, y), sure, 0.99)


@lru_cache(512)
def picture(x: float | None, blur: float = 0.0) -> np.ndarray:
    """A frame with a number around that place, uint8 (450, 800)."""
    grey = np.full(SIZE[::-1], 90, np.uint8)
    if x is not None:
        cv2.putText(grey, VIN, (round(x - 150), 235), cv2.FONT_HERSHEY_SIMPLEX, 0.85, 220, 2)
    return cv2.GaussianBlur(grey, (0, 0), blur) if blur else grey


def frame(at: float, x: float | None = None, blur: float = 0.0, name: str = "film") -> Frame:
    grey = picture(x, blur)
    said = f"{at} {x} {blur}".encode()
    return Frame(f"{name}@{at:.3f}", at, None, lambda: grey, lambda: (f"{at:.2f}.jpg", said))


def look(at: float, *lines: StampLine, blur: float = 0.0, alone: bool = False) -> Look:
    x = float(lines[0].quad[:, 0].mean()) if lines else None
    return Look(at, SIZE, lines, replace(frame(at, x, blur), alone=alone))


@dataclass(frozen=True)
class Passing:
    """A vehicle that rolls in from the left, stands, and leaves; then nothing."""

    begins: float = 0.0
    stands: float = 2.0
    sure: float = 0.98
    hidden: tuple[float, float] = (0.0, 0.0)  # from when to when nobody sees its number

    def where(self, at: float) -> float | None:
        """Where its number is."""
        t = at - self.begins
        if t < 0 or t >= 2 + self.stands or self.hidden[0] <= at < self.hidden[1]:
            return None
        return -150 + 550 * t if t < 1 else 400.0 if t < 1 + self.stands else 400 + 550 * (t - 1 - self.stands)

    def looks(self, until: float) -> Iterator[Look]:
        """Four a second."""
        for k in range(round(until * 4)):
            x = self.where(k / 4)
            yield look(k / 4, *([line_at(x, self.sure)] if x is not None else []), blur=0 if x == 400 else 3)


def tracks_of(looks: Iterator[Look] | Sequence[Look]) -> list[Track]:
    """The tracks that end in these looks, and those that are still open."""
    tracker = Tracker()
    return [track for each in looks for track in tracker.update(each)] + tracker.wait(np.inf)


def reading(
    text: str, sure: float = 0.99, at: float = 400.0, unsure: dict[int, tuple[str, float]] | None = None
) -> Reading:
    """A reading of a number; `unsure` gives characters another first candidate with its probability."""
    characters = []
    for position, each in enumerate(text):
        first, probability = (unsure or {}).get(position, (each, 0.99))
        candidates = ((first, probability), *([(each, 1 - probability)] if first != each else []))
        characters.append(Character(first, probability, candidates, quad_at(at), np.zeros(4, np.float32), 0))
    said = "".join(each.text for each in characters)
    line = line_at(at)
    strip = Strip(np.zeros((48, 100), np.uint8), np.eye(3), 1.0)
    return Reading(said, sure, line.quad, (None, None), (line,), (strip,), "struck", tuple(characters), RULES)


def always(text: str | None):  # type: ignore[no-untyped-def]
    """Hears the same number in every shot."""
    return lambda shot: None if text is None else reading(text)


@pytest.fixture
def shot() -> Shot:
    return Shot(1.0, None, "1.jpg", b"picture", quad_at(400), 0.5)
