"""Consoles listen to what happens to cases, and miss nothing where they are cut off."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from vinspect.api.decisions import decide
from vinspect.api.service import events
from vinspect.api.service.app import create_app
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow, InspectionRow

NETS: Any = None  # the road of paper needs none
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVERY", 0.02)
    monkeypatch.setattr(events, "LONGEST", 60.0)


@dataclass(frozen=True)
class Service:
    """A service that listens."""

    start: Callable[[], AbstractContextManager[str]]
    """Gives its address."""
    key: dict[str, str]
    store: Store
    """The same store, as another process has it."""

    def inspected(self, station: str | None = None) -> str:
        asked = {"photo": "a.jpg", "media_type": "image/jpeg", "format": "auto", "station": station}
        document = {"verdict": "review", "support": 1.4, "readings": [], "findings": []}
        row = InspectionRow(**asked, text="A", verdict="review", document=json.dumps(document))
        return self.store.keep(row, b"photograph", b"overlay", {}).id


@pytest.fixture
def service(
    data: Path, admin: str, road: object, database: str | None, listening: Callable[[Any], AbstractContextManager[str]]
) -> Iterator[Service]:
    store = Store(data, database)
    start = lambda: listening(create_app(data, NETS, url=database))  # noqa: E731
    yield Service(start, {"X-API-Key": admin}, store)
    store.close()


@dataclass(frozen=True)
class Heard:
    kind: str | None
    number: int
    data: dict[str, Any]


def parsed(block: list[str]) -> Heard:
    fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
    return Heard(fields.get("event"), int(fields["id"]), json.loads(fields.get("data", "{}")))


def listen(address: str, headers: dict[str, str], **params: int) -> Iterator[Heard]:
    """What comes, the first word about where the log stands included."""
    with httpx2.stream("GET", f"{address}/v1/events", headers=headers, params=params, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        block: list[str] = []
        for line in answer.iter_lines():
            if line:
                block.append(line)
            elif block:
                yield parsed(block)
                block = []


def some(heard: Iterator[Heard], count: int) -> list[Heard]:
    """So many events; where the log stands is passed over."""
    found = []
    while len(found) < count:
        each = next(heard)
        found += [each] if each.kind else []
    return found


def test_a_console_hears_what_happens_from_when_it_listens(service: Service) -> None:
    service.inspected()
    with service.start() as address:
        heard = listen(address, service.key)
        first = next(heard)
        case = service.inspected()
        row = service.store.inspection(case)
        assert row is not None
        with service.store.writing() as log:
            decide(log, row, "cleared", "compared with the file", "person:one")
        told = some(heard, 3)
        heard.close()
    assert first.kind is None
    assert [each.kind for each in told] == ["accepted", "verdict", "decision"]
    assert {each.data["inspection"] for each in told} == {case}
    assert (told[1].data["verdict"], told[2].data["decision"]) == ("review", "cleared")
    assert first.number < told[0].number < told[1].number < told[2].number


def test_after_a_cut_nothing_is_lost_or_doubled_wherever_it_came(service: Service) -> None:
    cases = []
    told: list[Heard] = []
    with service.start() as address:
        heard = listen(address, service.key)
        last = next(heard).number
        cases += [service.inspected() for _ in range(2)]
        told += some(heard, 3)  # in the middle of the second
        heard.close()
    cases.append(service.inspected())  # nobody listens, nobody answers
    for count in (1, 2):
        with service.start() as address:  # another process
            heard = listen(address, service.key | {"Last-Event-ID": str(told[-1].number)})
            told += some(heard, count)
            heard.close()
    with service.start() as address:
        again = some(listen(address, service.key, after=last), 6)
    assert [each.number for each in told] == [each.number for each in again]
    assert [each.data["inspection"] for each in told] == [case for case in cases for _ in range(2)]


def test_a_station_hears_of_its_own_cases_alone(service: Service) -> None:
    with service.start() as address, httpx2.Client(base_url=address, headers=service.key, timeout=30) as office:
        for place in ("north", "south"):
            office.post("/v1/stations", json={"id": place, "name": place}).raise_for_status()
        key = office.post("/v1/keys", json={"station": "north"}).json()["key"]
        heard = listen(address, {"X-API-Key": key})
        next(heard)
        service.inspected("south")
        service.inspected()
        mine = service.inspected("north")
        told = some(heard, 2)
        heard.close()
    assert {(each.data["station"], each.data["inspection"]) for each in told} == {("north", mine)}


def test_a_line_without_events_shows_that_it_stands_and_how_far_it_has_come(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BEAT", 0.1)
    with service.start() as address:
        heard = listen(address, service.key)
        first = next(heard).number
        with service.store.writing() as log:
            seen = log.append("signed out", "2026-01-01T00:00:00.000+00:00").index
        numbers = [next(heard).number]
        while numbers[-1] != seen:
            numbers.append(next(heard).number)
        heard.close()
    assert set(numbers) <= {first, seen}


def test_more_than_so_many_are_sent_away_and_a_place_is_free_when_one_goes(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST", 1)
    with service.start() as address:
        heard = listen(address, service.key)
        next(heard)
        refused = httpx2.get(f"{address}/v1/events", headers=service.key, timeout=30)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        assert "终端" in refused.json()["detail_zh"]
        heard.close()
        for _ in range(500):
            with httpx2.stream("GET", f"{address}/v1/events", headers=service.key, timeout=30) as answer:
                if answer.status_code == 200:
                    return
            time.sleep(0.02)
    raise AssertionError("the place was never free again")


def test_one_that_does_not_read_holds_up_nobody(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "canonical", lambda data: json.dumps({**data, "much": "x" * 2**20}).encode())
    with service.start() as address:
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as slow:
            key = service.key["X-API-Key"]
            slow.sendall(f"GET /v1/events HTTP/1.1\r\nHost: here\r\nX-API-Key: {key}\r\n\r\n".encode())
            assert b"200" in slow.recv(100)
            heard = listen(address, service.key)
            next(heard)
            cases = [service.inspected() for _ in range(6)]  # 12 MB, more than the kernel keeps for it
            assert {each.data["inspection"] for each in some(heard, 12)} == set(cases)
            heard.close()


def test_one_that_does_not_read_loses_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LONGEST", 0.05)
    monkeypatch.setattr(events, "BEAT", 0.05)
    taken: list[bool] = []

    async def much() -> AsyncIterator[bytes]:
        while True:
            yield b"x"

    async def listened() -> bool:
        places = asyncio.Semaphore(1)

        async def stuck(_message: Any) -> None:
            taken.append(places.locked())
            await asyncio.Event().wait()

        await events._Listening(much(), places)({"type": "http", "asgi": {"spec_version": "2.4"}}, stuck, stuck)
        return places.locked()

    assert asyncio.run(listened()) is False
    assert taken[0] is True


@pytest.mark.parametrize(("after", "status"), [("99999999", 422), ("-1", 422), ("x", 422)])
def test_a_number_that_is_none_of_the_log_is_refused(service: Service, after: str, status: int) -> None:
    with service.start() as address:
        for more in ({"params": {"after": after}}, {"headers": {"Last-Event-ID": after}}):
            headers = service.key | more.get("headers", {})
            answer = httpx2.get(f"{address}/v1/events", headers=headers, params=more.get("params"), timeout=30)
            assert answer.status_code == status
            assert answer.json()["detail"]
            assert answer.json()["detail_zh"]


def test_what_is_accepted_and_never_scored_is_told_too(service: Service) -> None:
    row = AcceptedRow(photo="a.jpg", media_type="image/jpeg", format="auto", request="")
    service.store.accept(row, b"photograph")
    with service.store.reading() as session:
        found, upto = events.events.behind(session, 0)
    assert [(each.kind, each.inspection, each.number) for each in found] == [("accepted", row.id, upto)]
