"""`python -m vinspect.datasets.showcase FOLDER`: the photographs of datasets/samples, made from nothing but numbers.

Each scene is a surface of 1500 x 1125 pixels (see `photograph`), dressed with what `workshop` holds; its number is
made up. The seed of each scene is fixed, so that the same pictures come out.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from vinspect.datasets import workshop as shop
from vinspect.datasets.photograph import (
    Array,
    Camera,
    Light,
    Rng,
    Surface,
    colour,
    fractal,
    photograph,
    place,
    shade,
    step,
)
from vinspect.datasets.workshop import Line

H, W = 1125, 1500


@dataclass(frozen=True, eq=False)
class Sample:
    """One photograph that is to be taken."""

    surface: Surface
    light: Light
    camera: Camera
    after: Callable[[Array], Array] = lambda linear: linear  # what stands between surface and camera


def press(rng: Rng, number: str) -> Sample:
    """A press-struck number in a painted body panel, under the bonnet."""
    s = Surface.flat(H, W, colour("#41566e"), 0.0, 0.17)
    shop.bend(s, (0, 845), 90, 0.9, 16)
    shop.bend(s, (0, 205), -90, 0.55, 22)
    line = Line(190, 560, 66, 0.62, 1.02, 0.105)
    shop.strike(s, rng, f"*{number}*", replace(line, x=line.x - 67), shop.alphabet(22), 4.4)
    shop.hole(s, 1330, 700, 34, 5)
    shop.hole(s, 150, 720, 18, 2)
    s.z = cv2.GaussianBlur(s.z, (0, 0), 1.3)  # paint rounds what the press left
    shop.orange_peel(s, rng)
    shop.flakes(s, rng, 0.05)
    shop.bolt(s, rng, 1180, 940, 46)
    shop.seam(s, rng, [(-20, 118), (500, 126), (1100, 116), (1540, 124)], 34, colour("#5c6f86"))
    shop.dust(s, rng, 0.07, hollow=0.22)
    shop.specks(s, rng, 60, (0.6, 2.2), "#2b2620")
    shop.scratches(s, rng, 5, 160)
    return Sample(
        s,
        place(rng, "garage", (-0.5, -0.62, 0.55), 1.6),
        Camera(tilt=(0.05, 0.02), turn=1.6, depth=1.0, warmth=0.15, exposure=0.85),
    )


def milled(rng: Rng, number: str) -> Sample:
    """An engine number on the bare milled deck of a block, cast metal around it."""
    s = Surface.flat(H, W, colour("#6b6862"), 0.35, 0.62)
    s.z += 1.5 * fractal(rng, H, W, 24, 5, 0.7)
    s.cover(np.full((H, W), 0.5, np.float32), colour("#4b443c"), 0.0, 0.9)
    inside = shop.rounded(s, 800, 560, 1560, 560, 90, -1.5)
    deck = Surface.flat(H, W, colour("#b4b3af"), 1.0, 0.3)
    shop.brushed(deck, rng, 0.07, -1.5, 300, 1.4)
    xs, ys = s.grid
    deck.z += 0.16 * np.sin(np.hypot(xs - 700, ys + 2600) / 5.5)  # the mark of the cutter
    mask = step(inside, -1.5, 1.5)
    s.z += mask * (deck.z + 26 - s.z)
    s.albedo += mask[..., None] * (deck.albedo - s.albedo)
    s.metal += mask * (1 - s.metal)
    s.rough += mask * (0.3 - s.rough)
    cut = shop.strike(
        s, rng, number, Line(300, 590, 86, 0.62, 0.98, 0.12, -1.2, (0.02, 0.025, 1.0)), shop.alphabet(40), 6.0, 0.28
    )
    s.cover(np.clip(cut, 0, 1) * 0.55, colour("#2a2520"), 0.2, 0.8)
    shop.hole(s, 205, 420, 46, 0)
    shop.hole(s, 1340, 700, 46, 0)
    shop.bolt(s, rng, 1240, 150, 70, "#77746c")
    shop.scratches(s, rng, 30, 120, 0.25)
    shop.dust(s, rng, 0.05, "#3d3126", 0.35)
    shop.specks(s, rng, 40, (0.8, 4.0), "#1d1712")  # oil
    return Sample(
        s, place(rng, "garage", (-0.35, -0.7, 0.6), 1.5, 0.5), Camera(tilt=(0.1, -0.04), turn=-2.5, depth=1.5)
    )


def peened(rng: Rng, number: str) -> Sample:
    """A dot-peened aluminium plate, riveted to a painted cross member."""
    s = Surface.flat(H, W, colour("#23262a"), 0.0, 0.36)
    shop.orange_peel(s, rng, 0.22)
    shop.bend(s, (0, 965), 86, 0.8, 14)
    inside = shop.rounded(s, 745, 545, 1270, 340, 24, 1.2)
    shop.plate(s, inside, 4.0, colour("#c3c5c7"), 1.0, 0.3)
    mask = step(inside, 2, 4)
    sheet = Surface.flat(H, W, colour("#c3c5c7"), 1.0, 0.3)
    shop.brushed(sheet, rng, 0.035, 1.2, 300, 1.2)
    s.z += mask * sheet.z
    s.albedo += mask[..., None] * (sheet.albedo - s.albedo)
    shop.peck(
        s,
        rng,
        number,
        Line(212, 575, 70, 0.48, 0.89, 0.1, 1.2, (0.004, 0.004, 0.1)),
        shop.alphabet(8),
        4.0,
        0.085,
        0.052,
    )
    ink = shop.printed(
        H,
        W,
        [
            ("CHASSIS No.", 190, 440, 26, "DejaVuSansCondensed-Bold.ttf"),
            ("GVW 3500 kg", 190, 672, 26, "DejaVuSansCondensed-Bold.ttf"),
            ("TYPE BX-3", 660, 674, 26, "DejaVuSansCondensed-Bold.ttf"),
            ("2019", 1110, 680, 26, "DejaVuSansCondensed-Bold.ttf"),
        ],
    )
    s.cover(ink * mask, colour("#15171a"), 0.0, 0.6)
    for x, y in ((148, 400), (1345, 424), (145, 665), (1340, 690)):
        shop.rivet(s, x, y, 17)
    shop.dust(s, rng, 0.06, "#8c8070", 0.3)
    shop.scratches(s, rng, 18, 140, 0.3)
    shop.specks(s, rng, 50, (0.7, 3.0), "#57493a")
    shop.cable(s, [(-40, 130), (420, 205), (960, 120), (1560, 190)], 62, colour("#17181a"))
    return Sample(
        s,
        place(rng, "overcast", (0.45, -0.6, 0.66), 1.2, 0.45),
        Camera(tilt=(-0.06, 0.03), turn=-1.0, depth=1.0, exposure=0.6, zoom=1.08),
    )


def scribed(rng: Rng, number: str) -> Sample:
    """A narrow number scribed by a needle into a dark firewall; the bright metal shows through the paint."""
    s = Surface.flat(H, W, colour("#1d2b2c"), 0.0, 0.34)
    shop.orange_peel(s, rng, 0.12)
    for at in (0, 1500):
        shop.bend(s, (at, 0), 0 if at else 180, 0.35, 30)
    s.z += 14 * step(np.abs(s.grid[1] - 950), 90, 40)  # a bead pressed into the panel
    cut = shop.strike(
        s,
        rng,
        number,
        Line(265, 575, 92, 0.42, 0.62, 0.085, 0.6, (0.004, 0.006, 0.15)),
        shop.alphabet(12),
        2.6,
        0.1,
        0.5,
    )
    s.cover(np.clip(cut * 1.5, 0, 1) ** 1.5, colour("#a9a6a0"), 0.85, 0.42)
    s.cover(np.clip(cut, 0, 1) * 0.2 * (fractal(rng, H, W, 30, 4) > 0.6), colour("#6b3a1c"), 0.0, 0.9)
    shop.hole(s, 250, 300, 26, 3)
    shop.bolt(s, rng, 1190, 300, 44, "#b3a26a")
    shop.cable(s, [(1560, 60), (1250, 190), (800, 90), (380, 40), (-60, 150)], 54, colour("#131313"))
    shop.dust(s, rng, 0.05, "#8b8272", 0.2)
    shop.scratches(s, rng, 14, 120, 0.3)
    shop.specks(s, rng, 90, (0.6, 2.4), "#84796a")
    return Sample(
        s,
        place(rng, "daylight", (-0.6, -0.45, 0.6), 2.0),
        Camera(tilt=(0.07, -0.03), turn=-3.2, depth=1.3, warmth=-0.1, exposure=0.42),
    )


def embossed(rng: Rng, number: str) -> Sample:
    """A maker's plate with printed frame and words, the number raised."""
    s = Surface.flat(H, W, colour("#8f1d16"), 0.0, 0.25)
    shop.orange_peel(s, rng)
    inside = shop.rounded(s, 750, 560, 1330, 620, 36, -0.8)
    shop.plate(s, inside, 4.0, colour("#c6c8ca"), 1.0, 0.34)
    mask = step(inside, 2, 5)
    s.z += mask * 0.1 * fractal(rng, H, W, 3, 2)
    s.z += mask * 2.2 * fractal(rng, H, W, 500, 2)  # a thin sheet is never flat
    bold, thin = "DejaVuSansCondensed-Bold.ttf", "DejaVuSansCondensed.ttf"
    ink = shop.printed(
        H,
        W,
        [
            ("NORDHAVN VOGNFABRIK A/S", 300, 372, 46, bold),
            ("e5*2007/46*1043*02", 520, 448, 28, thin),
            ("Chassis", 140, 520, 22, thin),
            ("1-", 150, 690, 26, thin),
            ("2000 kg", 290, 690, 30, bold),
            ("1-  1060 kg", 760, 690, 30, bold),
            ("0-", 150, 760, 26, thin),
            ("3400 kg", 290, 760, 30, bold),
            ("2-  1080 kg", 760, 760, 30, bold),
            ("TYPE  K7-D", 290, 826, 26, thin),
            ("PAINT  B41", 760, 826, 26, thin),
        ],
    )
    for y in (468, 640, 716, 782):
        cv2.line(ink, (120, y), (1385, y - 18), 1.0, 2, cv2.LINE_AA)
    cv2.rectangle(ink, (118, 290), (1385, 838), 1.0, 3, cv2.LINE_AA)
    s.cover(ink * mask, colour("#101216"), 0.0, 0.5)
    ridge = shop.emboss(
        s, rng, number, Line(165, 606, 72, 0.58, 0.965, 0.12, -0.8, (0.004, 0.005, 0.2)), shop.alphabet(32), 5.0
    )
    s.rough += 0.1 * ridge
    for x, y in ((128, 305), (1372, 290), (130, 832), (1378, 815)):
        shop.rivet(s, x, y, 15)
    shop.dust(s, rng, 0.05, "#6f6250", 0.5)
    shop.scratches(s, rng, 25, 120, 0.3)
    return Sample(
        s,
        place(rng, "daylight", (0.5, -0.55, 0.6), 1.3, 0.5),
        Camera(tilt=(-0.05, 0.03), turn=2.4, depth=1.0, zoom=1.0),
    )


