import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinspect.vision.evidence import StampLine
from vinspect.vision.rectify import HEIGHT, MARGIN, SHARE, rectify

TOP, BOTTOM = (1 - SHARE) / 2 * HEIGHT, (1 + SHARE) / 2 * HEIGHT


def rectangle(centre: tuple[float, float], length: float, tall: float, degrees: float) -> np.ndarray:
    a = np.radians(degrees)
    along, down = np.array([np.cos(a), np.sin(a)]) * length / 2, np.array([-np.sin(a), np.cos(a)]) * tall / 2
    c = np.array(centre)
    return np.array([c - along - down, c + along - down, c + along + down, c - along + down], np.float32)


def line(quad: np.ndarray) -> StampLine:
    return StampLine(quad, 1.0, 1.0)


def bars() -> tuple[np.ndarray, np.ndarray]:
    """A photograph of five upright bars, each wider than the one before, and the line around them."""
    photo = np.full((300, 400), 200, np.uint8)
    for k in range(5):
        photo[130:170, 100 + 40 * k : 104 + 44 * k] = 20
    return photo, np.array([[99.5, 129.5], [279.5, 129.5], [279.5, 169.5], [99.5, 169.5]], np.float32)


def test_a_level_line_takes_the_middle_of_the_strip_and_leaves_the_margin() -> None:
    photo, quad = bars()
    strip = rectify(photo, line(quad))
    assert strip.grey.shape == (HEIGHT, round(180 / 40 * SHARE * HEIGHT + 2 * MARGIN * SHARE * HEIGHT))
    rows, columns = np.nonzero(strip.grey < 110)
    assert rows.min() == pytest.approx(TOP, abs=1)
    assert rows.max() + 1 == pytest.approx(BOTTOM, abs=1)
    assert columns.min() == pytest.approx(MARGIN * SHARE * HEIGHT, abs=1)
    assert strip.scale == pytest.approx(40 / (SHARE * HEIGHT))


@given(degrees=st.floats(-180, 180), tall=st.floats(6, 150), ratio=st.floats(2, 20), x=st.floats(-50, 450))
@settings(max_examples=60, deadline=None)
def test_the_corners_of_the_line_in_the_strip_are_its_corners_in_the_photograph(
    degrees: float, tall: float, ratio: float, x: float
) -> None:
    photo = np.zeros((300, 400), np.uint8)
    quad = rectangle((x, 150), tall * ratio, tall, degrees)
    strip = rectify(photo, line(quad))
    side, right = MARGIN * SHARE * HEIGHT, strip.grey.shape[1] - MARGIN * SHARE * HEIGHT
    corners = np.array([[side, TOP], [right, TOP], [right, BOTTOM], [side, BOTTOM]]) - 0.5
    back = cv2.perspectiveTransform(corners.reshape(-1, 1, 2), strip.to_photo).reshape(-1, 2)
    assert np.abs(back - quad).max() < 0.6 * strip.scale + 0.01  # the strip's width is a whole number of pixels


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_photograph_gives_the_same_strip(quarters: int) -> None:
    photo, quad = bars()
    upright = rectify(photo, line(quad)).grey
    turned = np.ascontiguousarray(np.rot90(photo, -quarters))
    middle, middle_turned = (np.array(p.shape[::-1]) / 2 - 0.5 for p in (photo, turned))
    a = np.pi / 2 * quarters
    spun = (quad - middle) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) + middle_turned
    strip = rectify(turned, line(spun.astype(np.float32))).grey
    assert np.abs(strip.astype(int) - upright).mean() < 1


def test_a_large_line_is_averaged_not_sampled() -> None:
    photo = (np.indices((800, 3000)).sum(0) % 2 * 255).astype(np.uint8)  # squares of one pixel
    quad = np.array([[200, 200], [2800, 210], [2800, 600], [200, 590]], np.float32)
    strip = rectify(photo, line(quad)).grey
    assert abs(float(strip.mean()) - 127.5) < 3
    assert strip.std() < 6


def test_beyond_the_photograph_its_edge_is_repeated() -> None:
    photo = np.full((40, 100), 90, np.uint8)
    quad = np.array([[-30, 5], [130, 5], [130, 35], [-30, 35]], np.float32)
    assert (rectify(photo, line(quad)).grey == 90).all()


def test_a_line_wholly_outside_the_photograph_still_gives_a_strip() -> None:
    quad = rectangle((5000, 5000), 200, 20, 30)
    assert rectify(np.zeros((40, 100), np.uint8), line(quad)).grey.shape[0] == HEIGHT


def test_the_line_with_perspective_is_laid_level() -> None:
    photo = np.full((300, 600), 220, np.uint8)
    quad = np.array([[60, 80], [520, 140], [520, 180], [60, 160]], np.float32)
    cv2.fillPoly(photo, [np.int32(quad)], 30)
    dark = rectify(photo, line(quad)).grey < 125
    for x in (40, dark.shape[1] // 2, dark.shape[1] - 40):
        assert dark[:, x].sum() == pytest.approx(SHARE * HEIGHT, abs=3)


def test_a_line_without_height_is_refused_with_a_sentence() -> None:
    quad = np.array([[10, 10], [90, 10], [90, 10], [10, 10]], np.float32)
    with pytest.raises(ValueError, match="no length or no height"):
        rectify(np.zeros((50, 100), np.uint8), line(quad))
