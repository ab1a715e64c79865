import numpy as np
import pytest

from vinspect.datasets import workshop
from vinspect.datasets.photograph import Camera, Surface, colour, photograph, place, shade


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def panel():
    return Surface.flat(80, 120, colour("#808080"), 0.0, 0.5)


def lamp(rng, towards):
    return place(rng, "overcast", towards, 2.0, spread=0.0)


def test_a_wall_that_faces_the_lamp_is_brighter_than_the_one_that_does_not(rng, panel):
    panel.z -= 8 * np.exp(-(((panel.grid[0] - 60) / 6) ** 2))  # a groove from top to bottom
    seen = shade(panel, lamp(rng, (-1.0, 0.0, 1.0))).mean((0, 2))
    assert seen[60:70].mean() > 1.2 * seen[50:60].mean()


def test_what_stands_high_throws_its_shadow_away_from_the_lamp(rng, panel):
    panel.z += 20 * (np.abs(panel.grid[0] - 60) < 5)
    seen = shade(panel, lamp(rng, (-1.0, 0.0, 0.6))).mean((0, 2))
    assert seen[70:80].mean() < 0.8 * seen[100:110].mean()
    assert seen[40:50].mean() > 0.9 * seen[10:20].mean()


def test_struck_characters_lie_deep_and_embossed_ones_stand_high(rng):
    for work, sign in ((workshop.strike, -1), (workshop.emboss, 1)):
        panel = Surface.flat(80, 120, colour("#808080"), 0.0, 0.5)
        mask = work(panel, rng, "H8", workshop.Line(20, 60, 40), workshop.alphabet(22), 4.0)
        deepest = sign * panel.z[mask > 0.9 * mask.max()]
        assert deepest.min() > 1.5
        assert np.abs(panel.z[:, 110:]).max() < 0.2


def test_a_photograph_has_the_cameras_size_and_is_neither_black_nor_white(rng, panel):
    picture = photograph(rng, shade(panel, lamp(rng, (0.3, 0.3, 1.0))), Camera(size=(160, 100), turn=12.0))
    assert picture.shape == (100, 160, 3)
    assert picture.dtype == np.uint8
    assert 60 < picture.mean() < 200