def etched(rng: Rng, number: str) -> Sample:
    """A black plate marked by a laser, with a Data Matrix of the same number."""
    s = Surface.flat(H, W, colour("#9a9da1"), 0.9, 0.5)
    s.z += 0.16 * fractal(rng, H, W, 10, 5, 0.7)
    shop.bend(s, (0, 985), 90, 0.8, 14)
    shop.brushed(s, rng, 0.05, 90, 200)
    inside = shop.rounded(s, 740, 560, 1340, 520, 18, 0.7)
    shop.plate(s, inside, 3.5, colour("#141517"), 0.0, 0.33)
    mask = step(inside, 1, 3)
    s.z += mask * 0.05 * fractal(rng, H, W, 4, 3)
    mono, sans = "LiberationMono-Bold.ttf", "LiberationSans-Regular.ttf"
    ink = shop.printed(
        H,
        W,
        [
            (number, 128, 560, 62, mono),
            ("VEHICLE IDENTIFICATION NUMBER", 130, 462, 24, sans),
            ("AXLE 1   1450 kg", 130, 660, 30, sans),
            ("AXLE 2   1680 kg", 130, 716, 30, sans),
            ("MFD 04/2021", 640, 716, 30, sans),
            ("MODEL RT-204", 640, 660, 30, sans),
            ("TOWBAR S 75 kg", 130, 772, 30, sans),
            ("ROLLING CHASSIS CO., LTD.", 130, 384, 38, "LiberationSans-Bold.ttf"),
        ],
    )
    code = shop.barcode(number, "DataMatrix", 8)
    ink[632 : 632 + code.shape[0], 1130 : 1130 + code.shape[1]] = code
    ink = np.clip(cv2.GaussianBlur(ink, (0, 0), 0.7) * (0.9 + 0.12 * fractal(rng, H, W, 3, 2)), 0, 1)
    ink *= 0.86 + 0.14 * np.sin(s.grid[1] * 1.9)  # the laser's lines
    s.cover(ink * mask, colour("#bfc2c0"), 0.25, 0.7)
    for x, y in ((98, 325), (1388, 340), (92, 792), (1382, 806)):
        shop.rivet(s, x, y, 17, "#2a2b2d")
    shop.dust(s, rng, 0.05, "#a79a86", 0.2)
    shop.scratches(s, rng, 16, 110, 0.2)
    shop.specks(s, rng, 40, (0.6, 2.0), "#8a7f70")
    return Sample(
        s,
        place(rng, "garage", (-0.4, -0.5, 0.75), 1.4, 0.5),
        Camera(tilt=(0.04, 0.03), turn=-2.0, depth=0.9, exposure=0.6, zoom=1.0),
    )


