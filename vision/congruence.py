"""What two lines laid on each other say of whether one striking made both.

Two die sets that spell the same number correlate by the letters alone. So what any die set would show is taken out
first: the correlation that is left, once both have been held against the usual form of the letter, is that of this die
set's own shapes (a partial correlation). A network of one small layer weighs it for each character together with how
far the character and its cells lie off the common registration; a logistic regression sums the line. Both give log10
likelihood ratios, bounded by what they were learned from. Fitted by `python -m vinspect.models.fit_compare`.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from vinspect.models import weights
from vinspect.vision.register import PATCH, Registered

FILE = "compare.json"
VERSION = 1
CONGRUENT = 1.5, 0.4  # pixels off the consensus at most, and correlation at least, of a cell that agrees with it
_NEAR = 0.3  # pixels: differences below this are noise of the peak
_FAR = 6.0  # standard deviations: what is farther out counts no more
_BLOCKS = (4, 3)  # of a patch, in which correlations are taken apart


@dataclass(frozen=True, eq=False)
class Learned:
    """Everything that is fitted."""

    usual: dict[str, np.ndarray]  # of each character: float32 (576,), its usual patch, of length 1
    centre: np.ndarray  # float32 (k,), of a character's traits
    spread: np.ndarray  # float32 (k,)
    hidden: np.ndarray  # float32 (k + 1, h), the last row the offset
    out: np.ndarray  # float32 (h + 1,), to log10 likelihood ratios
    whole: np.ndarray  # float32 (m + 1,), of a line's traits, to log10 likelihood ratios
    legible: float  # a line less like what it spells than this is not judged
    same: float  # log10: one striking, at most
    other: float  # log10: not one striking, at least; one same pair in a hundred has as much
    character: float  # log10: a character with this much is named
    bound: float  # log10: no more is claimed either way

    def write(self, path: Path) -> None:
        """As JSON, arrays in base64 of 16-bit floats."""
        arrays = {name: _packed(getattr(self, name)) for name in ("centre", "spread", "hidden", "out", "whole")}
        numbers = {name: round(float(getattr(self, name)), 4) for name in _NUMBERS}
        usual = {character: _packed(patch) for character, patch in sorted(self.usual.items())}
        path.write_text(json.dumps({"version": VERSION, **numbers, **arrays, "usual": usual}, indent=0) + "\n", "utf-8")

    @staticmethod
    def read(path: Path) -> Learned:
        """Raises ValueError where the file is of another version."""
        content = json.loads(path.read_text("utf-8"))
        if content["version"] != VERSION:
            raise ValueError(f"{path.name} is of version {content['version']}, not {VERSION}: install Vinspect again")
        k = len(_unpacked(content["centre"]))
        return Learned(
            {c: _unpacked(patch) for c, patch in content["usual"].items()},
            _unpacked(content["centre"]),
            _unpacked(content["spread"]),
            _unpacked(content["hidden"]).reshape(k + 1, -1),
            _unpacked(content["out"]),
            _unpacked(content["whole"]),
            **{name: float(content[name]) for name in _NUMBERS},
        )


_NUMBERS = ("legible", "same", "other", "character", "bound")


@cache
def learned() -> Learned:
    """The published one. Raises FileNotFoundError or ValueError where it is missing or damaged."""
    return Learned.read(weights.path(FILE))


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
    """What the likelihood ratio of each character is made of, float32 (n, 118). `text`: the first line's, paired."""
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


def supports(traits: np.ndarray, known: Learned) -> np.ndarray:
    """log10 of each character's likelihood ratio by its `traits`, float32 (n,), positive towards "struck again"."""
    x = np.clip((traits - known.centre) / known.spread, -_FAR, _FAR)
    h = np.tanh(x @ known.hidden[:-1] + known.hidden[-1])
    return np.asarray(h @ known.out[:-1] + known.out[-1], np.float32)


def whole(r: Registered, text: str, each: np.ndarray, known: Learned) -> float:
    """log10 of the likelihood ratio of the whole line, positive towards another striking, unbounded."""
    return float(whole_traits(r, text, known.usual, each) @ known.whole[:-1] + known.whole[-1])


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


def whole_traits(r: Registered, text: str, usual: dict[str, np.ndarray], each: np.ndarray) -> np.ndarray:
    """What the likelihood ratio of the line is made of, float32 (20,). `each`: the characters' supports."""
    c = correlations(r, text, usual)
    ab, am, bm, left = c.T
    b_alone = legibility(r.alone, text, usual)
    w = np.clip(am, 0.02, 1) * np.clip(bm, 0.02, 1)
    w = w / w.sum()
    off = np.linalg.norm(r.shifts[:, :2], axis=1)
    cells = np.abs(r.cells[..., :2]).max(-1)
    cw = np.clip(r.cells[..., 2], 0.02, 1) ** 2
    cw = cw / cw.sum()
    tail = np.sort(each)
    return np.array(
        [
            left.mean(),
            (w * left).sum(),
            np.median(left),
            (w * ab).sum(),
            (w * am * bm).sum(),
            am.mean(),
            b_alone,
            min(float(am.mean()), b_alone),
            b_alone - bm.mean(),
            (w * np.log(_NEAR + off)).sum(),
            np.median(np.log(_NEAR + off)),
            (w * (off < 1.2)).sum(),
            (cw * (cells < CONGRUENT[0])).sum(),
            congruent(r).mean(),
            (cw * np.log(_NEAR + cells)).sum(),
            (r.cells[..., 2] - r.cells[..., 3]).mean(),
            np.log(len(text)),
            each.mean(),
            np.median(each),
            tail[: max(1, len(tail) // 3)].mean(),
        ],
        np.float32,
    )
