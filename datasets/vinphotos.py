"""Real photographs of vehicle numbers, each with one labelled box (see docs/data.md for where they come from)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

CAP = 0.70  # height of the characters over the height of their box, where the line is level: boxes leave a margin
STEEPEST = 62  # degrees


@dataclass(frozen=True, eq=False)
class VinPhoto:
    """One photograph and the box around its number."""

    path: Path
    box: np.ndarray  # float32 (4,), left, top, right, bottom in pixels

    def grey(self) -> np.ndarray:
        """uint8 (h, w). Raises FileNotFoundError."""
        picture = cv2.imread(str(self.path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise FileNotFoundError(f"{self.path} cannot be read as a picture")
        return picture


def vin_photos(root: Path, split: str) -> list[VinPhoto]:
    """Those of root/split (`train` or `valid`), sorted by name, one for each labelled box; empty where there are none.

    root/split/images holds NAME.jpg, root/split/labels NAME.txt in YOLO's form (class, centre x, y, width, height as
    fractions of the picture).
    """
    found = []
    for path in sorted((root / split / "images").glob("*.jpg")):
        label = root / split / "labels" / f"{path.stem}.txt"
        if not label.is_file():
            continue
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            continue
        size = np.array(picture.shape[::-1], np.float32)
        for line in label.read_text().splitlines():
            values = [float(v) for v in line.split()[1:5]]
            if len(values) == 4:
                centre, extent = np.array(values[:2]) * size, np.array(values[2:]) * size
                box = np.concatenate([centre - extent / 2, centre + extent / 2]) - 0.5
                found.append(VinPhoto(path, box.astype(np.float32)))
    return found


def transcribed(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a transcription by the photograph's name (columns: docs/data.md); empty where it is missing."""
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as rows:
        return {row["file"]: row for row in csv.DictReader(rows)}


def line(row: dict[str, str]) -> np.ndarray:
    """The quadrilateral that `models.align` found, float32 (4, 2), clockwise from the first character's top left."""
    return np.array(row["line"].split(), np.float32).reshape(4, 2)


def tilt(grey: np.ndarray, box: np.ndarray) -> float:
    """Degrees by which the line in a box runs downhill to the right, -62 to 62.

    The right angle is the one at which the strokes' edges, projected along the line, gather in the sharpest bands
    (as in deskewing by projection profiles, Postl 1986), among those at which a line could fill the box.
    """
    left, top, right, bottom = box
    x0, y0 = max(int(left), 0), max(int(top), 0)
    crop = grey[y0 : int(np.ceil(bottom)) + 1, x0 : int(np.ceil(right)) + 1].astype(np.float32)
    if min(crop.shape) < 3:
        return 0.0
    edges = np.abs(cv2.Sobel(crop, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(crop, cv2.CV_32F, 0, 1))
    edges /= cv2.GaussianBlur(edges, (0, 0), max(crop.shape[0] / 2, 3)) + 8
    ys, xs = np.mgrid[: crop.shape[0], : crop.shape[1]]
    xs, ys, weights = xs.ravel() - crop.shape[1] / 2, ys.ravel() - crop.shape[0] / 2, edges.ravel()
    best, best_score = 0.0, -1.0
    for degrees in np.arange(-STEEPEST, STEEPEST + 1, 2.0):
        length, height = fill(box, degrees)
        if length <= 0 or height < 0.035 * length or height > 0.5 * length:
            continue
        radians = np.radians(degrees)
        across = ys * np.cos(radians) - xs * np.sin(radians)
        inside = np.abs(across) < height  # the line and as much again
        if inside.sum() < 20:
            continue
        bins = np.round(across[inside] * 1.0).astype(int)
        bins -= bins.min()
        energy, count = np.bincount(bins, weights[inside]), np.bincount(bins)
        rows = energy[count > 2] / count[count > 2]
        middle = np.abs(across) < height / 2
        contrast = weights[middle].mean() / (weights[~middle].mean() + 1e-3) if (~middle).any() else 1.0
        score = rows.std() / (rows.mean() + 1e-3) + 0.5 * min(contrast, 2.0) - 0.004 * abs(degrees)
        if score > best_score:
            best, best_score = float(degrees), score
    return best


def fill(box: np.ndarray, degrees: float) -> tuple[float, float]:
    """Length and height of the rectangle, tilted by so many degrees, that touches all four sides of the box."""
    w, h = float(box[2] - box[0]), float(box[3] - box[1])
    c, s = np.cos(np.radians(abs(degrees))), np.sin(np.radians(abs(degrees)))
    double = c * c - s * s
    if abs(double) < 0.05:
        return 0.0, 0.0
    return (w * c - h * s) / double, (h * c - w * s) / double


def quad(box: np.ndarray, degrees: float) -> np.ndarray:
    """The line's quadrilateral, float32 (4, 2), clockwise from its first character's top left.

    box: left, top, right, bottom. degrees: the line's tilt, as `tilt` finds it.
    """
    length, height = fill(box, degrees)
    w, h = float(box[2] - box[0]), float(box[3] - box[1])
    if length <= 0 or height <= 0.02 * length:  # a tilt that does not fit the box: lay the line along its diagonal
        height = min(w, h) * 0.3
        length = float(np.hypot(w, h)) - height
    margin = (1 - CAP) * height
    along = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    down = np.array([-along[1], along[0]])
    centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    half, up = along * (length - margin) / 2, down * height * CAP / 2
    return np.array([centre - half - up, centre + half - up, centre + half + up, centre - half + up], np.float32)
