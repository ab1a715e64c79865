"""A number as it is photographed today and as it lies on file: the same striking, a twin, or struck again in part.

What a comparison against the file learns from and is measured on. A twin carries the number of an honest car, struck
by another works; a near twin is struck by a forger who looked for dies like the maker's; and the same dies struck once
more differ from the first striking in where each character stands and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vinspect.datasets.relief import forger, groove, layout, metal
from vinspect.datasets.relief.forgery import Method
from vinspect.datasets.relief.layout import Glyph
from vinspect.datasets.relief.plate import Array, Rng, soft_step
from vinspect.datasets.relief.rubbing import rubbing
from vinspect.datasets.relief.stamping import Relief, Stamping, stamping
from vinspect.datasets.relief.work import Work

Kind = Literal["same", "twin", "near twin", "same dies", "one again", "forged"]
KINDS: tuple[Kind, ...] = ("same", "twin", "near twin", "same dies", "one again", "forged")
_PUT_BACK: tuple[Method, ...] = ("refilled", "let in", "inset", "strokes added", "overstruck")


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two pictures."""

    picture: Array  # uint8 (height, width), capitals three fifths of the height
    text: str
    quads: Array  # float32 (n, 4, 2), each character's cell
    rubbed: bool  # a rubbing; a photograph otherwise


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures that are said to be of one number."""

    kind: Kind
    now: Side
    file: Side
    again: tuple[bool, ...]  # of each character: struck anew between the two
    process: str  # the first character's, on file


def pairs(seed: int, number: int, held_out: bool = False) -> Iterator[Pair]:
    """Everything that one number gives: nine pairs, always the same for one seed and number."""

    def draw(k: int) -> Rng:
        return np.random.default_rng((seed, number, k, int(held_out)))

    one = stamping(draw(0), False, held_out=held_out)
    later = stamping(draw(0), False, held_out=held_out, occasion=1)
    twin = stamping(draw(1), False, held_out=held_out, text=one.text)
    process = one.characters[0].process
    rng = draw(2)
    filed, twins = _rubbed(rng, one.filed), _rubbed(rng, twin.filed)
    n = len(one.text)
    every, none = (True,) * n, (False,) * n
    yield Pair("same", _seen(one), filed, none, process)
    yield Pair("same", _seen(twin), twins, none, twin.characters[0].process)
    yield Pair("same", _seen(one), _seen(later), none, process)
    yield Pair("twin", _seen(one), twins, every, process)
    yield Pair("twin", _seen(later), _seen(twin), every, process)
    near = struck_again(rng, one.filed, held_out, alike=False)
    yield Pair("near twin", _seen(one), _rubbed(rng, near), every, process)
    yield Pair(
        "same dies", _seen(one), _rubbed(rng, struck_again(rng, one.filed, held_out, alike=True)), every, process
    )
    at = int(rng.choice([i for i, ch in enumerate(one.text) if ch != "-"]))
    mixed = _rubbed(rng, patched(one.filed, near, at))
    yield Pair("one again", _seen(one), mixed, tuple(i == at for i in range(n)), process)
    forged = stamping(draw(3), True, held_out=held_out, methods=_PUT_BACK)
    altered = tuple(c.method is not None for c in forged.characters)
    yield Pair("forged", _seen(forged), _rubbed(rng, forged.filed), altered, forged.characters[0].process)


def struck_again(rng: Rng, relief: Relief, held_out: bool, *, alike: bool) -> Relief:
    """The number of `relief` struck once more, into other metal: with the very dies, or by a careful forger's own."""
    glyphs = list(relief.glyphs)
    plate = metal.sheet(rng, (relief.z.shape[0], relief.z.shape[1]), relief.mm, str(rng.choice(metal.BARE)))
    blank = np.zeros(plate.shape, np.float32)
    work = Work(plate, glyphs, blank, blank.copy(), np.zeros(plate.shape, np.uint8), None, "rolled")
    if alike:
        how = layout.looseness(rng, glyphs[0].process)
        new = [layout.struck(rng, g, how) for g in glyphs]
    else:
        who = forger.forger(rng, glyphs, float(rng.beta(2, 1)), held_out)
        new = forger.again(rng, work, who, list(range(len(glyphs))), 0.0)
        new = [_as_before(g, old) for g, old in zip(new, glyphs, strict=True)]
    for name in dict.fromkeys(g.process.name for g in new):
        some = [g for g in new if g.process.name == name]
        work.strike(rng, some, groove.tool(rng, some[0]))
    quads = np.stack([g.quad for g in new]) / relief.mm
    return Relief(plate.z, relief.mm, quads, layout.level(new) / relief.mm, relief.text, tuple(new))


def _as_before(new: Glyph, old: Glyph) -> Glyph:
    """The forger computes check digits; here the number stays what it is."""
    if new.text == old.text:
        return new
    return replace(new, text=old.text, width=new.dies.wide(old.text) * new.height)


def patched(relief: Relief, other: Relief, at: int) -> Relief:
    """`relief` with the character at one place as `other` has it: both are of one number and one size."""
    x, y = np.meshgrid(np.arange(relief.z.shape[1]), np.arange(relief.z.shape[0]))
    corners = np.concatenate([relief.quads[at], other.quads[at]])
    (left, top), (right, foot) = corners.min(0), corners.max(0)
    pad = 0.12 * (foot - top)
    inside = np.minimum.reduce([x - left + pad, right + pad - x, y - top + pad, foot + pad - y])
    mask = soft_step(inside.astype(np.float32) / 2)
    quads = relief.quads.copy()
    quads[at] = other.quads[at]
    return replace(relief, z=(relief.z + mask * (other.z - relief.z)).astype(np.float32), quads=quads)


def _seen(s: Stamping) -> Side:
    return Side(s.picture, s.text, s.quads, rubbed=False)


def _rubbed(rng: Rng, relief: Relief) -> Side:
    r = rubbing(rng, relief)
    return Side(r.picture, r.text, r.quads, rubbed=True)
