from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.vision.evidence import Reading
from vinspect.vision.laid import CAP, HEIGHT, Laid, lay, line_through, walls
from vinspect.vision.register import basis, cells, laid_on, paired, register

TEXT = "JS3GB6R2SG8639405"
Strike = Callable[..., Reading]


def laid(reading: Reading, warp: np.ndarray | None = None, *, negative: bool = False) -> Laid:
    """The line of a drawn reading, on a picture that `warp` (2, 3) moved."""
    grey, quads = reading.strips[0].grey, np.array([c.quad for c in reading.characters])
    if warp is not None:
        size = (round(grey.shape[1] * 1.2), 90)
        grey = cv2.warpAffine(grey, warp, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        quads = (quads @ warp[:, :2].T + warp[:, 2]).astype(np.float32)
    return lay(255 - grey if negative else grey, reading.text, quads)


@given(st.text("ABC123", max_size=20))
def test_a_number_pairs_with_itself_place_by_place(text: str) -> None:
    assert paired(text, text) == tuple((i, i) for i in range(len(text)))


@given(st.text("ABC123", min_size=1, max_size=20), st.data())
def test_a_character_that_was_not_read_leaves_the_others_their_like(text: str, data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(text) - 1))
    short = text[:gone] + text[gone + 1 :]
    pairs = paired(text, short)
    assert len(pairs) == len(short)
    assert all(text[i] == short[j] for i, j in pairs)


@given(st.text("ABC123", max_size=12), st.text("ABC123", max_size=12))
def test_pairs_keep_the_order_of_both(one: str, other: str) -> None:
    pairs = paired(one, other)
    for (a, b), (c, d) in pairwise(pairs):
        assert a < c
        assert b < d


def test_a_level_line_has_capitals_of_one_height(strike: Strike) -> None:
    line = laid(strike(TEXT), np.array([[1.1, -0.06, 8], [0.07, 1.15, 6]]))
    assert line.strip.grey.shape[0] == HEIGHT
    assert np.median(line.boxes[:, 3] - line.boxes[:, 1]) == pytest.approx(CAP, rel=0.12)


def test_a_line_of_one_point_is_refused() -> None:
    with pytest.raises(ValueError, match="no length"):
        line_through(np.zeros((3, 4, 2), np.float32))


def test_walls_are_the_same_on_a_negative(strike: Strike) -> None:
    grey = strike(TEXT).strips[0].grey
    np.testing.assert_allclose(walls(grey), walls(255 - grey), atol=1e-4)


def test_one_striking_is_found_where_the_picture_was_moved_to(strike: Strike) -> None:
    a, b = laid(strike(TEXT)), laid(strike(TEXT), np.array([[1.08, 0.03, 5], [-0.02, 1.02, 9]]), negative=True)
    r = register(a, b, paired(a.text, b.text))
    assert np.abs(r.shifts[:, :2]).max() < 0.8
    assert r.shifts[:, 2].min() > 0.85
    lain = laid_on(255 - b.strip.grey, r.to_other, r.middle, a.strip.grey.shape)
    inside = (slice(12, -12), slice(24, -24))
    assert np.corrcoef(lain[inside].ravel(), a.strip.grey[inside].ravel())[0, 1] > 0.9


def test_a_character_set_apart_is_found_off_the_others_registration(strike: Strike) -> None:
    a, b = laid(strike(TEXT)), laid(strike(TEXT, low={6: 0.1}))
    r = register(a, b, paired(a.text, b.text))
    assert r.shifts[6, 1] / CAP == pytest.approx(0.1, abs=0.035)
    assert np.abs(np.delete(r.shifts[:, 1], 6)).max() / CAP < 0.05


def test_another_die_set_correlates_less(strike: Strike) -> None:
    a = laid(strike(TEXT))
    same, other = (
        register(a, b, paired(a.text, b.text))
        for b in (laid(strike(TEXT)), laid(strike(TEXT, die=dict.fromkeys(range(len(TEXT)), 15))))
    )
    assert same.cells[..., 3].mean() > other.cells[..., 3].mean() + 0.05


def test_what_is_laid_on_by_the_identity_stays_as_it_is() -> None:
    field = np.random.default_rng(0).random((HEIGHT, 120)).astype(np.float32)
    middle = (60.0, 27.0, 50.0)
    at = np.array([[0.0, 0.0], [50.0, 10.0], [110.0, 50.0], [20.0, 40.0], [77.0, 3.0], [5.0, 22.0], [64.0, 33.0]])
    identity = np.linalg.lstsq(basis(at, middle), at, rcond=None)[0]
    np.testing.assert_allclose(laid_on(field, identity, middle, field.shape), field, atol=2e-2)


def test_cells_cover_their_character() -> None:
    found = cells(np.array([[10.0, 20.0, 30.0, 52.0]]))
    assert len(found) == 4
    assert found[:, 0].min() < 10 < 30 < found[:, 2].max()
    assert found[:, 1].min() < 20 < 52 < found[:, 3].max()
