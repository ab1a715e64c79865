"""Whether what was read is the number. Words, type approvals and weights beside it are read as surely as it is.

A logistic regression over what the road knows of a line; its weights lie in models/told.json, fitted by
`python -m vinspect.models.fit_told`. A reading is told where it is likelier the number than TOLD.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vinspect.vision.evidence import SURFACES, UNREADABLE
from vinspect.vision.read import Spelling
from vinspect.vision.rules import maker_and_country
from vinspect.vision.vin import LENGTH, SERIAL_DIGITS, is_vin

# What else stands on labels, as it is read: type approvals, "TC RU E-RU.MT02.00001" (customs union, TR TS 018/2011) and
# "e1*2007/46*0001" (directive 2007/46/EC and those before it), and tyres, "205/55 R16" (ISO 4000-1).
OTHER = re.compile(
    r"T[CG].?RU|^T[CG].?R|RU.?E.?[A-Z]{2}.?(MT|A)|20[01][17].{0,2}(46|116)|98.?14.*70.?156"
    r"|[12]\d[05].?[3-8][05].?R(1[2-9]|2[0-2])"
)
TOLD = 0.72  # and more: telling a number where there is none is worse than not telling one
HOPELESS = 0.05  # a line that is no likelier after one look is not looked at again
FARTHEST = 6.0  # log odds beyond it say no more
FEATURES = (
    "whole", "characters", "number", "located", "VIN", "maker known", "printed", "printed, no VIN",
    "printed, no serial", "length", "word", "approval or tyre", "VIN for sure", "long, no VIN", "tall, no VIN", "pitch",
    "uneven pitch", "uneven height", *SURFACES,
)  # fmt: skip


@dataclass(frozen=True)
class Weights:
    """Of the features, in their order, and the offset."""

    weights: tuple[float, ...]
    offset: float

    @staticmethod
    def load(path: Path) -> Weights:
        """From models/told.json. Raises FileNotFoundError where there is none, KeyError where a feature is missing."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Weights(tuple(float(kept[name]) for name in FEATURES), float(kept["offset"]))

    def probability(self, s: Spelling, size: tuple[float, float]) -> float:
        """0 to 1, that what was read is the number of the photograph, or one of them; size: width, height in pixels."""
        if not s.text:
            return 0.0
        return float(1 / (1 + np.exp(-(features(s, size) @ np.array(self.weights) + self.offset))))


def features(s: Spelling, size: tuple[float, float]) -> np.ndarray:
    """What is known of a line that was read: float64 (24,), in the order of FEATURES; size: of the photograph."""
    text = s.text
    p = np.maximum([c.confidence for c in s.characters], 1e-6)
    digits = [c.isdigit() or c == UNREADABLE for c in text]
    vin = len(text) == LENGTH and is_vin(text.replace(UNREADABLE, "0"))
    serial = all(digits[SERIAL_DIGITS.start - LENGTH :])
    surface = np.mean([each.seen.surface for each in s.lines], axis=0)
    # Not `s.surface`: that is print only where print is likelier than not, which is asked for judging.
    printed = SURFACES[int(surface.argmax())] in ("label", "plate")
    first = next(each for each in s.lines if len(each.boxes))
    long, tall = (np.linalg.norm(first.line.quad[[b, c]].mean(0) - first.line.quad[[a, d]].mean(0))
                  for a, b, c, d in ((0, 1, 2, 3), (1, 2, 3, 0)))  # fmt: skip
    # A maker strikes at an even pitch and in one height; words do not keep to a pitch.
    left, top, right, bottom = first.boxes.astype(np.float64).T
    height, step = bottom - top, np.diff((left + right) / 2)
    pitch = float(step.mean()) if len(step) else 0.0
    known = vin and maker_and_country(text)[0] is not None
    return np.array(
        [
            max(float(np.log(p).sum()), -8.0),
            float(np.log(p).mean()),
            _odds(s.number),
            _odds(first.line.confidence),
            vin,
            known,
            printed,
            printed and not vin,
            printed and vin and not serial,
            min(len(text), LENGTH + 1) / LENGTH,
            not any(c in "23456789" for c in text),  # O and I are read as 0 and 1 in words
            OTHER.search(text) is not None,
            vin and float(np.exp(np.log(p).sum())),  # no other text is one, wherever it is found and however small
            0.0 if vin else np.log(long / max(size)),
            0.0 if vin else np.log(tall / np.sqrt(size[0] * size[1])),
            pitch / height.mean(),
            step.std() / pitch if len(step) else 0.0,
            height.std() / height.mean(),
            *surface,
        ],
        np.float64,
    )


def _odds(p: float) -> float:
    q = min(max(p, 1e-9), 1 - 1e-9)
    return float(np.clip(np.log(q / (1 - q)), -FARTHEST, FARTHEST))
