import numpy as np
import pytest

from vinspect.datasets import passage
from vinspect.vision.vin import is_vin

SIZE = (480, 270)
GROUND = np.full(SIZE[::-1], 60, np.uint8)


def panel(line_left: float = 150.0) -> passage.Vehicle:
    """A bright panel with a black bar where its number is."""
    grey = np.full((300, 580), 200, np.uint8)
    grey[140:160, round(line_left) : round(line_left) + 280] = 10
    quad = np.array([[150, 140], [430, 140], [430, 160], [150, 160]], np.float32)
    return passage.Vehicle("A1", grey, quad)


def left_side(frame: np.ndarray) -> float:
    """Where the bar begins, or NaN where it is not in the frame."""
    dark = np.flatnonzero((frame < 30).any(axis=0))
    return float(dark[0]) if len(dark) else np.nan


def test_a_vehicle_comes_in_from_the_left_stands_still_and_leaves_to_the_right() -> None:
    frames = list(passage.passage(np.random.default_rng(0), GROUND, panel(), rate=8, roll=1.0, stand=2.0))
    assert len(frames) == 32
    assert all(frame.shape == GROUND.shape and frame.dtype == np.uint8 for frame in frames)
    at = np.array([left_side(frame) for frame in frames])
    assert np.ptp(at[8:24]) <= 3  # it stands, and trembles
    rolling = at[~np.isnan(at)]
    assert (np.diff(rolling) > -3).all()
    assert frames[0].mean() < 80
    assert frames[-1].mean() < 130  # hardly anything of it is in view


def test_what_moves_is_smeared_and_what_stands_is_not() -> None:
    still = passage._laid(GROUND, panel().grey, -50, 0, smear=0)
    moving = passage._laid(GROUND, panel().grey, -50, 0, smear=20)
    steepest = [float(np.abs(np.diff(each[150])).max()) for each in (still, moving)]
    assert steepest[1] < 0.2 * steepest[0]


def test_the_same_seed_gives_the_same_vehicle_with_the_number_that_it_says() -> None:
    one, other = (passage.vehicle(np.random.default_rng(7), size=SIZE) for _ in range(2))
    np.testing.assert_array_equal(one.grey, other.grey)
    assert one.text == other.text
    assert is_vin(one.text)
    assert passage.vehicle(np.random.default_rng(7), "4D68-AB7731", SIZE).text == "4D68-AB7731"


@pytest.mark.parametrize("seed", range(3))
def test_the_number_of_a_vehicle_stands_out_and_in_its_middle(seed: int) -> None:
    seen = passage.vehicle(np.random.default_rng(seed), size=SIZE)
    h, w = seen.grey.shape
    assert (seen.line > 0).all()
    assert (seen.line < (w, h)).all()
    assert 0.35 < float(np.linalg.norm(seen.line[1] - seen.line[0])) / SIZE[0] < 0.7


def test_an_empty_lane_is_always_the_same_but_for_the_camera_s_noise() -> None:
    frames = list(passage.empty(np.random.default_rng(1), GROUND, 2.0, rate=4))
    assert len(frames) == 8
    assert max(abs(float(frame.mean()) - 60) for frame in frames) < 3
    assert not np.array_equal(frames[0], frames[1])
