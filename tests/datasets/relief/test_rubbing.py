import numpy as np
import pytest

from vinspect.datasets.relief.rubbing import rubbing
from vinspect.datasets.relief.stamping import Relief, stamping


def plain(depth: float) -> Relief:
    """One upright stroke, 0.8 mm wide, in the middle of a cell 4 mm wide and 7 mm high."""
    mm = 0.175
    z = np.zeros((80, 120), np.float32)
    z[20:60, 58:62] = -depth
    quad = np.array([[48, 20], [72, 20], [72, 60], [48, 60]], np.float32)
    return Relief(z, mm, quad[None], quad, "1")


@pytest.mark.parametrize("seed", range(4))
def test_strokes_come_out_lighter_than_the_ground_and_lie_in_their_cell(seed: int) -> None:
    r = rubbing(np.random.default_rng(seed), plain(0.4))
    left, top, right, foot = *r.quads[0].min(0), *r.quads[0].max(0)
    middle, third = (left + right) / 2, (right - left) / 4
    rows = slice(int(top + 6), int(foot - 6))
    stroke = r.picture[rows, int(middle - 1) : int(middle + 2)].mean()
    ground = np.concatenate(
        [r.picture[rows, int(left) : int(left + third)], r.picture[rows, int(right - third) : int(right)]], 1
    )
    assert stroke > ground.mean() + 15


def test_a_seed_reproduces_a_rubbing_and_another_gives_another() -> None:
    one, two, three = (rubbing(np.random.default_rng(k), plain(0.3)) for k in (1, 1, 2))
    np.testing.assert_array_equal(one.picture, two.picture)
    assert one.picture.shape != three.picture.shape or (one.picture != three.picture).any()


def test_the_rubbing_on_file_shows_what_was_there_before_the_forger() -> None:
    s = stamping(np.random.default_rng(7), True, methods=("erased",))
    r = rubbing(np.random.default_rng(0), s.filed)
    assert r.text == s.before != s.text == s.found.text
    assert len(r.quads) == len(r.text)
