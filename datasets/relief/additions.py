"""Strokes added to a character to make another of it: 1 to 4, 3 to 8, F to E and every other pair that the dies allow.

A pair is feasible where the old character lies within the strokes of the new one, laid over it and pushed a little to
the side, and the new one needs a stroke more. The rule looks at shapes, so it holds for any alphabet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from vinspect.datasets.relief import dieset, groove
from vinspect.datasets.relief.dieset import Dies
from vinspect.datasets.relief.layout import Glyph
from vinspect.datasets.relief.plate import Array, Rng

VIN = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_SIZE = 40  # pixels of a capital where pairs are tried
_OFF, _WITHIN = 0.055, 0.955  # how far a stroke may lie beside the new one, cap heights; share that must lie so near
# Pairs that inspectors meet (FIELD notes): here nobody minds that a waist is too wide or a bowl too flat.
KNOWN = frozenset({"14", "38", "08", "68", "56", "FE", "PR", "CG", "LE", "98", "B8", "VW", "17", "EB", "C0", "J0"})
_KNOWN_OFF, _KNOWN_WITHIN = 0.12, 0.9
_MORE = 0.045  # what the new strokes must cover at least, square cap heights
_SHIFTS = np.arange(-14, 15, 2)  # how far the new character may stand beside the old one, pixels


@dataclass(frozen=True)
class Addition:
    """How to make `after` of `before`."""

    before: str
    after: str
    shift: float  # of the new character's cell to the right, cap heights
    width: float  # of that cell, cap heights


def _placed(d: Dies, ch: str, width: float, shift: float = 0.0) -> Array:
    """A character in the middle of a square, shifted; uint8 (n, n)."""
    n = 2 * _SIZE
    out = np.zeros((n, n), np.uint8)
    left = n / 2 + (shift - width / 2) * _SIZE
    dieset.draw(out, d, ch, np.array([[width * _SIZE, 0, left], [0, _SIZE, _SIZE / 2]], float), _SIZE, 0.0)
    return cv2.threshold(out, 90, 255, cv2.THRESH_BINARY)[1]


def feasible(old: Dies, new: Dies, before: str, after: str) -> Addition | None:
    """Whether strokes of `new` make `after` of a `before` struck with `old`, and where they go."""
    return _fits(old, _placed(old, before, old.wide(before)), new, before, after)


def _fits(old: Dies, struck: Array, new: Dies, before: str, after: str) -> Addition | None:
    """The same, where `struck` is the old character as `_placed` draws it."""
    if before == after:
        return None
    ys, xs = np.nonzero(struck > 127)
    if len(xs) < 8:
        return None
    thin = max(1, len(xs) // 120)
    ys, xs = ys[::thin], xs[::thin]
    width = new.wide(after)
    far = _far(new, after)
    at = np.clip(xs[None] - _SHIFTS[:, None], 0, far.shape[1] - 1)
    off, enough = (_KNOWN_OFF, _KNOWN_WITHIN) if before + after in KNOWN else (_OFF, _WITHIN)
    within = (far[ys[None], at] <= off * _SIZE).mean(1)
    score = within - 0.02 / _SIZE * np.abs(_SHIFTS)
    best = int(score.argmax())
    if within[best] < enough:
        return None
    shift = float(_SHIFTS[best]) / _SIZE
    more = _missing(_placed(new, after, width, shift), struck, old.stroke * _SIZE)
    if (more > 0).sum() < _MORE * _SIZE**2:
        return None
    return Addition(before, after, shift, float(width))


@lru_cache(maxsize=256)
def _far(d: Dies, ch: str) -> Array:
    """How far each pixel lies from a character in the middle, pixels."""
    return cv2.distanceTransform(255 - _placed(d, ch, d.wide(ch)), cv2.DIST_L2, 3)


def _missing(new: Array, old: Array, stroke: float) -> Array:
    """The parts of a new character that an old one lacks, uint8; specks where two shapes differ a little are none."""
    new, old = (cv2.threshold(m, 90, 255, cv2.THRESH_BINARY)[1] for m in (new, old))
    r = max(1, round(0.55 * stroke))
    beside = cv2.dilate(old, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1)))
    rest = cv2.bitwise_and(new, 255 - beside)
    n, labels, stats, _ = cv2.connectedComponentsWithStats((rest > 127).astype(np.uint8))
    keep = [k for k in range(1, n) if stats[k, cv2.CC_STAT_AREA] > 0.8 * stroke**2]
    return np.isin(labels, keep).astype(np.uint8) * 255


def additions(rng: Rng, old: Dies, new: Dies, before: str, alphabet: str = VIN) -> list[Addition]:
    """What `before` can be turned into, in an order of chance, at most two."""
    out: list[Addition] = []
    struck = _placed(old, before, old.wide(before))
    for k in rng.permutation(len(alphabet)):
        found = _fits(old, struck, new, before, alphabet[k])
        if found:
            out.append(found)
            if len(out) == 2:
                break
    return out


def strokes(
    rng: Rng, g: Glyph, new: Dies, a: Addition, care: float, shape: tuple[int, int], mm: float
) -> tuple[Glyph, Array]:
    """The character as it stands after the strokes are added, and a fine mask of those strokes alone.

    They run a little into the old strokes, as a chisel does: the joint has two walls, or its end overshoots.
    """
    cap, loose = g.height, 0.012 + 0.04 * (1 - care)
    c, s = np.cos(g.turn), np.sin(g.turn)
    made = replace(
        g,
        text=a.after,
        dies=new,
        x=g.x + a.shift * cap * c,
        y=g.y + a.shift * cap * s,
        width=a.width * cap * g.width / max(1e-6, g.dies.wide(g.text) * cap),
    )
    hand = replace(
        made,
        x=made.x + float(rng.normal(0, 0.4 * loose)) * cap,
        y=made.y + float(rng.normal(0, 0.4 * loose)) * cap,
        turn=made.turn + float(rng.normal(0, loose)),
        height=made.height * (1 + float(rng.normal(0, loose))),
    )
    fine_old, fine_new = groove.fine(shape), groove.fine(shape)
    pixels = cap / mm * 2
    dieset.draw(fine_old, g.dies, g.text, groove.fine_cell(g, mm), pixels, 0.0)
    dieset.draw(fine_new, new, a.after, groove.fine_cell(hand, mm), pixels, 0.0)
    stroke = g.dies.stroke * pixels
    core = _missing(fine_new, fine_old, stroke)
    r = max(1, round(stroke * float(rng.uniform(0.5, 1.1))))
    near = cv2.dilate(core, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1)))
    return made, cv2.bitwise_and(fine_new, near)
