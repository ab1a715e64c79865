"""From numbers that were followed to vehicles: each is one, however often its number went out of sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from vinspect.api.lane.tracks import SEVERAL, STILL, Shot, Track, apart
from vinspect.api.lane.vote import Vote, equal, same, vote
from vinspect.vision.evidence import Reading, Report
from vinspect.vision.inspector import Nets, read
from vinspect.vision.photo import PhotoError, photo_of

HOLD = 3.0  # seconds that a vehicle is waited for which went out of sight
TOGETHER = 0.6  # of the shorter one's time, that two numbers of one vehicle are in view at once
PLACE = 0.5  # of the line's length: a number that comes back so near to where it was hidden has not moved
POOR = 0.4  # a picture worth less than this share of the best is not read
VISIBLE = 0.8  # the locator's confidence: what is seen once or twice, and less surely, is not read either
STRONG = 0.9  # the locator's confidence in a number that nobody can read
LASTS = 1.0  # seconds that such a one is in view: what shows for less, as a vehicle leaves, is a part of that one
LIKELY = 0.5  # confidence of a reading that is believed: a vehicle's though its number never moved, or another's


@dataclass(frozen=True, eq=False)
class Vehicle:
    """A vehicle that was seen, and what its frames say of its number."""

    id: str  # of the first frame that shows it
    tracks: tuple[str, ...]  # ids, of what was joined to it
    began: float
    ended: float
    taken: datetime | None
    looks: int
    vote: Vote | None  # None where no frame could be read
    shot: Shot  # the frame that shows the number best, as the frames together read it


@dataclass(eq=False)
class _Visit:
    """A vehicle that may come back into view."""

    tracks: list[Track]
    heard: list[tuple[Shot, Reading | None]]
    vote: Vote | None = field(init=False)

    def __post_init__(self) -> None:
        self._count()

    @property
    def began(self) -> float:
        return min(track.began for track in self.tracks)

    @property
    def ended(self) -> float:
        return max(track.ended for track in self.tracks)

    def take(self, other: _Visit) -> None:
        """Both are one vehicle."""
        self.tracks += other.tracks
        self.heard += other.heard
        self._count()

    def _count(self) -> None:
        self.vote = vote([reading for _, reading in self.heard if reading is not None])


class Visits:
    """Reads the best pictures of each number that has gone, and says which are one vehicle."""

    def __init__(self, hear: Callable[[Shot], Reading | None]) -> None:
        """hear: `reading`, or what stands in for it."""
        self._hear = hear
        self._held: list[_Visit] = []

    def update(self, ended: Iterable[Track], still: Sequence[Track], at: float) -> tuple[list[Vehicle], list[Track]]:
        """Take in the tracks that have ended; `still` are those in view.

        Returns the vehicles that have gone for good, and the tracks that were none.
        """
        for track in ended:
            visit = _Visit([track], [(shot, self._heard(shot, track)) for shot in track.shots])
            held = next((each for each in reversed(self._held) if _one(each, visit)), None)
            if held is None:
                self._held.append(visit)
            else:
                held.take(visit)
        gone = [visit for visit in self._held if not self._waits(visit, still, at)]
        self._held = [visit for visit in self._held if visit not in gone]
        vehicles = [_vehicle(visit) for visit in gone if _counts(visit)]
        nothing = [track for visit in gone if not _counts(visit) for track in visit.tracks]
        return vehicles, nothing

    def _heard(self, shot: Shot, track: Track) -> Reading | None:
        """What a shot says; nobody asks those that say little."""
        noise = track.looks < SEVERAL and track.sure < VISIBLE and not track.alone
        return None if noise or shot.worth < POOR * max(each.worth for each in track.shots) else self._hear(shot)

    def _waits(self, visit: _Visit, still: Sequence[Track], at: float) -> bool:
        """Whether more of this vehicle may come."""
        if at - visit.ended <= HOLD:
            return True
        return any(_touch(visit, track) or _seam(visit, track) for track in still)


def reading(nets: Nets) -> Callable[[Shot], Reading | None]:
    """Reads the number that a shot was taken for."""

    def hear(shot: Shot) -> Reading | None:
        try:
            report: Report = read(photo_of(shot.name, shot.data), nets)
        except PhotoError:  # a picture that was whole when it was taken
            return None
        near = float(np.linalg.norm(shot.quad[1] - shot.quad[0]))
        for each in report.readings:
            if np.linalg.norm(each.quad.mean(0) - shot.quad.mean(0)) < near:
                return each
        return None

    return hear


def _one(visit: _Visit, other: _Visit) -> bool:
    """Whether two are one vehicle: they read the same, or hang together by time or place and nothing speaks against it.

    Cars of one series come one behind the other, so that what only may be the same number is no reason by itself.
    """
    if other.began - visit.ended > HOLD:
        return False
    if visit.vote is not None and other.vote is not None:
        if equal(visit.vote, other.vote):
            return True
        likely = min(visit.vote.confidence, other.vote.confidence) >= LIKELY  # what is misread says nothing
        if likely and not same(visit.vote, other.vote):
            return False
    return any(_touch(visit, track) or _seam(visit, track) for track in other.tracks)


def _touch(visit: _Visit, track: Track) -> bool:
    """Whether both were in view together: two numbers of one vehicle, not the next that comes while this one leaves.

    What only stands there is no vehicle's second number, however long it is in view.
    """
    if track.stays or all(each.stays for each in visit.tracks):
        return False
    both = min(visit.ended, track.ended) - max(visit.began, track.began)
    return both >= TOGETHER * min(visit.ended - visit.began, track.ended - track.began)


def _seam(visit: _Visit, track: Track) -> bool:
    """Whether a number was hidden in the middle of the picture, and came into sight again at that place."""
    last = max(visit.tracks, key=lambda each: each.ended)
    near = (STILL if track.stays else PLACE) * float(np.linalg.norm(last.exit[1] - last.exit[0]))
    hidden = 0 <= track.began - visit.ended <= HOLD and not last.went_out and not track.came_in
    return hidden and apart(track.entry, last.exit) <= near


def _counts(visit: _Visit) -> bool:
    """Whether this is a vehicle, and not something in the lane that looks like a number."""
    sure = max(track.sure for track in visit.tracks)
    moved = any(not track.stays for track in visit.tracks)
    alone = all(track.alone for track in visit.tracks)
    if visit.vote is not None:
        return moved or visit.vote.confidence >= LIKELY
    return sure >= STRONG and (alone or (moved and visit.ended - visit.began >= LASTS))


def _vehicle(visit: _Visit) -> Vehicle:
    text = visit.vote.text if visit.vote is not None else ""

    def merit(heard: tuple[Shot, Reading | None]) -> tuple[float, ...]:
        shot, reading = heard
        if reading is None:
            return (-1.0, 0.0, shot.worth)
        alike = sum(a == b for a, b in zip(reading.text, text, strict=False)) if len(reading.text) == len(text) else 0
        return (alike, reading.confidence, shot.worth)

    first = min(visit.tracks, key=lambda track: track.began)
    return Vehicle(
        first.id,
        tuple(track.id for track in visit.tracks),
        visit.began,
        visit.ended,
        first.taken,
        sum(track.looks for track in visit.tracks),
        visit.vote,
        max(visit.heard, key=merit)[0],
    )
