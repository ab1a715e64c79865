"""Who looks at a photograph: this process, or one beside it.

Python computes in one thread of a process at a time, and the service has to answer as well. And whatever a photograph
takes down with it is then not the service.
"""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

import cv2

from vinspect.vision import inspector
from vinspect.vision.evidence import Format, Inspection, Photo
from vinspect.vision.inspector import Nets


class Down(Exception):
    """The process that looked at a photograph went down over it; another one is there."""


class Failed(Exception):
    """What went wrong with a photograph in the process beside this one: the kind of error; the note says where.

    Not every error can be sent from there.
    """


class Looking(Protocol):
    """Looks at one photograph at a time."""

    def inspect(self, photo: Photo, form: Format, expect: str | None) -> Inspection:
        """As `inspector.inspect`. Raises Down, Failed, and whatever goes wrong with the photograph here."""

    def close(self) -> None:
        """When nothing more is to be looked at."""


class Here:
    """In this process."""

    def __init__(self, nets: Nets) -> None:
        """With these networks."""
        self._nets = nets

    def inspect(self, photo: Photo, form: Format, expect: str | None) -> Inspection:
        """See Looking."""
        return inspector.inspect(photo, self._nets, form, expect)

    def close(self) -> None:
        """See Looking."""


class Apart:
    """In a process of its own, with networks of its own, which ends with this one however this one ends."""

    def __init__(self, threads: int) -> None:
        """threads: that it computes in."""
        self._threads = threads
        self._process, self._line = self._started()

    def inspect(self, photo: Photo, form: Format, expect: str | None) -> Inspection:
        """See Looking."""
        try:
            self._line.send((photo, form, expect))
            found: Inspection | Failed = self._line.recv()
        except (EOFError, OSError) as error:
            self.close()
            self._process, self._line = self._started()
            raise Down from error
        if isinstance(found, Failed):
            raise found
        return replace(found, report=replace(found.report, photo=photo))

    def close(self) -> None:
        """See Looking."""
        self._line.close()  # which ends it
        self._process.join()

    def _started(self) -> tuple[BaseProcess, Connection]:
        beside = multiprocessing.get_context("spawn")  # a copy of this one would have its locks and no threads
        here, there = beside.Pipe()
        process = beside.Process(target=_work, args=(there, self._threads), daemon=True)
        process.start()
        there.close()  # so that the line ends with whoever holds the other end
        return process, here


def _work(line: Connection, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the service, too, which lets it finish
    cv2.setNumThreads(threads)
    nets = inspector.open_nets(threads=threads)
    with suppress(EOFError, OSError):  # the service is gone
        while True:
            line.send(_answer(nets, *line.recv()))


def _answer(nets: Nets, photo: Photo, form: Format, expect: str | None) -> Inspection | Failed:
    try:
        found = inspector.inspect(photo, nets, form, expect)
    except Exception as error:
        said = Failed(type(error).__name__)
        said.add_note(traceback.format_exc())
        return said
    sent = replace(photo, data=b"", small=photo.small[:0], sharp=None)  # the service has it
    return replace(found, report=replace(found.report, photo=sent))
