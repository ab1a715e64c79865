"""What is usual in genuine numbers, and what the first judge's findings weigh: python -m vinspect.models.fit_judge

Renders numbers as the maker struck them and numbers of which some characters were struck again, half and half, in die
sets kept apart from the benchmark's; measures both; writes `vision/tolerances.py`. About three minutes on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat

import cv2
import numpy as np
import torch

from vinspect.datasets.restruck import Case, case
from vinspect.models.strips import camera, degrade
from vinspect.vision import glyphs, layout
from vinspect.vision.judgeable import FEWEST, why_not
from vinspect.vision.rub import rub

SEED = 11  # of the numbers to learn from
ASTRAY = (0.025, 0.025)  # share of genuine numbers that layout, and glyphs, may still say something of


def cases(seed: int, count: int, held_out: bool = False) -> Iterator[Case]:
    """Numbers as photographed, every other one altered; one number always the same at the same place of a seed."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    lens = camera()

    def taken(draw: np.random.Generator, grey: np.ndarray) -> np.ndarray:
        return degrade(draw, grey, lens) if draw.random() < 0.7 else grey

    for i in range(count):
        yield case(rng, i % 2 == 1, held_out, taken)


@dataclass(frozen=True, eq=False)
class Measured:
    """All that is learned from of one number that can be judged."""

    case: Case
    boxes: np.ndarray  # float32 (n, 4)
    marks: np.ndarray  # float32 (n, 3)
    pairs: list[glyphs.Pair]


def measured(numbers: Iterable[Case]) -> list[Measured]:
    """The numbers that can be judged, measured."""
    out = []
    for number in numbers:
        reading = number.reading
        if why_not(reading) is not None:
            continue
        rubbing = rub(reading.strips[0])
        boxes, marks = layout.measure(rubbing, np.array([c.box for c in reading.characters]), reading.text)
        out.append(Measured(number, boxes, marks, glyphs.pairs(rubbing, reading.characters)))
    return out


def fit_typical(numbers: list[Measured]) -> tuple[dict[str, dict[str, tuple[float, float]]], dict[str, float]]:
    """What each character brings to each measure, mean and deviation over die sets, and what steady lines scatter."""
    typical: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in layout.MEASURES if name != "pitch"}
    scatter: dict[str, float] = {"pitch": 0.03}
    genuine = [n for n in numbers if not n.case.restruck and np.isfinite(n.boxes[:, 3] - n.boxes[:, 1]).sum() >= FEWEST]
    for _ in range(3):  # the line's level and the characters' own parts settle each other
        for m, name in enumerate(layout.MEASURES):
            if name == "pitch":
                continue
            seen: dict[str, list[tuple[float, float]]] = {}
            spreads = []
            for n in genuine:
                text = n.case.reading.text
                raw, x = layout.raw_measures(n.boxes, n.marks)
                own = np.array([typical[name].get(c, (0.0, 0.0))[0] for c in text], np.float32)
                value = layout.level(raw[:, m] - own, x, text, name)
                if name == "width":
                    value[[c in layout.NARROW for c in text]] = np.nan
                good = np.isfinite(value)
                if good.sum() < FEWEST:
                    continue
                spread = 1.4826 * float(np.median(np.abs(value[good])))
                spreads.append(spread)
                for i in np.flatnonzero(good):
                    seen.setdefault(text[i], []).append((float(value[i]), spread))
            scatter[name] = round(float(np.percentile(spreads, 25)), 4)
            for c, rows in seen.items():
                values, around = np.array(rows).T
                middle, usual = float(np.median(values)), float(np.median(around))
                deviation = 1.4826 * float(np.median(np.abs(values - middle)))
                variance = max(deviation**2 - (0.7 * usual) ** 2, (0.2 * usual) ** 2)
                before = typical[name].get(c, (0.0, 0.0))[0]
                typical[name][c] = (round(before + middle, 4), round(float(np.sqrt(variance)), 4))
    return {name: dict(sorted(own.items())) for name, own in typical.items()}, dict(sorted(scatter.items()))


def logistic(x: np.ndarray, y: np.ndarray, low: np.ndarray | float = -np.inf, ridge: float = 1e-3) -> np.ndarray:
    """Weights, the offset last, float64 (d + 1,), of a log10 likelihood ratio: how many of either kind is taken out.

    x: (n, d); y: bool (n,); low: lower bounds of the weights. Projected gradient descent on standardized columns.
    """
    scale = x.std(axis=0) + 1e-9
    rows = np.concatenate([x / scale, np.ones((len(x), 1))], axis=1)
    weight = np.where(y, 0.5 / y.mean(), 0.5 / (1 - y.mean())) / len(y)
    w = np.zeros(rows.shape[1])
    step = 4.0 / float(np.linalg.eigvalsh((rows * weight[:, None]).T @ rows)[-1])
    for _ in range(800):
        slope = rows.T @ (weight * (1 / (1 + np.exp(-rows @ w)) - y))
        slope[:-1] += ridge * w[:-1]
        w -= step * slope
        w[:-1] = np.maximum(w[:-1], low)
    return np.append(w[:-1] / scale, w[-1]) / np.log(10)


