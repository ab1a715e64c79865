"""The pictures of the steps: uint8 (h, w, 3), blue, green, red."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from vinspect.vision import draw
from vinspect.vision import photo as photos
from vinspect.vision.draw import FADED, GREEN, INK, LEANS, MARGIN, RED, REGULAR, STRONG, WIDTH, blank, put_centred
from vinspect.vision.evidence import Character, Inspection, Reading
from vinspect.vision.rub import rub

_ZOOM = 4.0  # at most, of a strip
_NAMES = 64  # pixels under a strip, for the characters and what is said of each


def photograph(inspection: Inspection) -> np.ndarray:
    """The photograph with the number outlined, and pins to the places of the findings."""
    colour = _colour(inspection)
    return draw.photographed(colour, inspection.report, inspection.findings, inspection.verdict)


def characters(inspection: Inspection) -> list[np.ndarray]:
    """Each line as it was cut out, its characters boxed and named, those that findings name marked."""
    best, colour = inspection.report.readings[0], _colour(inspection)
    marked = {place for f in inspection.findings if f.support > 0 for place in f.characters}
    panels = [draw.laid_out(colour, inspection.report.photo, best, line, marked) for line in range(len(best.strips))]
    for panel in panels:
        panel[(panel == np.array(draw.PAPER, np.uint8)).all(axis=2)] = draw.WHITE  # as the page is
    return panels


def around(inspection: Inspection) -> list[np.ndarray]:
    """The metal around the number, level: a fifth of its length to either side, twice its height over and under it."""
    best, colour = inspection.report.readings[0], _colour(inspection)
    quad = best.quad.astype(np.float64) * (colour.shape[1] / inspection.report.photo.size[0])
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    corner = quad.mean(axis=0) - 0.7 * along - 2.5 * down
    source = np.array([corner, corner + 1.4 * along, corner + 5 * down], np.float32)
    tall = round(WIDTH * 5 * float(np.linalg.norm(down)) / max(1.4 * float(np.linalg.norm(along)), 1.0))
    target = np.array([[0, 0], [WIDTH, 0], [0, tall]], np.float32)
    to_panel = cv2.getAffineTransform(source, target)
    return [cv2.warpAffine(colour, to_panel, (WIDTH, max(1, tall)), borderValue=draw.WHITE)]


def rubbings(inspection: Inspection) -> list[np.ndarray]:
    """The rubbing of each line, the judge's where it looked, and under each character how strongly it speaks for not
    being as struck.
    """
    best = inspection.report.readings[0]
    supports = inspection.verdict.characters or (None,) * len(best.characters)
    out = []
    for line, strip in enumerate(best.strips):
        rubbing = inspection.looks.rubbings[line] if inspection.looks is not None else rub(strip)
        panel, zoom, left = _laid(draw.inked((rubbing.stroke, INK), paper=draw.WHITE))
        for place, c in _of(best, line):
            support, middle = supports[place], left + (c.box[0] + c.box[2] + 1) / 2 * zoom
            put_centred(panel, c.text, (middle, panel.shape[0] - 34), INK, 22, STRONG)
            said = "-" if support is None else f"{support:+.1f}"
            tint = RED if (support or 0.0) >= LEANS else FADED
            put_centred(panel, said, (middle, panel.shape[0] - 10), tint, 16, REGULAR)
        out.append(panel)
    return out


def ruled(inspection: Inspection) -> list[np.ndarray]:
    """Each line with rulers laid under and over its characters, and the box of each."""
    best = inspection.report.readings[0]
    marked = {place for f in inspection.findings if f.code == "stray" for place in f.characters}
    out = []
    for line, strip in enumerate(best.strips):
        panel, zoom, left = _laid(cv2.cvtColor(strip.grey, cv2.COLOR_GRAY2BGR), under=0)
        boxes = {place: (c.box + 0.5) * zoom + (left, 0, left, 0) for place, c in _of(best, line)}
        for place, (x0, y0, x1, y1) in boxes.items():
            corners = (round(float(x0)), round(float(y0))), (round(float(x1)), round(float(y1)))
            cv2.rectangle(panel, *corners, RED if place in marked else FADED, 3 if place in marked else 1, cv2.LINE_AA)
        for edge in (1, 3) if len(boxes) > 1 else ():
            _ruler(panel, np.array(list(boxes.values())), edge)
        out.append(panel)
    return out


def _ruler(panel: np.ndarray, boxes: np.ndarray, edge: int) -> None:
    """A straight line along the tops (edge 1) or feet (edge 3) of the characters, which single ones cannot bend."""
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    points = np.stack([middle, boxes[:, edge]], axis=1).astype(np.float32)
    vx, vy, x, y = (float(v) for v in cv2.fitLine(points, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel())
    ends = [(round(at), round(y + vy / vx * (at - x))) for at in (middle.min() - 20, middle.max() + 20)]
    cv2.line(panel, ends[0], ends[1], GREEN, 2, cv2.LINE_AA)


def _laid(strip: np.ndarray, under: int = _NAMES) -> tuple[np.ndarray, float, int]:
    """The strip in the middle of a panel, how many times as large it is, and where its left edge lies."""
    zoom = min((WIDTH - 2 * MARGIN) / strip.shape[1], _ZOOM)
    shown = cv2.resize(strip, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    left = (WIDTH - shown.shape[1]) // 2
    panel = blank(shown.shape[0] + under)
    panel[:] = draw.WHITE
    panel[: shown.shape[0], left : left + shown.shape[1]] = shown
    return panel, zoom, left


def _of(best: Reading, line: int) -> list[tuple[int, Character]]:
    return [(place, c) for place, c in enumerate(best.characters) if c.line == line]


@lru_cache(maxsize=1)  # of the inspection in hand, for all steps
def _colour(inspection: Inspection) -> np.ndarray:
    report = inspection.report
    return photos.bgr(report.photo, draw.needed(report.photo, report.readings[0] if report.readings else None))
