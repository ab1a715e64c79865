"""Whether two pictures are one photograph: as it was, or cropped, made smaller, recompressed, brightened.

Two photographs of one number, however alike, differ in where the camera stood, in light and noise: laid over each other
by scale, turn and shift alone, their fine detail does not agree. That of one photograph does, whatever part is left of
it, as far as the coarser of the two still has it: there they are compared. To find the few that are worth laying over
one another among many, each has two prints: bits of its coarse structure, as in PDQ (Facebook, 2019: signs of the low
cosine frequencies of a 64 x 64 picture), once of the whole and once of what stands around its number. What is kept of a
photograph is that; what comes in is asked for by several prints of each, as it may be a part of what it was. The
library `pdqhash` computes the same first print, but has no wheels for the Pythons that we run on.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import cast

import cv2
import numpy as np

from vinspect.vision.evidence import frozen

PRINT = 32  # bytes: 256 bits
# Correlation from which two pictures are one photograph: of 320 photographs used again, small and recompressed, all but
# one came to 0.93 or more. Labels of one layout, photographed from as far, may come to 0.9.
SAME = 0.91
SURELY = 0.95  # where they are not read as one number
CERTAIN = 0.95  # confidence of a number from which on another one is another photograph
_NEVER = 2.0  # more than any correlation
_MISREAD = 1  # characters that may differ and it is one number, which one of them hardly shows
_AROUND = (1.3, 0.65)  # width and height of what stands around a number, in lengths of it
_SCALES, _SHIFTS = (1.0, 0.9, 1.1), (0.0, -0.05, 0.05)  # a number is found as much larger, and off by such parts of it
_CROPPED = (0.035, 0.115)  # of the whole: what may be gone at an edge; 0 to 0.15 is near one of them
_SIDE, _LOW = 64, slice(1, 17)  # of a picture that a print is made of, and its frequencies
_FINER, _SHARES = 2 * _SIDE, 8  # pixels of a side, and parts of a pixel, fine enough for what is gone at the edges
_CORNERS = 600  # that are looked for in each picture
_REPROJECTED = 2.0  # pixels that a corner may be off
_FEWEST = 8  # corners that must agree
_OVERLAP = 0.2  # of the coarser picture
_FINE, _COARSE = 1.2, 5.0  # standard deviations, pixels: the detail that is compared lies between
_HOPELESS = 0.5  # correlation below which laying them better would not help
_FLOWED = 0.7  # pixels that a point may be off once they are laid better
_POINTS = 150  # by which that is done


def whole_print(grey: np.ndarray) -> bytes:
    """The print of a whole picture: uint8 (h, w), `Photo.small` say; 32 bytes."""
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return _print_of(cv2.dct(small)[_LOW, _LOW])


def _print_of(low: np.ndarray) -> bytes:
    middle = np.partition(low, (low.size // 2 - 1, low.size // 2), None)[low.size // 2 - 1 : low.size // 2 + 1]
    return np.packbits(low > middle.mean()).tobytes()  # as by `np.median`, which takes as long as the rest of it


def whole_prints(grey: np.ndarray) -> list[bytes]:
    """The prints that a whole picture may have had of which this one, uint8 (h, w), is left: 17, its own first.

    What is gone at the edges is taken to have been as the edges are; the low frequencies bear that.
    """
    square = cv2.resize(grey, (_FINER, _FINER), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = _times(_times(_cropped(), square), _cropped().T)  # not by numpy, whose threads wait for work at full speed
    return [whole_print(grey), *(_print_of(part) for band in np.split(low, 4) for part in np.split(band, 4, axis=1))]


def _times(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.gemm(a, b, 1.0, np.zeros((0, 0), np.float32), 0.0))


@lru_cache
def _cropped() -> np.ndarray:
    """What gives the low frequencies of a line of 128 pixels, in four ways cropped at its ends: float32 (64, 128).

    The line goes on as it ends, is reduced to 64 pixels and transformed, as for a print.
    """
    lines, found = np.eye(_FINER, dtype=np.float32).repeat(_SHARES, 1), []
    for before, after in itertools.product(_CROPPED, repeat=2):
        whole = lines.shape[1] / (1 - before - after)
        rims = round(before * whole), round(after * whole)
        reduced = cv2.resize(cv2.copyMakeBorder(lines, 0, 0, *rims, cv2.BORDER_REPLICATE), (_SIDE, _FINER),
                             interpolation=cv2.INTER_AREA)  # fmt: skip
        found.append(cv2.dct(reduced, flags=cv2.DCT_ROWS)[:, _LOW].T)
    return frozen(np.concatenate(found))


def number_print(grey: np.ndarray, quad: np.ndarray) -> bytes:
    """The print of what stands around a number; quad: where it stands, float (4, 2), in pixels of the picture."""
    corners = quad.astype(np.float64)
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    length = max(float(np.hypot(*across)), 1.0)
    along = across / length * length * _AROUND[0] / 2
    down = np.array([-across[1], across[0]]) * _AROUND[1] / 2
    centre = corners.mean(axis=0)
    source = np.array([centre - along - down, centre + along - down, centre + along + down], np.float32)
    target = np.array([[0, 0], [4 * _SIDE, 0], [4 * _SIDE, 2 * _SIDE]], np.float32)
    turned = cv2.warpAffine(
        grey,
        cv2.getAffineTransform(source, target),
        (4 * _SIDE, 2 * _SIDE),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return whole_print(turned)


def number_prints(grey: np.ndarray, quad: np.ndarray) -> list[bytes]:
    """The prints around a number that may have been found a little larger, smaller or to one side: 9, its own first."""
    corners = quad.astype(np.float64)
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    centre = corners.mean(axis=0)
    return [
        number_print(grey, (corners - centre) * scale + centre + across * shift)
        for scale, shift in itertools.product(_SCALES, _SHIFTS)
    ]


@dataclass(frozen=True, eq=False)
class Marked:
    """A picture, and the corners that it is laid over others by."""

    grey: np.ndarray  # uint8 (h, w)
    corners: np.ndarray  # float32 (n, 2), x, y in pixels
    marks: np.ndarray  # uint8 (n, 32): what each looks like


def marked(grey: np.ndarray) -> Marked:
    """The corners of a picture: uint8 (h, w), `Photo.small` say."""
    corners, marks = cv2.ORB.create(_CORNERS, fastThreshold=8).detectAndCompute(grey, None)
    if not corners:
        return Marked(grey, np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    return Marked(grey, np.array([corner.pt for corner in corners], np.float32), marks)


def needed(one: str | None, other: str | None, sure: float) -> float:
    """The likeness from which two pictures are one photograph, by the number that is read in each, where one is.

    Only numbers that read the same speak for one photograph: of labels of one layout all but the number agrees. sure:
    the confidence of the first; from `CERTAIN` on another number is another photograph, however alike: more than 1.
    """
    if one is None or other is None:
        return SURELY
    pieces = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    apart = sum(max(b - a, d - c) for kind, a, b, c, d in pieces if kind != "equal")
    if apart <= _MISREAD:
        return SAME
    return SURELY if sure < CERTAIN else _NEVER


def likeness(one: Marked, other: Marked) -> float:
    """How far the fine detail of two pictures agrees where one is laid over the other.

    The correlation, 0 where they cannot be laid over one another at all; one photograph gives what is `needed`.
    """
    if not len(one.corners) or not len(other.corners):
        return 0.0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(one.marks, other.marks)
    if len(pairs) < _FEWEST:
        return 0.0
    here = one.corners[[pair.queryIdx for pair in pairs]]
    there = other.corners[[pair.trainIdx for pair in pairs]]
    laid = _moved(here, there, _REPROJECTED)
    if laid is None:
        return 0.0
    fine, coarse, scale = one.grey, other.grey, float(np.hypot(laid[0, 0], laid[1, 0]))
    if scale > 1:
        fine, coarse, scale, laid = coarse, fine, 1 / scale, cv2.invertAffineTransform(laid)
    blur = 0.5 * np.sqrt(1 / max(scale, 0.1) ** 2 - 1)  # what the coarser has lost goes from the finer, too
    if blur > 0.1:
        fine = cv2.GaussianBlur(fine, (0, 0), blur)
    alike = _agreement(fine, coarse, laid)
    if alike < _HOPELESS or (nearer := _nearer(fine, coarse, laid)) is None:
        return alike
    return max(alike, _agreement(fine, coarse, nearer))


def _moved(here: np.ndarray, there: np.ndarray, off: float) -> np.ndarray | None:
    """Scale, turn and shift that bring points, float32 (n, 2), to others: float64 (2, 3), None where few agree."""
    if len(here) < _FEWEST:
        return None
    cv2.setRNGSeed(0)  # the same two pictures, the same answer
    found, agree = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=off)
    laid = cast("np.ndarray | None", found)  # none where no move fits
    return None if laid is None or int(agree.sum()) < _FEWEST else laid


def _laid(fine: np.ndarray, coarse: np.ndarray, laid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The finer picture as it lies over the coarser one, and where it does."""
    size = (coarse.shape[1], coarse.shape[0])
    return cv2.warpAffine(fine, laid, size), cv2.warpAffine(np.full(fine.shape, 255, np.uint8), laid, size) == 255


