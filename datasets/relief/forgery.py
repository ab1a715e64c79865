"""The seven ways a number is forged (and their scopes), done to the metal in the order in which a forger does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from vinspect.datasets.relief import additions, groove, hand, metal
from vinspect.datasets.relief.forger import Forger, again, block, forger, forget, free, runs, some, strike_again
from vinspect.datasets.relief.plate import Array, Plate, Rng, soft_step
from vinspect.datasets.relief.work import Work

Method = Literal["erased", "refilled", "let in", "inset", "strokes added", "overstruck", "twin"]
METHODS: tuple[Method, ...] = ("erased", "refilled", "let in", "inset", "strokes added", "overstruck", "twin")
SHARES = (0.07, 0.25, 0.13, 0.11, 0.2, 0.2, 0.04)


@dataclass(frozen=True)
class Deed:
    """What a forger did."""

    method: Method
    at: tuple[int, ...]  # glyphs that he altered, marks counted
    care: float  # 0, clumsy, to 1, hardly anything to see
    before: str  # the number with its marks as it was; his victim's own, where it is a twin
    after: str  # as it stands; "?" where a character is gone


def forge(rng: Rng, work: Work, held_out: bool, methods: tuple[Method, ...] = METHODS) -> Deed:
    """Alter the number on the plate by one of `methods`, in place.

    A number to which no stroke can be added is struck over instead, and the deed says so.
    """
    shares = np.array([SHARES[METHODS.index(m)] for m in methods])
    method = methods[int(rng.choice(len(methods), p=shares / shares.sum()))]
    care = float(rng.beta(1.1, 0.9))
    before = "".join(g.text for g in work.glyphs)
    who = forger(rng, work.glyphs, care, held_out)
    at = _DO[method](rng, work, who)
    if not at:  # no character of this number allows a stroke more
        method, at = "overstruck", _over(rng, work, who)
    return Deed(method, tuple(sorted(at)), care, before, "".join(g.text for g in work.glyphs))


def _clear(rng: Rng, work: Work, who: Forger, at: list[int], deep: float) -> Array:
    """Grind some characters away, each run of neighbours as one place; the mask of it all."""
    care = who.care
    pad, edge = float(rng.uniform(0.2, 2.0)), float(rng.uniform(0.2, 1.0)) + 2.5 * care * float(rng.random())
    mask = np.zeros(work.plate.shape, np.float32)
    for run in runs(at):
        np.maximum(mask, hand.box(rng, work, work.region(run), pad, edge), out=mask)
    hand.grind(rng, work, mask, deep, care, who.held_out)
    return mask


def _finish(rng: Rng, work: Work, who: Forger, mask: Array, was: Plate) -> None:
    """Paint over, or bring the metal back to what it looked like."""
    care = who.care
    painted = work.coat is not None and rng.random() < 0.8 + 0.2 * care
    if painted or (work.coat is None and rng.random() < 0.12):
        wide = float(rng.uniform(0.3, 1.0)) * 9 / work.plate.mm
        near = _grown(mask, wide)
        hand.paint(rng, work, near, care)
    else:
        hand.blend_back(work, was, np.clip(mask * 1.5, 0, 1), care * (0.9 if work.coat is None else 0.3))


def _grown(mask: Array, pixels: float) -> Array:
    """The same place, larger and softer."""
    n = 2 * max(1, round(pixels * 0.5)) + 1
    grown = cv2.dilate(mask, np.ones((n, n), np.uint8))
    return cv2.GaussianBlur(grown, (0, 0), max(0.6, pixels * 0.12))


def _depth_of(work: Work, at: list[int]) -> float:
    return float(np.mean([work.glyphs[i].depth for i in at]))


def _erase(rng: Rng, work: Work, who: Forger) -> list[int]:
    """1: ground away, nothing put back."""
    was = work.plate.copy()
    at = some(rng, work, (0.3, 0.35, 0.25, 0.1))
    mask = _clear(rng, work, who, at, _depth_of(work, at) * float(rng.uniform(0.5, 1.15)))
    forget(work, at)
    for i in at:
        work.glyphs[i] = replace(work.glyphs[i], text="?")
    if rng.random() < 0.6:
        _finish(rng, work, who, mask, was)
    return at


def _refill(rng: Rng, work: Work, who: Forger) -> list[int]:
    """2: ground, tinned or filled, smoothed, struck anew, painted."""
    was = work.plate.copy()
    at = some(rng, work, (0.35, 0.25, 0.2, 0.2))
    deep = _depth_of(work, at)
    filled = rng.random() < 0.65
    mask = _clear(rng, work, who, at, deep * float(rng.uniform(0.1, 0.7) if filled else rng.uniform(0.5, 1.1)))
    if filled:
        hand.fill(rng, work, np.clip(mask * 1.3, 0, 1), who.care)
    if rng.random() < 0.25 + 0.5 * who.care and work.glyphs[at[0]].process.name != "embossed":
        # He levels it, strikes, then paints; others paint first and strike into the paint.
        strike_again(rng, work, who, at)
        _finish(rng, work, who, mask, was)
    else:
        _finish(rng, work, who, mask, was)
        strike_again(rng, work, who, at)
    return at


def _piece(rng: Rng, work: Work, who: Forger, at: list[int], pad: float) -> Array:
    """Cut a piece with other characters on it to the size of a run of them, and lay it in; where it lies."""
    same = rng.random() < 0.5 + 0.4 * who.care
    kind = work.kind if same else str(rng.choice(metal.BARE))
    piece = metal.sheet(rng, work.plate.shape, work.plate.mm, kind)
    donor = Work(piece, list(work.glyphs), np.zeros_like(work.cover), work.ghost, work.touched, work.coat, kind)
    new = again(rng, work, who, at, 0.9)
    if rng.random() < 0.35:  # a donor's own striking, by the same works: only its place gives it away
        shift = rng.normal(0, 0.05 * (1 - who.care) + 0.008, 3)
        cap = new[0].height
        new = [
            replace(work.glyphs[i], text=n.text, width=work.glyphs[i].dies.wide(n.text) * cap,
                    x=work.glyphs[i].x + float(shift[0]) * cap, y=work.glyphs[i].y + float(shift[1]) * cap,
                    turn=work.glyphs[i].turn + 0.3 * float(shift[2]))
            for i, n in zip(at, new, strict=True)
        ]  # fmt: skip
    mask = hand.box(rng, work, work.region(at), pad, 0.12 + 0.3 * who.care, 0.1 * (1 - who.care))
    mark = donor.strike(rng, new, groove.tool(rng, new[0]))
    if work.coat is not None:
        metal.lay_on(rng, piece, metal.coat(rng, work.coat.kind, work.coat, who.care))
    forget(work, at)
    hand.let_in(rng, work, piece, mask, who.care)
    np.maximum(work.cover, mark.cover * (mask > 0.5), out=work.cover)
    work.ghost[mask > 0.5] = 0  # the old metal is gone, and with it what was on it
    for i, g in zip(at, new, strict=True):
        work.glyphs[i] = g
    return mask


def _let_in(rng: Rng, work: Work, who: Forger) -> list[int]:
    """3: the piece of sheet cut out and another let in, its joint welded and ground."""
    was = work.plate.copy()
    at = block(rng, work, (0.25, 0.3, 0.45))
    mask = _piece(rng, work, who, at, float(rng.uniform(0.3, 2.5)))
    hand.seam(rng, work, mask, who.care, welded=True)
    if rng.random() < 0.5 + 0.5 * who.care:
        around = np.clip(_grown(mask, 2.5 / work.plate.mm) - mask * 0.98, 0, 1)
        hand.grind(rng, work, around * 0.8, 0.01 + 0.05 * (1 - who.care), who.care, who.held_out)
        if rng.random() < 0.5:
            hand.fill(rng, work, around, who.care)
    _finish(rng, work, who, mask, was)
    return at


def _inset(rng: Rng, work: Work, who: Forger) -> list[int]:
    """4: hollowed, a plate inset, its edge filled, levelled, primed; or laid on top and riveted."""
    was = work.plate.copy()
    at = block(rng, work, (0.1, 0.15, 0.75))
    mask = _piece(rng, work, who, at, float(rng.uniform(0.6, 3)))
    if rng.random() < 0.3 * (1 - who.care):  # on top
        work.plate.z += mask * float(rng.uniform(0.2, 0.8))
        _rivets(rng, work, at)
    else:
        hand.seam(rng, work, mask, who.care, welded=False)
    if rng.random() < 0.4 + 0.6 * who.care:
        _finish(rng, work, who, mask, was)
    return at


def _rivets(rng: Rng, work: Work, at: list[int]) -> None:
    x, y = work.plate.grid
    left, top, right, foot = work.region(at)
    r = float(rng.uniform(0.8, 1.6))
    for cx in (left - 1.2 * r, right + 1.2 * r):
        d = np.hypot(x - cx, y - (top + foot) / 2) / r
        work.plate.z += 0.5 * r * np.sqrt(np.clip(1 - d**2, 0, 1))
        work.bare(soft_step((1 - d) / 0.1), rng)
        work.note(soft_step((1 - d) / 0.1), "let in")


def _add(rng: Rng, work: Work, who: Forger) -> list[int]:
    """5: strokes added; none, where no character of the number allows any."""
    wanted = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
    done: list[int] = []
    for i in rng.permutation(free(work)):
        g = work.glyphs[int(i)]
        new = g.dies if rng.random() < 0.3 + 0.4 * who.care else who.dies
        found = additions.additions(rng, g.dies, new, g.text)
        if not found:
            continue
        a = found[int(rng.integers(len(found)))]
        made, mask = additions.strokes(
            rng, g, replace(new, stroke=who.dies.stroke), a, who.care, work.plate.shape, work.plate.mm
        )
        how = replace(
            made,
            process=who.process,
            dies=replace(made.dies, edge=who.dies.edge),
            depth=g.depth * float(np.exp(rng.normal(0, 0.35 * (1 - who.care) + 0.08))),
        )
        mark = groove.impress_mask(rng, how, groove.tool(rng, how), mask, work.plate.mm)
        work.mark(rng, mark, how)
        work.note(mark.cover, "struck")
        work.glyphs[int(i)] = how
        done.append(int(i))
        if len(done) == wanted:
            break
    if done and work.coat is not None and rng.random() < 0.4 + 0.5 * who.care:
        mask = np.zeros(work.plate.shape, np.float32)
        for i in done:
            np.maximum(mask, hand.box(rng, work, work.region([i]), float(rng.uniform(0.1, 1)), 0.8), out=mask)
        hand.paint(rng, work, mask, who.care)
    return done


def _over(rng: Rng, work: Work, who: Forger) -> list[int]:
    """6: struck over what was there, the old strokes hardly touched or half rubbed down."""
    was = work.plate.copy()
    at = some(rng, work, (0.3, 0.2, 0.15, 0.35))
    mask: Array | None = None
    if rng.random() < 0.4 + 0.3 * who.care:
        mask = _clear(rng, work, who, at, _depth_of(work, at) * float(rng.uniform(0.05, 0.6)))
    strike_again(rng, work, who, at)
    if mask is not None:
        _finish(rng, work, who, mask, was)
    return at


def _twin(rng: Rng, work: Work, who: Forger) -> list[int]:
    """7: another car's number, on metal that bore none. `stamping` strikes it as a maker would."""
    return free(work)


_DO: dict[Method, Callable[[Rng, Work, Forger], list[int]]] = {
    "erased": _erase, "refilled": _refill, "let in": _let_in, "inset": _inset, "strokes added": _add,
    "overstruck": _over, "twin": _twin,
}  # fmt: skip
