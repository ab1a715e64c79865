"""One number from the die to the strip: struck, perhaps forged, aged, lit, photographed, and its truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from vinspect.datasets import numbers
from vinspect.datasets.relief import age, camera, dieset, forgery, groove, layout, light, metal, process
from vinspect.datasets.relief.camera import View
from vinspect.datasets.relief.dieset import Dies
from vinspect.datasets.relief.forgery import Deed, Method
from vinspect.datasets.relief.layout import MARKS, Glyph
from vinspect.datasets.relief.plate import Array, Plate, Rng
from vinspect.datasets.relief.process import PROCESSES, Process
from vinspect.datasets.relief.work import Work

HEIGHT = 64  # pixels of a strip; capitals take three fifths
_CAP = 40  # pixels of a capital on the plate


@dataclass(frozen=True)
class Struck:
    """One character of the number, without its marks."""

    text: str  # as it stands now, "?" where it was ground away
    before: str  # as it was before the forger came; the same where he left it alone
    method: Method | None  # what he did to it
    process: str  # how it was struck, as it stands now
    dies: str  # with which set
    edge: str
    wheel: bool  # the maker himself struck it with another set than the first character: no offence


@dataclass(frozen=True, eq=False)
class Stamping:
    """A strip and its truth. Pixels are those of the strip, float32 and uint8 arrays are (height, width)."""

    picture: Array  # uint8
    text: str
    before: str
    characters: tuple[Struck, ...]
    quads: Array  # float32 (n, 4, 2), each character's cell, clockwise from its top left
    line: Array  # float32 (4, 2), from the first character's left to the last one's right
    groove: Array  # uint8: 255 in a stroke of a character as it stands, 128 in what was there before
    touched: Array  # uint8: 0, or 1 + the place in `work.TRACES` of what was done here last
    height: Array  # float32, millimetres above the sheet; grooves are negative
    mm: float  # millimetres a pixel, in the middle
    deed: Deed | None  # None: as the maker struck it
    metal: str
    coat: str | None
    light: str
    cap_mm: float
    filed: Relief  # what a rubbing on file was taken from: the number before the forger came
    found: Relief  # what a rubbing taken today is taken from


@dataclass(frozen=True, eq=False)
class Relief:
    """A number as heights alone."""

    z: Array  # float32 (h, w), millimetres
    mm: float  # millimetres a pixel
    quads: Array  # float32 (n, 4, 2), pixels
    line: Array  # float32 (4, 2)
    text: str
    glyphs: tuple[Glyph, ...] = ()  # of the text, as they stand


def stamping(
    rng: Rng,
    forged: bool,
    *,
    held_out: bool = False,
    text: str | None = None,
    methods: tuple[Method, ...] = forgery.METHODS,
    height: int = HEIGHT,
    occasion: int = 0,
    hand: Rng | None = None,
) -> Stamping:
    """A strip of a genuine or a forged number, `height` pixels high.

    Maker, metal, forger, years, light and camera each draw from a generator of their own: with the same `rng`, a
    genuine and a forged number differ in what the forger did and in nothing else. `held_out` draws dies, processes,
    tools, metals and lights from families that training never sees. `occasion`: another one shows the same number with
    other years on it, in another light and by another camera. `hand`: process, size, dies and tool are drawn from this
    one; numbers with hands of one seed are struck with one set of dies, whatever else is drawn.
    """
    seeds = rng.integers(1 << 62, size=6)
    maker, mill, crook = (np.random.default_rng(s) for s in seeds[:3])
    years, lamps, lens = (np.random.default_rng((s, occasion) if occasion else s) for s in seeds[3:])
    work, cap = _made(maker, mill, text, held_out, hand)
    filed = _relief(work)
    glyphs = list(work.glyphs)
    deed: Deed | None = None
    if forged:
        deed = forgery.forge(crook, work, held_out, methods)
        if deed.method == "twin":
            filed, glyphs = _victim(crook, work, filed, held_out)
    found = _relief(work)
    fresh = np.clip(cv2.blur((work.touched > 0).astype(np.float32), (9, 9)), 0, 1)
    young = float(crook.uniform(0.0, 1.0)) * (1 - deed.care) if deed is not None else 0.0
    age.years(years, work.plate, 1 - fresh * young)
    scene, linear = _lit(lamps, work, held_out)
    mm = work.plate.mm
    level = layout.level([g for g in glyphs if g.text not in MARKS])
    v = camera.view(lens, work.plate.shape, level / mm, height)
    picture = camera.photograph(lens, linear, v, _CAP)
    return _told(work, glyphs, deed, v, picture, level, cap, scene.kind, filed, found)


def _made(maker: Rng, mill: Rng, text: str | None, held_out: bool, hand: Rng | None = None) -> tuple[Work, float]:
    """The number as it left the works, and the height of its capitals in millimetres."""
    hand = hand or maker
    p = _process(hand, held_out)
    cap = float(hand.choice([hand.uniform(6, 9), hand.uniform(4, 6), hand.uniform(9, 12)], p=[0.65, 0.2, 0.15]))
    text = text or (numbers.vin_number(maker) if maker.random() < 0.8 else numbers.free_number(maker))
    text = text.replace("-", "") or text
    dies = dieset.cut(hand, held_out, p.stroke, p.width)
    marked = text
    if maker.random() < 0.5:
        mark = "*" if maker.random() < 0.7 else "◆"
        marked = mark + text + mark
    glyphs = layout.line(maker, marked, dies, p, cap)
    glyphs = _oddities(maker, glyphs, held_out)
    how = layout.looseness(maker, p)
    mm = cap / _CAP
    margin = (float(maker.uniform(1.2, 1.7)) * cap, float(maker.uniform(0.75, 0.95)) * cap)
    width = max(g.x + g.width / 2 for g in glyphs) - min(g.x - g.width / 2 for g in glyphs)
    first = min(g.x - g.width / 2 for g in glyphs)
    shape = (round((cap + 2 * margin[1]) / mm), round((width + 2 * margin[0]) / mm))
    glyphs = layout.moved(glyphs, margin[0] - first, margin[1] + cap)
    glyphs = [layout.struck(maker, g, how) for g in glyphs]
    quad = layout.level(glyphs)

    kind = str(mill.choice(metal.BARE[:-1], p=[0.35, 0.2, 0.15, 0.12, 0.18]))
    if held_out and mill.random() < 0.3:
        kind = str(mill.choice(metal.HELD_OUT_BARE))
    plate = metal.sheet(mill, shape, mm, kind)
    work = Work(
        plate, glyphs, np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.uint8), None, kind
    )
    coated = mill.random() < {"press": 0.65, "roller": 0.6, "scribe": 0.6, "embossed": 0.45}.get(p.name, 0.4)
    coat_kind = "primer" if mill.random() < 0.18 else "paint"
    if held_out and mill.random() < 0.3:
        coat_kind = str(mill.choice(metal.HELD_OUT_COATS))
    coat = metal.coat(mill, coat_kind) if coated else None
    age.surroundings(mill, plate, quad)
    through = coat is not None and (p.name in ("scribe", "laser", "peen") or mill.random() < 0.12)
    if coat is not None and through:
        metal.lay_on(mill, plate, coat)
    work.coat = coat
    _strike_all(maker, hand, mill, work, through)
    if coat is not None and not through:
        metal.lay_on(mill, plate, coat)
    return work, cap


def _lit(rng: Rng, work: Work, held_out: bool) -> tuple[light.Scene, Array]:
    """Light in which something can be seen: who sees nothing moves the lamp or himself, once or twice."""
    patience = int(rng.integers(0, 4))
    tries = [np.random.default_rng(s) for s in rng.integers(1 << 62, size=patience + 1)]
    for own in tries:
        scene = light.scene(own, held_out)
        linear = light.shade(work.plate, scene)
        if light.seen(linear, work.cover, work.plate.mm) > 0.8:
            break
    return scene, linear


def _strike_all(maker: Rng, hand: Rng, mill: Rng, work: Work, through: bool) -> None:
    """Each process in one go."""
    bared = float(mill.uniform(0, 1)) if mill.random() < 0.6 else 0.0
    for name in dict.fromkeys(g.process.name for g in work.glyphs):
        some = [g for g in work.glyphs if g.process.name == name]
        mark = work.strike(maker, some, groove.tool(hand, some[0]))
        if through and name != "laser":
            work.bare(mark.cover * bared, mill)


def _process(rng: Rng, held_out: bool) -> Process:
    if held_out and rng.random() < 0.25:
        return PROCESSES[str(rng.choice(process.HELD_OUT))]
    names = [n for n in process.SHARES if n not in process.HELD_OUT]
    p = np.array([process.SHARES[n] for n in names])
    return PROCESSES[str(rng.choice(names, p=p / p.sum()))]


def _oddities(rng: Rng, glyphs: list[Glyph], held_out: bool) -> list[Glyph]:
    """What is honest and looks odd: a serial part from another wheel, letters larger than digits, two processes."""
    kind = rng.random()
    free = [i for i, g in enumerate(glyphs) if g.text not in MARKS]
    p, cap = glyphs[free[0]].process, glyphs[0].height
    if kind < 0.13 and len(free) >= 10:
        last = free[-int(rng.integers(4, 9)) :]
        near = dieset.cut(rng, held_out, p.stroke, p.width)
        first = glyphs[free[0]].dies
        near = replace(near, width=first.width * float(np.exp(rng.normal(0, 0.08))), slant=first.slant,
                       stroke=float(np.clip(first.stroke * np.exp(rng.normal(0, 0.15)), 0.04, 0.2)))  # fmt: skip
        high = cap * float(np.exp(rng.normal(0, 0.03)))
        deep = float(np.exp(rng.normal(0, 0.25)))
        return [_with(g, near, high, depth=g.depth * deep) if i in last else g for i, g in enumerate(glyphs)]
    if kind < 0.18 and p.name in ("punch", "scribe", "press"):
        k = float(rng.uniform(1.06, 1.18))
        return [
            replace(g, height=g.height * k, width=g.width * k, y=g.y - g.height * (k - 1) / 2)
            if g.text.isalpha()
            else g
            for g in glyphs
        ]
    if kind < 0.21 and p.name in ("embossed", "press", "peen") and len(free) >= 10:
        other = PROCESSES[str(rng.choice(["laser", "peen", "press"]))]
        new = dieset.cut(rng, held_out, other.stroke, p.width)
        head = free[: int(rng.integers(3, 10))]
        deep = float(rng.uniform(*other.depth))
        return [
            replace(_with(g, new, cap, depth=deep), process=other) if i in head else g for i, g in enumerate(glyphs)
        ]
    return glyphs


def _with(g: Glyph, dies: Dies, high: float, depth: float) -> Glyph:
    return replace(
        g, dies=dies, height=high, width=dies.wide(g.text) * high, depth=depth, y=g.y + (g.height - high) / 2
    )


def _victim(rng: Rng, work: Work, filed: Relief, held_out: bool) -> tuple[Relief, list[Glyph]]:
    """The honest car's own number, which is on file: the same text, struck elsewhere by other dies."""
    text = "".join(g.text for g in work.glyphs if g.text not in MARKS)
    other, _ = _made(rng, rng, text, held_out)
    return _relief(other), list(work.glyphs)