def _nearer(fine: np.ndarray, coarse: np.ndarray, laid: np.ndarray) -> np.ndarray | None:
    """The same move to a fraction of a pixel, which corners do not give; None where it cannot be told."""
    over, both = _laid(fine, coarse, laid)
    seen = cv2.goodFeaturesToTrack(coarse, _POINTS, 0.01, 5, mask=both.astype(np.uint8))
    points = cast("np.ndarray | None", seen)  # none where all is even
    if points is None:
        return None
    even = cv2.createCLAHE(2, (4, 4))  # the flow takes both to be as bright
    flowed, found, _ = cv2.calcOpticalFlowPyrLK(
        even.apply(coarse), even.apply(over), points, points.copy(), winSize=(15, 15), maxLevel=1
    )
    there = found.ravel() > 0
    back = _moved(flowed[there, 0], points[there, 0], _FLOWED)
    return None if back is None else back @ np.vstack([laid, [0, 0, 1]])


def _agreement(fine: np.ndarray, coarse: np.ndarray, laid: np.ndarray) -> float:
    """The correlation of the detail of both, at least 0."""
    over, both = _laid(fine, coarse, laid)
    if both.mean() < _OVERLAP:
        return 0.0
    a, b = _detail(over)[both], _detail(coarse)[both]
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return max(0.0, float(np.corrcoef(a, b)[0, 1]))


def _detail(picture: np.ndarray) -> np.ndarray:
    grey = picture.astype(np.float32)
    return cv2.GaussianBlur(grey, (0, 0), _FINE) - cv2.GaussianBlur(grey, (0, 0), _COARSE)
