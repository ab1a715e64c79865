"""The benchmark's own pictures: whole photographs of numbers struck with die sets and fonts kept out of training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets import numbers, panels, press, scene, strikes

WIDTH = 1440
STAMPED = ("struck", "peened", "scribed", "plate", "etched")
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
    never less than 14 px high. They are as sharp and as legible as an inspector's better photographs: contrast at
    least that of METAL.md's weakest, so that whoever looks can read them.
    """
    for k in range(n):
        rng = np.random.default_rng(SEED + 4 * k + 2 * free + held_out)
        surface = STAMPED[k % len(STAMPED)]
        text = numbers.free_number(rng) if free else numbers.vin_number(rng)
        struck = _legible(rng, text, surface, held_out)
        fills = rng.random() < 0.25
        height = int(rng.uniform(0.12, 0.3) * WIDTH) if fills else int(rng.choice([810, 960, 1080]))
        back = panels.panel(rng, height, WIDTH)
        if not fills:
            panels.clutter(rng, back, int(rng.integers(0, 10)))
        back += float(np.median(struck.grey)) - float(np.median(back))
        share = rng.uniform(0.9, 1.02) if fills else rng.uniform(0.35, 0.85)
        cap = float(struck.line[3, 1] - struck.line[0, 1])
        length = min(WIDTH * share, 100 * struck.grey.shape[1] / cap)
        turn = float(rng.normal(0, 0.02 if fills else 0.09))
        room = 0.06 if not fills else 0.0
        centre = np.array([WIDTH, height]) * (0.5 + rng.normal(0, room, 2))
        scene.lay_into(rng, back, strikes.sunk(rng, struck), centre, length, turn)
        grey = _camera(rng, back)
        yield Shot(f"{'free' if free else 'vin'}-{k:03}-{surface}", grey, text, surface)


def _legible(rng: np.random.Generator, text: str, surface: str, held_out: bool) -> press.Struck:
    """A striking whose every character stands out from its ground; others are struck again."""
    while True:
        struck = press.render(rng, text, surface, height=56.0, held_out=held_out)
        grey = cv2.GaussianBlur(struck.grey, (0, 0), 1.0).astype(np.float32)
        grain = float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 3)).mean()) + 1.5
        contrasts = []
        for quad in struck.quads:
            x0, y0 = np.maximum(quad.min(0).astype(int), 0)
            x1, y1 = quad.max(0).astype(int) + 1
            cell = grey[y0:y1, x0:x1]
            contrasts.append(float(np.percentile(cell, 97) - np.percentile(cell, 3)) if cell.size else 0.0)
        if min(contrasts) > 22 and min(contrasts) > 3.0 * grain:
            return struck


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
