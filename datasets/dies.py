"""Die sets: how each character is drawn, as strokes of a punch, as the outline of a font, or as dots.

A skeleton is a list of polylines in a cell one unit high (y down, 0 at the cap line, 1 at the baseline) and as wide
as the die set makes it. METAL.md's letter shapes are the middle of what `skeletons` draws; it goes well beyond.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-*◆"
Polyline = np.ndarray  # float32 (n, 2)


@dataclass(frozen=True, eq=False)
class DieSet:
    """One alphabet of punches."""

    name: str
    skeleton: dict[str, tuple[Polyline, ...]] | None  # strokes of each character, or None where it is a font
    font: str | None  # path of the font file, or None where it is a skeleton
    width: float  # of an ordinary character, in cap heights
    stroke: float  # stroke width in cap heights; a font's own is changed by as much as this differs from 0.12


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float, square: float = 2.0) -> list:
    """Points of a superellipse from angle `start` to `end` in degrees (0 right, 90 down)."""
    a = np.radians(np.linspace(start, end, max(4, int(abs(end - start) / 14))))
    c, s = np.cos(a), np.sin(a)
    p = 2.0 / square
    x = cx + rx * np.sign(c) * np.abs(c) ** p
    y = cy + ry * np.sign(s) * np.abs(s) ** p
    return list(zip(x, y, strict=True))


def skeletons(rng: np.random.Generator) -> dict[str, tuple[Polyline, ...]]:
    """A random alphabet of strokes: round or square, open or closed, footed or bare, slashed or not."""

    def u(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    def maybe(p: float) -> bool:
        return bool(rng.random() < p)

    sq = u(1.9, 2.6) if maybe(0.6) else u(2.6, 7.0)  # oval to rounded box
    mid, bar = u(0.44, 0.54), u(0.4, 0.56)
    bowl = u(0.48, 0.6)  # height of the bowl of 6 and 9
    foot = u(0.2, 0.42) if maybe(0.45) else 0.0
    serif = u(0.06, 0.16) if maybe(0.18) else 0.0
    u(0.14, 0.24)  # drawn so that seeds keep the alphabets that they had

    def ring() -> list:
        return _arc(0.5, 0.5, 0.5, 0.5, -90, 270, sq)

    def stem(x: float) -> list[list]:
        s = [[(x, 0), (x, 1)]]
        if serif:
            s += [[(x - serif, 0), (x + serif, 0)], [(x - serif, 1), (x + serif, 1)]]
        return s

    g: dict[str, list[list]] = {}
    g["0"] = [ring()]
    slash = rng.random()
    if slash < 0.14:
        g["0"].append([(0.2, 0.8), (0.8, 0.2)])
    elif slash < 0.2:
        g["0"].append([(0.02, 1.0), (0.98, 0.0)])
    flag = u(0.12, 0.42)
    g["1"] = [[(0.5 - flag, u(0.1, 0.34)), (0.5, 0), (0.5, 1)]] if maybe(0.85) else [[(0.5, 0), (0.5, 1)]]
    if foot:
        g["1"].append([(0.5 - foot, 1), (0.5 + foot, 1)])
    neck = u(0.26, 0.34)
    g["2"] = [[*_arc(0.5, neck, 0.48, neck, -170, u(20, 40), sq), (0, 1), (1, 1)]]
    if maybe(0.25):  # the flat-topped or boxed 2 and 5 of needle machines
        g["2"] = [[(0, u(0.08, 0.25)), (0.25, 0), (0.75, 0), (1, 0.22), (0.95, 0.45), (0, 1), (1, 1)]]
    if maybe(0.25):
        g["3"] = [[(0.04, 0), (0.96, 0), (0.42, 0.42), *_arc(0.5, 0.7, 0.5, 0.3, -70, 160, sq)]]
    else:
        g["3"] = [
            [*_arc(0.48, mid / 2, 0.44, mid / 2, -165, 80, sq), (0.36, mid)],
            [(0.4, mid), *_arc(0.5, (1 + mid) / 2, 0.5, (1 - mid) / 2, -80, 165, sq)],
        ]
    by = u(0.62, 0.76)
    jut = u(0.9, 1.05)
    if maybe(0.75):
        x4 = u(0.66, 0.82)
        g["4"] = [[(jut, by), (0, by), (x4, 0), (x4, 1)]]
    else:
        x4 = u(0.66, 0.85)
        g["4"] = [[(u(0.1, 0.4), 0), (0, by), (jut, by)], [(x4, u(0.2, 0.45)), (x4, 1)]]
    b5 = u(0.56, 0.66)
    g["5"] = [
        [(0.92, 0), (u(0.08, 0.2), 0), (0.06, u(0.42, 0.5)), *_arc(0.46, 1 - b5 / 2, 0.52, b5 / 2, -130, 155, sq)]
    ]
    if maybe(0.25):
        g["5"] = [
            [(0.95, 0), (0.05, 0), (0.05, 0.44), (0.75, 0.44), (1, 0.6), (1, 0.84), (0.75, 1), (0.25, 1), (0, 0.86)]
        ]
    kind6 = rng.random()
    ring6 = _arc(0.5, 1 - bowl / 2, 0.5, bowl / 2, 180, 540, sq)
    if kind6 < 0.55:  # hooked top
        six = [[*_arc(0.54, 0.5, 0.54, 0.5, u(-50, -20), -180, sq), (0, 1 - bowl / 2)], ring6]
    elif kind6 < 0.8:  # a straight slant into the bowl
        six = [[(u(0.6, 0.85), 0), (u(0.1, 0.2), 0.5), (0, 1 - bowl / 2)], ring6]
    else:
        six = [[*_arc(0.6, 0.42, 0.6, 0.42, -70, -180, 2.0), (0, 1 - bowl / 2)], ring6]
    g["6"] = six
    if maybe(0.65):
        g["9"] = [[(1 - x, 1 - y) for x, y in s] for s in six]
    else:  # the straight slanting tail of car presses
        g["9"] = [[(1, bowl / 2), (u(0.3, 0.6), 1)], _arc(0.5, bowl / 2, 0.5, bowl / 2, 0, 360, sq)]
    g["7"] = (
        [[(0.02, u(0.1, 0.2)), (0.02, 0), (0.98, 0), (u(0.25, 0.45), 1)]]
        if maybe(0.2)
        else [[(0.02, 0), (0.98, 0), (u(0.22, 0.45), 1)]]
    )
    if maybe(0.08):
        g["7"].append([(0.35, 0.5), (0.85, 0.5)])
    upper = u(0.38, 0.5)
    g["8"] = [
        _arc(0.5, mid / 2, upper, mid / 2, -90, 270, sq),
        _arc(0.5, (1 + mid) / 2, 0.5, (1 - mid) / 2, -90, 270, sq),
    ]
    flat = u(0.0, 0.18) if maybe(0.3) else 0.0
    g["A"] = [[(0, 1), (0.5 - flat, 0), (0.5 + flat, 0), (1, 1)], [(0.18, u(0.58, 0.7)), (0.82, 0.64)]]
    g["B"] = [
        *stem(0)[0:1],
        [(0, 0), (0.5, 0), *_arc(0.55, mid / 2, 0.36, mid / 2, -90, 90, sq), (0, mid)],
        [(0.5, mid), *_arc(0.55, (1 + mid) / 2, 0.45, (1 - mid) / 2, -90, 90, sq), (0, 1)],
    ]
    gap = u(28, 62)
    g["C"] = [_arc(0.54, 0.5, 0.54, 0.5, -gap, -360 + gap, sq)]
    d = u(0.1, 0.5)
    g["D"] = [[(0, 0), (0, 1), (d, 1), *_arc(d, 0.5, 1 - d, 0.5, 90, -90, sq), (0, 0)]]
    e = u(0.6, 0.95)
    g["E"] = [[(0.95, 0), (0, 0), (0, 1), (0.95, 1)], [(0, bar), (e, bar)]]
    g["F"] = [[(0.95, 0), (0, 0), (0, 1)], [(0, bar), (e, bar)]]
    spur = maybe(0.55)
    g["G"] = [[*_arc(0.54, 0.5, 0.54, 0.5, -gap, -360 + u(20, 45), sq), (1.0, u(0.52, 0.6)), (u(0.5, 0.68), 0.56)]]
    if spur:
        g["G"].append([(1.0, 0.56), (1.0, 1.0)])
    g["H"] = [*stem(0), *stem(1), [(0, bar), (1, bar)]]
    g["I"] = [[(0.5, 0), (0.5, 1)]] + ([[(0.2, 0), (0.8, 0)], [(0.2, 1), (0.8, 1)]] if maybe(0.5) else [])
    g["J"] = [[(0.85, 0), (0.85, 0.7), *_arc(0.44, 0.7, 0.41, 0.3, 0, u(150, 180), sq)]]
    if maybe(0.25):
        g["J"].append([(u(0.3, 0.5), 0), (0.85, 0)])
    kx = u(0.0, 0.35)
    g["K"] = [*stem(0), [(0.95, 0), (0, u(0.5, 0.66))], [(kx, 0.62 - kx * 0.6), (1, 1)]]
    g["L"] = [[(0, 0), (0, 1), (0.95, 1)]]
    v = u(0.55, 1.0)
    splay = u(0, 0.12) if maybe(0.3) else 0.0
    g["M"] = [[(-splay, 1), (splay * 0.6, 0), (0.5, v), (1 - splay * 0.6, 0), (1 + splay, 1)]]
    g["N"] = [[(0, 1), (0, 0), (1, 1), (1, 0)]]
    g["O"] = [ring()]
    g["P"] = [[(0, 1), (0, 0), (0.5, 0), *_arc(0.52, 0.27, 0.46, 0.27, -90, 90, sq), (0, 0.54)]]
    g["Q"] = [ring(), [(u(0.5, 0.65), u(0.66, 0.78)), (1.02, 1.05)]]
    g["R"] = [
        [(0, 1), (0, 0), (0.5, 0), *_arc(0.52, 0.26, 0.46, 0.26, -90, 90, sq), (0, 0.52)],
        [(u(0.3, 0.55), 0.52), (1, 1)],
    ]
    if maybe(0.25):  # two slants
        g["S"] = [
            [
                (0.95, 0.16),
                (0.75, 0),
                (0.22, 0),
                (0.02, 0.2),
                (0.1, 0.4),
                (0.9, 0.6),
                (0.98, 0.8),
                (0.78, 1),
                (0.22, 1),
                (0.03, 0.84),
            ]
        ]
    else:
        g["S"] = [[*_arc(0.5, 0.25, 0.46, 0.25, u(-30, -15), -250, sq), *_arc(0.5, 0.745, 0.5, 0.255, -70, 165, sq)]]
    g["T"] = [[(0, 0), (1, 0)], [(0.5, 0), (0.5, 1)]]
    g["U"] = [[(0, 0), (0, 0.62), *_arc(0.5, 0.62, 0.5, 0.38, 180, 0, sq), (1, 0)]]
    g["V"] = [[(0, 0), (0.5, 1), (1, 0)]]
    w = u(0.05, 0.45)
    g["W"] = [[(-0.1, 0), (0.22, 1), (0.5, w), (0.78, 1), (1.1, 0)]]
    g["X"] = [[(0, 0), (1, 1)], [(1, 0), (0, 1)]]
    y = u(0.42, 0.56)
    g["Y"] = [[(0, 0), (0.5, y), (1, 0)], [(0.5, y), (0.5, 1)]]
    g["Z"] = [[(0.02, 0), (0.98, 0), (0.02, 1), (0.98, 1)]]
    if maybe(0.08):
        g["Z"].append([(0.25, 0.5), (0.75, 0.5)])
    dash = u(0.15, 0.3)
    g["-"] = [[(0.5 - dash, 0.52), (0.5 + dash, 0.52)]]
    arms = int(rng.choice([5, 6, 6, 6, 8]))
    size, phase = u(0.3, 0.5), u(0, 60)
    inner = 0.0 if maybe(0.7) else u(0.1, 0.2)
    cy = u(0.35, 0.55)
    g["*"] = [
        [(0.5 + inner * np.cos(t), cy + inner * np.sin(t)), (0.5 + size * np.cos(t), cy + size * np.sin(t))]
        for t in np.radians(phase + np.arange(arms) * 360 / arms)
    ]
    kind = rng.random()
    if kind < 0.5:
        g["◆"] = [[(0.5, 0.05), (0.95, 0.5), (0.5, 0.95), (0.05, 0.5), (0.5, 0.05)]]
    else:
        g["◆"] = [_arc(0.5, 0.5, 0.5, 0.45, 0, 360)] + ([[(0.3, 0.35), (0.5, 0.7), (0.7, 0.35)]] if kind < 0.8 else [])
    wobble = u(0.0, 0.03)
    out: dict[str, tuple[Polyline, ...]] = {}
    for ch, strokes in g.items():
        bend = rng.normal(0, wobble, 4)
        pts = []
        for stroke in strokes:
            p = np.asarray(stroke, np.float32)
            x, y_ = p[:, 0], p[:, 1]
            p = np.stack([x + bend[0] * np.sin(np.pi * y_) + bend[1] * (y_ - 0.5), y_ + bend[2] * np.sin(np.pi * x)], 1)
            pts.append(p.astype(np.float32))
        out[ch] = tuple(pts)
    return out


# Families kept out of training, so that the benchmark's stampings are in fonts nobody learned from.
HELD_OUT_FONTS = (
    "OcrB",
    "OCR-B",
    "osifont",
    "Play-",
    "Cabin",
    "Roadgeek",
    "Allerta",
    "B612",
    "Lato",
    "Hack",
    "texgyreheros",
)
_UNFIT = (
    "Symbol", "Emoji", "Icon", "Dingbat", "Math", "Music", "Italic", "Oblique", "italic", "oblique", "Awesome",
    "D050000L", "StandardSymbols", "Z003", "Chorus", "chorus", "Script", "Glass_TTY", "Braille", "wingding", "webding",
    "symbol", "-It", "Slanted", "monofur_it", "itali",
)  # fmt: skip


@lru_cache(maxsize=4)
def fonts(held_out: bool = False) -> tuple[str, ...]:
    """Font files on this machine that hold capitals and digits: those for training, or the families held out."""
    roots = ("/usr/share/fonts", "/usr/local/share/fonts", os.path.expanduser("~/.fonts"))
    found = []
    for path in sorted(p for r in roots for p in Path(r).rglob("*") if p.suffix.lower() in (".ttf", ".otf")):
        name = path.name
        if any(word in name for word in _UNFIT) or (
            "Noto" in name and not name.startswith(("NotoSans-", "NotoSansMono-"))
        ):
            continue
        if any(word.lower() in name.lower() for word in HELD_OUT_FONTS) != held_out:
            continue
        try:
            font = ImageFont.truetype(str(path), 24)
            boxes = {font.getbbox(c) for c in "A8"} | {font.getbbox("\uffff")}
        except (OSError, ValueError):
            continue
        if len(boxes) == 3 and font.getmask("8").getbbox():
            found.append(str(path))
    return tuple(found)


@lru_cache(maxsize=512)
def _face(font: str, size: int) -> ImageFont.FreeTypeFont:
    """A font whose capitals are `size` pixels high."""
    _, up, _, _ = ImageFont.truetype(font, 64).getbbox("H", anchor="ls")
    return ImageFont.truetype(font, max(8, round(64 * size / max(1, -up))))


@lru_cache(maxsize=6000)
def outline(font: str, ch: str, size: int) -> tuple[np.ndarray, float]:
    """A character of a font, its capitals `size` pixels high: coverage uint8 (h, w), cut at its sides; its advance."""
    face = _face(font, size)
    glyph = "●" if ch == "◆" and face.getmask("●").getbbox() else ("*" if ch == "◆" else ch)
    left, _, right, _ = face.getbbox(glyph, anchor="ls")
    pad = 2
    picture = Image.new("L", (int(max(1, right - left)) + 2 * pad, size + 2 * (size // 4)))
    ImageDraw.Draw(picture).text((pad - left, size + size // 4), glyph, 255, face, anchor="ls")
    return np.asarray(picture), float(face.getlength(glyph))


def die_set(rng: np.random.Generator, held_out: bool = False) -> DieSet:
    """A die set at random: two in three are skeletons, one in three a font. `held_out` draws from families apart."""
    faces = fonts(held_out)
    width = float(rng.uniform(0.36, 0.8))
    stroke = float(np.exp(rng.uniform(np.log(0.055), np.log(0.2))))
    if faces and rng.random() < 0.4:
        path = str(rng.choice(faces))
        return DieSet(Path(path).stem, None, path, width, stroke)
    seed = int(rng.integers(1 << 31))
    # Skeleton seeds are even in training and odd in the benchmark.
    seed = seed | 1 if held_out else seed & ~1
    return DieSet(f"skeleton-{seed}", skeletons(np.random.default_rng(seed)), None, width, stroke)


def draw(canvas: np.ndarray, strokes: list[Polyline], thickness: float) -> None:
    """Draw polylines (float32, pixels) into a uint8 canvas with sub-pixel ends and the given width in pixels."""
    whole = [np.round(s * 16).astype(np.int32).reshape(-1, 1, 2) for s in strokes]
    cv2.polylines(canvas, whole, False, 255, max(1, round(thickness)), cv2.LINE_AA, 4)
