"""The hand of a number: one vector for how its characters are shaped, near to that of others by the same set of dies.

Two numbers share only some of their characters, so a vector cannot be laid on another place by place. Each character's
walls (`laid.walls`) are held against the usual form of its letter; what is left are observations of one hidden vector,
the hand, through what each letter shows of it (factor analysis, the letters that a number lacks missing). Its posterior
mean is turned so that what differs between photographs of one hand counts little: total variability and linear
discriminant, as voices are told apart (N. Dehak et al., IEEE Trans. Audio, Speech and Language Processing 19, 2011,
788). No network takes part. Fitted by `python -m vinspect.models.fit_hand`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vinspect.models import weights
from vinspect.vision.evidence import Reading, frozen
from vinspect.vision.laid import walls

FILE = "hand.json"
VERSION = 1
LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # I, O and Q are struck too seldom to be learned from
CELLS = (12, 10)  # of a character's walls, down and along
_AROUND = 0.2  # capitals that are looked at around a character's box
_NEAR = 1.0  # pixels: a box farther off the line through the others pulls less


@dataclass(frozen=True, eq=False)
class Learned:
    """Everything that is fitted; n letters, k numbers of each, q of the hidden vector, d of the hand."""

    mean: np.ndarray  # float32 (n, 360), each letter's usual walls
    axes: np.ndarray  # float32 (n, 360, k), along which they differ most
    shows: np.ndarray  # float32 (n, k, q), what each shows of the hidden vector
    noise: np.ndarray  # float32 (n, k), variance of what it shows beside that
    centre: np.ndarray  # float32 (q,)
    turn: np.ndarray  # float32 (q, d)

    def write(self, path: Path) -> None:
        """As JSON, arrays in base64 of 16-bit floats."""
        arrays = {name: packed(getattr(self, name)) for name in _ARRAYS}
        path.write_text(json.dumps({"version": VERSION, **arrays}, indent=0) + "\n", "utf-8")

    @staticmethod
    def read(path: Path) -> Learned:
        """Raises ValueError where the file is of another version."""
        content = weights.content(path, VERSION)
        return Learned(**{name: unpacked(content[name]) for name in _ARRAYS})

    @cached_property
    def weighed(self) -> np.ndarray:
        """What each letter shows, by how little noise there is beside it: float32 (n, k, q)."""
        return self.shows / self.noise[..., None]

    @cached_property
    def precision(self) -> np.ndarray:
        """How sure one letter makes of the hidden vector: float32 (n, q, q)."""
        return np.asarray(np.einsum("nkq,nkp->nqp", self.weighed, self.shows))


_ARRAYS = ("mean", "axes", "shows", "noise", "centre", "turn")


def packed(array: np.ndarray) -> dict[str, Any]:
    """For JSON: 16-bit floats in base64."""
    values = base64.b64encode(array.astype("<f2").tobytes()).decode("ascii")
    return {"shape": array.shape, "values": values}


def unpacked(array: Mapping[str, Any]) -> np.ndarray:
    """What `packed` made, float32."""
    return np.frombuffer(base64.b64decode(array["values"]), "<f2").astype(np.float32).reshape(array["shape"])


@cache
def learned() -> Learned:
    """What is published. Raises FileNotFoundError or ValueError where it is missing or damaged."""
    return Learned.read(weights.path(FILE))


@cache
def made_by() -> str:
    """The hash of what is published, in hexadecimal: only hands that were made by one are compared."""
    return weights.sums()[FILE]


def hand_of(reading: Reading, known: Learned | None = None) -> np.ndarray | None:
    """The hand of a number, float32 (d,), of length one; None where no letter of it was learned.

    It says something only of numbers whose looks can be judged (`judgeable.why_not`).
    """
    known = known or learned()
    text, shown = observed_in(reading)
    seen, count = gathered(shown, text, known)
    return of_seen(seen, count, known) if count.any() else None


@lru_cache(maxsize=4)  # of the readings in hand: hand and maker both ask
def observed_in(reading: Reading) -> tuple[str, np.ndarray]:
    """The characters of a number, line by line, and the walls of each, float32 (n, 360)."""
    text, parts = "", [np.zeros((0, 3 * CELLS[0] * CELLS[1]), np.float32)]
    for line, strip in enumerate(reading.strips):
        some = [c for c in reading.characters if c.line == line]
        if some:
            text += "".join(c.text for c in some)
            parts.append(observed(strip.grey, np.stack([c.box for c in some])))
    return text, frozen(np.concatenate(parts))


def observed(grey: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The walls of each character, float32 (n, 360), of length one; grey: uint8 (h, w); boxes: float32 (n, 4)."""
    field, level = walls(grey), levelled(boxes)
    rows, columns = CELLS
    pad = _AROUND * float(np.mean(level[:, 3] - level[:, 1]))
    low, high = level[:, :2] - np.float32(pad), level[:, 2:] + np.float32(pad)
    x, y = (np.linspace(low[:, k], high[:, k], 4 * many, axis=1) for k, many in ((0, columns), (1, rows)))
    wide = (len(level), 4 * rows, 4 * columns)  # one over the other, so that they are cut out at once
    x, y = (np.broadcast_to(each, wide).reshape(-1, wide[2]) for each in (x[:, None, :], y[:, :, None]))
    fine = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cells = cv2.resize(fine, (columns, rows * len(level)), interpolation=cv2.INTER_AREA).reshape(len(level), -1, 3)
    cells = (cells - cells.mean(1, keepdims=True)).reshape(len(level), -1)
    return np.asarray(cells / (np.linalg.norm(cells, axis=1, keepdims=True) + 1e-6), np.float32)


def levelled(boxes: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) with tops and feet on two straight lines through them: the reader's are a pixel off."""
    out = boxes.astype(np.float64)
    x = (out[:, 0] + out[:, 2]) / 2
    terms = np.stack([np.ones_like(x), (x - x.mean()) / 100], 1)
    for side in (1, 3):
        pull = np.ones_like(x)
        for _ in range(5):
            line = terms @ np.linalg.lstsq(terms * pull[:, None], out[:, side] * pull, rcond=None)[0]
            pull = 1 / (1 + ((boxes[:, side] - line) / _NEAR) ** 2)
        out[:, side] = line
    return out.astype(np.float32)


def gathered(shown: np.ndarray, text: str, known: Learned) -> tuple[np.ndarray, np.ndarray]:
    """What each letter shows, the mean over equal ones, float32 (n, k), and how many there are of each, (n,)."""
    seen = np.zeros(known.noise.shape, np.float32)
    count = np.zeros(len(known.noise), np.float32)
    for character, each in zip(text, shown, strict=True):
        letter = LETTERS.find(character)
        if character and letter >= 0:
            seen[letter] += (each - known.mean[letter]) @ known.axes[letter]
            count[letter] += 1
    return seen / np.maximum(count, 1)[:, None], count


def of_seen(seen: np.ndarray, count: np.ndarray, known: Learned) -> np.ndarray:
    """The hand by what its letters show, float32 (d,), of length one."""
    q = known.shows.shape[2]
    sure = np.eye(q, dtype=np.float32) + np.tensordot(count, known.precision, 1)
    hidden = np.linalg.solve(sure, np.einsum("n,nk,nkq->q", count, seen, known.weighed))
    vector = (hidden - known.centre) @ known.turn
    return frozen((vector / (np.linalg.norm(vector) + 1e-9)).astype(np.float32))


def likeness(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """-1..1: how alike two hands are, or of (m, d) and (d,) each of the first and the second, float32 (m,)."""
    return np.asarray(one @ other)
