"""Each way to spoil a photograph of a number is named, and a good one is not blamed."""

from __future__ import annotations

import typing

import cv2
import numpy as np
import pytest

from vinspect.vision import quality
from vinspect.vision.evidence import Character, Reason, StampLine
from vinspect.vision.quality import reason, reason_for, sentence
from vinspect.vision.rectify import rectify

NUMBER = "LSVAL41Z882104202"
PITCH, TALL, LEFT, TOP = 28, 36, 80, 140
RIGHT, BOTTOM = LEFT + 17 * PITCH, TOP + TALL
QUAD = np.array([[LEFT, TOP], [RIGHT, TOP], [RIGHT, BOTTOM], [LEFT, BOTTOM]], np.float32)


def photograph(ink: int = 40, ground: int = 190) -> np.ndarray:
    """A number in the middle of a grey photograph, 640 by 320."""
    picture = np.full((320, 640), ground, np.uint8)
    for i, c in enumerate(NUMBER):
        cv2.putText(picture, c, (LEFT + i * PITCH + 2, TOP + TALL - 4), 0, 1.1, ink, 3, cv2.LINE_AA)
    grain = np.random.default_rng(0).normal(0, 3, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def why(picture: np.ndarray, unread: tuple[int, ...] = (), quad: np.ndarray = QUAD, read: bool = True) -> str | None:
    """The code for a number of which the characters at these positions could not be read."""
    line = StampLine(quad.astype(np.float32), 0.9, 0.9)
    strip = rectify(picture, line)
    width = strip.grey.shape[1]
    side = 0.5 * 0.6 * 48
    edges = np.linspace(side, width - side, len(NUMBER) + 1)
    characters = tuple(
        Character("?" if i in unread else c, 0.1 if i in unread else 0.99, ((c, 0.1),), QUAD,
                  np.array([edges[i], 10, edges[i + 1], 38], np.float32), 0)
        for i, c in enumerate(NUMBER)
    )  # fmt: skip
    found = reason_for(strip, line, (picture.shape[1], picture.shape[0]), characters if read else ())
    return found.code if found else None


def test_good_photograph_gives_no_reason() -> None:
    assert why(photograph()) is None
    assert why(photograph(), unread=(3,)) is None
    assert why(photograph(), read=False) is None
    assert why(photograph(ink=230, ground=60), unread=(3, 4)) is None


def test_white_paper_is_no_glare() -> None:
    assert why(photograph(ground=255), unread=(2, 9)) is None


@pytest.mark.parametrize("read", [True, False])
def test_reflection_over_unread_characters_is_glare(read: bool) -> None:
    picture = photograph()
    cv2.ellipse(picture, (LEFT + 5 * PITCH, TOP + TALL // 2), (60, 50), 0, 0, 360, 255, -1)
    assert why(picture, unread=(4, 5), read=read) == "glare"


def test_reflection_beside_what_was_read_is_no_reason() -> None:
    picture = photograph()
    cv2.ellipse(picture, (LEFT + 5 * PITCH, TOP - 70), (60, 40), 0, 0, 360, 255, -1)
    assert why(picture, unread=(12,)) is None


@pytest.mark.parametrize("kernel", [(31, 31), (41, 1), (1, 41)])
def test_lack_of_focus_and_motion_either_way_are_blur(kernel: tuple[int, int]) -> None:
    assert why(cv2.blur(photograph(), kernel), unread=(1, 2, 3)) == "blurred"


@pytest.mark.parametrize("sigma", [0.5, 1.5])
def test_soft_but_legible_edges_are_no_blur(sigma: float) -> None:
    assert why(cv2.GaussianBlur(photograph(), (0, 0), sigma), unread=(3,)) is None


def test_night_is_dark() -> None:
    assert why((photograph() // 8), unread=(1,)) == "dark"
    assert why((photograph() // 8), read=False) == "dark"


@pytest.mark.parametrize("grey", [30, 120, 200])
def test_finger_over_the_number_covers_it(grey: int) -> None:
    picture = photograph()
    picture[TOP - 10 :, LEFT + 6 * PITCH : LEFT + 9 * PITCH] = grey
    assert why(picture, unread=(6, 7, 8)) == "covered"


@pytest.mark.parametrize("factor", [0.15, 0.1])
def test_number_far_away_is_too_small(factor: float) -> None:
    picture = cv2.resize(photograph(), None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    assert why(picture, unread=(1, 5), quad=QUAD * factor) == "too_small"


@pytest.mark.parametrize("shift", [(-100, 0), (100, 0), (0, -160), (0, 160)])
def test_number_beyond_the_edge_is_cut_off(shift: tuple[int, int]) -> None:
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float64)
    picture = cv2.warpAffine(photograph(), move, (640, 320), borderMode=cv2.BORDER_REPLICATE)
    assert why(picture, unread=(0,), quad=QUAD + np.array(shift)) == "cut_off"


def test_number_that_stands_upright_and_whole_is_not_cut_off() -> None:
    turned = np.ascontiguousarray(np.rot90(photograph(), 3))
    quad = np.stack([320 - 1 - QUAD[:, 1], QUAD[:, 0]], axis=1)
    assert why(turned, unread=(3,), quad=quad) is None


def test_tight_frame_around_a_whole_number_is_not_cut_off() -> None:
    crop = photograph()[TOP - 1 : TOP + TALL + 1, LEFT - 8 : LEFT + 17 * PITCH + 8]
    assert why(crop, unread=(3,), quad=QUAD - np.array([LEFT - 8, TOP - 1])) is None


def test_every_code_of_a_reason_has_its_sentence_in_both_languages() -> None:
    codes = typing.get_args(typing.get_type_hints(Reason)["code"])
    told = set(codes) - {"failed"}  # which the service says, of itself and not of the photograph
    assert told == set(quality.SENTENCES)
    for code in told:
        assert sentence(code).count(": ") == 1  # what is wrong: what to do
        assert sentence(code).endswith(".")
        assert sentence(code, "zh").endswith("。")
        assert "：" in sentence(code, "zh")
        assert reason(code) == Reason(code, sentence(code), sentence(code, "zh"))
