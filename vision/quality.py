"""Why a number cannot be read or judged, and what to do about it while the vehicle is still there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from vinspect.vision.evidence import UNREADABLE, Character, Language, Reason, StampLine, Strip
from vinspect.vision.rectify import SHARE

Code = Literal[
    "no_number", "too_small", "blurred", "glare", "dark", "cut_off", "covered", "unreadable", "print", "too_few"
]

WEAK = 0.5  # a character less sure than this is one that could not be read
SMALL, NARROW = 7.0, 4.5  # photograph pixels: characters less high, or nearer together, cannot be told apart
OUTSIDE = 0.1  # of the line's height: an end nearer than this to the photograph's edge is cut off
BLUR = 0.4  # of the characters' height: wider edges run strokes together; 0.09 to 0.27 in legible pictures
DARK = 45  # grey level that not even the brightest parts of a dark number reach
WHITE = 250  # grey level that the camera gives to what is too bright for it
FAINT = 0.3  # of the contrast of the other characters: where there is less, something lies over the number
CELLS = 17  # a line that was not read is looked at in so many pieces

SENTENCES: dict[Code, dict[Language, str]] = {
    "no_number": {
        "en": "No number was found: move closer, hold the phone level and let the number fill the width.",
        "zh": "未找到号码：请靠近并端平手机，让号码占满画面宽度。",
    },
    "too_small": {
        "en": "The characters are too small: move closer until the number fills the width of the picture.",
        "zh": "字符太小：请靠近，直到号码占满画面宽度。",
    },
    "blurred": {
        "en": "The number is blurred: tap on it to focus, hold still and take the photograph again.",
        "zh": "号码模糊：请点按号码对焦，拿稳后重拍。",
    },
    "glare": {
        "en": "A reflection lies over the number: tilt the phone or move the lamp until it leaves the characters.",
        "zh": "反光遮住了号码：请倾斜手机或移动灯光，直到反光离开字符。",
    },
    "dark": {
        "en": "The number is too dark: light it with a lamp from the side and take the photograph again.",
        "zh": "号码太暗：请用灯从侧面照亮后重拍。",
    },
    "cut_off": {
        "en": "The number runs out of the picture: move back until both of its ends are in it.",
        "zh": "号码超出画面：请后退，直到号码两端都在画面内。",
    },
    "covered": {
        "en": "Part of the number is covered: wipe it clean, move what hangs over it and take the photograph again.",
        "zh": "部分号码被遮挡：请擦净号码、移开遮挡物后重拍。",
    },
    "unreadable": {
        "en": "Some characters cannot be read: take the photograph again from closer, with light from the side.",
        "zh": "有字符无法辨认：请靠近，用侧光重拍。",
    },
    "print": {
        "en": "This number is printed, and print is not judged: photograph the one that is struck into the metal.",
        "zh": "该号码为印刷，不作鉴定：请拍摄打刻在金属上的号码。",
    },
    "too_few": {
        "en": "Too few characters were read to judge them by one another: photograph the whole number again.",
        "zh": "辨认出的字符太少，无法互相比对：请重拍完整号码。",
    },
}


def sentence(code: Code, language: Language = "en") -> str:
    """What is wrong, and after the colon what to do about it."""
    return SENTENCES[code][language]


def reason(code: Code) -> Reason:
    """The code with its sentence in both languages."""
    return Reason(code, sentence(code), sentence(code, "zh"))


def reason_for(
    strip: Strip,
    line: StampLine,
    photo_size: tuple[int, int],
    characters: tuple[Character, ...] = (),
) -> Reason | None:
    """What the photograph itself gives as the reason why a line, or some of its characters, could not be read.

    photo_size: width, height of the photograph in pixels; characters: those read in this line, none where it could not
    be read at all. None where the photograph is good enough, so that the reason lies with the number or the reader.
    """
    checks: tuple[tuple[Code, Callable[[], bool]], ...] = (
        ("cut_off", lambda: _cut_off(line, photo_size)),
        ("too_small", lambda: _too_small(line, characters)),
        ("dark", lambda: _dark(strip)),
        ("glare", lambda: _glare(strip, characters)),
        ("blurred", lambda: _edge_width(strip) > BLUR),
        ("covered", lambda: _covered(strip, characters)),
    )
    return next((reason(code) for code, holds in checks if holds()), None)


def _height(line: StampLine) -> float:
    """Height of the line in photograph pixels."""
    quad = line.quad.astype(np.float64)
    return float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2


def _too_small(line: StampLine, characters: tuple[Character, ...]) -> bool:
    pitch = float(np.linalg.norm(line.quad[1] - line.quad[0])) / len(characters) if characters else np.inf
    return _height(line) < SMALL or pitch < NARROW


def _cut_off(line: StampLine, photo_size: tuple[int, int]) -> bool:
    """Whether an end of the line, or a good part of its height, lies at the photograph's edge or beyond it."""
    quad = line.quad.astype(np.float64)
    ends = np.stack([quad[[0, 3]].mean(axis=0), quad[[1, 2]].mean(axis=0)])
    along = (ends[1] - ends[0]) / max(float(np.linalg.norm(ends[1] - ends[0])), 1e-9)
    margin = OUTSIDE * _height(line)
    last = np.array(photo_size) - 1
    beyond = ends + margin * np.stack([-along, along])
    inset = quad + 0.2 * (quad.mean(axis=0) - quad) * (1 - np.abs(along))  # a rim across the line may be outside
    return bool(((beyond < 0) | (beyond > last)).any() or ((inset < -1) | (inset > last + 1)).any())


