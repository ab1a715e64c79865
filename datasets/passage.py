"""A vehicle that rolls past a fixed camera, stops with its number in view, and leaves.

The camera stands still, so the lane behind stays the same picture; the vehicle is a panel, higher than the view and a
little wider, that slides through it. While it rolls the shutter smears it; while it stands the engine shakes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets import press
from vinspect.datasets.numbers import vin_number
from vinspect.datasets.panels import clutter, panel
from vinspect.datasets.piece import NONE, Piece, rounded
from vinspect.datasets.relief.stamping import stamping
from vinspect.datasets.scene import lay_into

Rng = np.random.Generator

SIZE = (960, 540)  # of the view, pixels
RATE = 8.0  # frames a second
SHUTTER = 0.25  # of the time from one frame to the next
GRAIN = 3.0  # grey levels, of the camera's noise
TREMOR = 0.4  # pixels, while it stands
TRIES = 8  # at a number that stands out
CLEAR = 2.0  # times as strong as the grain around it a number's strokes are
VISIBLE = 6.0  # grey levels that they differ from it by


@dataclass(frozen=True, eq=False)
class Vehicle:
    """What of a vehicle comes past the camera."""

    text: str
    grey: np.ndarray  # uint8 (h, w), higher and wider than the view
    line: np.ndarray  # float32 (4, 2), of its number, clockwise from the first character's top left


def lane(rng: Rng, size: tuple[int, int] = SIZE) -> np.ndarray:
    """The lane without a vehicle, uint8 (h, w): what the camera sees most of the day."""
    w, h = size
    grey = panel(rng, h, w)
    clutter(rng, grey, 6)
    return np.clip(grey * 0.7, 0, 255).astype(np.uint8)


def vehicle(rng: Rng, text: str | None = None, size: tuple[int, int] = SIZE) -> Vehicle:
    """A panel with a piece of metal or a plate that bears a number, which takes 45 to 60 % of the view's width."""
    w, h = size
    text = text or vin_number(rng)
    wide, high = round(1.2 * w), round(1.1 * h)
    grey = panel(rng, high, wide)
    clutter(rng, grey, int(rng.integers(0, 4)))
    picture, line = _number(rng, text)
    cover = rounded(picture.shape[0], picture.shape[1], picture.shape[0] * 0.1)
    piece = Piece(picture.astype(np.float32), cover, line[None], NONE)
    centre = np.array([wide, high]) * rng.uniform(0.45, 0.55, 2)
    share = picture.shape[1] / float(np.linalg.norm(line[1] - line[0]))
    lines, _ = lay_into(rng, grey, piece, centre, share * w * float(rng.uniform(0.45, 0.6)), float(rng.normal(0, 0.02)))
    return Vehicle(text, np.clip(grey, 0, 255).astype(np.uint8), lines[0].astype(np.float32))


def _number(rng: Rng, text: str) -> tuple[np.ndarray, np.ndarray]:
    """A number and the metal or the plate around it, uint8 (h, w), and its line, float32 (4, 2).

    Metal whose grain hides the number is drawn again: who looks at a vehicle can read it.
    """
    for _ in range(TRIES):
        if rng.random() < 0.5:
            printed = press.render(rng, text, str(rng.choice(["label", "plate"])), float(rng.uniform(24, 32)))
            picture, line = printed.grey, printed.line
        else:
            struck = stamping(rng, False, text=text)
            picture, line = struck.picture, struck.line.astype(np.float32)
        if _stands_out(picture, line):
            break
    return picture, line


def _stands_out(picture: np.ndarray, line: np.ndarray) -> bool:
    """Whether there are strokes where the number is, and little like them around it."""
    tall = float(np.linalg.norm(line[3] - line[0]))
    fine, coarse = (cv2.GaussianBlur(picture.astype(np.float32), (0, 0), tall * k) for k in (0.05, 0.2))
    strokes = np.abs(fine - coarse)
    inside = cv2.fillConvexPoly(np.zeros(picture.shape, np.uint8), np.round(line).astype(np.int32), 1).astype(bool)
    return float(strokes[inside].mean()) > max(CLEAR * float(strokes[~inside].mean()), VISIBLE)


def passage(
    rng: Rng, ground: np.ndarray, seen: Vehicle, *, rate: float = RATE, roll: float = 1.2, stand: float = 1.5
) -> Iterator[np.ndarray]:
    """The frames from the first that shows a part of the vehicle to the last, uint8 (h, w).

    ground: the lane; roll: seconds in which it comes to a stop, and in which it leaves; stand: seconds between.
    """
    h, w = ground.shape
    left = (w - seen.grey.shape[1]) / 2  # of the panel, where it stops
    top = (h - seen.grey.shape[0]) / 2
    travel = w - left  # from just out of view to there
    frames = round((2 * roll + stand) * rate)
    for k in range(frames):
        t = (k + 0.5) / rate
        if t < roll:
            at, speed = 1 - (1 - t / roll) ** 2, 2 * (1 - t / roll) / roll
        elif t < roll + stand:
            at, speed = 1.0, 0.0
        else:
            s = (t - roll - stand) / roll
            at, speed = 1 + s**2, 2 * s / roll
        x = left - travel + at * travel + (float(rng.normal(0, TREMOR)) if speed == 0 else 0.0)
        y = top + float(rng.normal(0, TREMOR))
        yield _exposed(rng, _laid(ground, seen.grey, x, y, smear=travel * speed / rate * SHUTTER))


def empty(rng: Rng, ground: np.ndarray, seconds: float, rate: float = RATE) -> Iterator[np.ndarray]:
    """The lane without a vehicle for so long, uint8 (h, w)."""
    for _ in range(round(seconds * rate)):
        yield _exposed(rng, ground.astype(np.float32))


def _laid(ground: np.ndarray, grey: np.ndarray, x: float, y: float, smear: float) -> np.ndarray:
    """The panel over the lane, float32 (h, w), its top left corner at x, y and smeared over so many pixels."""
    h, w = ground.shape
    move = np.array([[1, 0, x], [0, 1, y]], np.float64)
    reach = (max(1, round(smear)), 1)
    there = cv2.blur(cv2.warpAffine(grey.astype(np.float32), move, (w, h), flags=cv2.INTER_LINEAR), reach)
    cover = cv2.blur(cv2.warpAffine(np.ones(grey.shape, np.float32), move, (w, h), flags=cv2.INTER_LINEAR), reach)
    return there + (1 - cover) * ground.astype(np.float32)


def _exposed(rng: Rng, picture: np.ndarray) -> np.ndarray:
    """What the camera makes of it: light that flickers a little, and noise. uint8."""
    flicker = 1 + float(rng.normal(0, 0.01))
    noise = GRAIN * rng.standard_normal(picture.shape, np.float32)
    return np.clip(picture * flicker + noise, 0, 255).astype(np.uint8)
