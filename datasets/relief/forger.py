"""A forger: his dies, his care, which characters he takes on, and how he strikes them again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vinspect.datasets.relief import dieset, groove, layout
from vinspect.datasets.relief.dieset import Dies
from vinspect.datasets.relief.layout import MARKS, Glyph
from vinspect.datasets.relief.plate import Rng
from vinspect.datasets.relief.process import PROCESSES, Process
from vinspect.datasets.relief.work import Work
from vinspect.vision import vin

_DIGITS, _LETTERS = "0123456789", "ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True, eq=False)
class Forger:
    """One man and his dies."""

    dies: Dies
    process: Process
    care: float
    held_out: bool


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


def forger(rng: Rng, glyphs: list[Glyph], care: float, held_out: bool) -> Forger:
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
    return Forger(chosen, process, care, held_out)


def free(work: Work) -> list[int]:
    """Places of the characters that he may take on: no marks, no hyphens, none that is gone."""
    return [i for i, g in enumerate(work.glyphs) if g.text not in MARKS + "-?"]


def some(rng: Rng, work: Work, p: tuple[float, float, float, float]) -> list[int]:
    """One, a few, the tail, or all; `p` are their shares."""
    there = free(work)
    kind = int(rng.choice(4, p=p))
    if kind == 0:
        return [int(rng.choice(there))]
    if kind == 1:
        k = min(len(there), int(rng.integers(2, 5)))
        if rng.random() < 0.5:
            first = int(rng.integers(0, len(there) - k + 1))
            return there[first : first + k]
        return sorted(int(i) for i in rng.choice(there, k, replace=False))
    if kind == 2:
        return there[-min(len(there) - 1, int(rng.integers(4, 9))) :]
    return there


def _other(rng: Rng, ch: str) -> str:
    """Another character, mostly of the same kind."""
    same = _DIGITS if ch in _DIGITS else _LETTERS
    pool = same if rng.random() < 0.9 else _DIGITS + _LETTERS
    return str(rng.choice([c for c in pool if c != ch]))


def again(rng: Rng, work: Work, who: Forger, at: list[int], change: float) -> list[Glyph]:
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
    return _checked(rng, work, at, out)


def _checked(rng: Rng, work: Work, at: list[int], new: list[Glyph]) -> list[Glyph]:
    """Any forger can compute the check digit: most do, where it is among what they strike."""
    there = free(work)
    now = {i: g.text for i, g in zip(at, new, strict=True)}
    number = "".join(now.get(i, work.glyphs[i].text) for i in there)
    is_vin = len(number) == vin.LENGTH and set(number) <= set(vin.VIN_ALPHABET)
    if not is_vin or not vin.binding(number) or rng.random() > 0.7:
        return new
    where = there[vin.CHECK_POSITION]
    digit = vin.check_digit(number)
    return [
        replace(g, text=digit, width=g.dies.wide(digit) * g.height) if i == where else g
        for i, g in zip(at, new, strict=True)
    ]


def strike_again(rng: Rng, work: Work, who: Forger, at: list[int], change: float = 0.93) -> None:
    """Strike these characters as others, each changed as likely as `change`; a single one always."""
    new = again(rng, work, who, at, change)
    if all(n.text == work.glyphs[i].text for n, i in zip(new, at, strict=True)) and len(at) == 1:
        new = [replace(new[0], text=_other(rng, new[0].text))]
    put(rng, work, at, new)


def put(rng: Rng, work: Work, at: list[int], new: list[Glyph]) -> None:
    """Strike new characters in the old ones' places; the old strokes are ghosts from here on."""
    forget(work, at)
    mark = work.strike(rng, new, groove.tool(rng, new[0]))
    work.note(mark.cover, "struck")
    for i, g in zip(at, new, strict=True):
        work.glyphs[i] = g


def forget(work: Work, at: list[int]) -> None:
    """What was read here is a ghost."""
    x, y = work.plate.grid
    for i in at:
        q = work.glyphs[i].quad
        pad = 0.1 * work.glyphs[i].height
        inside = (x > q[:, 0].min() - pad) & (x < q[:, 0].max() + pad)
        inside = inside & (y > q[:, 1].min() - pad) & (y < q[:, 1].max() + pad)
        np.maximum(work.ghost, work.cover * inside, out=work.ghost)
        work.cover[inside] = 0


def runs(at: list[int]) -> list[list[int]]:
    """Neighbours together."""
    out: list[list[int]] = []
    for i in sorted(at):
        if out and i == out[-1][-1] + 1:
            out[-1].append(i)
        else:
            out.append([i])
    return out


def block(rng: Rng, work: Work, p: tuple[float, float, float]) -> list[int]:
    """A run of neighbours: a few, the tail, all."""
    there = free(work)
    kind = int(rng.choice(3, p=p))
    if kind == 2:
        return there
    k = min(len(there), int(rng.integers(2, 9)))
    first = len(there) - k if kind == 1 else int(rng.integers(0, len(there) - k + 1))
    return there[first : first + k]
