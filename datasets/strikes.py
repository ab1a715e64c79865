"""Numbers that `press` strikes, made ready to be laid into a panel."""

from __future__ import annotations

import cv2
import numpy as np

from vinspect.datasets import press
from vinspect.datasets.codes import data_matrix
from vinspect.datasets.numbers import free_number, number
from vinspect.datasets.piece import NONE, Piece, fading, rounded

Rng = np.random.Generator
METAL = ("struck", "struck", "peened", "scribed", "etched", "plate")


def strike(rng: Rng, text: str | None = None, is_number: bool = True) -> Piece:
    """A number pressed into metal by `press.render`, its metal fading out so that it sinks into the panel."""
    text = text or (number(rng) if rng.random() < 0.6 else free_number(rng))
    surface = str(rng.choice(METAL))
    return sunk(rng, press.render(rng, text, surface, float(rng.uniform(20, 34))), is_number)


def sunk(rng: Rng, struck: press.Struck, is_number: bool = True) -> Piece:
    """A struck number to lay into a panel: without its own metal, with it fading out, or a plate cut out."""
    surface = struck.surface
    line = struck.line[None].astype(np.float32)
    grey = struck.grey.astype(np.float32)
    h, w = grey.shape
    found = (line, NONE) if is_number else (NONE, line)
    if surface == "plate" and rng.random() < 0.7:
        return Piece(grey, rounded(h, w, h * rng.uniform(0, 0.12)), *found)
    if rng.random() < 0.3:
        return Piece(grey, fading(grey, 0.35 * max(8.0, float(line[0, :, 1].min()))), *found)
    return relief(rng, Piece(grey, np.ones((h, w), np.float32), *found))


def relief(rng: Rng, piece: Piece) -> Piece:
    """What the strike changes in the light, without the metal it was struck in, which the panel has of its own."""
    lines = np.concatenate([piece.numbers, piece.texts])
    tall = float(np.linalg.norm(lines[:, 3] - lines[:, 0], axis=1).mean())
    grey = piece.grey
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # a wide blur needs no detail
    around = cv2.resize(cv2.GaussianBlur(small, (0, 0), max(1.0, 0.45 * tall)), grey.shape[::-1])
    change = (grey - around) * float(rng.uniform(0.7, 1.3))
    return Piece(change, fading(grey, 0.6 * tall), piece.numbers, piece.texts, True)


def stacked(rng: Rng) -> Piece:
    """A number struck in two lines, at times beside a Data Matrix."""
    text = number(rng)
    if len(text) < 9 or rng.random() < 0.3:
        text = free_number(rng) + free_number(rng)[:4]
    height = float(rng.uniform(20, 30))
    struck = press.render(rng, text, str(rng.choice(METAL)), height)
    # One line, cut between two characters, its end laid under its beginning: one die set, one metal, one light.
    cut = int(np.clip(len(text) // 2 + rng.integers(-2, 4), 3, len(text) - 2))
    seam = int((struck.quads[cut - 1, :, 0].max() + struck.quads[cut, :, 0].min()) / 2)
    gap = height * float(rng.uniform(0.15, 0.6))
    foot = int(min(struck.grey.shape[0], struck.line[:, 1].max() + gap / 2 + 1))
    head = int(max(0, struck.line[:, 1].min() - gap / 2 - 1))
    bare = max(2, int(struck.marked_quads[0, :, 0].min()) - 2)  # metal without a character at the beginning
    whole = struck.grey.astype(np.float32)
    first, second = whole[:foot, :seam], np.hstack([whole[head:, :bare], whole[head:, seam:]])
    wide = max(first.shape[1], second.shape[1])
    shift = 0 if rng.random() < 0.6 else int((wide - second.shape[1]) * rng.random())

    def widened(part: np.ndarray, left: int) -> np.ndarray:
        right = wide - part.shape[1] - left
        metal = np.pad(part[:, :bare], ((0, 0), (left, right)), mode="symmetric")
        return np.hstack([metal[:, :left], part, metal[:, left + bare :]])

    grey = np.vstack([widened(first, 0), widened(second, shift)])
    seam_y = first.shape[0]
    for y in range(max(1, seam_y - 3), min(grey.shape[0] - 1, seam_y + 3)):
        grey[y] = (grey[y - 1] + grey[y] + grey[y + 1]) / 3
    edges = np.concatenate([struck.quads[:cut].reshape(-1, 2), struck.quads[cut:].reshape(-1, 2)])
    ends = edges[: 4 * cut, 0].max(), edges[4 * cut :, 0].min()
    upper, lower = struck.line.copy(), struck.line.copy()
    upper[1:3, 0] = ends[0]
    lower[[0, 3], 0] = ends[1]
    lower += np.array([shift + bare - seam, foot - head], np.float32)
    lines = np.stack([upper, lower]).astype(np.float32)
    if rng.random() < 0.4:
        m = data_matrix(rng, int(height * rng.uniform(1.8, 4)), True)
        m = cv2.GaussianBlur(m, (0, 0), 0.8)
        side = m.shape[1] + int(height * rng.uniform(0.3, 0.9))
        tall = max(grey.shape[0], m.shape[0] + 8)
        down = (tall - grey.shape[0]) // 2
        beyond = tall - grey.shape[0] - down
        grey = cv2.copyMakeBorder(grey, down, beyond, side, 0, cv2.BORDER_REFLECT_101).astype(np.float32, copy=False)
        grey[:, :side] = grey[:, side : side + 1] * 0.5 + grey.mean() * 0.5
        y0 = int((tall - m.shape[0]) * rng.random())
        grey[y0 : y0 + m.shape[0], 4 : 4 + m.shape[1]] += m * float(
            rng.uniform(-110, -30) if rng.random() < 0.7 else rng.uniform(30, 90)
        )
        lines = lines + np.array([side, down], np.float32)
    if rng.random() < 0.6:
        return relief(rng, Piece(grey, grey, lines, NONE))
    return Piece(grey, fading(grey, 6), lines, NONE)
