"""A camera of paper, which goes away and comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from vinspect.api.lane import frames
from vinspect.api.lane.frames import Blank, Frame, camera


class Impatient(threading.Event):
    """Nobody waits in a test."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


@dataclass
class Camera:
    """What `av.open` gives each time: an error, or so many pictures; then it gives pictures for ever."""

    script: list[Exception | int]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    given: int = 0

    def open(self, url: str, options: dict[str, str], timeout: object) -> Any:
        self.asked.append((url, options))
        step = self.script.pop(0) if self.script else 10**9
        if isinstance(step, Exception):
            raise step
        return SimpleNamespace(
            streams=SimpleNamespace(video=[None]), decode=lambda stream: self._pictures(step), close=lambda: None
        )

    def _pictures(self, count: int) -> Iterator[av.VideoFrame]:
        for _ in range(count):
            self.given += 1
            yield av.VideoFrame.from_ndarray(np.full((48, 64), 90, np.uint8), format="gray")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[Camera], tuple[frames.Source, threading.Event]]:
    monkeypatch.setattr(frames, "QUIET", 0.01)

    def watch(of: Camera) -> tuple[frames.Source, threading.Event]:
        monkeypatch.setattr(frames, "_pyav", lambda what: SimpleNamespace(open=of.open, error=av.error))
        stopping = Impatient()
        return camera("rtsp://user:secret@camera/main", stopping, clock=lambda: 1_000_000 + of.given / 25), stopping

    return watch


def test_a_camera_that_goes_away_is_opened_again(watched: Callable[..., Any]) -> None:
    of = Camera([OSError("no route"), 0, 3, OSError("no route")])
    source, stopping = watched(of)
    for each in source.frames:
        assert isinstance(each, Frame | Blank)
        if of.given > 10 and isinstance(each, Frame):
            stopping.set()
    assert len(of.asked) == 5
    troubles = source.missed()
    assert len(troubles) == 2  # once for each time that it was away
    assert all("the camera gives no picture" in each for each in troubles)
    assert source.missed() == []


def test_only_the_newest_picture_is_looked_at(watched: Callable[..., Any]) -> None:
    of = Camera([])
    source, stopping = watched(of)
    first = next(each for each in source.frames if isinstance(each, Frame))
    before = of.given
    while of.given < before + 100:
        pass
    second = next(each for each in source.frames if isinstance(each, Frame))
    stopping.set()
    assert second.at - first.at > 50 / 25


def test_a_picture_of_a_camera_knows_its_time_and_no_password(watched: Callable[..., Any]) -> None:
    of = Camera([])
    source, stopping = watched(of)
    each = next(each for each in source.frames if isinstance(each, Frame))
    stopping.set()
    assert each.taken is not None
    assert each.taken.timestamp() == pytest.approx(each.at)
    assert "secret" not in each.id + source.id
    assert of.asked == [("rtsp://user:secret@camera/main", {"rtsp_transport": "tcp"})]
    name, data = each.file()
    assert name.endswith(".jpg")
    assert data.startswith(b"\xff\xd8")


def test_time_goes_on_where_there_is_no_picture(watched: Callable[..., Any]) -> None:
    source, stopping = watched(Camera([OSError("no route")] * 10**5))
    assert isinstance(next(source.frames), Blank)
    stopping.set()
