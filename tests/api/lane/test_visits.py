from collections.abc import Callable, Iterable

import numpy as np
import pytest

from tests.api.lane.conftest import NEXT, OTHER, VIN, Passing, always, line_at, look, reading, tracks_of
from vinspect.api.lane.look import Look
from vinspect.api.lane.tracks import Shot, Tracker
from vinspect.api.lane.visits import HOLD, Vehicle, Visits
from vinspect.vision.evidence import Reading

Hear = Callable[[Shot], Reading | None]


def vehicles_of(looks: Iterable[Look], hear: Hear) -> list[Vehicle]:
    """Those that are found, to the end."""
    tracker, visits = Tracker(), Visits(hear)
    found = []
    for each in looks:
        found += visits.update(tracker.update(each), tracker.open, each.at)[0]
    return found + visits.update(tracker.wait(np.inf), (), np.inf)[0]


def by_time(*said: tuple[float, str | None]) -> Hear:
    """Hears what stands there from that time on."""

    def hear(shot: Shot) -> Reading | None:
        text = [text for begins, text in said if shot.at >= begins][-1]
        return None if text is None else reading(text)

    return hear


def test_a_vehicle_is_told_once_with_its_number_and_a_picture_of_it_standing() -> None:
    [vehicle] = vehicles_of(Passing().looks(until=12), always(VIN))
    assert vehicle.vote is not None
    assert vehicle.vote.text == VIN
    assert 1 <= vehicle.shot.at < 3


def test_a_vehicle_is_told_as_soon_as_it_cannot_come_back() -> None:
    tracker, visits = Tracker(), Visits(always(VIN))
    for each in Passing().looks(until=30):
        if visits.update(tracker.update(each), tracker.open, each.at)[0]:
            assert each.at == pytest.approx(3.75 + HOLD + 0.25)
            return
    raise AssertionError("it was never told")


def test_a_number_that_was_hidden_for_a_moment_is_still_one_vehicle() -> None:
    looks = list(Passing(stands=8, hidden=(3, 5.25)).looks(until=20))
    assert len(tracks_of(looks)) > 1
    assert len(vehicles_of(looks, always(VIN))) == 1
    assert len(vehicles_of(looks, by_time((0, None), (4, VIN)))) == 1  # nothing was read before
    assert len(vehicles_of(looks, always(None))) == 1  # nor after


def test_the_next_vehicle_is_another_though_it_stops_at_the_same_place() -> None:
    looks = [*Passing().looks(until=4), *(each for each in Passing(begins=5.5).looks(until=20) if each.at >= 4)]
    first, second = vehicles_of(looks, by_time((0, VIN), (5, NEXT)))
    assert first.vote is not None
    assert second.vote is not None
    assert (first.vote.text, second.vote.text) == (VIN, NEXT)
    assert len(vehicles_of(looks, by_time((0, VIN), (5, None)))) == 2  # and though it cannot be read
    assert len(vehicles_of(looks, always(None))) == 2


def test_a_vehicle_that_nobody_can_read_is_not_lost() -> None:
    [vehicle] = vehicles_of(Passing().looks(until=10), always(None))
    assert vehicle.vote is None
    assert 1 <= vehicle.shot.at < 3


def test_what_looks_like_a_number_now_and_then_is_no_vehicle() -> None:
    flicker = [look(k / 4, *([line_at(500, 0.93)] if k % 12 == 0 else [])) for k in range(80)]
    assert vehicles_of(flicker, always(None)) == []
    fixture = [look(k / 4, line_at(500, 0.93)) for k in range(80)]
    assert vehicles_of(fixture, always(None)) == []
    assert vehicles_of([look(k / 4) for k in range(40)], always(VIN)) == []


