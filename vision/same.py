"""Whether two pictures are one photograph: as it was, or cropped, made smaller, recompressed, brightened.

Two photographs of one number, however alike, differ in where the camera stood, in light and noise: laid over each other
by scale, turn and shift alone, their fine detail does not agree. That of one photograph does, whatever part is left of
it. To find the few that are worth laying over one another among many, each has two prints: bits of its coarse
structure, as in PDQ (Facebook, 2019: signs of the low cosine frequencies of a 64 x 64 picture), once of the whole and
once of what stands around its number, which stays the same where the edges are cropped. The library `pdqhash` computes
the same first print, but has no wheels for the Pythons that we run on.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

PRINT = 32  # bytes: 256 bits
SAME = 0.75  # correlation from which two pictures are one photograph: labels of one layout come to 0.70
_AROUND = (1.3, 0.65)  # width and height of what stands around a number, in lengths of it
_SIDE = 64
_CORNERS = 600  # that are looked for in each picture
_REPROJECTED = 2.0  # pixels that a corner may be off
_FEWEST = 8  # corners that must agree
_OVERLAP = 0.2  # of the second picture
_FINE, _COARSE = 2.0, 8.0  # standard deviations, pixels: the detail that is compared lies between


def whole_print(grey: np.ndarray) -> bytes:
    """The print of a whole picture: uint8 (h, w), `Photo.small` say; 32 bytes."""
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[1:17, 1:17]
    return np.packbits(low > np.median(low)).tobytes()


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


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """How far the fine detail of two pictures, uint8 (h, w), agrees where one is laid over the other.

    The correlation, 0 where they cannot be laid over one another at all; one photograph gives `SAME` or more.
    """
    orb = cv2.ORB.create(_CORNERS, fastThreshold=8)
    corners_one, marks_one = orb.detectAndCompute(one, None)
    corners_other, marks_other = orb.detectAndCompute(other, None)
    if not corners_one or not corners_other:
        return 0.0
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(marks_one, marks_other)
    if len(pairs) < _FEWEST:
        return 0.0
    here = np.array([corners_one[pair.queryIdx].pt for pair in pairs], np.float32)
    there = np.array([corners_other[pair.trainIdx].pt for pair in pairs], np.float32)
    cv2.setRNGSeed(0)  # the same two pictures, the same answer
    found, agree = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=_REPROJECTED)
    laid = cast("np.ndarray | None", found)  # none where no move fits
    if laid is None or int(agree.sum()) < _FEWEST:
        return 0.0
    size = (other.shape[1], other.shape[0])
    both = cv2.warpAffine(np.full(one.shape, 255, np.uint8), laid, size) == 255
    if both.mean() < _OVERLAP:
        return 0.0
    a, b = _detail(cv2.warpAffine(one, laid, size))[both], _detail(other)[both]
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return max(0.0, float(np.corrcoef(a, b)[0, 1]))


def _detail(picture: np.ndarray) -> np.ndarray:
    grey = picture.astype(np.float32)
    return cv2.GaussianBlur(grey, (0, 0), _FINE) - cv2.GaussianBlur(grey, (0, 0), _COARSE)
