"""A number followed through the frames, and its best pictures kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from vinspect.api.lane.frames import Frame
from vinspect.api.lane.look import Look
from vinspect.vision.evidence import StampLine
from vinspect.vision.rectify import rectify

GAP, MISSED = 1.0, 2  # seconds and looks: a number that is not seen for longer is gone
ABSENT = 6.0  # seconds after which it is gone though nobody could look
REACH = 0.3  # of the frame's width, that a number may be away from where it was expected
STAYS = 0.5  # of the line's length, that a number which stands may move until the next look
STILL = 0.1  # and what was never seen to move: what is farther off covers it
ROLLED = 0.2  # of it, that a number came a way in several looks: the last of it, where it was smeared before
SEVERAL = 3  # looks that tell what stands from what was seen by chance
AHEAD = 1.5  # looks before the first and after the last, in which a number may have crossed the edge
BEST = 5  # pictures that are kept of a number
APART = 0.5  # seconds between two of them: neighbours show the same glare
CUT = 0.2  # what a picture counts whose number is cut off
FLAT = 12.0  # grey levels: less contrast than this is noise


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture of a number that is worth reading."""

    at: float
    taken: datetime | None
    name: str
    data: bytes = field(repr=False)  # of the file, as it is sent
    quad: np.ndarray  # float32 (4, 2), the number's first line, in pixels of the picture
    worth: float  # how sharp, large and sure


@dataclass(eq=False)
class Track:
    """A number from when it came into view until it was gone."""

    id: str  # of its first frame, and which one it is of those that it shows first
    began: float
    ended: float
    taken: datetime | None  # the time of day when it began
    entry: np.ndarray  # float32 (4, 2), where it was seen first
    exit: np.ndarray  # and last
    looks: int = 1  # that it was seen in
    alone: bool = False  # a picture by itself, of which nobody knows what moved
    sure: float = 0.0  # the locator's confidence, at its best
    travelled: float = 0.0  # in lengths of the line
    came_in: bool = False  # through the frame's edge, as far as can be told
    went_out: bool = False
    shots: list[Shot] = field(default_factory=list)  # in the order of time

    @property
    def stays(self) -> bool:
        """Whether nobody saw it come, move or go: it may belong to the lane, even where that ends with the frame."""
        if self.alone:
            return False
        if self.looks >= SEVERAL:
            return self.travelled < ROLLED
        return not (self.came_in or self.went_out or self.travelled >= 1)


@dataclass(eq=False)
class _Followed:
    """A track that goes on, and how fast its number moves."""

    track: Track
    speed: np.ndarray | None = None  # float64 (2,), pixels a second
    missed: int = 0  # looks since it was seen

    def gone(self, at: float) -> bool:
        """Whether it is out of view; a slow machine looks less often, and waits for longer."""
        unseen = at - self.track.ended
        return self.track.alone or unseen > ABSENT or (unseen > GAP and self.missed >= MISSED)

    def reach(self, line: StampLine, look: Look) -> float:
        """How far from where it is expected it may be seen: one that stood a moment ago is not carried off."""
        long = _length(line.quad)
        slow = self.speed is not None and float(np.linalg.norm(self.speed)) * GAP < STAYS * long
        if slow and look.at - self.track.ended <= GAP:
            return (STILL if self.track.stays else STAYS) * long
        return max(long, REACH * look.size[0])

    def expected(self, at: float) -> np.ndarray:
        """The quadrilateral at that time."""
        return self.track.exit if self.speed is None else self.track.exit + self.speed * (at - self.track.ended)


