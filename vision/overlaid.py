"""One picture of a comparison: both numbers, the two laid on each other in two colours, cells that agree, and words.

What only the photograph shows is blue, what only the file shows is orange, and where both have a groove it is dark.
"""

from __future__ import annotations

import cv2
import numpy as np

from vinspect.vision import photo as photos
from vinspect.vision.compare import CELLS, SAID, Comparison, LaidLine, Outcome
from vinspect.vision.congruence import CONGRUENT
from vinspect.vision.draw import (
    BLUE,
    FADED,
    GREEN,
    HEAVY,
    INK,
    MARGIN,
    ORANGE,
    PAPER,
    RED,
    REGULAR,
    RULE,
    STRONG,
    WHITE,
    WIDTH,
    Colour,
    blank,
    length_of,
    lines_of,
    put_centred,
    put_fitted,
    put_pill,
    put_text,
)
from vinspect.vision.evidence import Photo
from vinspect.vision.register import cells, laid_on
from vinspect.vision.rub import rub

OUTCOMES: dict[Outcome, Colour] = {"same striking": GREEN, "not the same striking": RED, "cannot judge": FADED}
_TALLEST = 260  # pixels of a picture in which no number was laid on another


def overlaid(found: Comparison) -> np.ndarray:
    """Draw a comparison: uint8 (H, 1280, 3), blue, green, red."""
    parts = [_heading(found)]
    for line in found.lines:
        parts += _line(found, line)
    if not found.lines:
        parts += [_picture(report.photo) for report in (found.now, found.file) if report is not None]
    parts.append(_footer(found))
    return np.concatenate(parts)


def _heading(found: Comparison) -> np.ndarray:
    """The outcome, the sentence in English and Chinese, and the strength."""
    sentences = [
        *lines_of(found.why.sentence, 22, REGULAR, WIDTH - 2 * MARGIN),
        *lines_of(found.why.chinese, 20, REGULAR, WIDTH - 2 * MARGIN),
    ]
    part = blank(92 + 32 * len(sentences))
    outcome = " · ".join(SAID[found.outcome].values())
    wide = round(length_of(outcome, 26, HEAVY)) + 40
    put_pill(part, (MARGIN, 22, MARGIN + wide, 70), OUTCOMES[found.outcome])
    put_centred(part, outcome, (MARGIN + wide / 2, 55), WHITE, 26, HEAVY)
    if found.support is not None:
        agree, all_ = sum(c.congruent for c in found.characters), CELLS * len(found.characters)
        said = f"log LR {found.support:+.1f}  ·  {agree} of {all_} cells agree 格一致"
        put_text(part, said, (MARGIN + wide + 24, 54), FADED, 20, STRONG)
    for row, sentence in enumerate(sentences):
        put_text(part, sentence, (MARGIN, 104 + 32 * row), INK, 22, REGULAR)
    return part


