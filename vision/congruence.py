"""What two lines laid on each other say of whether one striking made both.

Two die sets that spell the same number correlate by the letters alone. So what any die set would show is taken out
first: the correlation that is left, once both have been held against the usual form of the letter, is that of this die
set's own shapes (a partial correlation). A network sees both pictures of each character and its usual form, and how far
the character and its cells lie off the common registration; it weighs each character among the others, and the line as
a whole. Both give log10 likelihood ratios, bounded by what they were learned from (`models/fit_compare.py`).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime

from vinspect.models import weights
from vinspect.vision.register import PATCH, Registered

FILE, NETWORK = "compare.json", "comparer.onnx"
VERSION = 2
SHOWN, TRAITS = 9, 102  # planes that the network sees of a character, and numbers that it is told of it
CONGRUENT = 1.5, 0.4  # pixels off the consensus at most, and correlation at least, of a cell that agrees with it
_NEAR = 0.3  # pixels: differences below this are noise of the peak
_BLOCKS = (4, 3)  # of a patch, in which correlations are taken apart


@dataclass(frozen=True, eq=False)
class Learned:
    """Everything that is fitted once the network is trained."""

    usual: dict[str, np.ndarray]  # of each character: float32 (576,), its usual patch, of length 1
    each: np.ndarray  # float32 (2,): slope and offset, from the network's logit of a character to log10 of a ratio
    line: np.ndarray  # float32 (2,): the same of a line
    legible: float  # a line less like what it spells than this is not judged
    same: float  # log10: one striking, at most
    other: float  # log10: not one striking, at least; one same pair in a hundred has as much
    character: float  # log10: a character with this much is named
    bound: float  # log10: no more is claimed either way

    def write(self, path: Path) -> None:
        """As JSON, the usual patches in base64 of 16-bit floats."""
        lines = {name: [round(float(x), 5) for x in getattr(self, name)] for name in ("each", "line")}
        numbers = {name: round(float(getattr(self, name)), 4) for name in _NUMBERS}
        usual = {character: _packed(patch) for character, patch in sorted(self.usual.items())}
        path.write_text(json.dumps({"version": VERSION, **numbers, **lines, "usual": usual}, indent=0) + "\n", "utf-8")

    @staticmethod
    def read(path: Path) -> Learned:
        """Raises ValueError where the file is of another version."""
        content = weights.content(path, VERSION)
        return Learned(
            {c: _unpacked(patch) for c, patch in content["usual"].items()},
            np.array(content["each"], np.float32),
            np.array(content["line"], np.float32),
            **{name: float(content[name]) for name in _NUMBERS},
        )


@dataclass(frozen=True, eq=False)
class Weighed:
    """What a line says, log10 of likelihood ratios, positive towards another striking, unbounded."""

    each: np.ndarray  # float32 (n,), of each character
    line: float  # of the whole


_NUMBERS = ("legible", "same", "other", "character", "bound")


@cache
def learned() -> Learned:
    """The published one. Raises FileNotFoundError or ValueError where it is missing or damaged."""
    return Learned.read(weights.path(FILE))


@cache
def network() -> onnxruntime.InferenceSession:
    """The comparer (see models/comparer.md). Raises FileNotFoundError or ValueError where it is missing or damaged."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a line takes milliseconds
    file = str(weights.path(NETWORK))
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _packed(array: np.ndarray) -> str:
    return base64.b64encode(array.astype("<f2").tobytes()).decode("ascii")


def _unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)


def directions(patches: np.ndarray) -> np.ndarray:
    """Patches (n, 16, 12, 3) as vectors of length 1, float32 (n, 576), each channel less its mean."""
    x = patches.astype(np.float32).reshape(len(patches), -1, 3)
    x = (x - x.mean(1, keepdims=True)).reshape(len(patches), -1)
    return np.asarray(x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-6), np.float32)


def usual_of(text: str, usual: dict[str, np.ndarray]) -> np.ndarray:
    """The usual patch of each character, float32 (n, 576); zeros where none is known."""
    none = np.zeros(PATCH[0] * PATCH[1] * 3, np.float32)
    return np.stack([usual.get(c, none) for c in text])


def legibility(patches: np.ndarray, text: str, usual: dict[str, np.ndarray]) -> float:
    """-1..1: how much like what it spells a line looks, the mean over its characters."""
    return float((directions(patches) * usual_of(text, usual)).sum(1).mean())