def _jamb(rng: Rng, paint: str) -> Surface:
    s = Surface.flat(H, W, colour(paint), 0.0, 0.2)
    shop.orange_peel(s, rng)
    shop.flakes(s, rng, 0.04)
    shop.bend(s, (80, 0), 182, 0.6, 26)
    return s


def label_dark(rng: Rng, number: str) -> Sample:
    """A black label in a door jamb, its number in print and in Code 128."""
    s = _jamb(rng, "#5d6063")
    shop.seam(s, rng, [(-30, 985), (700, 1000), (1540, 990)], 30, colour("#66696c"))
    shop.bolt(s, rng, 1330, 120, 52, "#5a5c5e")
    inside = shop.rounded(s, 780, 560, 1230, 640, 26, 1.0)
    shop.plate(s, inside, 1.4, colour("#121315"), 0.0, 0.3)
    mask = step(inside, 1, 2)
    bold, thin = "LiberationSansNarrow-Bold.ttf", "LiberationSansNarrow-Regular.ttf"
    code = shop.barcode(number, "Code128", 4, 74)
    ink = shop.printed(
        H,
        W,
        [
            ("MFD BY HANSEO MOTOR CO., LTD.", 215, 330, 44, bold),
            ("DATE 11/17", 215, 400, 38, thin),
            ("GVWR 1990 KG", 560, 400, 38, thin),
            ("GAWR FRT 1010 KG", 900, 400, 38, thin),
            ("GAWR RR 1040 KG", 900, 458, 38, thin),
            ("THIS VEHICLE CONFORMS TO ALL APPLICABLE", 215, 512, 30, thin),
            ("SAFETY STANDARDS IN EFFECT ON THE DATE OF MANUFACTURE", 215, 556, 30, thin),
            (f"VIN: {number}", 215, 664, 62, "LiberationMono-Bold.ttf"),
            ("TYPE: PASSENGER CAR", 215, 850, 34, thin),
            ("PAINT: M8S  TRIM: WK", 760, 850, 34, thin),
        ],
    )
    s.cover(ink * mask, colour("#dcdcd6"), 0.0, 0.45)
    white = np.zeros((H, W), np.float32)
    y, x = 706, 240
    white[y - 12 : y + code.shape[0] + 12, x - 40 : x + code.shape[1] + 40] = 1
    s.cover(white, colour("#dcdcd6"), 0.0, 0.45)
    bars = np.zeros((H, W), np.float32)
    bars[y : y + code.shape[0], x : x + code.shape[1]] = code
    s.cover(bars, colour("#0c0c0d"), 0.0, 0.35)
    s.z += mask * 0.5 * fractal(rng, H, W, 160, 3)
    shop.dust(s, rng, 0.04, hollow=0.15)
    shop.scratches(s, rng, 10, 120, 0.2)
    return Sample(
        s,
        place(rng, "daylight", (0.3, -0.6, 0.7), 1.3, 0.4),
        Camera(tilt=(0.04, 0.03), turn=-3.0, depth=0.8, exposure=0.7, zoom=1.05),
    )