def _line(found: Comparison, line: LaidLine) -> list[np.ndarray]:
    """The photograph's line, the file's as it lies on it, both in two colours with the cells, and the characters."""
    r, grey = line.registered, line.now.strip.grey
    there = laid_on(line.file.strip.grey, r.to_other, r.middle, grey.shape)
    both = _two_colours(
        rub(line.now.strip).stroke, laid_on(rub(line.file.strip).stroke, r.to_other, r.middle, grey.shape)
    )
    zoom = min((WIDTH - 2 * MARGIN) / grey.shape[1], 4.0)
    left = (WIDTH - round(grey.shape[1] * zoom)) // 2
    boxes = line.now.boxes[[i for i, _ in r.pairs]].astype(np.float64)
    parts = []
    for name, picture in (("photograph 照片", grey), ("on file 档案", there), ("both 叠合", both)):
        shown = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        shown = cv2.resize(shown, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
        part = blank(shown.shape[0] + 30)
        part[26 : 26 + shown.shape[0], left : left + shown.shape[1]] = shown
        put_text(part, name, (MARGIN, 18), FADED, 15, REGULAR)
        if picture is both:
            put_text(part, "photograph alone 仅照片", (MARGIN + 100, 18), BLUE, 15, STRONG)
            put_text(part, "file alone 仅档案", (MARGIN + 300, 18), ORANGE, 15, STRONG)
            agree = "cells that agree are green, the others red 一致的格为绿色，其余为红色"
            put_text(part, agree, (MARGIN + 450, 18), FADED, 15, REGULAR)
            _cells(part, boxes, r.cells, zoom, (left, 26))
        parts.append(part)
    parts.append(_names(found, line, boxes, zoom, left))
    return parts


def _two_colours(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Strokes of one in blue, of the other in orange, on paper; dark where they lie on each other. float32 in 0..1."""
    a, b = np.clip(one, 0, 1)[..., None], np.clip(other, 0, 1)[..., None]
    paper, blue, orange, ink = (np.array(c, np.float32) for c in (PAPER, BLUE, ORANGE, INK))
    mixed = (1 - a) * (1 - b) * paper + a * (1 - b) * blue + b * (1 - a) * orange + a * b * ink
    return np.asarray(np.clip(mixed, 0, 255).astype(np.uint8))


def _cells(part: np.ndarray, boxes: np.ndarray, found: np.ndarray, zoom: float, at: tuple[int, int]) -> None:
    """Each cell's frame, where it found itself on file."""
    far, least = CONGRUENT
    inset = 0.14 * (boxes[:, 3] - boxes[:, 1]).mean()
    for box, (dx, dy, correlation, _) in zip(cells(boxes), found.reshape(-1, 4), strict=True):
        agrees = max(abs(dx), abs(dy)) < far and correlation > least
        frame = box + np.array([inset + dx, inset + dy, dx - inset, dy - inset])
        x0, y0, x1, y1 = np.round((frame + 0.5) * zoom + np.tile(at, 2)).astype(int).tolist()
        cv2.rectangle(part, (x0, y0), (x1, y1), GREEN if agrees else RED, 1, cv2.LINE_AA)


def _names(found: Comparison, line: LaidLine, boxes: np.ndarray, zoom: float, left: int) -> np.ndarray:
    """Under each character its name, what stands on file where that differs, its cells and its strength."""
    part = blank(104)
    size = float(np.clip(0.6 * zoom * np.median(boxes[:, 2] - boxes[:, 0]), 12, 30))
    for k, (x0, _, x1, _) in zip(line.places, boxes, strict=True):
        c, middle = found.characters[k], left + (x0 + x1 + 1) / 2 * zoom
        again = k in found.named
        if again:
            put_pill(part, (round(middle - 0.7 * size), 6, round(middle + 0.7 * size), 44), RED)
        name = c.text if c.text == c.on_file else f"{c.text}/{c.on_file}"
        put_centred(part, name, (middle, 36), WHITE if again else INK, size, HEAVY)
        put_centred(part, f"{c.congruent}/{CELLS}", (middle, 64), FADED, min(16.0, 0.6 * size), REGULAR)
        tint = RED if again else FADED
        put_centred(part, f"{c.support:+.1f}", (middle, 86), tint, min(16.0, 0.6 * size), STRONG)
    return part


def _picture(photo: Photo) -> np.ndarray:
    """A picture by itself, where nothing could be laid on anything."""
    colour = photos.bgr(photo, WIDTH)
    zoom = min((WIDTH - 2 * MARGIN) / colour.shape[1], _TALLEST / colour.shape[0])
    small = cv2.resize(colour, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
    part = blank(small.shape[0] + 20)
    left = (WIDTH - small.shape[1]) // 2
    part[8 : 8 + small.shape[0], left : left + small.shape[1]] = small
    return part


def _footer(found: Comparison) -> np.ndarray:
    """What was held against what."""
    part = blank(52)
    cv2.line(part, (MARGIN, 8), (WIDTH - MARGIN, 8), RULE, 1)
    names = [r.photo.name.replace("\\", "/").rsplit("/", 1)[-1] for r in (found.now, found.file) if r is not None]
    put_fitted(
        part, "   against 比对   ".join([*names, "Vinspect"][:2]), (MARGIN, 34), FADED, 15, REGULAR, WIDTH - 2 * MARGIN
    )
    return part
