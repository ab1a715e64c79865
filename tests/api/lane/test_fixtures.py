import cv2
import numpy as np
import pytest

from tests.api.lane.conftest import SIZE, quad_at
from vinspect.api.lane.fixtures import Fixtures
from vinspect.vision.evidence import StampLine

PLACE, ELSEWHERE = StampLine(quad_at(400), 0.95, 0.9), StampLine(quad_at(400, y=350), 0.95, 0.9)


def rivets(*, shaken: tuple[int, int] = (0, 0), light: float = 1.0) -> np.ndarray:
    """A row of rivets in an empty lane, uint8 (450, 800)."""
    grey = np.full(SIZE[::-1], 90.0, np.float32)
    for k in range(12):
        cv2.circle(grey, (270 + 24 * k + shaken[0], 225 + shaken[1]), 8, 200, -1, cv2.LINE_AA)
    noise = np.random.default_rng(1).normal(0, 3, grey.shape)
    return np.clip(grey * light + noise, 0, 255).astype(np.uint8)


def number() -> np.ndarray:
    """A vehicle's number where the rivets are, uint8 (450, 800)."""
    grey = np.full(SIZE[::-1], 120, np.uint8)
    cv2.putText(grey, "LSVAM4187C2184841", (255, 235), cv2.FONT_HERSHEY_SIMPLEX, 0.85, 30, 2)
    return grey


@pytest.fixture
def fixtures() -> Fixtures:
    known = Fixtures()
    known.learn(rivets(), PLACE.quad)
    return known


def test_what_was_learned_is_left_out_and_a_number_beside_it_is_not(fixtures: Fixtures) -> None:
    assert fixtures.left_out(rivets(), (PLACE, ELSEWHERE)) == (ELSEWHERE,)
    assert Fixtures().left_out(rivets(), (PLACE, ELSEWHERE)) == (PLACE, ELSEWHERE)


@pytest.mark.parametrize(("shaken", "light"), [((2, 0), 1.0), ((-2, 1), 1.0), ((0, 0), 0.6), ((0, 0), 1.2)])
def test_it_is_known_again_though_the_camera_shakes_and_the_light_changes(
    shaken: tuple[int, int], light: float, fixtures: Fixtures
) -> None:
    assert fixtures.left_out(rivets(shaken=shaken, light=light), (PLACE,)) == ()


def test_a_number_that_stops_where_a_fixture_is_is_seen(fixtures: Fixtures) -> None:
    assert fixtures.left_out(number(), (PLACE,)) == (PLACE,)


def test_of_more_fixtures_than_a_lane_can_have_the_oldest_is_forgotten(fixtures: Fixtures) -> None:
    for y in range(100):
        fixtures.learn(rivets(), quad_at(400, y=300 + y))
    assert fixtures.left_out(rivets(), (PLACE,)) == (PLACE,)
