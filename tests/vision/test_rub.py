import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vinspect.vision.evidence import Strip
from vinspect.vision.rub import clarity, one_sided, rub


def strip(grey: np.ndarray) -> Strip:
    return Strip(np.clip(grey, 0, 255).astype(np.uint8), np.eye(3), 1.0)


def grooves() -> np.ndarray:
    """float32 (48, 200), 0..1: four upright and two level strokes."""
    cover = np.zeros((48, 200), np.uint8)
    for x in (40, 70, 100, 130):
        cv2.line(cover, (x, 12), (x, 36), 255, 3)
    cv2.line(cover, (40, 12), (70, 12), 255, 3)
    cv2.line(cover, (100, 36), (130, 36), 255, 3)
    return cv2.GaussianBlur(cover, (0, 0), 1.0).astype(np.float32) / 255


def alike(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_bright_and_dark_strokes_leave_the_same_rubbing() -> None:
    cover = grooves()
    bright, dark = rub(strip(120 + 60 * cover)).stroke, rub(strip(120 - 60 * cover)).stroke
    assert alike(bright, dark) > 0.98
    assert alike(bright, cover) > 0.8


def test_a_dark_wall_beside_a_bright_one_is_one_stroke() -> None:
    cover = grooves()
    relief = 120 + 400 * cv2.Sobel(cover, cv2.CV_32F, 1, 1, scale=0.125) + 60 * np.roll(cover, 2, 1) - 60 * cover
    stroke = rub(strip(relief)).stroke
    assert stroke[24, 41] > 0.4  # between the walls, where the groove is as bright as the ground
    assert alike(stroke, cv2.dilate(cover, np.ones((1, 5)))) > 0.7


def test_strokes_of_unequal_depth_come_out_alike() -> None:
    deep = np.linspace(1.0, 0.4, 200)
    stroke = rub(strip(120 + 80 * grooves() * deep)).stroke
    assert stroke[20:30, 39:42].max() < 1.6 * stroke[20:30, 129:132].max()


def test_a_flat_surface_leaves_no_rubbing() -> None:
    assert not rub(strip(np.full((48, 120), 90.0))).stroke.any()


def test_strokes_are_clear_and_bare_metal_is_not() -> None:
    rough = np.random.default_rng(1).normal(0, 6, (48, 200))
    box = np.array([[38, 10, 72, 38]], np.float32)
    assert clarity(rub(strip(120 + 60 * grooves() + rough)), box)[0] > 0.5
    assert clarity(rub(strip(120 + rough)), box)[0] < 0.3


def test_ink_lies_on_one_side_of_its_ground_and_relief_on_both() -> None:
    cover = grooves()
    assert one_sided(strip(60 + 150 * cover)) > 0.8
    assert one_sided(strip(120 + 80 * np.roll(cover, 2, 1) - 80 * np.roll(cover, -2, 1))) < 0.65


@given(st.integers(12, 60), st.integers(3, 90), st.integers(0, 2**31))
def test_a_rubbing_is_between_0_and_1_in_the_size_of_its_strip(h: int, w: int, seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (h, w)).astype(np.uint8)
    stroke = rub(Strip(grey, np.eye(3), 1.0)).stroke
    assert stroke.shape == (h, w)
    assert stroke.min() >= 0
    assert stroke.max() <= 1
    assert not stroke.flags.writeable