def test_two_numbers_of_one_vehicle_of_which_one_is_read_are_one_vehicle() -> None:
    def both(at: float) -> Look:
        x = Passing().where(at)
        return look(at, *([line_at(x), line_at(x, y=400)] if x is not None else []))

    def hear(shot: Shot) -> Reading | None:
        return reading(VIN) if shot.quad[0, 1] < 300 else None

    assert len(vehicles_of([both(k / 4) for k in range(40)], hear)) == 1


def test_single_pictures_are_told_by_what_they_read() -> None:
    looks = [look(2.0 * k, line_at(400), alone=True) for k in range(5)]
    numbers = vehicles_of(looks, by_time((0, VIN), (4, OTHER), (6, NEXT)))
    assert [each.vote.text for each in numbers if each.vote] == [VIN, OTHER, NEXT]
    assert len(vehicles_of([look(0.0, line_at(400), alone=True)], always(None))) == 1
    assert vehicles_of([look(0.0, line_at(400))], always(None)) == []


def test_pictures_that_say_little_are_not_read() -> None:
    asked: list[float] = []

    def hear(shot: Shot) -> Reading:
        asked.append(shot.worth)
        return reading(VIN)

    vehicles_of(Passing(stands=10).looks(until=20), hear)
    assert min(asked) > 0.4 * max(asked)


def test_the_next_of_a_series_is_another_though_its_last_digit_is_unsure() -> None:
    looks = [*Passing().looks(until=4), *(each for each in Passing(begins=5.5).looks(until=20) if each.at >= 4)]

    def hear(shot: Shot) -> Reading:
        return reading(VIN) if shot.at < 5 else reading(VIN, unsure={16: ("2", 0.7)})

    assert len(vehicles_of(looks, hear)) == 2


def test_a_next_vehicle_that_cannot_be_read_is_not_taken_for_a_second_number_of_the_one_that_leaves() -> None:
    first, second = Passing(), Passing(begins=3.25)
    looks = [
        look(k / 4, *(line_at(x) for each in (first, second) if (x := each.where(k / 4)) is not None))
        for k in range(60)
    ]
    assert len(vehicles_of(looks, by_time((0, VIN), (4, None)))) == 2


@pytest.mark.parametrize("step", [0.25, 1.0, 2.0])
def test_a_machine_that_looks_seldom_finds_each_vehicle_once_all_the_same(step: float) -> None:
    passing = Passing(begins=0.5, stands=20)
    at = np.arange(0, 40, step)
    looks = [look(t, *([line_at(x)] if (x := passing.where(t)) is not None else [])) for t in at]
    for text in (VIN, None):
        assert len(vehicles_of(looks, always(text))) == 1


