"""Whole pictures to find numbers in: labels, plates, struck panels and roll ends among everything around them.

`scene` draws one at random; `covered` makes a picture with no number of a real photograph. Every line of text is
known with its quadrilateral, and whether it is the number or only print beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from vinspect.datasets import press
from vinspect.datasets.codes import data_matrix
from vinspect.datasets.labels import label, strip
from vinspect.datasets.numbers import free_number
from vinspect.datasets.panels import clutter, disc, panel
from vinspect.datasets.piece import NONE, Piece, stack
from vinspect.datasets.strikes import METAL, stacked, strike

Rng = np.random.Generator
_METAL_WORDS = (
    "ITALY;GERMANY;JAPAN;STEEL;PRESS;OPEN;CLOSE;FRONT;LEFT;RIGHT;TOP;MAX;WARNING;BOSCH;BREMBO;AISIN;MADE-IN-KOREA;"
    "STEP;OIL;DANGER;PULL;LOCK;TOYOTA;HONDA;SUZUKI;FORD;OPEL;RENAULT;MIN-MAX;UP;EXHAUST;BRAKE;FRAGILE;AUTOMATIC"
).split(";")


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the lines in it."""

    grey: np.ndarray  # uint8 (h, w)
    numbers: np.ndarray  # float32 (n, 4, 2), lines of vehicle numbers, clockwise from the first character's top left
    texts: np.ndarray  # float32 (m, 4, 2), other lines
    texts_known: bool = True  # False where there may be text that `texts` does not list


