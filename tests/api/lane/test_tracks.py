from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.lane.conftest import Passing, frame, line_at, look, picture, tracks_of
from vinspect.api.lane.tracks import ABSENT, APART, BEST, GAP, Tracker, worth_of


def test_a_vehicle_that_rolls_in_stops_and_leaves_is_one_track() -> None:
    [track] = tracks_of(list(Passing().looks(until=6)))
    assert (track.came_in, track.went_out) == (True, True)
    assert track.travelled > 1
    assert track.id == "film@0.000"
    assert track.ended == pytest.approx(3.75)


def test_the_pictures_that_are_kept_are_sharp_whole_and_apart_in_time() -> None:
    [track] = tracks_of(list(Passing(stands=20).looks(until=25)))
    assert len(track.shots) == BEST
    assert all(1 <= shot.at < 21 for shot in track.shots)  # while it stood
    assert np.diff([shot.at for shot in track.shots]).min() >= APART


@given(st.lists(st.floats(0, 6), min_size=1, max_size=12))
@settings(deadline=None, max_examples=20)
def test_the_best_picture_is_always_kept(blurs: list[float]) -> None:
    looks = [look(k / 4, line_at(400), blur=blur) for k, blur in enumerate(blurs)]
    [track] = tracks_of(looks)
    best = max(worth_of(picture(400, blur), line_at(400)) for blur in blurs)
    assert max(shot.worth for shot in track.shots) == pytest.approx(best)
    assert len(track.shots) <= BEST


def test_two_vehicles_of_which_one_leaves_while_the_next_comes_in_are_two_tracks() -> None:
    first, second = Passing(begins=0), Passing(begins=3.25)
    looks = []
    for k in range(40):
        places = [x for x in (first.where(k / 4), second.where(k / 4)) if x is not None]
        looks.append(look(k / 4, *map(line_at, places)))
    assert len(tracks_of(looks)) == 2


def test_a_number_that_flickers_stays_one_track_and_one_that_is_gone_for_longer_does_not() -> None:
    seen = look(0, line_at(400)), look(0.4), look(GAP * 0.9), look(GAP, line_at(400))
    assert len(tracks_of(seen)) == 1
    seen = look(0, line_at(400)), look(0.5), look(GAP), look(GAP + 0.25, line_at(400))
    assert len(tracks_of(seen)) == 2


def test_a_number_that_was_not_looked_for_is_not_gone() -> None:
    seen = look(0, line_at(400)), look(3 * GAP), look(4 * GAP, line_at(400))
    assert len(tracks_of(seen)) == 1


def test_pictures_by_themselves_are_never_joined_by_place() -> None:
    assert len(tracks_of([look(k / 4, line_at(400), alone=True) for k in range(3)])) == 3


def test_a_track_ends_though_no_frame_comes_any_more() -> None:
    tracker = Tracker()
    tracker.update(look(0, line_at(400)))
    assert tracker.wait(ABSENT) == []
    assert len(tracker.wait(ABSENT + 0.1)) == 1
    assert tracker.open == ()


def test_a_number_that_was_never_hidden_neither_came_in_nor_went_out() -> None:
    [track] = tracks_of([look(k / 4, line_at(400)) for k in range(8)])
    assert (track.came_in, track.went_out, track.travelled) == (False, False, 0)


def test_a_sharper_a_larger_and_a_surer_number_is_worth_more() -> None:
    sharp = worth_of(picture(400), line_at(400))
    assert sharp > worth_of(picture(400, 1.5), line_at(400)) > worth_of(picture(400, 4), line_at(400))
    assert sharp > worth_of(picture(400), line_at(400, sure=0.6))
    assert worth_of(picture(None), line_at(400)) == 0
    assert frame(0).grey().shape == (450, 800)


def test_something_in_the_lane_that_looks_like_a_number_is_not_carried_off_by_the_one_that_covers_it() -> None:
    looks = [look(k / 4, line_at(200)) for k in range(8)] + [look(k / 4, line_at(400)) for k in range(8, 16)]
    first, second = tracks_of(looks)
    assert (first.travelled, second.travelled) == (0, 0)
    assert not first.went_out


def test_a_number_that_is_now_and_then_taken_for_upside_down_has_not_moved() -> None:
    turned = replace(line_at(400), quad=np.roll(line_at(400).quad, 2, axis=0))
    [track] = tracks_of([look(k / 4, turned if k % 3 == 2 else line_at(400)) for k in range(9)])
    assert track.travelled == 0


def test_numbers_that_come_into_view_in_one_frame_are_told_apart_by_their_ids() -> None:
    tracks = tracks_of([look(k / 4, line_at(400), line_at(400, y=400), line_at(400, y=50)) for k in range(4)])
    assert len(tracks) == len({track.id for track in tracks}) == 3


def test_a_number_follows_the_one_that_moved_and_not_what_stands_nearer() -> None:
    stands = [line_at(500, y=300)]
    looks = [look(k / 4, line_at(100 + 100 * k), *stands) for k in range(3)]
    looks += [look(0.75, line_at(480), *stands), look(1.0, line_at(600), *stands)]
    moving, standing = sorted(tracks_of(looks), key=lambda track: -track.travelled)
    assert (moving.looks, standing.looks) == (5, 5)
    assert standing.travelled == 0
