"""Photographs are looked at in processes beside the service, which no photograph takes down with it."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from vinspect.api.document import inspect_document
from vinspect.api.service.looking import Apart, Down, Failed, Here
from vinspect.api.service.scoring import TRIES
from vinspect.vision import inspector
from vinspect.vision.evidence import Format, Inspection, Photo
from vinspect.vision.photo import open_photo

SAMPLE = Path(__file__).parents[2] / "datasets" / "samples" / "label-light.jpg"


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    looking = Apart(threads=1)
    yield looking
    looking.close()


def timeless(of: Inspection) -> dict[str, Any]:
    document: Any = inspect_document(of)
    return {**document, "ms": None}


def process() -> psutil.Process:
    """That which looks."""
    (child,) = multiprocessing.active_children()
    return psutil.Process(child.pid)


def test_beside_the_service_a_photograph_looks_as_it_does_in_it(apart: Apart) -> None:
    photo = open_photo(SAMPLE)
    found, here = apart.inspect(photo, "auto", None), Here(inspector.open_nets(threads=1)).inspect(photo, "auto", None)
    assert timeless(found) == timeless(here)
    assert found.report.photo is photo
    for mine, same in zip(found.looks.touched, here.looks.touched, strict=True) if here.looks and found.looks else ():
        np.testing.assert_array_equal(mine, same)


def test_what_is_wrong_with_a_photograph_is_told_and_the_next_one_looked_at(apart: Apart) -> None:
    photo = open_photo(SAMPLE)
    with pytest.raises(Failed, match="AttributeError") as wrong:
        apart.inspect(photo, "auto", 17)  # type: ignore[arg-type]
    assert "Traceback" in wrong.value.__notes__[0]
    assert apart.inspect(photo, "auto", None).report.readings


def test_a_process_that_goes_down_is_said_and_another_one_there(apart: Apart) -> None:
    first = process()
    first.send_signal(signal.SIGINT)  # as the service gets it, which waits for what is under way
    assert apart.inspect(open_photo(SAMPLE), "auto", None).report.readings
    first.kill()
    with pytest.raises(Down):
        apart.inspect(open_photo(SAMPLE), "auto", None)
    assert process() != first
    assert apart.inspect(open_photo(SAMPLE), "auto", None).report.readings


def test_it_ends_when_it_is_closed_and_when_the_service_is_killed() -> None:
    program = f"""
from vinspect.api.service.looking import Apart
from vinspect.vision.photo import open_photo
import multiprocessing, os, sys
if __name__ == "__main__":
    one, two = Apart(1), Apart(1)
    one.inspect(open_photo({str(SAMPLE)!r}), "auto", None)
    first, second = sorted(multiprocessing.active_children(), key=lambda each: each.pid)
    one.close()
    print(first.pid, second.pid, first.exitcode, flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        first, second, code = service.stdout.readline().split()
        assert code == "0"
        assert not psutil.pid_exists(int(first))
        left = psutil.Process(int(second))
        os.kill(service.pid, signal.SIGKILL)
        left.wait(timeout=60)


class Fragile:
    """Goes down over some photographs, as often as there are numbers left."""

    def __init__(self, times: list[int]) -> None:
        self.times = times

    def inspect(self, photo: Photo, form: Format, expect: str | None) -> Inspection:
        if self.times and photo.name == "deadly.jpg":
            self.times.pop()
            raise Down
        return inspector.inspect(photo, None, form, expect)  # type: ignore[arg-type]  # the road of paper needs none

    def close(self) -> None:
        pass


class Wrong(Fragile):
    """Fails over every photograph, as it is told from the process beside."""

    def inspect(self, photo: Photo, form: Format, expect: str | None) -> Inspection:
        raise Failed("ZeroDivisionError")


def test_the_kind_of_error_is_told_wherever_it_came_from(opened: Callable[..., Any], jpeg: bytes) -> None:
    with opened(looking=lambda: Wrong([])) as client:
        found = client.post("/v1/inspections", files={"photo": ("a.jpg", jpeg)}).json()
        assert (found["verdict"], found["why"]["code"]) == ("cannot judge", "failed")
        assert "(ZeroDivisionError)" in found["why"]["sentence"]


@pytest.mark.parametrize(("times", "verdict"), [(TRIES - 1, "review"), (TRIES, "cannot judge")])
def test_a_photograph_over_which_processes_go_down_gets_its_verdict(
    opened: Callable[..., Any], jpeg: bytes, times: int, verdict: str
) -> None:
    left = [0] * times
    with opened(looking=lambda: Fragile(left)) as client:
        sent = {name: client.post("/v1/inspections", files={"photo": (name, jpeg)}) for name in ("deadly.jpg", "b.jpg")}
        assert [answer.status_code for answer in sent.values()] == [201, 201]
        found = sent["deadly.jpg"].json()
        assert (found["verdict"], sent["b.jpg"].json()["verdict"]) == (verdict, "review")
        assert (verdict == "review") or f"{TRIES} workers went down" in found["why"]["sentence"]
