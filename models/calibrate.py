"""Fit what makes the reader's probabilities honest: `python -m vinspect.models.calibrate`, into models/reader.json.

On photographs that training left out, real and rendered, but of the families that training knew; the benchmark's
sets are not touched. A whole number's log odds are a straight line over those of the product of its characters (Platt
1999), fitted on the readings that are told: what `vision.inspector` keeps back, nobody is told a confidence of. What it
keeps back depends on the calibration itself a little, so that the fit is repeated once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from rich.progress import track
from scipy.optimize import minimize

from vinspect.datasets import protocol
from vinspect.models import strips, weights
from vinspect.vision import inspector
from vinspect.vision import photo as photos
from vinspect.vision.network import Calibration, Network

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 2


def apart(real: Path) -> Iterator[tuple[np.ndarray, str]]:
    """The photographs that training of the reader leaves out, uint8 (256, 256), and their numbers."""
    lines = strips.real_lines(real, ROOT / "datasets/transcriptions/vin-photos-train.csv", "train")
    for taken in lines[:: strips.APART]:
        yield taken.grey, taken.text


def _pictures(real: Path, rendered: int) -> Iterator[tuple[np.ndarray, str]]:
    yield from apart(real)
    for shot in (
        *protocol.stampings(rendered, held_out=False),
        *protocol.stampings(rendered // 2, True, held_out=False),
    ):
        yield shot.grey, shot.text


def line(product: np.ndarray, right: np.ndarray) -> Calibration:
    """The straight line through log odds; `product` (n,) of the characters' probabilities, `right` (n,) 0 or 1."""
    q = np.clip(product, 1e-9, 1 - 1e-6)
    odds = np.log(q / (1 - q))

    def cost(ab: np.ndarray) -> float:
        z = ab[0] * odds + ab[1]
        return float(np.logaddexp(0, np.where(right > 0, -z, z)).mean() + 1e-3 * (ab[0] - 1) ** 2)

    slope, offset = minimize(cost, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return Calibration(slope=round(float(slope), 4), offset=round(float(offset), 4))


def main() -> None:
    """Read every picture, fit, write; twice."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.models.calibrate", description=__doc__)
    parser.add_argument("--photos", type=Path, default=ROOT.parent / "shared/data/vin-photos")
    parser.add_argument("--rendered", type=int, default=200)
    args = parser.parse_args()
    network = Network(weights.path("reader.onnx"))
    nets = inspector.open_nets(network)
    pictures = [
        (photos.photo_of("", cv2.imencode(".png", grey)[1].tobytes()), text)
        for grey, text in track(_pictures(args.photos, args.rendered), "drawing")
    ]
    for n in range(ROUNDS):
        found = []
        for photo, text in track(pictures, f"reading, round {n + 1}"):
            readings = inspector.read(photo, nets).readings
            if readings:
                found.append((np.prod([c.confidence for c in readings[0].characters]), readings[0].text == text))
        product, right = np.array(found, float).T
        network.calibration = line(product, right)
        told = [network.calibration.whole(p) for p in product]
        print(
            network.calibration,
            f"told {len(found)} of {len(pictures)}, right {right.mean():.3f}, said {np.mean(told):.3f}",
        )
    (Path(__file__).parent / "reader.json").write_text(json.dumps(asdict(network.calibration)) + "\n")


if __name__ == "__main__":
    main()
