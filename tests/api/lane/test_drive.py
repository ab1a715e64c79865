import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.api.lane.conftest import NEXT, VIN, Passing, always, frame, line_at, reading
from vinspect.api.lane.drive import ABSENT, Lane, cases
from vinspect.api.lane.frames import Blank, Frame, Source
from vinspect.api.lane.look import Watch
from vinspect.api.lane.spool import Case, Spool
from vinspect.api.lane.tracks import Shot
from vinspect.api.lane.visits import Visits
from vinspect.vision.evidence import Reading, StampLine

LANE = Lane("12", "1")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path)
    yield spool
    spool.close()


def film(*passing: Passing, until: float, since: float = 0.0, name: str = "film") -> list[Frame | Blank]:
    """Frames of these vehicles, eight a second."""
    frames: list[Frame | Blank] = []
    for k in range(round(since * 8), round(until * 8)):
        x = next((x for each in passing if (x := each.where(k / 8)) is not None), None)
        frames.append(frame(k / 8, x, 0 if x == 400 else 3, name))
    return frames


def see(grey: np.ndarray) -> tuple[StampLine, ...]:
    """Finds the number that a frame of paper shows."""
    bright = np.flatnonzero((grey > 150).any(axis=0))
    return (line_at(float(bright.min() + 150)),) if len(bright) else ()


def seen(
    frames: Sequence[Frame | Blank],
    spool: Spool,
    hear: Callable[[Shot], Reading | None] | None = None,
    *,
    live: bool = False,
    stopping: threading.Event | None = None,
) -> list[Case]:
    source = Source("camera", iter(frames), len(frames), list)
    stop = stopping or threading.Event()
    return list(cases(LANE, source, Watch(see), Visits(hear or always(VIN)), spool, stop, live=live, done=lambda: None))


def test_each_vehicle_becomes_a_case_in_the_spool(spool: Spool) -> None:
    found = seen(
        film(Passing(), Passing(begins=8), until=14), spool, lambda shot: reading(VIN if shot.at < 8 else NEXT)
    )
    assert [case.document["text"] for case in found] == [VIN, NEXT]
    assert spool.waiting() == [case.key for case in found]
    first = found[0].document
    assert (first["station"], first["lane"], first["captured"]) == ("12", "1", None)
    assert 1 <= float(first["photo"].removesuffix(".jpg")) < 3
    assert found[0].picture is not None


def test_a_recording_that_is_gone_through_again_makes_nothing_new(spool: Spool) -> None:
    frames = film(Passing(), Passing(begins=8), until=14)
    hear = lambda shot: reading(VIN if shot.at < 8 else NEXT)  # noqa: E731
    first = seen(frames, spool, hear)
    spool.sent(first[0].key, "id", "clear")
    again = seen(frames, spool, hear)
    assert [case.key for case in again] == [case.key for case in first]
    assert [case.state for case in again] == ["sent", "waiting"]
    assert spool.waiting() == [first[1].key]


@pytest.mark.parametrize("cut", [0.5, 1.5, 3.0, 4.5, 7.5, 9.0])
def test_a_recording_that_was_cut_off_anywhere_makes_the_same_cases_when_it_is_started_again(
    cut: float, spool: Spool
) -> None:
    whole = film(Passing(), Passing(begins=8), until=14)
    stopping = threading.Event()

    def until_then() -> Iterator[Frame | Blank]:
        for each in whole:
            if each.at >= cut:
                stopping.set()
            yield each

    hear = lambda shot: reading(VIN if shot.at < 8 else NEXT)  # noqa: E731
    source = Source("camera", until_then(), 0, list)
    watch, visits = Watch(see), Visits(hear)
    list(cases(LANE, source, watch, visits, spool, stopping, live=False, done=lambda: None))
    assert len(spool.waiting()) <= 1
    found = seen(whole, spool, hear)
    assert spool.waiting() == [case.key for case in found]
    assert [case.document["text"] for case in found] == [VIN, NEXT]


def test_a_vehicle_that_rolls_out_of_view_and_back_is_not_told_again(spool: Spool) -> None:
    back, later = Passing(begins=20), Passing(begins=400)
    frames = [*film(Passing(), back, until=27), *film(later, since=400, until=407)]
    [first, last] = seen(frames, spool)
    assert (first.began, last.began) == (0.5, 400.5)


def test_a_vehicle_that_stands_there_when_the_process_is_killed_is_one_case(spool: Spool) -> None:
    vehicle = Passing(stands=100)
    assert seen(film(vehicle, until=3), spool, live=True) == []
    assert len(spool.drafts()) == 1
    [case] = seen(film(vehicle, since=98, until=107), spool, live=True)
    assert case.began < 1  # the time before is part of it
    assert spool.drafts() == []


