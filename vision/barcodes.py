"""The barcodes beside a number, and whether they say what the print says.

Forgers who change the print of a label often leave its barcode as it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vinspect.vision import vin
from vinspect.vision.chinese import chinese
from vinspect.vision.evidence import UNREADABLE, Barcode, Finding, Reading
from vinspect.vision.rules import Breach, chance_of_misreading, finding_of, support_of

if TYPE_CHECKING:
    from zxingcpp import Barcode as Decoded

CHARACTER_PIXELS = 40  # height of a character in what is searched: a label's narrowest bar is then 1.5 pixels or more
ABOVE_AND_BELOW = 10.0  # the neighbourhood that is searched, in heights of the line
BEFORE_AND_AFTER = 0.6  # and in its lengths: bars are up to twice as wide as the print
LABEL_SIDE = 1280  # the longer side of a whole photograph that is searched
MOST = 0.7  # of the photograph: where the neighbourhood covers as much, the whole is not searched after it
RELATED = 8  # characters at their place, of 17, that make a barcode's number another spelling of the print's


def barcodes_of(grey: np.ndarray, reading: Reading, reduction: float = 1.0) -> tuple[Barcode, ...]:
    """Code 39, Code 128, Data Matrix and QR codes on the label, plate or part that a number stands on.

    grey: the photograph, uint8 (H, W); reduction: full-scale pixels per pixel of it. The number's neighbourhood is
    searched first, laid level so that bars may run in any direction, and the whole photograph only where that is a
    label and nothing was found beside the number. What is searched is a copy of a megapixel or two, however large the
    photograph.
    """
    picture, to_grey = _neighbourhood(grey, (reading.quad + 0.5) / reduction - 0.5)
    found = _decode(picture)
    covered = picture.size * np.linalg.det(to_grey)
    if not found and reading.surface == "label" and covered < MOST * grey.size:
        picture, to_grey = _reduced(grey, max(1.0, max(grey.shape) / LABEL_SIDE))
        found = _decode(picture)
    shift = (reduction - 1) / 2  # pixel centres are at whole numbers
    to_photo = np.array([[reduction, 0, shift], [0, reduction, shift], [0, 0, 1]])
    return tuple(_barcode(code, to_photo @ to_grey, reading) for code in found)


def barcode_findings(reading: Reading) -> tuple[Finding, ...]:
    """A finding for each barcode that holds another number than the print beside it.

    A barcode checks itself, so a difference is a misread character of the print or a changed one: the support is that
    of a rule that is broken, bounded by how sure the reader is of the characters that differ (see `rule_findings`).
    """
    findings = []
    differing = [code for code in reading.barcodes if code.agrees is False]
    for number in dict.fromkeys(_number_in(code.text, reading.text) for code in differing):
        if number is None:
            continue
        places = tuple(at for at, (read, coded) in enumerate(zip(reading.text, number, strict=True))
                       if coded != read != UNREADABLE)  # fmt: skip
        pairs = ", ".join(f"{number[at]} and not {reading.text[at]} at position {at + 1}" for at in places)
        same = "，".join(f"第 {at + 1} 位条码为 {number[at]}，号码为 {reading.text[at]}" for at in places)
        said = f"The barcode beside the number says {pairs}."
        breach = Breach("barcode", places, said, chinese("barcode", places, same))
        support = support_of(1 - chance_of_misreading(reading, places, number))
        findings.append(finding_of(breach, support, reading))
    return tuple(findings)


def _decode(picture: np.ndarray) -> list[Decoded]:
    from zxingcpp import BarcodeFormat as Kind  # most photographs of metal need none of it
    from zxingcpp import BarcodeFormats, read_barcodes

    wanted = BarcodeFormats([Kind.Code39, Kind.Code128, Kind.DataMatrix, Kind.QRCode])
    return read_barcodes(picture, formats=wanted, try_invert=False)


def _neighbourhood(grey: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What surrounds a line, laid level, and the map (3, 3) from its pixels to those of the picture."""
    quad = quad.astype(np.float64)
    along = (quad[1] + quad[2] - quad[0] - quad[3]) / 2
    length = max(1.0, float(np.linalg.norm(along)))
    along /= length
    down = np.array([-along[1], along[0]])
    tall = max(1.0, float(abs((quad[3] + quad[2] - quad[0] - quad[1]) / 2 @ down)))
    scale = max(1.0, tall / CHARACTER_PIXELS)  # pixels of the picture per pixel of what is searched
    centre = quad.mean(axis=0)

    height, width = grey.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5 - centre
    reach_x, reach_y = length * (0.5 + BEFORE_AND_AFTER), tall * (0.5 + ABOVE_AND_BELOW)
    left, right = np.clip([(corners @ along).min(), (corners @ along).max()], -reach_x, reach_x)
    top, bottom = np.clip([(corners @ down).min(), (corners @ down).max()], -reach_y, reach_y)
    size = (max(1, round((right - left) / scale)), max(1, round((bottom - top) / scale)))
    origin = centre + (left + scale / 2) * along + (top + scale / 2) * down
    to_grey = np.array([[*(along * scale), 0], [*(down * scale), 0], [*origin, 1]]).T

    # warping picks pixels, so a larger photograph is averaged over areas first: by a whole number, which is fast
    rim = (to_grey @ np.array([[0, 0, 1], [size[0], 0, 1], [*size, 1], [0, size[1], 1]]).T)[:2]
    x0, y0 = np.clip(np.floor(rim.min(axis=1)).astype(int) - 2, 0, [width - 1, height - 1])
    x1, y1 = np.clip(np.ceil(rim.max(axis=1)).astype(int) + 3, [x0 + 1, y0 + 1], [width, height])
    step = min(int(scale), x1 - x0, y1 - y0)
    crop, from_crop = _reduced(grey[y0 : y1 - (y1 - y0) % step, x0 : x1 - (x1 - x0) % step], step)
    from_crop = np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]]) @ from_crop
    to_crop = np.linalg.inv(from_crop) @ to_grey
    return cv2.warpAffine(crop, to_crop[:2], size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP), to_grey


