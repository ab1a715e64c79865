"""Rendered numbers as `inspect` would have them read, to calibrate the judge on and to measure it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from vinspect.datasets.restruck import reading
from vinspect.models.judge import LETTERS
from vinspect.models.stampings import Known
from vinspect.models.strips import MADE, camera
from vinspect.models.train_judge import Sample, sample
from vinspect.vision.evidence import Reading


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A reading, its boxes as rough as the reader's, and all that is known of it."""

    reading: Reading
    sample: Sample
    known: Known


def exhibits(strips: Iterator[Known] | list[Known], seed: int) -> Iterator[Exhibit]:
    """One take of each number of which enough is in the picture; the same for the same seed."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    lens = camera()
    for k in strips:
        s = sample(rng, k, lens)
        if s is None:
            continue
        text = "".join(LETTERS[i] for i in s.letters)
        yield Exhibit(reading(text, s.strip, s.boxes, MADE[k.process], 1.0), s, k)