def label_light(rng: Rng, number: str) -> Sample:
    """A silver-white label with Code 39, on a red door pillar."""
    s = _jamb(rng, "#6b1013")
    shop.bend(s, (0, 1010), 93, 0.7, 14)
    shop.hole(s, 1420, 170, 26, 4)
    inside = shop.rounded(s, 770, 570, 1270, 600, 14, -1.4)
    shop.plate(s, inside, 1.2, colour("#cfd0cb"), 0.0, 0.4)
    mask = step(inside, 1, 2)
    sans, bold = "DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf"
    code = shop.barcode(number, "Code39", 3, 90)
    ink = shop.printed(
        H,
        W,
        [
            ("FABRIQUE EN FRANCE", 190, 376, 30, bold),
            ("e2*2001/116*0337*14", 800, 366, 30, sans),
            (number, 196, 478, 66, bold),
            ("1965 kg", 196, 560, 34, sans),
            ("3265 kg", 196, 616, 34, sans),
            ("1- 1045 kg", 560, 560, 34, sans),
            ("2- 990 kg", 560, 616, 34, sans),
            ("TYP JM0C06", 930, 554, 30, sans),
            ("TEINTE 676", 930, 608, 30, sans),
            ("V 180 512", 930, 660, 30, sans),
        ],
    )
    ink[700 : 700 + code.shape[0], 200 : 200 + code.shape[1]] = code
    turn = cv2.getRotationMatrix2D((770, 570), 1.4, 1.0)
    ink = cv2.warpAffine(ink, turn, (W, H))
    s.cover(ink * mask, colour("#17171b"), 0.0, 0.4)
    s.z += mask * 1.6 * fractal(rng, H, W, 260, 3)
    xs, ys = s.grid
    for x, y, a in ((1190, 420, 64), (1215, 470, 70), (330, 800, -30)):  # creases
        c, d = np.cos(np.radians(a)), np.sin(np.radians(a))
        along, across = (xs - x) * c + (ys - y) * d, (ys - y) * c - (xs - x) * d
        s.z += 1.8 * np.exp(-((across / 5) ** 2) - (along / 130) ** 2) * mask
    stain = step(fractal(rng, H, W, 260, 5), 0.9, 2.2)
    s.cover(0.35 * stain * mask, colour("#7d6b4a"), 0.0, 0.6)
    shop.dust(s, rng, 0.04, hollow=0.15)
    shop.scratches(s, rng, 14, 140, 0.2)
    return Sample(
        s,
        place(rng, "overcast", (-0.3, -0.6, 0.7), 1.0, 0.4),
        Camera(tilt=(-0.05, -0.03), turn=2.2, depth=0.8, zoom=1.02, exposure=0.85),
    )