def _relief(work: Work) -> Relief:
    glyphs = [g for g in work.glyphs if g.text not in MARKS]
    mm = work.plate.mm
    return Relief(
        work.plate.z.copy(), mm, np.stack([g.quad for g in glyphs]) / mm, layout.level(glyphs) / mm,
        "".join(g.text for g in glyphs), tuple(glyphs),
    )  # fmt: skip


def _told(
    work: Work,
    before: list[Glyph],
    deed: Deed | None,
    v: View,
    picture: Array,
    level: Array,
    cap: float,
    kind: str,
    filed: Relief,
    found: Relief,
) -> Stamping:
    """The truth, laid over the strip."""
    plate: Plate = work.plate
    free = [i for i, g in enumerate(work.glyphs) if g.text not in MARKS]
    first = before[free[0]].dies
    altered = set(deed.at) if deed is not None else set()
    characters = tuple(
        Struck(
            work.glyphs[i].text,
            before[i].text,
            deed.method if deed is not None and i in altered else None,
            work.glyphs[i].process.name,
            work.glyphs[i].dies.name,
            work.glyphs[i].dies.edge,
            before[i].dies is not first and i not in altered,
        )
        for i in free
    )
    now = camera.carried(v, work.cover)
    was = camera.carried(v, work.ghost)
    strokes = np.where(now > 0.5, 255, np.where(was > 0.5, 128, 0)).astype(np.uint8)
    line = camera.points(v, level / plate.mm)
    return Stamping(
        picture,
        "".join(c.text for c in characters),
        "".join(c.before for c in characters),
        characters,
        camera.points(v, np.stack([work.glyphs[i].quad for i in free]) / plate.mm),
        line,
        strokes,
        camera.carried(v, work.touched, cv2.INTER_NEAREST),
        camera.carried(v, plate.z),
        cap / float(np.linalg.norm(line[3] - line[0])),
        deed,
        work.kind,
        work.coat.kind if work.coat is not None else None,
        kind,
        cap,
        filed,
        found,
    )