def test_what_always_stands_in_view_is_no_vehicle_and_swallows_none_that_hides_it() -> None:
    vehicles = [Passing(begins=2 + 8 * n) for n in range(3)]
    looks = []
    for k in range(4 * 30):
        places = [x for each in vehicles if (x := each.where(k / 4)) is not None]
        looks.append(look(k / 4, line_at(places[0] if places else 500, 0.98 if places else 0.93)))

    def hear(shot: Shot) -> Reading | None:
        return reading((VIN, NEXT, OTHER)[int(shot.at - 2) // 8]) if shot.quad[:, 0].mean() != 500 else None

    found = vehicles_of(looks, hear)
    assert [each.vote.text for each in found if each.vote] == [VIN, NEXT, OTHER]
    assert len(vehicles_of(looks, always(None))) == 3  # and though nobody can read them


def test_no_vehicle_waits_for_what_stands_beside_it_in_view_or_is_joined_to_the_next_by_it() -> None:
    tracker = Tracker()
    visits = Visits(lambda shot: reading(VIN) if shot.at < 6 and shot.quad[0, 1] < 300 else None)
    vehicles = [Passing(begins=2), Passing(begins=6.5)]
    told = []
    for k in range(4 * 20):
        places = [x for each in vehicles if (x := each.where(k / 4)) is not None]
        seen = look(k / 4, *(line_at(x) for x in places), line_at(400, 0.93, y=400))
        told += visits.update(tracker.update(seen), tracker.open, seen.at)[0]
    assert [each.vote.text if each.vote else None for each in told] == [VIN, None]


def test_a_vehicle_that_stands_still_in_the_whole_of_a_clip_is_told_where_its_number_reads() -> None:
    clip = [look(k / 4, line_at(400)) for k in range(8)]
    [vehicle] = vehicles_of(clip, always(VIN))
    assert vehicle.vote is not None
    assert vehicle.vote.text == VIN
    assert vehicles_of(clip, always(None)) == []  # what nobody can read, and never moves, may be anything


def test_a_vehicle_that_stops_exactly_where_something_stands_is_told() -> None:
    where = Passing(begins=4).where
    looks = [look(k / 4, line_at(x if (x := where(k / 4)) is not None else 400)) for k in range(4 * 14)]
    hear = lambda shot: reading(VIN) if 5 <= shot.at < 7 else None  # noqa: E731
    [vehicle] = vehicles_of(looks, hear)
    assert vehicle.vote is not None
    assert vehicle.vote.text == VIN


def test_what_shows_for_a_moment_as_a_vehicle_leaves_and_cannot_be_read_is_no_second_one() -> None:
    passing = Passing(stands=4)
    looks = []
    for k in range(4 * 14):
        x = passing.where(k / 4)
        number = [line_at(x)] if x is not None and k / 4 < 5.25 else []
        trim = [line_at(x - 200, 0.94, y=100)] if x is not None and k / 4 >= 5.25 else []
        looks.append(look(k / 4, *number, *trim))
    assert len(vehicles_of(looks, lambda shot: reading(VIN) if shot.quad[0, 1] > 150 else None)) == 1
    assert len(vehicles_of(looks, always(None))) == 1


def test_a_vehicle_is_told_while_something_still_stands_where_its_number_was() -> None:
    tracker, visits = Tracker(), Visits(lambda shot: reading(VIN) if shot.at >= 5 and shot.quad[0, 1] < 230 else None)
    where = Passing(begins=4).where
    told = []
    for k in range(4 * 30):
        number = [line_at(x)] if (x := where(k / 4)) is not None and k / 4 < 7 else []
        seen = look(k / 4, *number, line_at(400, 0.93, y=240))
        told += visits.update(tracker.update(seen), tracker.open, seen.at)[0]
    assert [vehicle.vote.text for vehicle in told if vehicle.vote] == [VIN]  # before anything there goes


def test_a_vehicle_of_which_only_the_last_of_its_way_is_sharp_enough_to_be_seen_is_not_lost() -> None:
    places = [310, 370, *[400] * 8]  # a third of its length, and nobody sees it leave
    looks = [look(k / 4, *([line_at(places[k - 8])] if 8 <= k < 18 else [])) for k in range(40)]
    assert len(vehicles_of(looks, always(None))) == 1


def test_a_vehicle_does_not_wait_for_what_stands_near_the_place_where_its_number_was() -> None:
    tracker, visits = Tracker(), Visits(lambda shot: reading(VIN) if shot.at < 7 else None)
    told = []
    for k in range(4 * 20):
        at = k / 4
        number = [line_at(x)] if (x := Passing(begins=4).where(at)) is not None and at < 7 else []  # nobody sees it go
        seen = look(at, *number, *([line_at(460, 0.93)] if at >= 8.5 else []))
        told += visits.update(tracker.update(seen), tracker.open, seen.at)[0]
    assert [vehicle.vote.text for vehicle in told if vehicle.vote] == [VIN]


def test_a_number_that_was_misread_before_it_was_hidden_is_still_one_vehicle() -> None:
    looks = list(Passing(stands=8, hidden=(3, 5.25)).looks(until=20))
    hear = lambda shot: reading(VIN) if shot.at > 4 else reading(OTHER, sure=0.2)  # noqa: E731
    [vehicle] = vehicles_of(looks, hear)
    assert vehicle.vote is not None
    assert vehicle.vote.text == VIN
