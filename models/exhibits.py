"""Rendered numbers as `inspect` reads them, to calibrate the judge on and to measure it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from vinspect.datasets import takes
from vinspect.models import weights
from vinspect.models.judge import LETTERS
from vinspect.models.stampings import Known
from vinspect.models.strips import camera
from vinspect.models.train_judge import Sample, far_off, from_picture, planes
from vinspect.vision.evidence import Reading, StampLine
from vinspect.vision.inspector import reading_of
from vinspect.vision.network import Network
from vinspect.vision.read import spell


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A number as it was read, and what is known of its strip and of each character that was read."""

    reading: Reading
    sample: Sample
    known: Known


def exhibits(strips: Iterator[Known] | list[Known], seed: int) -> Iterator[Exhibit]:
    """One take of each number in which anything was read; the same for the same seed.

    The line is found as wrongly as locating finds it, everything behind that is the road of `vision/inspector.py`.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    lens = camera()
    for k in strips:
        far = far_off(rng, k, lens)
        line = StampLine(takes.located(rng, far, 0.8).astype(np.float32), 1.0, 1.0)
        spelling = spell(far.grey, 1.0, (line,), _reader(), "auto")
        if spelling is not None:
            reading = reading_of(spelling)
            yield Exhibit(reading, _known(reading, k, far), k)


@cache
def _reader() -> Network:
    return Network(weights.path("reader.onnx"), 1)


def _known(reading: Reading, k: Known, far: takes.Take) -> Sample:
    """What is known of the reading's strip; each character is the one that stands nearest to where it was read."""
    strip = reading.strips[0]
    through = np.linalg.inv(strip.to_photo) @ from_picture(k, far)
    boxes = np.stack([c.box for c in reading.characters])
    middle = takes.warp_points(k.quads.mean(1), through)[:, 0]
    nearest = np.abs(boxes[:, [0, 2]].mean(1)[:, None] - middle[None]).argmin(1)
    names = {name: i for i, name in enumerate(dict.fromkeys(k.dies))}
    stroke, touched, height = planes(k, through, strip.grey.shape)
    return Sample(
        strip.grey,
        stroke,
        touched,
        height,
        boxes,
        np.array([max(LETTERS.find(c.text), 0) for c in reading.characters]),
        np.array(k.altered)[nearest],
        np.array([names[d] for d in k.dies])[nearest],
        bool(k.method),
    )
