"""Fit what makes the reader's probabilities honest: `python -m vinspect.models.calibrate`, into models/reader.json.

On photographs that training left out, real and rendered, but of the families that training knew; the benchmark's
sets are not touched. A temperature divides the logits (Guo et al. 2017), chosen by the characters' log loss; the
whole number's log odds are a straight line over those of the product of its characters (Platt 1999).
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
from vinspect.vision import inspector, read
from vinspect.vision import photo as photos
from vinspect.vision.locate import locate, numbers

ROOT = Path(__file__).resolve().parent.parent
TEMPERATURES = (1.0,)  # others move the thresholds of vision/inspector.py: choose both together


def _pictures(real: Path, rendered: int) -> Iterator[tuple[np.ndarray, str]]:
    lines = strips.real_lines(real, ROOT / "datasets/transcriptions/vin-photos-train.csv", "train")
    for i, line in enumerate(lines):
        if i % 16 == 0:  # those that training leaves out, see models/train_read.py
            yield line.grey, line.text
    for shot in (
        *protocol.stampings(rendered, held_out=False),
        *protocol.stampings(rendered // 2, True, held_out=False),
    ):
        yield shot.grey, shot.text


def main() -> None:
    """Read every picture at every temperature, choose, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=ROOT.parent / "shared/data/vin-photos")
    parser.add_argument("--rendered", type=int, default=200)
    args = parser.parse_args()
    nets = inspector.open_nets()
    network = read.Network(weights.path("reader.onnx"))
    loss = dict.fromkeys(TEMPERATURES, 0.0)
    found: dict[float, list[tuple[float, bool]]] = {t: [] for t in TEMPERATURES}
    counted = dict.fromkeys(TEMPERATURES, 0)
    for grey, text in track(list(_pictures(args.photos, args.rendered)), "reading"):
        photo = photos.photo_of("", cv2.imencode(".png", grey)[1].tobytes())
        groups = numbers(locate(photo, nets.locator))
        if not groups:
            continue
        for t in TEMPERATURES:
            network.calibration = read.Calibration(t)
            s = read.spell(grey, 1.0, groups[0], network)
            if s is None:
                continue
            found[t].append((float(np.prod([c.confidence for c in s.characters])), s.text == text))
            if len(s.text) == len(text):
                for c, truth in zip(s.characters, text, strict=True):
                    loss[t] -= np.log(max(dict(c.candidates).get(truth, 0.0), 1e-4))
                    counted[t] += 1
    best = min(TEMPERATURES, key=lambda t: loss[t] / max(1, counted[t]))
    odds = np.array([np.log(q / (1 - q)) for q in np.clip([q for q, _ in found[best]], 1e-9, 1 - 1e-6)])
    right = np.array([r for _, r in found[best]], float)

    def cost(ab: np.ndarray) -> float:
        z = ab[0] * odds + ab[1]
        return float(np.logaddexp(0, np.where(right > 0, -z, z)).mean() + 1e-3 * (ab[0] - 1) ** 2)

    slope, offset = minimize(cost, np.array([1.0, 0.0]), method="Nelder-Mead").x
    calibration = read.Calibration(best, round(float(slope), 4), round(float(offset), 4))
    (Path(__file__).parent / "reader.json").write_text(json.dumps(asdict(calibration)) + "\n")
    print(
        {t: round(float(v) / max(1, counted[t]), 4) for t, v in loss.items()},
        calibration,
        f"n {len(right)}, right {right.mean():.3f}",
    )


if __name__ == "__main__":
    main()