class Tracker:
    """Follows every number in view."""

    def __init__(self) -> None:
        self._followed: list[_Followed] = []

    @property
    def open(self) -> tuple[Track, ...]:
        """Those that are in view."""
        return tuple(each.track for each in self._followed)

    def update(self, look: Look) -> list[Track]:
        """Take in what was seen; returns the tracks that have ended."""
        ended = self.wait(look.at)
        left = list(self._followed)
        for line in look.numbers:
            near = [(apart(each.expected(look.at), line.quad), each) for each in left]
            within = [(far, each) for far, each in near if far <= each.reach(line, look)]
            _, followed = min(within, key=lambda pair: pair[0], default=(np.inf, None))
            if followed is None:
                self._followed.append(self._new(look, line))
                continue
            left.remove(followed)
            _seen(followed, look, line)
        for each in left:
            each.missed += 1
        return ended

    def wait(self, at: float) -> list[Track]:
        """The tracks that have ended by then."""
        gone = [each for each in self._followed if each.gone(at)]
        self._followed = [each for each in self._followed if each not in gone]
        return [each.track for each in gone]

    def _new(self, look: Look, line: StampLine) -> _Followed:
        assert look.frame is not None
        others = sum(each.track.began == look.at for each in self._followed)
        name = f"{look.frame.id}+{others}" if others else look.frame.id
        track = Track(name, look.at, look.at, look.frame.taken, line.quad, line.quad, sure=line.confidence)
        track.alone = look.frame.alone
        track.came_in = track.went_out = not look.holds(line.quad)
        _keep(track, look, line)
        return _Followed(track)


def _seen(followed: _Followed, look: Look, line: StampLine) -> None:
    """Go on with a track."""
    track, passed = followed.track, look.at - followed.track.ended
    speed = (line.quad.mean(0) - track.exit.mean(0)).astype(np.float64) / passed
    if followed.speed is None:  # where it was before it was seen
        track.came_in = track.came_in or not look.holds(track.entry - speed * AHEAD * passed)
    track.went_out = not look.holds(line.quad + speed * AHEAD * passed)
    track.travelled = max(track.travelled, apart(line.quad, track.entry) / _length(line.quad))
    track.looks, followed.missed = track.looks + 1, 0
    track.sure, track.ended = max(track.sure, line.confidence), look.at
    _keep(track, look, line)
    track.exit, followed.speed = line.quad, speed


def _keep(track: Track, look: Look, line: StampLine) -> None:
    """Keep this picture where it is among the best, a little apart from each other in time."""
    assert look.frame is not None
    frame: Frame = look.frame
    worth = worth_of(frame.grey(), line) * (1.0 if look.holds(line.quad) else CUT)
    near = [shot for shot in track.shots if frame.at - shot.at < APART]
    rivals: Iterable[Shot] = near or (track.shots if len(track.shots) >= BEST else ())
    worst = min(rivals, key=lambda shot: shot.worth, default=None)
    if worst is not None:
        if worst.worth >= worth:
            return
        track.shots.remove(worst)
    name, data = frame.file()
    track.shots.append(Shot(frame.at, frame.taken, name, data, line.quad, worth))


def worth_of(grey: np.ndarray, line: StampLine) -> float:
    """How sharp and large a line is, and how sure the locator is of it, 0..1.

    grey: uint8 (H, W). The line is laid level at one height, so that a small one is as soft as a blurred one; what is
    measured is its steepest edges over its contrast.
    """
    try:
        strip = rectify(grey, line).grey.astype(np.float32)
    except ValueError:
        return 0.0
    low, high = np.percentile(strip, (2, 98))
    if min(strip.shape) < 8 or high - low < FLAT:
        return 0.0
    steepest = min(float(np.percentile(np.abs(np.diff(strip, axis=axis)), 98)) for axis in (0, 1))
    return line.confidence * min(steepest / float(high - low), 1.0)


def _length(quad: np.ndarray) -> float:
    return max(float(np.linalg.norm(quad[1] - quad[0])), 1.0)


def apart(quad: np.ndarray, other: np.ndarray) -> float:
    """How far the corners of one line are from those of another, in the middle: a tilted one is not the same.

    Which way up a blurred number reads is not always told alike.
    """
    return min(float(np.linalg.norm(quad - each, axis=1).mean()) for each in (other, np.roll(other, 2, axis=0)))
