"""Lines to judge, drawn stroke by stroke so that everything about them is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import pytest

from vinspect.datasets import dies
from vinspect.datasets.restruck import reading
from vinspect.vision.evidence import Reading

CAP, WIDTH, PITCH, STROKE, TOP, LEFT = 28.8, 17.0, 25.0, 3.2, 9.6, 16.0

Strike = Callable[..., Reading]


@pytest.fixture(scope="session")
def strike() -> Strike:
    """Strikes a line of one die set; `low`, `size`, `turn` and `die` set single characters apart, by their places."""

    def struck(
        text: str,
        low: Mapping[int, float] = {},
        size: Mapping[int, float] = {},
        turn: Mapping[int, float] = {},
        die: Mapping[int, int] = {},
        surface: str = "struck",
        scale: float = 1.0,
        bright: float = 70.0,
    ) -> Reading:
        rng = np.random.default_rng(5)
        width = int(2 * LEFT + PITCH * (len(text) - 1) + WIDTH)
        cover = np.zeros((48, width), np.uint8)
        boxes = np.empty((len(text), 4), np.float32)
        for i, c in enumerate(text):
            k, a = size.get(i, 1.0), np.radians(turn.get(i, 0.0))
            baseline = TOP + CAP + low.get(i, 0.0) * CAP
            centre = np.array([LEFT + WIDTH / 2 + i * PITCH, baseline - k * CAP / 2])
            spin = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) * k
            alphabet = dies.skeletons(np.random.default_rng(die.get(i, 2)))
            inner = np.array([WIDTH - STROKE, CAP - STROKE])
            strokes = [((s - 0.5) * inner @ spin.T + centre).astype(np.float32) for s in alphabet[c]]
            dies.draw(cover, strokes, STROKE)
            half = np.array([WIDTH, CAP]) * k / 2
            boxes[i] = np.concatenate([centre - half, centre + half]) + rng.normal(0, 0.8, 4)
        grey = 100 + bright * cv2.GaussianBlur(cover, (0, 0), 0.8) / 255 + rng.normal(0, 2, cover.shape)
        return reading(text, np.clip(grey, 0, 255).astype(np.uint8), boxes, surface, scale)

    return struck