def windscreen(rng: Rng, number: str) -> Sample:
    """A plate on the dashboard, seen through the windscreen, which mirrors the street."""
    s = Surface.flat(H, W, colour("#1a1b1d"), 0.0, 0.75)
    s.z += 0.35 * fractal(rng, H, W, 5, 3, 0.7)  # grained plastic
    shop.bend(s, (0, 860), 88, 0.5, 40)
    inside = shop.rounded(s, 750, 560, 1330, 150, 12, 0.5)
    shop.plate(s, inside, 5.0, colour("#23252a"), 0.1, 0.4)
    ink = np.zeros((H, W), np.float32)
    for i, c in enumerate(number):
        ink = np.maximum(ink, shop.printed(H, W, [(c, 152 + 71 * i, 590 + 0.6 * i, 66, "OCRB.otf")]))
    s.cover(ink * step(inside, 1, 2), colour("#d8d9d6"), 0.2, 0.45)
    for x in (105, 1396):
        shop.rivet(s, x, 560 + (x - 750) * 0.0087, 15)
    shop.dust(s, rng, 0.05, "#9c9282", 0.15)
    mirrored = place(rng, "daylight", (0.2, -0.5, 0.8), 1.0).around
    drops = rng.random((H, W)) > 0.9996

    def glass(linear: Array) -> Array:
        street = cv2.resize(mirrored[60:330, 70:430], (W, H), interpolation=cv2.INTER_CUBIC)
        ys, xs = np.mgrid[:H, :W].astype(np.float32)
        trunk = np.zeros((H, W), np.float32)  # branches of a tree before the sky
        for x0, a, n, t in (
            (300, -80, 900, 30),
            (360, -50, 600, 14),
            (1180, -100, 1000, 22),
            (1150, -130, 500, 9),
            (250, -115, 520, 11),
        ):
            x1, y1 = x0 + n * np.cos(np.radians(a)), 1100 + n * np.sin(np.radians(a))
            cv2.line(trunk, (x0, 1100), (int(x1), int(y1)), 1.0, t, cv2.LINE_AA)
        street = street * (1 - 0.8 * cv2.GaussianBlur(trunk, (0, 0), 5))[..., None]
        frit = step(ys + 60 * np.sin(xs / 900), 1010, 1013)[..., None]
        dirt = cv2.GaussianBlur(drops.astype(np.float32), (0, 0), 2.2)[..., None] * 9
        seen = (
            0.72 * linear + 0.05 * cv2.GaussianBlur(street, (0, 0), 16) + 0.12 * np.clip(dirt, 0, 1) * colour("#b9b2a4")
        )
        return (seen * (1 - frit) + frit * (0.004 + 0.02 * street)).astype(np.float32)

    camera = Camera(tilt=(0.12, 0.02), turn=1.2, depth=1.4, focus=0.48, exposure=0.5, zoom=1.04)
    return Sample(s, place(rng, "overcast", (-0.2, -0.7, 0.7), 1.3), camera, glass)


def motorcycle(rng: Rng, number: str) -> Sample:
    """A frame number on the round headstock of a motorcycle, black gloss paint worn around it."""
    s = Surface.flat(H, W, colour("#0d0e10"), 0.0, 0.14)
    xs, ys = s.grid
    t = np.clip((ys - 560) / 470, -1, 1)
    s.z += 330 * np.sqrt(np.clip(1 - t**2, 0.0, 1)) - 330
    for x, r in ((-10, 150), (1515, 130)):
        d = np.abs(xs - x)
        s.z += 40 * step(r - d, 0, 22)
    shop.strike(
        s, rng, number, Line(290, 605, 92, 0.64, 0.86, 0.11, 0.5, (0.03, 0.03, 1.6)), shop.alphabet(18), 7.0, 0.25, 0.5
    )
    s.z = cv2.GaussianBlur(s.z, (0, 0), 1.2)
    shop.orange_peel(s, rng, 0.06)
    worn = step(fractal(rng, H, W, 110, 6, 0.65) + 1.3 * step(np.abs(xs - 750), 480, 760) - 0.9, 1.3, 1.5)
    worn *= step(np.abs(ys - 560), 70, 110)  # the number is where nothing rubs
    s.cover(worn, colour("#77726c"), 0.8, 0.5)
    s.z = s.z - 0.8 * worn
    background = step(np.abs(ys - 560), 466, 470)
    s.cover(background, colour("#15130f"), 0.0, 0.95)
    shop.scratches(s, rng, 40, 90, 0.3)
    shop.dust(s, rng, 0.02, "#8d8068", 0.12)
    shop.cable(s, [(-60, 1010), (500, 930), (1000, 1020), (1560, 960)], 70, colour("#1b1b1c"), 0.5, 1.2)
    shop.cable(s, [(-60, 70), (600, 130), (1100, 40), (1560, 120)], 48, colour("#241f1c"), 0.5, 2.0)
    camera = Camera(size=(960, 1280), tilt=(0.04, 0.03), turn=93.0, zoom=1.5, depth=1.6, exposure=0.4)
    return Sample(s, place(rng, "daylight", (-0.3, -0.5, 0.8), 1.6, 0.3), camera)


