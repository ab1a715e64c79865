"""One run at a lane: frames are watched in one thread, cases sent from another, and what became of each is told."""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from rich.console import Console
from rich.text import Text

from vinspect.api import scan
from vinspect.api.document import json_line, shown
from vinspect.api.lane import post
from vinspect.api.lane.drive import Lane, cases, lane_document
from vinspect.api.lane.frames import NoSource, Source
from vinspect.api.lane.look import Watch, seeing
from vinspect.api.lane.spool import Case, NoSpool, Spool
from vinspect.api.lane.visits import Visits, reading
from vinspect.api.progress import progress, stderr

PATIENCE = 60.0  # seconds that a replay waits for the service after its last frame, while nothing gets through


class Status(IntEnum):
    """The exit status."""

    WELL = 0
    NOT_READ = 1
    NOT_OPENED = 3  # 2 is the command line's own, for a command that was not understood
    LOOK = 4


@dataclass(frozen=True)
class Place:
    """Where the cases come from, and where they go."""

    server: str
    key: str
    station: str
    lane: str
    spool: Path


def session(
    open_source: Callable[[threading.Event], Source], name: str, place: Place, *, json: bool, live: bool
) -> Status:
    """Watch a source to its end, or until a signal, and send what it shows; `name` is what the person calls it."""
    stopping = threading.Event()
    _stop_at_signals(stopping)
    try:
        source = open_source(stopping)
    except NoSource as error:
        return _complain(stderr(), name, str(error))
    try:
        spool = Spool(place.spool)
    except NoSpool as error:
        return _complain(stderr(), str(place.spool), str(error))
    nets = scan.nets(None)
    settled: queue.SimpleQueue[Case] = queue.SimpleQueue()
    troubles: queue.SimpleQueue[str] = queue.SimpleQueue()
    sender = post.Post(post.client(place.server, place.key), spool, settled.put, troubles.put)
    with progress(source.count, "frames", json=json) as (out, err, advance):
        told = _Told(out, json)

        def hear() -> None:
            while not settled.empty():
                told.settled(settled.get())
            for sentence in source.missed():
                told.status = max(told.status, _complain(err, name, sentence))
            while not troubles.empty():
                _complain(err, place.server, troubles.get())

        def after_each() -> None:
            advance()
            hear()

        if refused := spool.again():
            _complain(
                err,
                str(place.spool),
                f"{refused} cases in it that the service refused are sent again",
            )
        sender.start()
        try:
            watch, visits = Watch(seeing(nets.locator)), Visits(reading(nets))
            lane = Lane(place.station, place.lane)
            for case in cases(lane, source, watch, visits, spool, stopping, live=live, done=after_each):
                told.seen(case)
                sender.wake()
            _wait(spool, stopping, hear)
        finally:
            sender.stop()
            hear()
            told.end(spool)
            spool.close()
    return told.status


def _wait(spool: Spool, stopping: threading.Event, hear: Callable[[], None]) -> None:
    """Until the service has everything, or nothing has got through for a while."""
    left, since = len(spool.waiting()), time.monotonic()
    while left and not stopping.is_set() and time.monotonic() - since < PATIENCE:
        stopping.wait(0.05)
        hear()
        now = len(spool.waiting())
        if now < left:
            left, since = now, time.monotonic()


def _stop_at_signals(stopping: threading.Event) -> None:
    """Ctrl-C, or the service manager's signal, ends it in good order; a second one at once."""

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


class _Told:
    """Prints each vehicle once, as soon as it is known what became of it."""

    def __init__(self, out: Console, json: bool) -> None:
        self._out, self._json = out, json
        self._printed: set[str] = set()
        self.status = Status.WELL
        self.vehicles = 0

    def seen(self, case: Case) -> None:
        """A vehicle has gone; where this recording was gone through before, it may be known what became of it."""
        self.vehicles += 1
        if case.state != "waiting":
            self.settled(case)

    def settled(self, case: Case) -> None:
        """The service has answered, or nobody waits for it any longer."""
        if case.key in self._printed:
            return
        self._printed.add(case.key)
        self.status = max(self.status, _status(case))
        if self._json:
            print(json_line(lane_document(case)), flush=True)
        else:
            self._out.print(_row(case), soft_wrap=True)

    def end(self, spool: Spool) -> None:
        """Those that still wait, and how many there were."""
        for key in spool.waiting():
            self.settled(spool.case(key))
        if not self._json:
            self._out.print(Text(f"{self.vehicles} vehicles seen"))


def _status(case: Case) -> Status:
    if case.verdict in ("review", "suspect"):
        return Status.LOOK
    if case.state != "sent":
        return Status.NOT_OPENED
    unread = case.document["text"] is None or "?" in case.document["text"]
    return Status.NOT_READ if unread or case.verdict == "cannot judge" else Status.WELL


def _row(case: Case) -> Text:
    said = case.document
    at = said["captured"] or f"{said['began']:8.1f} s"
    what = {"sent": case.verdict or "sent", "waiting": "waits in the spool", "refused": f"refused: {case.problem}"}
    number = said["text"] or "not read"
    row = Text(f"{at}  ")
    row.append(f"{number:<20}", style="bold")
    row.append(f"  {said['confidence']:5.3f}  {said['frames']} frames  {shown(what[case.state])}")
    return row


def _complain(err: Console, name: str, sentence: str) -> Status:
    err.print(Text(f"vinspect: {shown(name)}: {shown(sentence)}"), soft_wrap=True)
    return Status.NOT_OPENED
