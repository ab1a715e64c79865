"""Whether a reading can be judged at all by how its characters look."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from vinspect.vision.evidence import UNREADABLE, Reading, Reason
from vinspect.vision.quality import reason
from vinspect.vision.rub import clarity, one_sided, rub

FEWEST = 5  # characters of a line: with fewer, the line cannot be told from its strays
SURE = 0.9  # probability of a character from which it was read surely
MOST = 0.75  # share of the characters that must be: a forger leaves a few in doubt, but what hardly can be read cannot
SMALLEST = 14.0  # photograph pixels: in a smaller capital a tenth of a pixel is the scatter of a machine
CLEAR = 0.4  # the median character's clarity; below it the strokes can hardly be told from the metal's grain
INK = 0.6  # share of what stands out of a plate's ground that lies on one side: ink; relief has a lit and a dark side
_CAP = 0.6  # of a strip's height, the capital's


@lru_cache(maxsize=2)  # of the reading in hand, for all that ask
def why_not(reading: Reading) -> Reason | None:
    """Why the looks of this number cannot be judged, and what to do; None where they can.

    Print says nothing of a die, so labels and flat printed plates are not judged. Neither are numbers of fewer than
    five characters that could be read, readings of which more than a quarter of the characters are in doubt, capitals
    under fourteen pixels high in the photograph, and numbers that hardly stand out of their ground.
    """
    if reading.surface == "label":
        return reason("print")
    readable = [c for c in reading.characters if c.text not in (UNREADABLE, "-")]
    if len(readable) < FEWEST:
        return reason("too_few")
    if np.mean([c.confidence >= SURE for c in reading.characters]) < MOST:
        return reason("unreadable")
    if any(strip.scale * strip.grey.shape[0] * _CAP < SMALLEST for strip in reading.strips):
        return reason("too_small")
    if reading.surface == "plate" and min(map(one_sided, reading.strips)) > INK:
        return reason("print")
    clear = [
        clarity(rub(strip), np.array([c.box for c in reading.characters if c.line == line]).reshape(-1, 4))
        for line, strip in enumerate(reading.strips)
    ]
    if float(np.median(np.concatenate(clear))) < CLEAR:
        return reason("unreadable")
    return None