def rusty(rng: Rng, number: str) -> Sample:
    """A chassis number on the rail of an old lorry, brushed free of rust."""
    s = Surface.flat(H, W, colour("#17191b"), 0.0, 0.5)
    shop.bend(s, (0, 235), -90, 1.1, 12)
    shop.bend(s, (0, 930), 91, 1.1, 12)
    cut = shop.strike(
        s, rng, number, Line(165, 620, 78, 0.62, 0.88, 0.12, 0.4, (0.03, 0.03, 1.6)), shop.alphabet(26), 8.0, 0.1
    )
    rusted = shop.rust(s, rng, 0.72, 150, 1.7)
    xs, ys = s.grid
    wiped = step(1.2 - np.hypot((xs - 760) / 860, (ys - 585) / 140) + 0.12 * fractal(rng, H, W, 80, 5), 0, 0.22)
    bare = np.clip(wiped * (0.75 + 0.25 * fractal(rng, H, W, 8, 3)) * (1 - 0.7 * np.clip(cut, 0, 1)), 0, 1) * 0.62
    s.cover(bare, colour("#6f655d"), 0.55, 0.55)
    s.cover(np.clip(cut, 0, 1) * 0.6, colour("#2b150d"), 0.0, 0.95)
    shop.scratches(s, rng, 60, 60, 0.5, 78)
    shop.hole(s, 180, 380, 44, 3)
    shop.hole(s, 1335, 385, 44, 3)
    shop.bolt(s, rng, 1335, 800, 58, "#5c4334")
    s.cover(0.5 * rusted * step(np.hypot(xs - 1335, ys - 800), 110, 90), colour("#6b3519"), 0.0, 0.9)
    shop.dust(s, rng, 0.1, "#84705a", 0.3)
    return Sample(
        s,
        place(rng, "overcast", (-0.55, -0.55, 0.62), 1.7, 0.3),
        Camera(tilt=(0.06, -0.04), turn=-1.4, depth=1.2, warmth=0.1),
    )


def two_lines(rng: Rng, number: str) -> Sample:
    """A number struck in two lines into a chassis bracket, primed grey-green."""
    s = Surface.flat(H, W, colour("#3f4a42"), 0.0, 0.5)
    shop.bend(s, (1265, 0), 4, 0.9, 14)
    shop.bend(s, (0, 215), -88, 0.7, 18)
    die = shop.alphabet(34)
    upper, lower = number[:9], number[9:]
    shop.strike(s, rng, upper, Line(290, 505, 96, 0.6, 0.93, 0.11, -0.9, (0.015, 0.02, 0.8)), die, 5.5, 0.22)
    shop.strike(s, rng, lower, Line(292, 655, 96, 0.6, 0.93, 0.11, -0.6, (0.015, 0.02, 0.8)), die, 5.5, 0.22)
    s.z = cv2.GaussianBlur(s.z, (0, 0), 1.2)
    shop.orange_peel(s, rng, 0.25)
    shop.hole(s, 1120, 850, 52, 5)
    shop.bolt(s, rng, 250, 890, 60, "#a58f55")
    shop.rust(s, rng, 0.03, 60, 1.0)
    shop.dust(s, rng, 0.12, "#8d7c62", 0.35)
    shop.specks(s, rng, 140, (0.7, 3.2), "#6c5a44")
    shop.scratches(s, rng, 16, 110, 0.4)
    return Sample(s, place(rng, "daylight", (-0.62, -0.4, 0.55), 2.2), Camera(tilt=(-0.05, 0.06), turn=2.6, depth=1.3))


def cast_iron(rng: Rng, number: str) -> Sample:
    """An engine number punched by hand into a ground pad on cast iron."""
    s = Surface.flat(H, W, colour("#3c3936"), 0.15, 0.8)
    s.z += 3.2 * fractal(rng, H, W, 22, 5, 0.72)
    _, ys = s.grid
    inside = shop.rounded(s, 780, 560, 1270, 270, 50, 1.0)
    pad = step(inside, -6, 4)
    s.z += pad * (18 + 0.25 * fractal(rng, H, W, 30, 5) - s.z)
    ground = Surface.flat(H, W, colour("#8f8a84"), 0.85, 0.42)
    shop.brushed(ground, rng, 0.2, 24, 60, 1.6)
    s.z += pad * ground.z
    s.cover(pad, ground.albedo, 0.85, 0.42)
    die = shop.alphabet(46)
    cut = shop.strike(s, rng, number, Line(268, 604, 92, 0.64, 0.91, 0.13, 1.0, (0.04, 0.045, 2.8)), die, 7.0, 0.4)
    s.cover(np.clip(cut, 0, 1) * 0.7, colour("#1c1512"), 0.1, 0.9)
    shop.emboss(s, rng, "GG25", Line(1010, 300, 100, 0.7, 0.95, 0.16), shop.alphabet(32), 9)
    shop.rust(s, rng, 0.1, 60, 1.0)
    s.cover(0.55 * np.clip(cut, 0, 1), colour("#1c1512"), 0.1, 0.9)
    oil = step(fractal(rng, H, W, 220, 5) - (ys - 700) / 400, 0.6, 1.4)
    s.cover(0.75 * oil, colour("#0f0c09"), 0.0, 0.16)
    shop.bolt(s, rng, 245, 930, 74, "#6a6661")
    shop.dust(s, rng, 0.07, "#4c3f30", 0.4)
    return Sample(
        s,
        place(rng, "lamp", (0.55, -0.6, 0.5), 2.4, 0.4),
        Camera(tilt=(0.05, -0.06), turn=-3.4, depth=1.6, warmth=0.35, noise=0.02),
    )


