"""Where frames come from: a folder of pictures, a video, a camera."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import cv2
import numpy as np
import tenacity

from vinspect.api import files
from vinspect.vision import photo as photos
from vinspect.vision.photo import PhotoError, open_photo

STEP = 2.0  # seconds from one picture of a folder to the next: pictures, not a film
QUIET = 1.0  # seconds without a frame after which a camera says that there is none
PATIENCE = (10.0, 10.0)  # seconds, for a camera to open, and for its next picture
LONGEST = 20.0  # seconds between two attempts to open it
QUALITY = 95  # of the JPEG that a frame of a video becomes


class NoSource(Exception):
    """A source that gives no frames. Its text is one sentence that says what to do."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a lane. What costs time is done when it is asked for."""

    id: str  # the same whenever this very frame comes again
    at: float  # seconds, on the source's clock
    taken: datetime | None  # where that clock tells the time of day
    grey: Callable[[], np.ndarray]  # uint8 (H, W), upright, at full scale
    file: Callable[[], tuple[str, bytes]]  # its name and bytes, as they are sent
    alone: bool = False  # a picture by itself, not one of a film: nothing in it moves


@dataclass(frozen=True)
class Blank:
    """No frame: the camera is away. Time passes all the same."""

    at: float


@dataclass(frozen=True, eq=False)
class Source:
    """Frames in the order of time."""

    id: str  # the same for the same source
    frames: Iterator[Frame | Blank]
    count: int  # how many there will be; 0 where nobody knows
    missed: Callable[[], list[str]]  # sentences about what could not be used


def replayed(path: Path) -> Source:
    """The pictures of a folder or the frames of a video. Raises NoSource."""
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise NoSource("there is no such file or folder: check its name")
    return _video(path)


def _folder(path: Path) -> Source:
    try:
        names = files.photographs(str(path))
    except files.NoPhotograph as error:
        raise NoSource(str(error)) from error
    missed: list[str] = []

    def pictures() -> Iterator[Frame]:
        for number, name in enumerate(names):
            try:
                picture = open_photo(name)
                grey = photos.grey(picture)
            except PhotoError as error:
                missed.append(f"{name}: {error}")
                continue
            sent = Path(name).name, picture.data
            yield Frame(picture.sha256, number * STEP, None, lambda grey=grey: grey, lambda sent=sent: sent, True)  # type: ignore[misc]

    return Source(str(path.resolve()), pictures(), len(names), lambda: missed)


def _video(path: Path) -> Source:
    av = _pyav("a video")
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        container = av.open(str(path))
        stream = container.streams.video[0]
    except (OSError, IndexError, av.error.FFmpegError) as error:
        raise NoSource("this is no video that can be read: give a video, or a folder of pictures") from error
    stream.thread_type = "AUTO"
    rate = float(stream.average_rate or 25)
    began = _recorded(container.metadata.get("creation_time"))
    missed: list[str] = []

    def decoded() -> Iterator[Frame]:
        number = 0
        try:
            for picture in container.decode(stream):
                at = picture.time if picture.time is not None else number / rate
                taken = None if began is None else began + timedelta(seconds=at)
                yield _frame(f"{sha256}@{at:.3f}", at, taken, f"{path.stem}-{at:08.2f}s.jpg", picture)
                number += 1
        except av.error.FFmpegError as error:
            missed.append(f"the video is damaged {number / rate:.0f} seconds in, and ends there ({error})")
        finally:
            container.close()

    return Source(sha256, decoded(), stream.frames, lambda: missed)


def camera(url: str, stopping: threading.Event, clock: Callable[[], float] = time.time) -> Source:
    """The newest frame of a camera whenever one is asked for, for ever; it is opened again where it goes away.

    Frames that come faster than they are asked for are passed over: what is late is of no use at a lane.
    Raises NoSource where there is no PyAV.
    """
    av = _pyav("a camera")
    name = without_password(url)
    newest: queue.Queue[tuple[float, Any]] = queue.Queue(maxsize=1)
    troubles: list[str] = []

    def away(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number == 1:
            troubles.append(f"the camera gives no picture, and is tried again and again ({error})")

    failures = (av.error.FFmpegError, OSError, EOFError, IndexError)

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(failures),
        wait=tenacity.wait_random_exponential(max=LONGEST),
        stop=tenacity.stop_when_event_set(stopping),
        sleep=tenacity.sleep_using_event(stopping),
        before_sleep=away,
        retry_error_callback=lambda state: None,
    )
    def opened() -> tuple[Any, Iterator[Any]] | None:
        """The camera's stream once it gives pictures; None where nobody waits for them any longer."""
        options = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}
        container = av.open(url, options=options, timeout=PATIENCE)
        try:
            pictures = container.decode(container.streams.video[0])
            first = next(pictures, None)
            if first is None:
                raise EOFError("its stream is empty")
        except failures:
            container.close()
            raise
        return container, itertools.chain([first], pictures)

    def watch() -> None:
        while (stream := opened()) is not None:
            container, pictures = stream
            with contextlib.closing(container), contextlib.suppress(*failures):
                for picture in pictures:
                    if stopping.is_set():
                        return
                    with contextlib.suppress(queue.Empty):
                        newest.get_nowait()
                    newest.put((clock(), picture))

    def watched() -> Iterator[Frame | Blank]:
        threading.Thread(target=watch, name="camera", daemon=True).start()
        while not stopping.is_set():
            try:
                at, picture = newest.get(timeout=QUIET)
            except queue.Empty:
                yield Blank(clock())
                continue
            taken = datetime.fromtimestamp(at, UTC)
            yield _frame(f"{name}@{at:.3f}", at, taken, f"{taken:%Y%m%d-%H%M%S-%f}.jpg", picture)

    def missed() -> list[str]:
        said, troubles[:] = troubles[:], []
        return said

    return Source(name, watched(), 0, missed)


def without_password(url: str) -> str:
    """A camera's address as it may be shown and kept."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _pyav(what: str) -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise NoSource(f"{what} needs PyAV: pip install 'vinspect[lane]', or give a folder of pictures") from error
    return av


def _recorded(text: str | None) -> datetime | None:
    """When a recording began, in UTC."""
    try:
        began = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (began if began.tzinfo else began.replace(tzinfo=UTC)).astimezone(UTC)


def _frame(id: str, at: float, taken: datetime | None, name: str, picture: Any) -> Frame:
    """picture: an `av.VideoFrame`."""

    def file() -> tuple[str, bytes]:
        pixels = picture.to_ndarray(format="bgr24")
        return name, cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()

    return Frame(id, at, taken, lambda: picture.to_ndarray(format="gray"), file)
