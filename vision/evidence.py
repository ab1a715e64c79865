"""What travels along the road: Photo -> StampLine -> Strip -> Reading + Rubbing -> Findings -> Verdict.

Every value here is frozen and every array read-only. Points are x, y in pixels of the upright photograph
(EXIF orientation already applied), pixel centres at whole numbers; a quadrilateral is float32 (4, 2), clockwise
as the number reads, from the top left of its first character. Logarithms are to the base ten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Surface = Literal["label", "plate", "struck", "peened", "scribed", "etched"]
Format = Literal["auto", "vin", "free"]
Outcome = Literal["clear", "review", "suspect", "cannot judge"]
Language = Literal["en", "zh"]

SURFACES: tuple[Surface, ...] = ("label", "plate", "struck", "peened", "scribed", "etched")
UNREADABLE = "?"
MARKS = "*◆"  # stars and asterisks; diamonds, rings and emblems: before and after a number, no part of it
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-" + MARKS  # what the reader knows


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, made read-only."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Photo:
    """One photograph as it came in, and a small grey copy to look for numbers in."""

    name: str  # what the person calls it: a path, or "-" for standard input
    sha256: str  # of the file's bytes, lower-case hexadecimal
    data: bytes = field(repr=False)  # the file's bytes, never changed
    size: tuple[int, int]  # width, height in pixels, upright, at full scale
    small: np.ndarray = field(repr=False)  # uint8 (h, w), grey, upright; the photograph itself where that is small
    reduction: float  # full-scale pixels per pixel of `small`, 1.0 or more
    # uint8 (H, W), grey, upright: what `small` was made of, where that is finer. See `photo.grey`.
    sharp: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class StampLine:
    """One line of a number, found in the photograph."""

    quad: np.ndarray  # float32 (4, 2)
    confidence: float  # 0..1, that a number stands here
    upright: float  # 0..1, that it reads in the quad's direction rather than turned by 180 degrees


@dataclass(frozen=True, eq=False)
class Strip:
    """A line cut out of the full-scale photograph and laid level."""

    grey: np.ndarray  # uint8 (height, width)
    to_photo: np.ndarray  # float64 (3, 3), homography from strip pixels to photograph pixels
    scale: float  # photograph pixels per strip pixel, along the height of the line


@dataclass(frozen=True, eq=False)
class Character:
    """One struck character."""

    text: str  # one character, or "?" where it cannot be read
    confidence: float  # calibrated probability of the first candidate, 0..1
    candidates: tuple[tuple[str, float], ...]  # the likeliest first, probabilities that sum to 1 at most
    quad: np.ndarray  # float32 (4, 2), in the photograph
    box: np.ndarray  # float32 (4,), left, top, right, bottom in the strip of its line
    line: int  # 0 or 1


@dataclass(frozen=True)
class Barcode:
    """A barcode on the same label."""

    text: str  # as decoded, less the leading I of a Code 39 VIN
    symbology: str  # "Code39", "Code128", "DataMatrix", "QRCode"
    quad: tuple[tuple[float, float], ...]  # four points
    agrees: bool | None  # with the print of the best reading; None where it holds no number to compare


@dataclass(frozen=True)
class Rules:
    """What the rules say of a reading. They rank candidates and advise; they never change what was read."""

    vin: bool  # 17 characters of the VIN's alphabet
    check_digit: bool | None  # holds, fails, or None where it cannot be computed
    binding: bool  # the WMI's region makes the check digit binding (49 CFR 565, GB 16735)
    maker: str | None
    country: str | None
    years: tuple[int, ...]  # model years that position 10 may mean
    suggestions: tuple[str, ...]  # numbers that satisfy the check digit where an unsure character is changed
    problems: tuple[str, ...]  # sentences, one a problem; empty where all holds
    problems_zh: tuple[str, ...] = ()  # the same in Chinese


@dataclass(frozen=True, eq=False)
class Reading:
    """A number as it was struck."""

    text: str
    confidence: float  # calibrated probability that the whole number is right, 0..1
    quad: np.ndarray  # float32 (4, 2), of the whole number
    marks: tuple[str | None, str | None]  # start and end mark: "*", or None
    lines: tuple[StampLine, ...]  # one or two, in reading order
    strips: tuple[Strip, ...]  # one for each line
    surface: Surface
    characters: tuple[Character, ...]
    rules: Rules
    barcodes: tuple[Barcode, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why something could not be read or judged, and what to do about it."""

    code: Literal[
        "no_number", "too_small", "blurred", "glare", "dark", "cut_off", "covered", "unreadable", "print", "too_few",
        "failed",
    ]  # fmt: skip
    sentence: str
    chinese: str  # the same


@dataclass(frozen=True, eq=False)
class Report:
    """What `read` says of a photograph."""

    photo: Photo
    readings: tuple[Reading, ...]  # the best first; empty where there is none
    why: Reason | None  # why there is no reading, or why the best has unreadable characters
    ms: dict[str, float]  # milliseconds of each step


@dataclass(frozen=True, eq=False)
class Rubbing:
    """The strokes of one line, as a rubbing on film would show them."""

    stroke: np.ndarray  # float32 (height, width), 0..1: how strongly each strip pixel lies in a stroke


@dataclass(frozen=True, eq=False)
class Finding:
    """One observation that bears on whether the number is as the maker struck it."""

    code: str  # snake_case, stable
    characters: tuple[int, ...]  # positions in the reading, from 0
    support: float  # log10 of the likelihood ratio, positive towards "not as the maker struck it"
    sentence: str
    chinese: str  # the same
    quad: np.ndarray | None  # float32 (4, 2): where to look in the photograph


@dataclass(frozen=True, eq=False)
class Looks:
    """What the looks of a number say by themselves, before rules, barcodes and records are weighed in."""

    support: float  # log10 of the likelihood ratio, of the whole number
    characters: tuple[float, ...]  # the same for each character
    findings: tuple[Finding, ...]  # what it rests on; they share the support between them
    rubbings: tuple[Rubbing, ...]  # the virtual rubbing, one for each strip
    ghosts: tuple[Rubbing, ...]  # of strokes that stood there before, one for each strip
    touched: tuple[np.ndarray, ...]  # one for each strip, float32 (h, w), 0..1: metal that was worked on


@dataclass(frozen=True, eq=False)
class Verdict:
    """The findings weighed together."""

    outcome: Outcome
    support: float | None  # log10 of the likelihood ratio; None where it cannot judge
    characters: tuple[float | None, ...]  # the same for each character of the best reading
    reason: Reason | None  # why it cannot judge


@dataclass(frozen=True, eq=False)
class Inspection:
    """What `inspect` says of a photograph."""

    report: Report
    findings: tuple[Finding, ...]
    verdict: Verdict
    looks: Looks | None = None  # None where they cannot be judged
