"""One photograph is known again, and two of the same thing are not taken for one."""

import cv2
import numpy as np
import pytest

from vinspect.vision.same import (
    CERTAIN,
    PRINT,
    SAME,
    likeness,
    marked,
    needed,
    number_print,
    number_prints,
    whole_print,
    whole_prints,
)

QUAD = np.array([[120, 200], [520, 200], [520, 240], [120, 240]], np.float32)


def picture(seed: int, noise: int = 0) -> np.ndarray:
    """Metal with scratches and a number: uint8 (480, 640); another `noise` is another photograph of it."""
    rng = np.random.default_rng(seed)
    grey = cv2.resize(rng.uniform(60, 180, (12, 16)).astype(np.float32), (640, 480), interpolation=cv2.INTER_CUBIC)
    for x, y, dx, dy in rng.integers(0, 480, (60, 4)):
        cv2.line(grey, (int(x), int(y)), (int(dx), int(dy)), float(rng.uniform(40, 220)), 2)
    grey = np.clip(grey, 0, 255).astype(np.uint8)
    cv2.putText(grey, "LSVAM4187C2184841", (120, 240), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 20, 3)
    if noise:
        corners = np.array([[0, 0], [640, 0], [640, 480], [0, 480]], np.float32)
        moved = corners + np.random.default_rng(noise).uniform(-40, 40, (4, 2)).astype(np.float32)
        grey = cv2.warpPerspective(grey, cv2.getPerspectiveTransform(corners, moved), (640, 480))
        light = np.linspace(0.6, 1.3, 640) + np.random.default_rng(noise).normal(0, 0.08, (480, 640))
        grey = np.clip(grey * light, 0, 255).astype(np.uint8)
    return grey


def used_again(grey: np.ndarray, crop: int, scale: float, quality: int, light: float) -> np.ndarray:
    part = grey[crop : grey.shape[0] - 2 * crop, crop * 2 : grey.shape[1] - crop]
    part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    part = np.clip(part.astype(np.float32) * light, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    return likeness(marked(one), marked(other))


@pytest.mark.parametrize(
    ("crop", "scale", "quality", "light"),
    [(0, 1, 40, 1), (10, 1, 60, 1.2), (30, 0.7, 50, 0.8), (30, 0.4, 40, 1.2), (30, 0.3, 70, 0.8)],
)
def test_a_photograph_is_known_again_whatever_was_done_to_it(
    crop: int, scale: float, quality: int, light: float
) -> None:
    grey = picture(1)
    again = used_again(grey, crop, scale, quality, light)
    assert alike(again, grey) >= SAME
    assert alike(grey, again) >= SAME  # whichever of them is the earlier
    assert alike(grey, grey) > 0.99


def test_other_photographs_are_not_taken_for_it() -> None:
    grey = picture(1)
    assert alike(picture(2), grey) < SAME / 2
    assert alike(picture(1, noise=3), grey) < SAME - 0.1


def label(number: str) -> np.ndarray:
    """A label as all of its layout are, but for the number."""
    grey = np.full((480, 640), 215, np.uint8)
    cv2.rectangle(grey, (20, 20), (620, 460), 60, 3)
    for row, words in enumerate(("MANUFACTURED BY", "GROSS 2010 KG", "AXLE 1 1020 KG", "MADE IN")):
        cv2.putText(grey, words, (50, 90 + 75 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.3, 30, 3)
    cv2.putText(grey, number, (50, 430), cv2.FONT_HERSHEY_SIMPLEX, 1.7, 20, 4)
    return grey


def test_two_labels_of_one_layout_are_two_photographs() -> None:
    one, other = "LSVAM4187C2184841", "LSVAM4187C2190253"
    how_alike = alike(used_again(label(one), 10, 0.8, 60, 1.1), label(other))
    assert SAME <= how_alike < needed(one, other, 0.5)
    assert needed(one, other, CERTAIN) > 1  # however alike
    assert alike(used_again(label(one), 10, 0.8, 60, 1.1), label(one)) >= needed(one, other, 0.5)


@pytest.mark.parametrize(("one", "other"), [
    ("LSVAM4187C2184841", "LSVAM4187C2184841"), ("LSVAM4187C2184841", "LSVAM4187C21B4841"),
    ("LSVAM4187C2184841", "SVAM4187C2184841")])  # fmt: skip
def test_a_misread_character_makes_no_other_number(one: str, other: str) -> None:
    assert needed(one, other, 1) == needed(other, one, 1) == SAME


@pytest.mark.parametrize(("one", "other"), [
    ("LSVAM4187C2184841", "LSVAM4187C2190253"), ("LSVAM4187C2184841", None), (None, None)])  # fmt: skip
def test_it_takes_more_where_no_number_speaks_for_it(one: str | None, other: str | None) -> None:
    assert 1 > needed(one, other, 0.5) == needed(other, one, 0.5) > SAME


def test_what_has_no_detail_is_like_nothing() -> None:
    flat = np.full((480, 640), 90, np.uint8)
    assert alike(flat, flat) == alike(flat, picture(1)) == alike(picture(1), flat) == 0


def test_the_print_around_the_number_stays_where_the_edges_are_cropped() -> None:
    grey, other = picture(1), picture(2)
    cropped = grey[60:, 40:]
    mine, same = number_print(grey, QUAD), number_print(cropped, QUAD - np.array([40, 60], np.float32))
    assert mine == same
    assert apart(mine, number_print(other, QUAD)) > 60
    assert len(mine) == len(whole_print(grey)) == PRINT


def test_the_print_of_the_whole_outlives_recompression_and_light() -> None:
    grey = picture(1)
    assert apart(whole_print(grey), whole_print(used_again(grey, 0, 0.5, 40, 1.2))) < 30
    assert apart(whole_print(grey), whole_print(picture(2))) > 60


@pytest.mark.parametrize("gone", [(60, 0, 0, 90), (0, 70, 90, 0), (70, 70, 90, 90), (30, 10, 20, 60)])
def test_a_part_is_asked_for_by_a_print_near_that_of_the_whole(gone: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = gone
    grey, other = picture(1), picture(2)
    prints = whole_prints(grey[top : 480 - bottom, left : 640 - right])
    nearest = min(apart(each, whole_print(grey)) for each in prints)
    assert nearest < apart(prints[0], whole_print(grey))
    assert nearest + 10 < min(apart(each, whole_print(other)) for each in prints)


def test_a_number_that_was_found_elsewhere_by_a_little_is_asked_for_as_it_was() -> None:
    grey, centre = picture(1), QUAD.mean(axis=0)
    found = ((QUAD - centre) * 1.11 + centre + np.array([22, 0])).astype(np.float32)
    nearest = min(apart(each, number_print(grey, QUAD)) for each in number_prints(grey, found))
    assert nearest < 20 < apart(number_print(grey, found), number_print(grey, QUAD))


def apart(one: bytes, other: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
