"""The seven ways a number is forged (and their scopes), done to the metal in the order in which a forger does them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from vinspect.datasets.relief import additions, dieset, groove, hand, layout, metal
from vinspect.datasets.relief.dieset import Dies
from vinspect.datasets.relief.layout import MARKS, Glyph
from vinspect.datasets.relief.plate import Array, Plate, Rng, soft_step
from vinspect.datasets.relief.process import PROCESSES, Process
from vinspect.datasets.relief.work import Work

Method = Literal["erased", "refilled", "let in", "inset", "strokes added", "overstruck", "twin"]
METHODS: tuple[Method, ...] = ("erased", "refilled", "let in", "inset", "strokes added", "overstruck", "twin")
SHARES = (0.07, 0.25, 0.13, 0.11, 0.2, 0.2, 0.04)
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True)
class Deed:
    """What a forger did."""

    method: Method
    at: tuple[int, ...]  # glyphs that he altered, marks counted
    care: float  # 0, clumsy, to 1, hardly anything to see
    before: str  # the number with its marks as it was; his victim's own, where it is a twin
    after: str  # as it stands; "?" where a character is gone


@dataclass(frozen=True, eq=False)
class _Forger:
    """One man and his dies."""

    dies: Dies
    process: Process
    care: float
    held_out: bool


def forge(rng: Rng, work: Work, held_out: bool, methods: tuple[Method, ...] = METHODS) -> Deed:
    """Alter the number on the plate by one of `methods`, in place.

    A number to which no stroke can be added is struck over instead, and the deed says so.
    """
    shares = np.array([SHARES[METHODS.index(m)] for m in methods])
    method = methods[int(rng.choice(len(methods), p=shares / shares.sum()))]
    care = float(rng.beta(1.1, 0.9))
    before = "".join(g.text for g in work.glyphs)
    who = _forger(rng, work.glyphs, care, held_out)
    at = _DO[method](rng, work, who)
    if not at:  # no character of this number allows a stroke more
        method, at = "overstruck", _over(rng, work, who)
    return Deed(method, tuple(sorted(at)), care, before, "".join(g.text for g in work.glyphs))


def likeness(a: Dies, b: Dies, text: str) -> float:
    """How far two sets' shapes lie apart over these characters, 0 alike: one less their overlap."""
    off = []
    for ch in text:
        first, second = (dieset.shape(d, ch, 24, 4) > 127 for d in (a, b))
        w = max(first.shape[1], second.shape[1])
        first, second = (
            np.pad(m, ((0, 0), ((w - m.shape[1]) // 2, w - m.shape[1] - (w - m.shape[1]) // 2)))
            for m in (first, second)
        )
        off.append(1 - (first & second).sum() / max(1, (first | second).sum()))
    return float(np.mean(off))


def _forger(rng: Rng, glyphs: list[Glyph], care: float, held_out: bool) -> _Forger:
    """His dies: the nearest of those that he could get; a careful man looks at more of them."""
    own = next(g for g in glyphs if g.text not in MARKS)
    name = own.process.name
    choice = {
        "press": ("punch", "punch", "press"), "roller": ("punch", "press", "roller"), "punch": ("punch",),
        "scribe": ("scribe", "scribe", "punch"), "peen": ("peen", "peen", "punch"), "laser": ("laser", "scribe"),
        "embossed": ("embossed", "embossed", "punch"),
    }[name]  # fmt: skip
    process = PROCESSES[str(rng.choice(choice))]
    d = own.dies
    off = 0.3 * (1 - care) + 0.04
    text = "".join(rng.choice([g.text for g in glyphs if g.text not in MARKS], 3))
    best: tuple[float, Dies] | None = None
    for _ in range(1 + int(rng.uniform(0, 4) * care)):
        new = dieset.cut(rng, held_out, (0.06, 0.18), (0.5, 0.78))
        new = replace(
            new,
            stroke=float(np.clip(d.stroke * np.exp(rng.normal(0, off)), 0.04, 0.2)),
            width=float(np.clip(d.width * np.exp(rng.normal(0, 0.5 * off)), 0.3, 1.0)),
            slant=d.slant + float(rng.normal(0, 0.1 * off)),
        )
        far = likeness(d, new, text)
        if best is None or far < best[0]:
            best = (far, new)
    assert best is not None
    chosen = best[1]
    if rng.random() < 0.08:  # the very shapes: a donor's piece, a stolen or copied set
        chosen = replace(d, nicks=chosen.nicks, edge=chosen.edge, stroke=chosen.stroke, pits=chosen.pits)
    return _Forger(chosen, process, care, held_out)


def _free(work: Work) -> list[int]:
    return [i for i, g in enumerate(work.glyphs) if g.text not in MARKS + "-?"]


def _some(rng: Rng, work: Work, p: tuple[float, float, float, float]) -> list[int]:
    """One, a few, the tail, or all; `p` are their shares."""
    free = _free(work)
    kind = int(rng.choice(4, p=p))
    if kind == 0:
        return [int(rng.choice(free))]
    if kind == 1:
        k = min(len(free), int(rng.integers(2, 5)))
        if rng.random() < 0.5:
            first = int(rng.integers(0, len(free) - k + 1))
            return free[first : first + k]
        return sorted(int(i) for i in rng.choice(free, k, replace=False))
    if kind == 2:
        return free[-min(len(free) - 1, int(rng.integers(4, 9))) :]
    return free


def _other(rng: Rng, ch: str) -> str:
    """Another character, mostly of the same kind."""
    same = _DIGITS if ch in _DIGITS else _LETTERS
    pool = same if rng.random() < 0.9 else _DIGITS + _LETTERS
    return str(rng.choice([c for c in pool if c != ch]))


def _again(rng: Rng, work: Work, who: _Forger, at: list[int], change: float) -> list[Glyph]:
    """The forger's own striking of these characters, set as exactly as his care allows."""
    how = layout.looseness(rng, PROCESSES["punch"] if rng.random() < 0.7 else who.process, who.care)
    if rng.random() < 0.3 * who.care:  # he used a jig
        how = layout.looseness(rng, PROCESSES["press"], who.care)
    loose = 1 - who.care
    high = float(np.exp(rng.normal(0, 0.05 * loose + 0.004)))
    deep = float(np.exp(rng.normal(0, 0.4 * loose + 0.06)))
    rise, slide = rng.normal(0, 0.04 * loose + 0.004, 2)
    out = []
    for i in at:
        g = work.glyphs[i]
        text = g.text if rng.random() > change else _other(rng, g.text)
        new = replace(
            g,
            text=text,
            dies=who.dies,
            process=who.process,
            height=g.height * high,
            width=who.dies.wide(text) * g.height * high,
            depth=max(0.004, g.depth * deep),
            x=g.x + float(slide) * g.height,
            y=g.y + float(rise) * g.height,
            turn=0.0,
            tilt=(0.0, 0.0),
        )
        out.append(layout.struck(rng, new, how))
    return out


def _strike_again(rng: Rng, work: Work, who: _Forger, at: list[int], change: float = 0.93) -> None:
    new = _again(rng, work, who, at, change)
    if all(n.text == work.glyphs[i].text for n, i in zip(new, at, strict=True)) and len(at) == 1:
        new = [replace(new[0], text=_other(rng, new[0].text))]
    _put(rng, work, at, new)


def _put(rng: Rng, work: Work, at: list[int], new: list[Glyph]) -> None:
    """Strike new characters in the old ones' places; the old strokes are ghosts from here on."""
    _forget(work, at)
    mark = work.strike(rng, new, groove.tool(rng, new[0]))
    work.note(mark.cover, "struck")
    for i, g in zip(at, new, strict=True):
        work.glyphs[i] = g


def _forget(work: Work, at: list[int]) -> None:
    """What was read here is a ghost."""
    x, y = work.plate.grid
    for i in at:
        q = work.glyphs[i].quad
        pad = 0.1 * work.glyphs[i].height
        inside = (x > q[:, 0].min() - pad) & (x < q[:, 0].max() + pad)
        inside = inside & (y > q[:, 1].min() - pad) & (y < q[:, 1].max() + pad)
        np.maximum(work.ghost, work.cover * inside, out=work.ghost)
        work.cover[inside] = 0


def _clear(rng: Rng, work: Work, who: _Forger, at: list[int], deep: float) -> Array:
    """Grind some characters away, each run of neighbours as one place; the mask of it all."""
    care = who.care
    pad, edge = float(rng.uniform(0.2, 2.0)), float(rng.uniform(0.2, 1.0)) + 2.5 * care * float(rng.random())
    mask = np.zeros(work.plate.shape, np.float32)
    for run in _runs(at):
        np.maximum(mask, hand.box(rng, work, work.region(run), pad, edge), out=mask)
    hand.grind(rng, work, mask, deep, care, who.held_out)
    return mask


def _runs(at: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for i in sorted(at):
        if runs and i == runs[-1][-1] + 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs


def _finish(rng: Rng, work: Work, who: _Forger, mask: Array, was: Plate) -> None:
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


def _erase(rng: Rng, work: Work, who: _Forger) -> list[int]:
    """1: ground away, nothing put back."""
    was = work.plate.copy()
    at = _some(rng, work, (0.3, 0.35, 0.25, 0.1))
    mask = _clear(rng, work, who, at, _depth_of(work, at) * float(rng.uniform(0.5, 1.15)))
    _forget(work, at)
    for i in at:
        work.glyphs[i] = replace(work.glyphs[i], text="?")
    if rng.random() < 0.6:
        _finish(rng, work, who, mask, was)
    return at


def _refill(rng: Rng, work: Work, who: _Forger) -> list[int]:
    """2: ground, tinned or filled, smoothed, struck anew, painted."""
    was = work.plate.copy()
    at = _some(rng, work, (0.35, 0.25, 0.2, 0.2))
    deep = _depth_of(work, at)
    filled = rng.random() < 0.65
    mask = _clear(rng, work, who, at, deep * float(rng.uniform(0.1, 0.7) if filled else rng.uniform(0.5, 1.1)))
    if filled:
        hand.fill(rng, work, np.clip(mask * 1.3, 0, 1), who.care)
    if rng.random() < 0.25 + 0.5 * who.care and work.glyphs[at[0]].process.name != "embossed":
        # He levels it, strikes, then paints; others paint first and strike into the paint.
        _strike_again(rng, work, who, at)
        _finish(rng, work, who, mask, was)
    else:
        _finish(rng, work, who, mask, was)
        _strike_again(rng, work, who, at)
    return at


def _piece(rng: Rng, work: Work, who: _Forger, at: list[int], pad: float) -> Array:
    """Cut a piece with other characters on it to the size of a run of them, and lay it in; where it lies."""
    same = rng.random() < 0.5 + 0.4 * who.care
    kind = work.kind if same else str(rng.choice(metal.BARE))
    piece = metal.sheet(rng, work.plate.shape, work.plate.mm, kind)
    donor = Work(piece, list(work.glyphs), np.zeros_like(work.cover), work.ghost, work.touched, work.coat, kind)
    new = _again(rng, work, who, at, 0.9)
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
    _forget(work, at)
    hand.let_in(rng, work, piece, mask, who.care)
    np.maximum(work.cover, mark.cover * (mask > 0.5), out=work.cover)
    work.ghost[mask > 0.5] = 0  # the old metal is gone, and with it what was on it
    for i, g in zip(at, new, strict=True):
        work.glyphs[i] = g
    return mask


def _let_in(rng: Rng, work: Work, who: _Forger) -> list[int]:
    """3: the piece of sheet cut out and another let in, its joint welded and ground."""
    was = work.plate.copy()
    at = _block(rng, work, (0.25, 0.3, 0.45))
    mask = _piece(rng, work, who, at, float(rng.uniform(0.3, 2.5)))
    hand.seam(rng, work, mask, who.care, welded=True)
    if rng.random() < 0.5 + 0.5 * who.care:
        around = np.clip(_grown(mask, 2.5 / work.plate.mm) - mask * 0.98, 0, 1)
        hand.grind(rng, work, around * 0.8, 0.01 + 0.05 * (1 - who.care), who.care, who.held_out)
        if rng.random() < 0.5:
            hand.fill(rng, work, around, who.care)
    _finish(rng, work, who, mask, was)
    return at


def _inset(rng: Rng, work: Work, who: _Forger) -> list[int]:
    """4: hollowed, a plate inset, its edge filled, levelled, primed; or laid on top and riveted."""
    was = work.plate.copy()
    at = _block(rng, work, (0.1, 0.15, 0.75))
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


def _block(rng: Rng, work: Work, p: tuple[float, float, float]) -> list[int]:
    """A run of neighbours: a few, the tail, all."""
    free = _free(work)
    kind = int(rng.choice(3, p=p))
    if kind == 2:
        return free
    k = min(len(free), int(rng.integers(2, 9)))
    first = len(free) - k if kind == 1 else int(rng.integers(0, len(free) - k + 1))
    return free[first : first + k]


def _add(rng: Rng, work: Work, who: _Forger) -> list[int]:
    """5: strokes added; none, where no character of the number allows any."""
    wanted = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
    done: list[int] = []
    for i in rng.permutation(_free(work)):
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


def _over(rng: Rng, work: Work, who: _Forger) -> list[int]:
    """6: struck over what was there, the old strokes hardly touched or half rubbed down."""
    was = work.plate.copy()
    at = _some(rng, work, (0.3, 0.2, 0.15, 0.35))
    mask: Array | None = None
    if rng.random() < 0.4 + 0.3 * who.care:
        mask = _clear(rng, work, who, at, _depth_of(work, at) * float(rng.uniform(0.05, 0.6)))
    _strike_again(rng, work, who, at)
    if mask is not None:
        _finish(rng, work, who, mask, was)
    return at


def _twin(rng: Rng, work: Work, who: _Forger) -> list[int]:
    """7: another car's number, on metal that bore none. `stamping` strikes it as a maker would."""
    return _free(work)


_DO: dict[Method, Callable[[Rng, Work, _Forger], list[int]]] = {
    "erased": _erase, "refilled": _refill, "let in": _let_in, "inset": _inset, "strokes added": _add,
    "overstruck": _over, "twin": _twin,
}  # fmt: skip
