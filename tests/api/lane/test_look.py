import numpy as np
import pytest

from tests.api.lane.conftest import SIZE, frame, line_at, quad_at
from vinspect.api.lane.frames import Frame
from vinspect.api.lane.look import IDLE, LOOKS, Look, Watch
from vinspect.vision.evidence import StampLine


class Eyes:
    """Counts how often somebody looks."""

    def __init__(self, *lines: StampLine) -> None:
        self.lines, self.times = lines, 0

    def __call__(self, grey: np.ndarray) -> tuple[StampLine, ...]:
        self.times += 1
        return self.lines


def test_many_frames_a_second_are_looked_at_no_more_often_than_needed() -> None:
    eyes = Eyes(line_at(400))
    watch = Watch(eyes)
    looks = [watch.look(frame(k / 25, 400)) for k in range(50)]
    assert eyes.times == 2 * LOOKS
    assert sum(each is not None for each in looks) == 2 * LOOKS


def test_an_empty_lane_where_nothing_moves_is_looked_at_now_and_then() -> None:
    eyes = Eyes()
    watch = Watch(eyes)
    looks = [watch.look(frame(k / LOOKS)) for k in range(10 * LOOKS)]
    assert eyes.times == pytest.approx(10 / IDLE)
    assert all(each is not None and each.numbers == () for each in looks)  # time goes on all the same


def test_what_comes_into_an_empty_lane_is_looked_at_at_once() -> None:
    eyes = Eyes()
    watch = Watch(eyes)
    watch.look(frame(0.0))
    watch.look(frame(0.25, 400))
    assert eyes.times == 2


def test_what_creeps_in_a_pixel_at_a_time_is_looked_at_in_the_end() -> None:
    def creeping(k: int) -> Frame:
        grey = np.full(SIZE[::-1], 90, np.uint8)
        grey[:, : 2 * k] = 130
        return Frame(str(k), k * 0.01, None, lambda: grey, lambda: ("", b""))

    eyes = Eyes()
    watch = Watch(eyes)
    for k in range(0, 100, 25):  # within less than IDLE
        watch.look(creeping(k))
    assert eyes.times > 1


def test_a_number_in_view_is_looked_at_though_nothing_moves() -> None:
    eyes = Eyes(line_at(400))
    watch = Watch(eyes)
    for k in range(4):
        watch.look(frame(k / LOOKS, 400))
    assert eyes.times == 4


@pytest.mark.parametrize(("x", "inside"), [(400, True), (145, False), (790, False)])
def test_a_line_that_touches_the_edge_is_not_inside(x: float, inside: bool) -> None:
    assert Look(0, SIZE, (), None).holds(quad_at(x)) is inside