def lay_into(
    rng: Rng, grey: np.ndarray, piece: Piece, centre: np.ndarray, length: float, turn: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lay a piece into a picture by a slight perspective: it becomes `length` pixels long. Returns its lines there."""
    h, w = piece.grey.shape
    scale = length / w
    if scale < 0.7:  # an area average first, so that nothing aliases
        size = (max(2, round(w * scale * 1.2)), max(2, round(h * scale * 1.2)))
        shrunk = (
            cv2.resize(piece.grey, size, interpolation=cv2.INTER_AREA),
            cv2.resize(piece.cover, size, interpolation=cv2.INTER_AREA),
        )
    else:
        size, shrunk = (w, h), (piece.grey, piece.cover)
    c, s = np.cos(turn), np.sin(turn)
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]], np.float32) * scale / 2
    corners += rng.normal(0, 0.035 * min(length, h * scale * 3), (4, 2)).astype(np.float32)
    corners[:, 0] += corners[:, 1] * float(rng.normal(0, 0.1))
    corners = corners @ np.array([[c, s], [-s, c]], np.float32) + centre.astype(np.float32)
    source = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    whole = cv2.getPerspectiveTransform(
        np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - 0.5, corners.astype(np.float32)
    )
    x0, y0 = np.maximum(np.floor(corners.min(0)).astype(int) - 2, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(0)).astype(int) + 3, grey.shape[::-1])
    if x1 > x0 and y1 > y0:
        local = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64) @ matrix
        to = (int(x1 - x0), int(y1 - y0))
        patch = cv2.warpPerspective(shrunk[0], local, to, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpPerspective(shrunk[1], local, to, flags=cv2.INTER_LINEAR)
        if piece.pressed:
            patch = grey[y0:y1, x0:x1] + patch
        elif rng.random() < 0.3:  # a shadow under its edge
            grey[y0:y1, x0:x1] *= 1 - 0.4 * cv2.GaussianBlur(cover, (0, 0), 2)
        view = grey[y0:y1, x0:x1]
        view += cover * (patch - view)

    def moved(quads: np.ndarray) -> np.ndarray:
        return cv2.perspectiveTransform(quads.reshape(-1, 1, 2), whole).reshape(-1, 4, 2) if len(quads) else NONE

    return moved(piece.numbers), moved(piece.texts)


def _background(rng: Rng, h: int, w: int, photos: Sequence[np.ndarray]) -> tuple[np.ndarray, bool]:
    """A panel with clutter, or a real photograph without its number; and whether there is no text in it."""
    if len(photos) and rng.random() < 0.4:
        photo = photos[int(rng.integers(len(photos)))]
        if rng.random() < 0.5:
            photo = cv2.flip(photo, 1)  # print in it is no print any more
        if rng.random() < 0.3:
            photo = cv2.rotate(photo, int(rng.integers(3)))
        side = int(rng.uniform(0.5, 1.0) * min(photo.shape))
        y, x = (int(rng.integers(0, n - side + 1)) for n in photo.shape)
        return cv2.resize(photo[y : y + side, x : x + side], (w, h), interpolation=cv2.INTER_CUBIC).astype(
            np.float32
        ), False
    grey = panel(rng, h, w)
    clutter(rng, grey, int(rng.integers(0, 14)))
    return grey, True


def close(rng: Rng) -> Scene:
    """A number from close by, that fills the width of a picture of bare or painted metal."""
    w = int(rng.integers(560, 900))
    h = int(w * rng.uniform(0.16, 0.75))
    grey = panel(rng, h, w)
    clutter(rng, grey, int(rng.integers(0, 4)))
    piece = strike(rng) if rng.random() < 0.8 else stacked(rng)
    centre = np.array([w / 2 + rng.normal(0, 0.02 * w), h * rng.uniform(0.35, 0.65)])
    numbers, texts = lay_into(rng, grey, piece, centre, w * float(rng.uniform(0.7, 1.1)), float(rng.normal(0, 0.03)))
    return Scene(np.clip(grey, 0, 255).astype(np.uint8), numbers, texts)


def scene(rng: Rng, photos: Sequence[np.ndarray] = ()) -> Scene:
    """A picture of 640 px, with a number in four of five.

    photos: uint8 (h, w), real photographs whose number is covered, to lay things into.
    """
    if rng.random() < 0.08:  # nothing but the number and the metal around it
        struck = press.render(
            rng, None, None if rng.random() < 0.15 else str(rng.choice(METAL)), float(rng.uniform(24, 60))
        )
        return Scene(struck.grey, struck.line[None].astype(np.float32), NONE, struck.surface != "label")
    if rng.random() < 0.16:
        return close(rng)
    w = 640
    h = int(rng.choice([360, 427, 480, 480, 640]))
    if rng.random() < 0.3:
        w, h = h, w
    grey, known = _background(rng, h, w, photos)
    numbers: list[np.ndarray] = []
    texts: list[np.ndarray] = []

    def lay(piece: Piece, centre: np.ndarray, length: float, turn: float) -> None:
        found, other = lay_into(rng, grey, piece, centre, length, turn)
        numbers.extend(found)
        texts.extend(other)

    def anywhere(spread: float = 0.12) -> np.ndarray:
        return np.array([w, h]) * (0.5 + np.clip(rng.normal(0, spread, 2), -0.3, 0.3))

    turn = float(rng.normal(0, 0.12))
    kind = rng.random()
    if kind < 0.26:
        lay(label(rng), anywhere(), w * float(rng.uniform(0.45, 1.05)), turn)
        if rng.random() < 0.3:  # another label beside it
            lay(label(rng, False), np.array([w * rng.choice([0.05, 0.95]), h * rng.uniform(0.1, 0.9)]), w * 0.3, turn)
    elif kind < 0.36:
        lay(strip(rng), anywhere(), w * float(rng.uniform(0.4, 1.0)), turn)
    elif kind < 0.58:
        piece = strike(rng)
        level = float(np.median(piece.grey))
        if known and not piece.pressed and rng.random() < 0.6:  # the panel is of the same metal
            grey += level - float(np.median(grey))
        lay(piece, anywhere(), w * float(rng.uniform(0.3, 1.1)), turn)
        if known and rng.random() < 0.25:
            word = strike(rng, str(rng.choice(_METAL_WORDS)), False)
            y = h * (0.12 if numbers[0][:, 1].mean() > h / 2 else 0.88)
            lay(word, np.array([w * rng.uniform(0.2, 0.8), y]), w * 0.25, turn)
    elif kind < 0.68:
        piece = stacked(rng)
        if known and not piece.pressed and rng.random() < 0.6:
            grey += float(np.median(piece.grey)) - float(np.median(grey))
        lay(piece, anywhere(), w * float(rng.uniform(0.25, 0.85)), turn)
    elif kind < 0.78:
        centre, radius = disc(rng, grey)
        text = free_number(rng)[: int(rng.integers(6, 10))]
        side = rng.uniform(0, 2 * np.pi)
        away = np.array([np.cos(side), np.sin(side)])
        half = radius * float(rng.uniform(0.5, 0.68))
        length = 2 * np.sqrt(radius**2 - half**2) * float(rng.uniform(0.6, 0.95))
        face = float(np.median(grey[int(centre[1] - 9) : int(centre[1] + 9)]))
        piece = strike(rng, text)
        if not piece.pressed:
            piece = replace(piece, grey=piece.grey + 0.7 * (face - float(np.median(piece.grey))))
        lay(piece, centre + away * half, length, float(side + np.pi / 2 + rng.choice([0, np.pi])))
    elif kind < 0.86:  # words and other lines, no number
        for _ in range(int(rng.integers(1, 4))):
            lay(label(rng, False), anywhere(0.25), w * float(rng.uniform(0.3, 0.8)), turn)
            if rng.random() < 0.5:
                break
    elif kind < 0.91 and known:
        lay(strike(rng, str(rng.choice(_METAL_WORDS)), False), anywhere(), w * float(rng.uniform(0.2, 0.7)), turn)
        if rng.random() < 0.3:
            m = cv2.GaussianBlur(data_matrix(rng, int(rng.integers(40, 120)), True), (0, 0), 0.8)
            y, x = (int(rng.integers(0, max(1, a - b))) for a, b in zip(grey.shape, m.shape, strict=True))
            grey[y : y + m.shape[0], x : x + m.shape[1]] += m * float(rng.normal(0, 70))
    else:
        clutter(rng, grey, int(rng.integers(0, 20)))
    if rng.random() < 0.15:
        _code_beside(rng, grey, stack([*numbers, *texts]))
    return Scene(np.clip(grey, 0, 255).astype(np.uint8), stack(numbers), stack(texts), known)


def _code_beside(rng: Rng, grey: np.ndarray, lines: np.ndarray) -> None:
    """A Data Matrix near the lines but on none of them: its solid edges are no number."""
    h, w = grey.shape
    mark = data_matrix(rng, int(rng.integers(50, 220)), rng.random() < 0.7)
    if rng.random() < 0.6:  # codes stand level less often than numbers do
        side, middle = round(1.42 * len(mark)), len(mark) / 2
        turn = np.asarray(cv2.getRotationMatrix2D((middle, middle), float(rng.uniform(-45, 45)), 1.0), np.float64)
        turn[:, 2] += (side - len(mark)) / 2
        mark = np.asarray(cv2.warpAffine(mark, turn, (side, side)), np.float32)
    mark = mark[:h, :w]
    soft = np.asarray(cv2.GaussianBlur(mark, (0, 0), float(rng.uniform(0.5, 2.0))), np.float32)
    mark = soft * np.float32(rng.choice([-1, 1]) * rng.uniform(25, 120))
    mh, mw = mark.shape
    for _ in range(8):
        y, x = int(rng.integers(0, h - mh + 1)), int(rng.integers(0, w - mw + 1))
        apart = [
            q[:, 0].max() < x or q[:, 0].min() > x + mw or q[:, 1].max() < y or q[:, 1].min() > y + mh for q in lines
        ]
        if all(apart):
            grey[y : y + mh, x : x + mw] += mark
            return


def covered(rng: Rng, grey: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A real photograph with its number gone: painted over from around it, or smeared."""
    left, top, right, bottom = box
    mx, my = 0.06 * (right - left), 0.25 * (bottom - top)
    x0, y0 = max(int(left - mx), 0), max(int(top - my), 0)
    x1, y1 = min(int(right + mx) + 1, grey.shape[1]), min(int(bottom + my) + 1, grey.shape[0])
    out = grey.copy()
    view = out[y0:y1, x0:x1]
    if min(view.shape) < 2:
        return out
    if rng.random() < 0.5:
        edge = np.concatenate([view[0], view[-1]]).astype(np.float32)
        tone = np.percentile(edge, rng.choice([15, 50, 85]))
        view[:] = np.clip(tone + rng.normal(0, 4, view.shape), 0, 255)
    else:
        k = max(3, int((bottom - top) * 1.2) | 1)
        view[:] = np.clip(cv2.blur(cv2.blur(view, (k, k)), (k, k)) + rng.normal(0, 3, view.shape), 0, 255)
    return out