def _reduced(grey: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture `scale` times smaller, 1.0 or more, and the map (3, 3) from its pixels to those of the picture."""
    height, width = grey.shape
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    smaller = grey if size == (width, height) else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    fx, fy = width / size[0], height / size[1]
    return smaller, np.array([[fx, 0, fx / 2 - 0.5], [0, fy, fy / 2 - 0.5], [0, 0, 1]])


def _barcode(code: Decoded, to_photo: np.ndarray, reading: Reading) -> Barcode:
    text = re.sub(r"^I(?=[A-HJ-NPR-Z0-9]{17}$)", "", code.text.strip("* \r\n"))
    at = code.position
    corners = np.array([[p.x, p.y, 1.0] for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)])
    quad = tuple((float(x), float(y)) for x, y in (corners @ to_photo.T)[:, :2])
    number = _number_in(text, reading.text)
    agrees = None if number is None else all(r in (c, UNREADABLE) for r, c in zip(reading.text, number, strict=True))
    return Barcode(text, code.format.name, quad, agrees)


def _number_in(coded: str, printed: str) -> str | None:
    """The number that a barcode holds, to compare with the print; None where it holds none of the same length.

    A QR code may hold it among other things. Seventeen characters that are neither a VIN by their check digit nor
    like the print are a part's number.
    """
    if len(printed) != vin.LENGTH:
        return printed if printed and printed in coded.upper() else None
    for token in re.split(r"[^A-Z0-9]+", coded.upper()):
        token = token[1:] if len(token) == vin.LENGTH + 1 and token[0] == "I" else token
        if vin.is_vin(token):
            same = sum(read == said for read, said in zip(printed, token, strict=True))
            if same >= RELATED or (vin.binding(token) and vin.passes(token)):
                return token
    return None
