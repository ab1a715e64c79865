import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinspect.vision.evidence import Photo, StampLine
from vinspect.vision.locate import CORE_ENDS, STRIDE, _turned_back, both_ways_up, decode, locate, numbers

CELLS = (128, 128)


def rectangle(centre: tuple[float, float], length: float, tall: float, degrees: float) -> np.ndarray:
    a = np.radians(degrees)
    along, down = np.array([np.cos(a), np.sin(a)]) * length / 2, np.array([-np.sin(a), np.cos(a)]) * tall / 2
    c = np.array(centre)
    return np.array([c - along - down, c + along - down, c + along + down, c - along + down], np.float32)


def answer(*lines: tuple[tuple[float, float], float, float, float]) -> np.ndarray:
    """What a network without error says of lines given as centre, length, height, degrees."""
    out = np.zeros((5, *CELLS), np.float32)
    out[0] = -12
    ys, xs = np.mgrid[: CELLS[0], : CELLS[1]] * float(STRIDE) + (STRIDE - 1) / 2
    for (x, y), length, tall, degrees in lines:
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        u, v = (xs - x) * c + (ys - y) * s, (ys - y) * c - (xs - x) * s
        inside = (np.abs(u) < length / 2 - CORE_ENDS * tall) & (np.abs(v) < max(tall / 4, STRIDE / 2))
        out[:, inside] = np.array([6, 6, np.log(tall / 16), c, s], np.float32)[:, None]
    return out


@given(degrees=st.floats(-180, 180), tall=st.floats(12, 40), x=st.floats(200, 300), y=st.floats(200, 300))
@settings(max_examples=60, deadline=None)
def test_a_line_at_any_turn_is_found_with_its_reading_direction(
    degrees: float, tall: float, x: float, y: float
) -> None:
    (found,) = decode(answer(((x, y), 260, tall, degrees)))
    assert np.abs(found.quad - rectangle((x, y), 260, tall, degrees)).max() < 6
    assert found.upright > 0.99
    assert found.confidence > 0.95


def test_no_core_is_no_line() -> None:
    assert decode(answer()) == []


def test_a_spot_is_no_line() -> None:
    assert decode(answer(((250, 250), 34, 30, 0))) == []


def test_a_faint_core_is_no_line() -> None:
    faint = answer(((250, 250), 260, 20, 0))
    faint[0] = np.where(faint[0] > 0, -0.5, -12)
    assert decode(faint) == []


def test_divided_votes_for_the_direction_say_that_it_is_unsure() -> None:
    torn = answer(((250, 250), 260, 24, 0))
    torn[3, :, 60:] *= -1
    (found,) = decode(torn)
    assert 0.3 < found.upright < 0.7


def test_a_gap_within_a_line_does_not_break_it_in_two() -> None:
    (found,) = decode(answer(((150, 250), 120, 20, 0), ((300, 250), 120, 20, 0)))
    assert found.quad[1, 0] - found.quad[0, 0] == pytest.approx(270, abs=8)


def test_two_lines_end_to_end_but_far_apart_stay_two() -> None:
    assert len(decode(answer(((100, 250), 120, 14, 0), ((380, 250), 120, 14, 0)))) == 2


@pytest.mark.parametrize("degrees", [0, 90, 180, -90, 35])
def test_two_lines_of_one_number_are_put_together_in_reading_order(degrees: float) -> None:
    down = np.array([-np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    first, second = np.array([250, 250]) - 18 * down, np.array([250, 250]) + 18 * down
    lines = decode(answer((tuple(second), 200, 24, degrees), (tuple(first), 240, 24, degrees)))
    ((upper, lower),) = numbers(tuple(lines))
    assert np.abs(upper.quad.mean(0) - first).max() < 4
    assert np.abs(lower.quad.mean(0) - second).max() < 4


def test_lines_that_read_against_each_other_are_two_numbers() -> None:
    lines = decode(answer(((250, 230), 200, 24, 0), ((250, 270), 200, 24, 180)))
    assert sorted(len(n) for n in numbers(tuple(lines))) == [1, 1]


def test_the_surest_number_comes_first() -> None:
    sure = StampLine(rectangle((100, 100), 150, 20, 0), 0.98, 1.0)
    unsure = StampLine(rectangle((100, 300), 150, 20, 0), 0.6, 1.0)
    assert numbers((unsure, sure)) == ((sure,), (unsure,))


def test_nothing_found_is_no_number() -> None:
    assert numbers(()) == ()


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_points_of_a_turned_picture_are_turned_back(quarters: int) -> None:
    page = np.zeros((40, 70), np.uint8)
    page[7, 52] = 1
    row, column = np.argwhere(np.rot90(page, -quarters))[0]
    back = _turned_back(np.array([[column, row]], np.float32), quarters, (70, 40))
    assert back.tolist() == [[52, 7]]


class Level:
    """A network that knows one line, where a dark bar lies level and its left end is darkest."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, grey: np.ndarray) -> np.ndarray:
        self.looks += 1
        ys, xs = np.nonzero(grey < 128)
        h, w = (n // STRIDE for n in grey.shape)
        out = np.full((5, h, w), -12, np.float32)
        wide, tall = (np.ptp(xs), np.ptp(ys)) if len(xs) else (0, 0)
        if wide > tall and grey[ys, xs][xs < xs.mean()].mean() < grey[ys, xs][xs > xs.mean()].mean():
            known = answer(((float(xs.mean()), float(ys.mean())), float(wide), float(tall), 0.0))
            return known[:, :h, :w]
        return out


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_photograph_is_turned_until_its_number_reads_level(quarters: int) -> None:
    page = np.full((256, 384), 200, np.uint8)
    page[100:124, 60:200] = 10
    page[100:124, 200:340] = 60
    turned = np.ascontiguousarray(np.rot90(page, -quarters))
    net = Level()
    photo = Photo("p", "", b"", turned.shape[::-1], turned, 1.0)
    (found,) = locate(photo, net)  # type: ignore[arg-type]
    angle = np.radians(90 * quarters)
    along = found.quad[1] - found.quad[0]
    assert along / np.linalg.norm(along) == pytest.approx([np.cos(angle), np.sin(angle)], abs=0.05)
    assert net.looks == (1 if quarters == 0 else 4)
    assert turned[tuple(np.round(found.quad.mean(0)).astype(int)[::-1])] < 128


def test_a_photograph_is_looked_at_upside_down_only_where_that_has_not_been_seen() -> None:
    level, net = np.full((256, 384), 200, np.uint8), Level()
    level[100:124, 60:200] = 10
    level[100:124, 200:340] = 60
    upright, over = both_ways_up(Photo("p", "", b"", (384, 256), level, 1.0), net)  # type: ignore[arg-type]
    assert len(upright) == len(over) == 1
    assert net.looks == 4
    assert list(both_ways_up(Photo("p", "", b"", (384, 256), np.full_like(level, 200), 1.0), net)) == [()]  # type: ignore[arg-type]
    assert net.looks == 8


def test_a_photograph_without_a_number_has_no_line() -> None:
    blank = np.full((256, 384), 200, np.uint8)
    assert locate(Photo("p", "", b"", (384, 256), blank, 1.0), Level()) == ()  # type: ignore[arg-type]
