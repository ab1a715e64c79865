"""Writers that share a commit, on both databases."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

from vinspect.api.database import engine_of, writer_of
from vinspect.api.record.audit import audit
from vinspect.api.record.log import Log
from vinspect.api.record.note import Signer
from vinspect.api.record.turns import Turns
from vinspect.api.store import Store

AT = "2026-01-01T00:00:00.000+00:00"


class Refuse(Exception):
    """What a writer refuses."""


@pytest.fixture
def engine(tmp_path: Path, url: str | None) -> Iterator[Engine]:
    Store(tmp_path, url).close()
    engine = engine_of(tmp_path, url)
    yield engine
    engine.dispose()


@pytest.fixture
def turns(engine: Engine, tmp_path: Path) -> Turns:
    return Turns(writer_of(engine), Signer.kept_in(tmp_path, make=False))


def writes(turns: Turns, beside: Callable[[Log], object] = lambda log: None) -> None:
    with turns.log() as log:
        log.append("signed out", AT)
        beside(log)


def together(turns: Turns, *besides: Callable[[Log], object]) -> list[BaseException | None]:
    """Let so many write in one transaction, in this order; returns what each of them raised."""
    threads = ThreadPoolExecutor(len(besides))
    started: list[Future[None]] = []

    def with_the_others_waiting(log: Log) -> None:
        for number, beside in enumerate(besides[1:], 1):
            started.append(threads.submit(writes, turns, beside))
            while turns.waiting < number:
                time.sleep(0.001)
        besides[0](log)

    with threads:
        first = threads.submit(writes, turns, with_the_others_waiting)
        first.exception()  # then all have been started
        return [each.exception() for each in (first, *started)]


@contextmanager
def commits(engine: Engine, do: Callable[..., object]) -> Iterator[None]:
    event.listen(engine, "commit", do)
    yield
    event.remove(engine, "commit", do)


def refuse(log: Log) -> None:
    raise Refuse


def nothing(log: Log) -> None:
    """No more than the entry."""


def test_those_that_wait_share_one_commit_and_one_log(
    engine: Engine, turns: Turns, tmp_path: Path, url: str | None
) -> None:
    committed: list[Any] = []
    with commits(engine, committed.append):
        assert together(turns, nothing, nothing, nothing) == [None, None, None]
    assert len(committed) == 1
    said = audit(tmp_path, url=url)
    assert (said["entries"], said["findings"]) == (4, [])


def test_one_that_refuses_takes_back_its_own_part_alone(turns: Turns, tmp_path: Path, url: str | None) -> None:
    raised = together(turns, nothing, refuse, nothing)
    assert [type(each) for each in raised] == [type(None), Refuse, type(None)]
    said = audit(tmp_path, url=url)
    assert (said["entries"], said["findings"]) == (3, [])


def test_where_the_commit_fails_all_are_told_and_nothing_is_kept(
    engine: Engine, turns: Turns, tmp_path: Path, url: str | None
) -> None:
    def full(_connection: object) -> None:
        raise SQLAlchemyError("disk full")

    with commits(engine, full):
        assert all(isinstance(each, SQLAlchemyError) for each in together(turns, nothing, nothing, nothing))
    assert audit(tmp_path, url=url)["entries"] == 1
    writes(turns)
    said = audit(tmp_path, url=url)
    assert (said["entries"], said["findings"]) == (2, [])


def test_where_the_database_takes_the_transaction_back_all_who_wrote_are_told(
    turns: Turns, tmp_path: Path, url: str | None
) -> None:
    def taken_back(log: Log) -> None:
        log.session.flush()
        log.session.connection().exec_driver_sql("ROLLBACK")

    raised = together(turns, nothing, taken_back, nothing)
    assert all(isinstance(each, SQLAlchemyError) for each in raised[:2])
    assert raised[2] is None
    said = audit(tmp_path, url=url)
    assert (said["entries"], said["findings"]) == (2, [])


def test_a_disk_that_is_full_now_and_then_keeps_what_was_told_and_nothing_else(tmp_path: Path) -> None:
    Store(tmp_path).close()
    engine = engine_of(tmp_path, None)
    pages = cycle([10, 5, 1000])  # an entry of these takes six, so that one fits, none and all

    @event.listens_for(engine, "begin")
    def little_room(connection: Connection) -> None:
        taken = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={taken + next(pages)}")

    turns = Turns(writer_of(engine), Signer.kept_in(tmp_path, make=False))

    def is_kept(number: int) -> bool:
        try:
            writes(turns, lambda log: log.append("signed out", AT, person=str(number), session="0" * 20_000))
        except SQLAlchemyError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(is_kept, range(40)))
    engine.dispose()
    said = audit(tmp_path)
    assert 0 < sum(told) < 40
    assert (said["entries"], said["findings"]) == (1 + 2 * sum(told), [])
