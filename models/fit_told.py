"""Fit which readings are told: `python -m vinspect.models.fit_told`, into models/told.json.

On photographs that training left out, real and rendered, of the families that training knew; on scenes in which the
number is one line among others; and on pictures with no number: train's photographs with the number covered, and
rendered ones. The benchmark's sets are not touched. A line is the number where most of its characters are, or where it
lies in a scene; a fit on four fifths of the pictures is tried on the fifth left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track
from scipy.optimize import minimize
from scipy.special import expit, logit

from vinspect.datasets import numbers, protocol, scene, vinphotos
from vinspect.datasets.piece import NONE
from vinspect.datasets.relief.stamping import stamping
from vinspect.models import weights
from vinspect.models.calibrate import apart
from vinspect.vision import inspector, told
from vinspect.vision import photo as photos
from vinspect.vision.locate import Locator, locate
from vinspect.vision.locate import numbers as number_lines
from vinspect.vision.network import Network
from vinspect.vision.read import Spelling

ROOT = Path(__file__).resolve().parent.parent
ALIKE = 0.55  # share of the characters that stand where they should
OVER = 0.5  # of the area of two quadrilaterals, what both cover: from here on they are the same line
EMPTY_SEED, RELIEF_SEED = 5_000_000, 6_000_000
RIDGE = 0.003  # holds the weights of features, brought to one scale, against so many times their squares
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, and what its number is or, of a scene, where its numbers lie."""

    grey: np.ndarray  # uint8 (h, w)
    number: str = ""
    lines: np.ndarray = field(default_factory=lambda: NONE)  # float32 (n, 4, 2)

    @property
    def empty(self) -> bool:
        """Whether there is no number in it."""
        return not self.number and not len(self.lines)

    def shows(self, s: Spelling) -> bool:
        """Whether what was read is its number."""
        if self.number:
            return alike(s.text, self.number) > ALIKE
        return any(min(_both(part.line.quad, line) for part in s.lines) > OVER for line in self.lines)


def _pictures(real: Path, rendered: int) -> Iterator[Picture]:
    yield from (Picture(grey, text) for grey, text in apart(real))
    for free in (False, True):
        for shot in protocol.stampings(rendered, free, held_out=False):
            yield Picture(shot.grey, shot.text)
        for k in range(rendered):
            rng = np.random.default_rng(RELIEF_SEED + 2 * k + free)
            s = stamping(rng, False, text=numbers.free_number(rng) if free else numbers.vin_number(rng))
            yield Picture(s.picture, s.text)
    for i, photo in enumerate(vinphotos.vin_photos(real, "train")[:: max(1, 1200 // rendered)]):
        yield Picture(scene.covered(np.random.default_rng(i), photo.grey(), photo.box))
    found = {True: 0, False: 0}
    for k in count():
        made = scene.scene(np.random.default_rng(EMPTY_SEED + k))
        empty = not len(made.numbers)
        if found[empty] < 3 * rendered and made.texts_known:
            found[empty] += 1
            yield Picture(made.grey, lines=made.numbers)
        if min(found.values()) == 3 * rendered:
            return


def _both(a: np.ndarray, b: np.ndarray) -> float:
    """Of the area that two quadrilaterals, (4, 2), cover, the share that both do."""
    a, b = a.astype(np.float32), b.astype(np.float32)
    both = float(cv2.intersectConvexConvex(a, b)[0])
    return both / max(cv2.contourArea(a) + cv2.contourArea(b) - both, 1e-6)


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
    for k, picture in enumerate(track(pictures, "reading")):
        photo = photos.photo_of("", cv2.imencode(".png", picture.grey)[1].tobytes())
        for s in inspector.candidates(picture.grey, 1.0, number_lines(locate(photo, locator)), reader, "auto"):
            rows.append(told.features(s, photo.size))
            truths.append(picture.shows(s))
            of.append(k)
    x, y, shown = np.array(rows), np.array(truths, float), np.array(of)
    tried = np.zeros(len(x))
    for fold in range(FOLDS):
        apart_ = shown % FOLDS == fold
        factors, offset = fitted(x[~apart_], y[~apart_])
        tried[apart_] = x[apart_] @ factors + offset
    least = logit(told.TOLD)
    empty = [k for k, picture in enumerate(pictures) if picture.empty]
    loud = {int(k) for k in shown[tried > least]}
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