def fit(numbers: list[Measured]) -> dict[str, object]:
    """Everything that `vision/tolerances.py` holds."""
    typical, scatter = fit_typical(numbers)
    z = [layout.residuals(n.case.reading.text, n.boxes, n.marks, typical, scatter)[1] for n in numbers]
    altered = np.array([bool(n.case.restruck) for n in numbers])

    strange = np.concatenate([layout.strange(a) for a in z])
    seen = np.concatenate([np.isfinite(a).any(axis=1) for a in z])
    struck = np.concatenate([[i in n.case.restruck for i in range(len(n.boxes))] for n in numbers])
    *layout_weights, layout_offset = logistic(strange[seen], struck[seen], low=0.0)
    sits = [
        np.where(np.isfinite(a).any(axis=1), layout.strange(a) @ layout_weights + layout_offset, -9.0) for a in z
    ]

    traits = np.concatenate([glyphs.traits(n.pairs) for n in numbers])
    unlike = np.array([(p.first in n.case.restruck) + (p.second in n.case.restruck) for n in numbers for p in n.pairs])
    one = unlike < 2
    *glyph_weights, glyph_offset = logistic(traits[one], unlike[one] == 1)
    shapes = [
        [s for _, _, s in glyphs.strays(n.case.reading.characters, n.pairs, glyph_weights, glyph_offset)] or [-9.0]
        for n in numbers
    ]

    # A finding is what few genuine numbers give.
    sits_flag = float(np.quantile([max(s) for s, a in zip(sits, altered, strict=True) if not a], 1 - ASTRAY[0]))
    shapes_flag = float(np.quantile([max(s) for s, a in zip(shapes, altered, strict=True) if not a], 1 - ASTRAY[1]))
    return {
        "TYPICAL": typical,
        "SCATTER": scatter,
        "LAYOUT_OFFSET": layout_offset,
        "LAYOUT_WEIGHTS": tuple(layout_weights),
        "LAYOUT_FLAG": sits_flag,
        "GLYPH_OFFSET": glyph_offset,
        "GLYPH_WEIGHTS": tuple(glyph_weights),
        "GLYPH_FLAG": shapes_flag,
    }


_TYPES = {
    "TYPICAL": "dict[str, dict[str, tuple[float, float]]]",
    "SCATTER": "dict[str, float]",
    "LAYOUT_WEIGHTS": "tuple[float, ...]",
    "GLYPH_WEIGHTS": "tuple[float, ...]",
}
_SAYS = {
    "TYPICAL": "of each measure and character: mean and standard deviation over die sets",
    "SCATTER": "of each measure: a quarter of genuine lines scatter less",
    "LAYOUT_OFFSET": "layout.support_of",
    "LAYOUT_FLAG": "log10: from here on a character does not sit with the others",
    "GLYPH_OFFSET": "glyphs.strays",
    "GLYPH_FLAG": "log10: from here on a character is not of one shape with its equals",
}


def source(values: dict[str, object], count: int) -> str:
    """`vision/tolerances.py`."""
    lines = [
        '"""What the first judge has learned. Written by `python -m vinspect.models.fit_judge`; do not edit.',
        "",
        f"From {count} rendered numbers that could be judged, half of them with one to four characters struck again.",
        '"""',
        "",
    ]
    for name, value in values.items():
        if name in _SAYS:
            lines.append(f"# {_SAYS[name]}")
        rounded = _round(value)
        kind = f": {_TYPES[name]}" if name in _TYPES else ""
        lines.append(f"{name}{kind} = {pformat(rounded, width=80, compact=True, sort_dicts=False)}")
    return "\n".join(lines) + "\n"


def _round(value: object) -> object:
    if isinstance(value, float):
        return round(float(value), 4)
    return tuple(round(float(v), 4) for v in value) if isinstance(value, tuple) else value


def main() -> None:
    """Render, measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=3500)
    parser.add_argument("--out", type=Path, default=Path(layout.__file__).with_name("tolerances.py"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    numbers = measured(cases(SEED, arguments.numbers))
    arguments.out.write_text(source(fit(numbers), len(numbers)), encoding="utf-8")
    print(f"{len(numbers)} of {arguments.numbers} numbers could be judged; wrote {arguments.out}")


if __name__ == "__main__":
    main()
