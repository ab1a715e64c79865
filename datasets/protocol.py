"""The benchmark's own pictures: whole photographs of numbers struck with die sets and fonts kept out of training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vinspect.datasets import numbers, panels, press, scene, strikes

WIDTH = 1440
STAMPED = ("struck", "peened", "scribed", "plate", "etched")
FAINTEST, OUTSTANDING = 7.0, 2.0  # grey levels of a character's contrast, and times that of bare metal beside it
SEED = 61_000_000  # training counts up from one


@dataclass(frozen=True, eq=False)
class Shot:
    """A photograph of which the truth is known."""

    name: str
    grey: np.ndarray  # uint8 (h, w)
    text: str  # the number, without marks; empty where there is none
    surface: str


def stampings(n: int, free: bool = False, held_out: bool = True) -> Iterator[Shot]:
    """`n` photographs, 1440 px wide, of VINs (or, `free`, of frame and engine numbers), the same at every call.

    `held_out` False draws die sets and fonts of the families that training uses: for calibration.
    One in four fills the picture nearly edge to edge, the others take a third of its width or more; a capital is
    never less than 14 px high. They are as sharp and as legible as an inspector's better photographs: nothing lies
    over the number, and every character stands out from the metal around it, so that whoever looks can read them.
    """
    for k in range(n):
        rng = np.random.default_rng(SEED + 4 * k + 2 * free + held_out)
        surface = STAMPED[k % len(STAMPED)]
        text = numbers.free_number(rng) if free else numbers.vin_number(rng)
        grey, quads = _photograph(rng, text, surface, held_out)
        while not legible(grey, quads):  # struck again, in other metal and light
            grey, quads = _photograph(rng, text, surface, held_out)
        yield Shot(f"{'free' if free else 'vin'}-{k:03}-{surface}", grey, text, surface)


def _photograph(rng: np.random.Generator, text: str, surface: str, held_out: bool) -> tuple[np.ndarray, np.ndarray]:
    """A photograph of a number, uint8 (h, w), and where its characters stand, float32 (n, 4, 2)."""
    struck = press.render(rng, text, surface, height=56.0, held_out=held_out)
    fills = rng.random() < 0.25
    height = int(rng.uniform(0.12, 0.3) * WIDTH) if fills else int(rng.choice([810, 960, 1080]))
    back = panels.panel(rng, height, WIDTH)
    bare = back.copy()
    if not fills:
        panels.clutter(rng, back, int(rng.integers(0, 10)))
    share = rng.uniform(0.9, 1.02) if fills else rng.uniform(0.35, 0.85)
    cap = float(struck.line[3, 1] - struck.line[0, 1])
    length = min(WIDTH * share, 100 * struck.grey.shape[1] / cap)
    turn = float(rng.normal(0, 0.02 if fills else 0.09))
    room = 0.06 if not fills else 0.0
    centre = np.array([WIDTH, height]) * (0.5 + rng.normal(0, room, 2))
    box = cv2.boxPoints((tuple(centre), (length, 2.2 * cap * length / struck.grey.shape[1]), float(np.degrees(turn))))
    clear = cv2.fillConvexPoly(np.zeros(back.shape, np.uint8), box.astype(np.int32), 1).astype(bool)
    back[clear] = bare[clear]  # nobody strikes a number across a hole or a cable
    back += float(np.median(struck.grey)) - float(np.median(back))
    piece = replace(strikes.sunk(rng, struck), numbers=struck.quads)
    quads, _ = scene.lay_into(rng, back, piece, centre, length, turn)
    return _camera(rng, back), quads


def legible(grey: np.ndarray, quads: np.ndarray) -> bool:
    """Whether every character, float32 (n, 4, 2) in the photograph uint8 (h, w), stands out from the metal beside it.

    Its cell's contrast, without the grain, against that of the quieter of the places right above and below it.
    """
    for quad in quads:
        down = quad[3] - quad[0]
        cell, above, below = (_contrast(grey, quad + shift * down) for shift in (0.0, -1.15, 1.15))
        if cell < FAINTEST or cell < OUTSTANDING * min(above, below):
            return False
    return True


def _contrast(grey: np.ndarray, quad: np.ndarray) -> float:
    """Standard deviation of a character's cell, brought to 24 x 36 pixels and smoothed by a third of a stroke."""
    to = np.array([[4, 4], [28, 4], [28, 40], [4, 40]], np.float32)
    patch = cv2.warpPerspective(
        cv2.GaussianBlur(grey, (0, 0), 1.0), cv2.getPerspectiveTransform(quad.astype(np.float32), to), (32, 44),
        flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return float(cv2.GaussianBlur(patch, (0, 0), 1.0)[4:40, 4:28].std())


def _camera(rng: np.random.Generator, back: np.ndarray) -> np.ndarray:
    grey = cv2.GaussianBlur(back, (0, 0), float(rng.uniform(0.4, 1.4)))
    grey = grey * rng.uniform(0.8, 1.15) + rng.normal(0, rng.uniform(0.5, 5), back.shape).astype(np.float32)
    ok, data = cv2.imencode(
        ".jpg", np.clip(grey, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))]
    )
    assert ok
    picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture


def blanks(n: int) -> Iterator[Shot]:
    """`n` photographs with no number in them: panels, holes, screws, seams, words and other labels."""
    k = found = 0
    while found < n:
        rng = np.random.default_rng(SEED * 2 + k)
        k += 1
        made = scene.scene(rng)
        if not len(made.numbers):
            found += 1
            yield Shot(f"none-{found:03}", made.grey, "", "none")
