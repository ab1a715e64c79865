"""The whole way through a lane on one screen: Frame -> Look -> Track -> Vehicle -> Case."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, cast

from vinspect.api.document import shown
from vinspect.api.lane.frames import Blank, Frame, Source
from vinspect.api.lane.look import Watch
from vinspect.api.lane.spool import Case, Spool
from vinspect.api.lane.tracks import SEVERAL, Track, Tracker
from vinspect.api.lane.visits import Vehicle, Visits
from vinspect.api.lane.vote import Vote, Voted, equal
from vinspect.vision import photo as photos
from vinspect.vision.photo import PhotoError

if TYPE_CHECKING:
    from vinspect.api import schema

AGAIN = 180.0  # seconds: the same number in the same lane within this time is the same visit
ABSENT = 600.0  # seconds that a process may be gone and still find the vehicle that stood there
_KEYS = uuid.UUID("6f1c9f2e-7f0e-5b1c-9a55-0f6a3f2b7d41")  # a name space of our own (RFC 9562)


@dataclass(frozen=True)
class Lane:
    """Where the camera stands."""

    station: str
    lane: str


def cases(
    lane: Lane,
    source: Source,
    watch: Watch,
    visits: Visits,
    spool: Spool,
    stopping: threading.Event,
    *,
    live: bool,
    done: Callable[[], None],
) -> Iterator[Case]:
    """Each vehicle of a source as it goes, once it is in the spool; a vehicle that came again is not told again.

    live: a camera, whose frames come but once. What is in view is then drafted in the spool, and what was in view when
    the process before this one ended is taken up; a recording is simply gone through again, with the same outcome.
    done: is called after each frame.
    """
    tracker = Tracker()
    resumed: list[Track] = spool.drafts() if live else []

    def told(ended: list[Track], at: float) -> Iterator[Case]:
        if live:
            for track in (*tracker.open, *ended):
                spool.draft(track)
        vehicles, nothing = visits.update(ended, tracker.open, at)
        spool.forget(track.id for track in nothing)
        for track in nothing:
            if track.stays and track.looks >= SEVERAL:
                _leave_out(watch, track)
        for vehicle in vehicles:
            case = case_of(lane, source.id, vehicle)
            if _came_before(case, vehicle, spool):
                spool.forget(vehicle.tracks)
            else:
                yield spool.add(case, vehicle.tracks)

    at = 0.0
    for frame in source.frames:
        at = frame.at
        look = watch.look(frame) if isinstance(frame, Frame) else None
        if look is not None or isinstance(frame, Blank):
            ended = _taken_up(resumed, at) + (tracker.wait(at) if look is None else tracker.update(look))
            resumed = []
            yield from told(ended, at)
        done()
        if stopping.is_set():  # what is in view is no whole vehicle
            return
    if not live:  # nothing more will come
        yield from told(tracker.wait(float("inf")), float("inf"))


def _taken_up(tracks: Iterable[Track], at: float) -> list[Track]:
    """Tracks of the process before; while nobody watched, nothing can be said to have gone."""
    resumed = list(tracks)
    for track in resumed:
        if not track.went_out and at - track.ended < ABSENT:
            track.ended = max(track.ended, at)
    return resumed


def _leave_out(watch: Watch, track: Track) -> None:
    """What stands in the lane and is no number need not be seen again."""
    shot = max(track.shots, key=lambda each: each.worth)
    with contextlib.suppress(PhotoError):  # a picture that was whole when it was taken
        watch.leave_out(photos.grey(photos.photo_of(shot.name, shot.data)), shot.quad)


def case_of(lane: Lane, source: str, vehicle: Vehicle) -> Case:
    """What goes to the service. The same vehicle in the same frames makes the same key."""
    key = str(uuid.uuid5(_KEYS, "\n".join((lane.station, lane.lane, vehicle.id))))
    voted = vehicle.vote
    taken = vehicle.shot.taken
    document = {
        "key": key,
        "station": lane.station,
        "lane": lane.lane,
        "source": source,
        "began": round(vehicle.began, 3),
        "ended": round(vehicle.ended, 3),
        "captured": None if taken is None else taken.astimezone(UTC).isoformat(timespec="milliseconds"),
        "looks": vehicle.looks,
        "frames": 0 if voted is None else voted.frames,
        "text": None if voted is None else voted.text,
        "confidence": 0.0 if voted is None else voted.confidence,
        "characters": [] if voted is None else [vars(each) for each in voted.characters],
        "photo": vehicle.shot.name,
        "sha256": hashlib.sha256(vehicle.shot.data).hexdigest(),
    }
    return Case(key, source, vehicle.began, vehicle.ended, document, vehicle.shot.data)


def lane_document(case: Case) -> schema.LaneDocument:
    """What the commands print of a vehicle, and what became of its case."""
    told = {"state": case.state, "id": case.id, "verdict": case.verdict, "problem": case.problem}
    document = {"schema": "vinspect/lane/1", **case.document, "photo": shown(case.document["photo"]), **told}
    return cast("schema.LaneDocument", document)


def _came_before(case: Case, vehicle: Vehicle, spool: Spool) -> bool:
    """Whether it only rolled out of view and back, or was begun a look earlier or later before: its case stands."""
    if vehicle.vote is None:
        return False
    earlier = (
        _vote(each) for each in spool.earlier(case.source, case.began, case.ended, AGAIN) if each.key != case.key
    )
    return any(vote is not None and equal(vote, vehicle.vote) for vote in earlier)


def _vote(case: Case) -> Vote | None:
    said = case.document
    if said["text"] is None:
        return None
    characters = tuple(
        Voted(each["text"], each["confidence"], tuple((text, p) for text, p in each["candidates"]))
        for each in said["characters"]
    )
    return Vote(characters, said["confidence"], said["frames"])