def galvanised(rng: Rng, number: str) -> Sample:
    """A press-struck number in bare zinc: its crystals are as bright as the strokes."""
    s = Surface.flat(H, W, colour("#a3a9ad"), 0.85, 0.4)
    points = rng.uniform(0, 1, (900, 2)) * (W, H)
    seeds = np.full((H, W), 255, np.uint8)
    seeds[points[:, 1].astype(int), points[:, 0].astype(int)] = 0
    _, cell = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    xs, ys = s.grid
    shift = 14 * fractal(rng, H, W, 40, 4), 14 * fractal(rng, H, W, 40, 4)
    cell = cv2.remap(cell.astype(np.float32), xs + shift[0], ys + shift[1], cv2.INTER_NEAREST).astype(int)
    count = np.maximum(np.bincount(cell.ravel()), 1)
    middle = [np.bincount(cell.ravel(), axis.ravel()) / count for axis in (xs, ys)]
    tone, lean_x, lean_y = rng.normal(0, 1, (3, len(count)))
    s.albedo *= (1 + 0.1 * tone[cell])[..., None].clip(0.6, 1.3)
    s.rough += 0.06 * tone[cell].astype(np.float32)
    facet = 0.009 * (lean_x[cell] * (xs - middle[0][cell]) + lean_y[cell] * (ys - middle[1][cell]))
    s.z += cv2.GaussianBlur(facet.astype(np.float32), (0, 0), 2)
    s.z += 0.12 * fractal(rng, H, W, 4, 3)
    shop.bend(s, (0, 880), 89, 0.8, 12)
    shop.strike(s, rng, number, Line(170, 590, 68, 0.62, 1.03, 0.11, -0.3), shop.alphabet(22), 7.5, 0.15)
    shop.hole(s, 1290, 300, 46, 4)
    shop.hole(s, 220, 300, 22, 2)
    white = step(fractal(rng, H, W, 170, 6, 0.7), 1.4, 2.4)
    s.cover(0.6 * white, colour("#d9dad7"), 0.0, 0.9)
    shop.dust(s, rng, 0.05, "#8f8676", 0.3)
    shop.scratches(s, rng, 22, 150, 0.3)
    return Sample(
        s,
        place(rng, "overcast", (-0.5, -0.55, 0.6), 1.1, 0.5),
        Camera(tilt=(0.06, 0.04), turn=1.2, depth=1.1, warmth=-0.15),
    )


def restruck(rng: Rng, number: str) -> Sample:
    """One character struck anew over another: ground metal around it, the old one to be felt, another punch."""
    s = Surface.flat(H, W, colour("#39424c"), 0.0, 0.3)
    shop.bend(s, (0, 870), 91, 0.9, 16)
    line = Line(165, 575, 68, 0.62, 1.03, 0.105, 0.2)
    at = 13
    die, other = shop.alphabet(22), shop.alphabet(24)
    blank = number[:at] + " " + number[at + 1 :]
    shop.strike(s, rng, blank, line, die, 4.2)
    xs, ys = s.grid
    x = line.x + line.cap * (at * line.pitch + line.width / 2)
    old = Surface.flat(H, W, colour("#39424c"), 0.0, 0.3)
    shop.strike(old, rng, "3", replace(line, x=line.x + at * line.pitch * line.cap), die, 4.2)
    s.z += 0.22 * old.z  # a ghost of what was there
    dent = np.exp(-((((xs - x) / 50) ** 2 + ((ys - 542) / 62) ** 2) ** 2))
    s.z -= (2.6 * dent).astype(np.float32)
    shop.strike(
        s,
        rng,
        number[at],
        replace(line, x=line.x + at * line.pitch * line.cap - 2, y=line.y + 9, cap=72, stroke=0.135, turn=5.0),
        other,
        6.4,
        0.3,
    )
    s.z = cv2.GaussianBlur(s.z, (0, 0), 1.2)
    shop.orange_peel(s, rng)
    grind = Surface.flat(H, W, colour("#39424c"), 0.0, 0.3)
    shop.brushed(grind, rng, 0.35, 35, 50, 1.5)
    s.z += np.clip(dent, 0, 1) * grind.z
    s.rough += 0.25 * dent
    s.cover(0.5 * dent, colour("#3b4148"), 0.0, 0.5)  # touched up by brush
    shop.flakes(s, rng, 0.04)
    shop.hole(s, 1325, 300, 30, 4)
    shop.bolt(s, rng, 260, 270, 44)
    shop.dust(s, rng, 0.08, hollow=0.25)
    shop.specks(s, rng, 50, (0.6, 2.2), "#2b2620")
    return Sample(
        s,
        place(rng, "garage", (-0.55, -0.55, 0.55), 1.8),
        Camera(tilt=(0.04, -0.04), turn=-1.2, depth=1.0, exposure=0.8),
    )


