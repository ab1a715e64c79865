"""When a photograph was taken, by what the camera wrote into it or its sender says, and whether that can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from vinspect.vision.photo import exif_folder

STALE = timedelta(days=1)  # a photograph for an inspection is sent on the day that it is taken
AHEAD = timedelta(minutes=15)  # that a camera's clock may be fast
EAST, WEST = timedelta(hours=14), timedelta(hours=12)  # how far clocks on earth are before and behind UTC

_EXIF, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011  # the EXIF folder; DateTimeOriginal, OffsetTimeOriginal in it


@dataclass(frozen=True)
class Captured:
    """The time of a photograph, as somebody says it."""

    who: Literal["camera", "sender"]
    earliest: datetime  # UTC; where the camera does not say its zone, as if it were the farthest east
    latest: datetime  # and the farthest west
    said: str  # as it was written


def captured(data: bytes) -> Captured | None:
    """When the camera says that it took this picture, of whose file these are the bytes; None where it does not."""
    try:
        tags = exif_folder(data, _EXIF)
        said, offset = str(tags.get(_TAKEN, "")).strip("\0 "), str(tags.get(_OFFSET, "")).strip("\0 ")
        local = datetime.strptime(said, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        zone = _zone(offset)
        early, late = (zone, zone) if zone is not None else (EAST, -WEST)
        said = f"{local:%Y-%m-%d %H:%M:%S}{f' {offset}' if offset else ''}"
        return Captured("camera", local - early, local - late, said)
    except Exception:  # EXIF is whatever somebody wrote; Pillow raises whatever it meets in it
        return None


def sent(at: str) -> Captured:
    """When its sender says that it was taken; as `clock.written` writes it."""
    moment = datetime.fromisoformat(at)
    return Captured("sender", moment, moment, f"{moment:%Y-%m-%d %H:%M:%S} UTC")


def wrong(taken: Captured, accepted: datetime) -> Literal["stale_capture", "future_capture"] | None:
    """What is wrong with the time, if anything can be for certain: too old, or after the photograph came in."""
    if taken.latest < accepted - STALE:
        return "stale_capture"
    return "future_capture" if taken.earliest > accepted + AHEAD else None


def _zone(offset: str) -> timedelta | None:
    if len(offset) != 6 or offset[0] not in "+-":
        return None
    found = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
    return timezone(found if offset[0] == "+" else -found).utcoffset(None)