def correlations(r: Registered, text: str, usual: dict[str, np.ndarray]) -> np.ndarray:
    """Of each character, float32 (n, 4): with each other; each with the letter's usual form; and what is left."""
    a, b, m = directions(r.first), directions(r.other), usual_of(text, usual)
    ab, am, bm = ((x * y).sum(1) for x, y in ((a, b), (a, m), (b, m)))
    left = (ab - am * bm) / np.sqrt((1 - am**2) * (1 - bm**2) + 1e-6)
    return np.stack([ab, am, bm, left], 1).astype(np.float32)


def traits(r: Registered, text: str, usual: dict[str, np.ndarray]) -> np.ndarray:
    """What the likelihood ratio of each character is made of, float32 (n, TRAITS). `text`: the first line's, paired."""
    n = len(text)
    a, b, m = directions(r.first), directions(r.other), usual_of(text, usual)
    rows, columns = _BLOCKS
    shape = (n, rows, PATCH[0] // rows, columns, PATCH[1] // columns, 3)

    def taken_apart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        blocks = (x * y).reshape(shape).sum((2, 4)) * (rows * columns)
        return np.concatenate([blocks[..., :2].sum(-1).reshape(n, -1), blocks[..., 2].reshape(n, -1)], 1)

    c = correlations(r, text, usual)
    off = np.log(_NEAR + np.linalg.norm(r.shifts[:, :2], axis=1))
    cells = np.abs(r.cells[..., :2]).max(-1)
    own = np.column_stack([c, off, r.shifts[:, 2], np.minimum(np.abs(r.shifts[:, :2]), 4)])
    others = np.stack([_others(own[:, k]) for k in range(6)], 1)
    form = np.minimum(np.abs(_form(r.cells[..., :2])), 4)
    parts = [taken_apart(a, b), taken_apart(a, m), taken_apart(b, m), own, others, form]
    parts += [r.cells[..., 2], r.cells[..., 3], np.log(_NEAR + cells)]
    return np.concatenate(parts, 1).astype(np.float32)


def _others(value: np.ndarray) -> np.ndarray:
    """The mean over the other characters of the line."""
    return (value.sum() - value) / max(1, len(value) - 1)


def _form(off: np.ndarray) -> np.ndarray:
    """How a character is stretched along and across, turned and slanted, (n, 4) pixels, by its cells' (n, 4, 2)."""
    grid = off.reshape(len(off), 2, 2, 2)  # row, column, along and across
    across_columns = (grid[:, :, 1] - grid[:, :, 0]).mean(1)
    across_rows = (grid[:, 1] - grid[:, 0]).mean(1)
    return np.stack([across_columns[:, 0], across_rows[:, 1], across_columns[:, 1], across_rows[:, 0]], 1)


def shown(r: Registered, text: str, usual: dict[str, np.ndarray]) -> np.ndarray:
    """What the network sees of each character, float32 (n, SHOWN, 16, 12): both pictures' walls and the usual ones."""
    n = len(text)
    parts = [x.reshape(n, *PATCH, 3) for x in (directions(r.first), directions(r.other), usual_of(text, usual))]
    level = PATCH[0] * PATCH[1] * 3  # so many numbers of length 1: of deviation 1 once multiplied by its root
    return np.concatenate(parts, 3).transpose(0, 3, 1, 2) * np.float32(level**0.5)


def weighed(r: Registered, text: str, known: Learned) -> Weighed:
    """Weigh one line. `text`: the first line's, paired."""
    fed = {
        "shown": shown(r, text, known.usual)[None],
        "traits": traits(r, text, known.usual)[None],
        "absent": np.zeros((1, len(text)), bool),
    }
    each, line = network().run(None, fed)
    (a, b), (c, d) = known.each, known.line
    return Weighed(a * each[0] + b, float(c * line[0] + d))


def total(line: float, each: np.ndarray, known: Learned) -> float:
    """log10 of the likelihood ratio for "not one striking" over "one striking", within the bound.

    Struck again is the whole number, or a character of it and nobody knows which, one as likely as the other.
    """
    each = np.clip(each, -known.bound, known.bound)
    ratio = (10.0 ** np.clip(line, -known.bound, known.bound) + float(np.mean(10.0**each))) / 2
    return float(np.clip(np.log10(ratio), -known.bound, known.bound))


def congruent(r: Registered) -> np.ndarray:
    """How many of each character's four cells agree on the registration, int (n,)."""
    far, least = CONGRUENT
    return np.asarray(((np.abs(r.cells[..., :2]).max(-1) < far) & (r.cells[..., 2] > least)).sum(1))