def nothing(rng: Rng, number: str) -> Sample:
    """The wrong place: a suspension tower with no number on it."""
    s = Surface.flat(H, W, colour("#5b5f63"), 0.0, 0.28)
    xs, ys = s.grid
    d = np.hypot(xs - 620, ys - 580)
    s.z += 60 * step(430 - d, 0, 70) - 22 * step(150 - d, 0, 24)
    s.cover(step(132 - d, 0, 3), colour("#0b0b0b"), 0.0, 0.7)
    s.z = cv2.GaussianBlur(s.z, (0, 0), 1.3)
    shop.orange_peel(s, rng)
    shop.flakes(s, rng, 0.05)
    for k in range(3):
        a = np.radians(30 + 120 * k)
        shop.bolt(s, rng, 620 + 285 * np.cos(a), 580 + 285 * np.sin(a), 48)
    shop.seam(s, rng, [(1190, -40), (1160, 500), (1210, 1180)], 40, colour("#6a6e70"))
    shop.hole(s, 1350, 860, 40, 4)
    shop.cable(s, [(1100, -60), (1320, 300), (1290, 700), (1560, 900)], 58, colour("#161616"))
    shop.dust(s, rng, 0.08, "#8b7f6d", 0.25)
    shop.specks(s, rng, 90, (0.6, 2.6), "#2f2a24")
    return Sample(s, place(rng, "garage", (-0.5, -0.5, 0.65), 1.6), Camera(tilt=(0.07, 0.03), turn=-4.0, depth=1.3))


SCENES: tuple[tuple[str, str, str, str, Callable[[Rng, str], Sample]], ...] = (
    ("press-painted", "LVSHCAMB1CE054249", "struck", "press dies in a body panel, painted after", press),
    ("milled-engine", "4D68-AB7731", "struck", "engine number on a milled deck, oil around it", milled),
    ("dot-peen-plate", "NMTBZ3BE60R041857", "peened", "dot-peened aluminium plate, riveted", peened),
    ("scribed-firewall", "KMHJN81VP7U592613", "scribed", "scribed by a needle, bright through dark paint", scribed),
    ("embossed-plate", "YV2R4X20XGA784195", "plate", "raised number on a printed maker's plate", embossed),
    (
        "laser-plate",
        "W09RT2040MK130826",
        "etched",
        "black plate marked by a laser, Data Matrix of the same number",
        etched,
    ),
    ("label-dark", "KNAFK4A64H5703482", "label", "black door label, Code 128 of the same number", label_dark),
    ("label-light", "VF1JM0C0642918537", "label", "white door label, Code 39 of the same number", label_light),
    (
        "windscreen",
        "1G1ZD5ST1JF139027",
        "plate",
        "plate behind the windscreen, street mirrored in the glass",
        windscreen,
    ),
    (
        "motorcycle",
        "SC57-2104683",
        "struck",
        "frame number on a round headstock, picture turned on its side",
        motorcycle,
    ),
    ("rusty-rail", "WDB9301821L036574", "struck", "rusty frame rail, wiped free", rusty),
    ("two-lines", "XTA219170D0048326", "struck", "one number in two lines on a primed bracket", two_lines),
    ("cast-iron", "CM366A974512", "struck", "engine number punched by hand into ground cast iron", cast_iron),
    (
        "galvanised",
        "VSSZZZ5FZG6527183",
        "struck",
        "press dies in bare zinc, its crystals as bright as the strokes",
        galvanised,
    ),
    ("restruck", "WVWZZZ1KZ8W348261", "struck", "character 14 is struck anew over a 3 with another punch", restruck),
    ("no-number", "", "", "painted suspension tower, no number on it", nothing),
)


def main() -> None:
    """Make all samples, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.datasets.showcase", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).resolve().parent / "samples")
    parser.add_argument("--only", nargs="*")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for k, (name, number, _, _, scene) in enumerate(SCENES):
        if args.only and name not in args.only:
            continue
        rng = np.random.default_rng(1000 + k)
        sample = scene(rng, number)
        picture = photograph(rng, sample.after(shade(sample.surface, sample.light)), sample.camera)
        cv2.imwrite(str(args.folder / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, sample.camera.quality])
    if not args.only:
        with (args.folder / "samples.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["file", "number", "surface", "note"])
            rows.writerows([f"{name}.jpg", number, surface, note] for name, number, surface, note, _ in SCENES)


if __name__ == "__main__":
    main()
