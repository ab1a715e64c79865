"""One photograph is known again, and two of the same thing are not taken for one."""

import cv2
import numpy as np
import pytest

from vinspect.vision.same import PRINT, SAME, likeness, number_print, whole_print

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


@pytest.mark.parametrize(("crop", "scale", "quality", "light"), [(0, 1, 40, 1), (10, 1, 60, 1.2), (30, 0.7, 50, 0.8)])
def test_a_photograph_is_known_again_whatever_was_done_to_it(
    crop: int, scale: float, quality: int, light: float
) -> None:
    grey = picture(1)
    assert likeness(used_again(grey, crop, scale, quality, light), grey) >= SAME
    assert likeness(grey, grey) > 0.99


def test_other_photographs_are_not_taken_for_it() -> None:
    grey = picture(1)
    assert likeness(picture(2), grey) < SAME / 2
    assert likeness(picture(1, noise=3), grey) < SAME


def test_what_has_no_detail_is_like_nothing() -> None:
    flat = np.full((480, 640), 90, np.uint8)
    assert likeness(flat, flat) == likeness(flat, picture(1)) == likeness(picture(1), flat) == 0


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


def apart(one: bytes, other: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