def test_a_vehicle_that_leaves_while_nobody_watches_is_not_lost(spool: Spool) -> None:
    assert seen(film(Passing(stands=100), until=3), spool, live=True) == []
    other = Passing(begins=62)
    found = seen(film(other, since=60, until=70), spool, lambda s: reading(VIN if s.at < 50 else NEXT), live=True)
    assert [case.document["text"] for case in found] == [VIN, NEXT]


def test_a_vehicle_of_long_ago_is_not_taken_for_the_one_that_stands_there_now(spool: Spool) -> None:
    assert seen(film(Passing(stands=10), until=5), spool, live=True) == []
    later = ABSENT + 100
    vehicle = Passing(begins=later - 2)
    found = seen(film(vehicle, since=later, until=later + 10), spool, always(None), live=True)
    assert len(found) == 2


def test_a_vehicle_is_told_though_the_camera_goes_away_after_it(spool: Spool) -> None:
    frames = [*film(Passing(), until=4), *(Blank(4 + k) for k in range(12))]
    assert len(seen(frames, spool, live=True)) == 1


def test_the_time_of_day_goes_along_where_the_source_tells_it(spool: Spool) -> None:
    frames = [
        Frame(each.id, each.at, datetime(2026, 3, 1, 12, 0, int(each.at), tzinfo=UTC), each.grey, each.file)
        for each in film(Passing(), until=10)
        if isinstance(each, Frame)
    ]
    [case] = seen(frames, spool)
    assert case.document["captured"] in ("2026-03-01T12:00:01.000+00:00", "2026-03-01T12:00:02.000+00:00")


def test_a_vehicle_that_another_version_began_a_look_earlier_or_later_is_not_told_again(spool: Spool) -> None:
    [first] = seen(film(Passing(), since=1.0, until=10), spool)
    for since in (0.0, 1.5):
        assert seen(film(Passing(), since=since, until=10), spool) == []
    assert spool.waiting() == [first.key]


class Scene:
    """A lane in which a row of rivets is taken for a number, and vehicles that hide it: each with its own number."""

    def __init__(self, *passing: Passing, until: float) -> None:
        self.passing, self.until = passing, until
        self._shows: dict[bytes, tuple[StampLine, ...]] = {}

    def frames(self) -> Iterator[Frame]:
        for k in range(round(self.until * 8)):
            places = [(n, x) for n, each in enumerate(self.passing) if (x := each.where(k / 8)) is not None]
            grey = np.full((450, 800), 90, np.uint8)
            for n in range(12):
                cv2.circle(grey, (270 + 24 * n, 225), 8, 200, -1, cv2.LINE_AA)
            for number, x in places:
                grey[:] = 120
                cv2.putText(grey, (VIN, NEXT)[number], (round(x - 145), 235), cv2.FONT_HERSHEY_SIMPLEX, 0.85, 30, 2)
            self._shows[grey.tobytes()] = (line_at(places[0][1] if places else 400),)
            yield frame_of(grey, k / 8)

    def see(self, grey: np.ndarray) -> tuple[StampLine, ...]:
        return self._shows[grey.tobytes()]

    def hear(self, shot: Shot) -> Reading | None:
        here = [n for n, each in enumerate(self.passing) if each.where(shot.at) is not None]
        return reading((VIN, NEXT)[here[0]]) if here else None

    def cases(self, spool: Spool, watch: Watch) -> list[Case]:
        source = Source("camera", self.frames(), 0, list)
        stop = threading.Event()
        return list(cases(LANE, source, watch, Visits(self.hear), spool, stop, live=False, done=lambda: None))


def frame_of(grey: np.ndarray, at: float) -> Frame:
    return Frame(f"film@{at}", at, None, lambda: grey, lambda: (f"{at}.png", cv2.imencode(".png", grey)[1].tobytes()))


def test_what_always_stands_in_view_is_learned_and_a_vehicle_that_stops_in_front_of_it_is_told(spool: Spool) -> None:
    scene = Scene(Passing(begins=4), Passing(begins=14), until=24)
    watch = Watch(scene.see)
    found = scene.cases(spool, watch)
    assert [case.document["text"] for case in found] == [VIN, NEXT]
    *_, empty = scene.frames()
    look = watch.look(replace(empty, at=60.0))
    assert look is not None
    assert look.numbers == ()  # seen, and left out


def test_a_number_that_stands_there_for_the_whole_of_a_recording_is_told(spool: Spool) -> None:
    standing = Passing(begins=-10, stands=100)
    found = Scene(standing, until=4).cases(spool, Watch(lambda grey: (line_at(400),)))
    assert [case.document["text"] for case in found] == [VIN]
