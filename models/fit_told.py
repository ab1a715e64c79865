"""Fit which readings are told: `python -m vinspect.models.fit_told`, into models/told.json.

On photographs that training left out, real and rendered, of the families that training knew, and on pictures with no
number: train's photographs with the number covered, and rendered ones. The benchmark's sets are not touched. A line is
the number where most of its characters are; a fit on four fifths of the pictures is tried on the fifth left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track
from scipy.optimize import minimize
from scipy.special import expit, logit

from vinspect.datasets import numbers, protocol, scene, vinphotos
from vinspect.datasets.relief.stamping import stamping
from vinspect.models import weights
from vinspect.models.calibrate import apart
from vinspect.vision import inspector, told
from vinspect.vision import photo as photos
from vinspect.vision.locate import Locator, locate
from vinspect.vision.locate import numbers as number_lines
from vinspect.vision.network import Network

ROOT = Path(__file__).resolve().parent.parent
ALIKE = 0.55  # share of the characters that stand where they should
EMPTY_SEED, RELIEF_SEED = 5_000_000, 6_000_000
RIDGE = 0.003  # holds the weights of features, brought to one scale, against so many times their squares
FOLDS = 5


def _pictures(real: Path, rendered: int) -> Iterator[tuple[np.ndarray, str]]:
    yield from apart(real)
    for free in (False, True):
        for shot in protocol.stampings(rendered, free, held_out=False):
            yield shot.grey, shot.text
        for k in range(rendered):
            rng = np.random.default_rng(RELIEF_SEED + 2 * k + free)
            s = stamping(rng, False, text=numbers.free_number(rng) if free else numbers.vin_number(rng))
            yield s.picture, s.text
    for i, photo in enumerate(vinphotos.vin_photos(real, "train")[:: max(1, 1200 // rendered)]):
        yield scene.covered(np.random.default_rng(i), photo.grey(), photo.box), ""
    k = found = 0
    while found < 3 * rendered:
        made = scene.scene(np.random.default_rng(EMPTY_SEED + k))
        k += 1
        if not len(made.numbers):
            found += 1
            yield made.grey, ""


def alike(text: str, number: str) -> float:
    """Share of the number's characters that stand in a reading, in their order (longest common subsequence)."""
    row = [0] * (len(number) + 1)
    for a in text:
        before = 0
        for j, b in enumerate(number):
            before, row[j + 1] = row[j + 1], max(row[j + 1], row[j], before + (a == b))
    return row[-1] / max(len(text), len(number), 1)


def fitted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Factors (n,) and offset of a ridge logistic regression; `x` (m, n) features, `y` (m,) 0 or 1."""
    middle, scale = x.mean(0), x.std(0) + 1e-6
    z = (x - middle) / scale

    def cost(w: np.ndarray) -> tuple[float, np.ndarray]:
        s = z @ w[:-1] + w[-1]
        off = expit(s) - y
        loss = np.logaddexp(0, np.where(y > 0, -s, s)).mean() + RIDGE * (w[:-1] ** 2).sum()
        return float(loss), np.append(z.T @ off / len(y) + 2 * RIDGE * w[:-1], off.mean())

    w = minimize(cost, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
    factors = w[:-1] / scale
    return factors, float(w[-1] - factors @ middle)


def main() -> None:
    """Read every picture, fit, say what the fit would have told of pictures it never saw, write."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.models.fit_told", description=__doc__)
    parser.add_argument("--photos", type=Path, default=ROOT.parent / "shared/data/vin-photos")
    parser.add_argument("--rendered", type=int, default=120)
    args = parser.parse_args()
    locator, reader = Locator(weights.path("locator.onnx")), Network(weights.path("reader.onnx"))
    rows, of, truths = [], [], []
    pictures = list(track(_pictures(args.photos, args.rendered), "drawing"))
    for k, (grey, number) in enumerate(track(pictures, "reading")):
        photo = photos.photo_of("", cv2.imencode(".png", grey)[1].tobytes())
        for s in inspector.candidates(grey, 1.0, number_lines(locate(photo, locator)), reader, "auto"):
            rows.append(told.features(s))
            truths.append(alike(s.text, number) > ALIKE)
            of.append(k)
    x, y, picture = np.array(rows), np.array(truths, float), np.array(of)
    tried = np.zeros(len(x))
    for fold in range(FOLDS):
        apart_ = picture % FOLDS == fold
        factors, offset = fitted(x[~apart_], y[~apart_])
        tried[apart_] = x[apart_] @ factors + offset
    least = logit(told.TOLD)
    empty = [k for k, (_, number) in enumerate(pictures) if not number]
    loud = {int(k) for k in picture[tried > least]}
    print(
        f"{len(x)} lines of {len(pictures)} pictures; of the numbers among them {(tried[y > 0] > least).mean():.1%} "
        f"are told; of {len(empty)} pictures without a number {np.mean([k not in loud for k in empty]):.1%} stay silent"
    )
    factors, offset = fitted(x, y)
    kept = dict(zip(told.FEATURES, (round(float(w), 4) for w in factors), strict=True)) | {"offset": round(offset, 4)}
    print(kept)
    file = Path(__file__).parent / "told.json"
    file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    weights.publish(file)


if __name__ == "__main__":
    main()