def _band(strip: Strip) -> np.ndarray:
    """The rows of the strip that the line fills: float32 (rows, width)."""
    height = strip.grey.shape[0]
    rim = round((1 - SHARE) / 2 * height)
    return strip.grey[rim : height - rim].astype(np.float32)


def _dark(strip: Strip) -> bool:
    return float(np.percentile(_band(strip), 95)) < DARK


def _cells(strip: Strip, characters: tuple[Character, ...]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The pieces of the strip where characters could not be read, and those where they could."""
    band = _band(strip)
    if not characters:
        return [piece for piece in np.array_split(band, CELLS, axis=1) if piece.size], []
    weak: list[np.ndarray] = []
    good: list[np.ndarray] = []
    for character in characters:
        left, right = np.clip(np.round(character.box[[0, 2]]).astype(int), 0, band.shape[1])
        if right > left:
            unread = character.text == UNREADABLE or character.confidence < WEAK
            (weak if unread else good).append(band[:, left:right])
    return weak, good


def _glare(strip: Strip, characters: tuple[Character, ...]) -> bool:
    """Whether a piece that could not be read is white all over. White paper is white too, but has strokes on it."""
    weak, _ = _cells(strip, characters)
    return any(float((piece >= WHITE).mean()) > 0.8 for piece in weak)


def _contrast(piece: np.ndarray) -> float:
    low, high = np.percentile(piece, (10, 90))
    return float(high - low)


def _covered(strip: Strip, characters: tuple[Character, ...]) -> bool:
    """Whether pieces that could not be read are flat beside the others."""
    weak, good = _cells(strip, characters)
    if not weak or not good:
        return False
    usual = float(np.median([_contrast(piece) for piece in good]))
    return min(_contrast(piece) for piece in weak) < FAINT * usual


def _edge_width(strip: Strip) -> float:
    """How wide the edges of strokes are, in heights of a character: the contrast over the steepest slope.

    The wider of the two directions counts, since a hand that moves blurs one of them.
    """
    band = _band(strip)
    if min(band.shape) < 8:
        return 0.0
    low, high = np.percentile(band, (2, 98))
    widths = []
    for axis in (0, 1):
        slope = np.abs(np.diff(band, axis=axis))
        widths.append(float(high - low) / max(float(np.percentile(slope, 98)), 1e-3))
    return max(widths) / (SHARE * strip.grey.shape[0])
