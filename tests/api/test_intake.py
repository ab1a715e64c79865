"""A photograph comes in and gets its verdict: who comes first, who is sent away, and what outlives the process."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import create_engine, text

from vinspect.api.record.audit import audit
from vinspect.api.service.scoring import TRIES
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow

PATH = "/v1/inspections"
JPEG = {"Content-Type": "image/jpeg"}
LATER = {"Prefer": "respond-async"}
NETS: Any = None  # the road of paper needs none

Opened = Callable[..., AbstractContextManager[TestClient]]


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


@pytest.fixture
def opened(opened: Opened) -> Opened:
    """Opens the service, with one worker and one place to wait."""
    return partial(opened, workers=1, waiting=1)


@pytest.fixture
def client(opened: Opened) -> Iterator[TestClient]:
    with opened() as client:
        yield client


class Held:
    """The work on photographs, held until it is let go."""

    def __init__(self, road: Any) -> None:
        self._road = road
        self.begun: list[str] = []
        self._one, self._go_on = threading.Semaphore(0), threading.Semaphore(0)

    def inspect(self, photo: Any, *_: object) -> object:
        self.begun.append(photo.name)
        self._one.release()
        assert self._go_on.acquire(timeout=60)
        return self._road.inspect(photo)

    def wait(self) -> None:
        """Until one more has begun."""
        assert self._one.acquire(timeout=60)

    def let_go(self, count: int = 1) -> None:
        self._go_on.release(count)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, road: Any) -> Iterator[Held]:
    work = Held(road)
    monkeypatch.setattr("vinspect.vision.inspector.inspect", work.inspect)
    yield work
    work.let_go(100)


def post(client: TestClient, jpeg: bytes, name: str = "a.jpg", **headers: str) -> Response:
    return client.post(PATH, files={"photo": (name, jpeg)}, headers=headers)


def scored(client: TestClient, location: str) -> Any:
    """The case, once it is scored."""
    for _ in range(1200):
        document = client.get(location).json()
        if document["state"] == "scored":
            return document
        time.sleep(0.05)
    raise AssertionError(document)


def until(holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to it")


@contextmanager
def posting(client: TestClient) -> Iterator[Callable[..., "Future[Response]"]]:
    with ThreadPoolExecutor(8) as threads:
        yield lambda *arguments, **headers: threads.submit(post, client, *arguments, **headers)


def test_a_photograph_is_on_the_disk_and_in_the_log_before_it_is_scored(
    client: TestClient, held: Held, jpeg: bytes, data: Path, url: str | None
) -> None:
    sha256 = hashlib.sha256(jpeg).hexdigest()
    with posting(client) as posted:
        answer = posted(jpeg)
        held.wait()
        assert (data / "blobs" / sha256[:2] / sha256).read_bytes() == jpeg
        store = Store(data, url)
        (case,) = store.unscored()
        store.close()
        document = client.get(f"{PATH}/{case}").json()
        assert (document["state"], document["photo"], document["sha256"]) == ("accepted", "a.jpg", sha256)
        said = audit(data, url=url)
        assert said["findings"] == []
        assert "not scored yet" in said["remarks"][0]
        held.let_go()
        assert answer.result().json()["id"] == case
    document = client.get(f"{PATH}/{case}").json()
    assert (document["state"], document["verdict"]) == ("scored", "review")


def test_what_was_accepted_and_not_scored_is_scored_at_the_next_start(
    opened: Opened, jpeg: bytes, data: Path, url: str | None
) -> None:
    store = Store(data, url)
    row = AcceptedRow(photo="a.jpg", media_type="image/jpeg", format="auto", request="")
    store.accept(row, jpeg)
    store.close()
    with opened() as client:
        assert scored(client, f"{PATH}/{row.id}")["created"] == row.created
    document = audit(data, url=url)
    assert (document["findings"], document["remarks"], document["inspections"]) == ([], [], 1)


def test_a_photograph_over_which_the_service_stops_each_time_is_given_up(
    opened: Opened, jpeg: bytes, data: Path, url: str | None, held: Held
) -> None:
    store = Store(data, url)
    row = store.accept(AcceptedRow(photo="a.jpg", media_type="image/jpeg", format="auto", request=""), jpeg)
    for _ in range(TRIES):
        store.resumed(row.id)
    store.close()
    with opened() as client:
        document = scored(client, f"{PATH}/{row.id}")
    assert (document["verdict"], document["reason"]["code"], held.begun) == ("cannot judge", "failed", [])


def test_who_asks_for_it_is_answered_at_once(client: TestClient, held: Held, jpeg: bytes) -> None:
    answer = post(client, jpeg, **LATER)
    assert (answer.status_code, answer.json()["state"]) == (202, "accepted")
    assert client.get(answer.headers["location"]).json() == answer.json()
    held.let_go()
    assert scored(client, answer.headers["location"])["id"] == answer.json()["id"]


def test_what_is_no_photograph_is_refused_at_once_too(client: TestClient) -> None:
    answer = post(client, b"no photograph", **LATER)
    assert answer.status_code == 422


def test_the_same_key_and_photograph_are_answered_the_same_and_kept_once(opened: Opened, jpeg: bytes) -> None:
    with opened() as client:
        first = post(client, jpeg, **{"Idempotency-Key": "one"})
        assert post(client, jpeg, **{"Idempotency-Key": "one"}).content == first.content
    with opened() as client:  # and after another start
        again = post(client, jpeg, **{"Idempotency-Key": "one"})
        assert (again.status_code, again.content) == (201, first.content)
        later = post(client, jpeg, **{"Idempotency-Key": "one"}, **LATER)
        assert (later.status_code, later.headers["location"]) == (202, first.headers["location"])
        assert len(client.get(PATH).json()["inspections"]) == 1
        assert post(client, jpeg, **{"Idempotency-Key": "two"}).json()["id"] != first.json()["id"]


@pytest.mark.parametrize("other", [{"name": "b.jpg"}, {"data": {"expect": "LSVAM4187C2184841"}}])
def test_the_same_key_for_another_request_is_a_problem(client: TestClient, jpeg: bytes, other: dict[str, Any]) -> None:
    first = post(client, jpeg, **{"Idempotency-Key": "one"}).json()
    files = {"photo": (other.get("name", "a.jpg"), jpeg)}
    answer = client.post(PATH, files=files, data=other.get("data"), headers={"Idempotency-Key": "one"})
    assert answer.status_code == 422
    assert first["id"] in answer.json()["detail"]
    assert "新的键" in answer.json()["detail_zh"]


def test_each_sender_has_idempotency_keys_of_its_own(client: TestClient, jpeg: bytes) -> None:
    client.post("/v1/stations", json={"id": "north", "name": "North"})
    station = client.post("/v1/keys", json={"station": "north"}).json()["key"]
    ids = [post(client, jpeg, **{"Idempotency-Key": "one"}).json()["id"]]
    ids.append(post(client, jpeg, **{"Idempotency-Key": "one", "X-API-Key": station}).json()["id"])
    assert ids[0] != ids[1]
    assert client.get(f"{PATH}/{ids[0]}", headers={"X-API-Key": station}).status_code == 404


def test_two_stations_may_use_the_same_idempotency_key_and_one_station_has_it_once(
    client: TestClient, jpeg: bytes
) -> None:
    for station in ("north", "south"):
        client.post("/v1/stations", json={"id": station, "name": station})
    lanes = [client.post("/v1/keys", json={"station": "north"}).json()["key"] for _ in range(2)]
    gateway = [_posted(client, jpeg, {"station": station}, "one") for station in ("north", "south", "north")]
    assert gateway[0].content == gateway[2].content
    assert gateway[0].json()["id"] != gateway[1].json()["id"]
    for lane in lanes:  # as a lane does that was given a new key
        assert _posted(client, jpeg, {}, "one", lane).content == gateway[0].content
    assert len(client.get(PATH).json()["inspections"]) == 2


def _posted(client: TestClient, jpeg: bytes, data: dict[str, str], idempotency: str, key: str = "") -> Response:
    headers = {"Idempotency-Key": idempotency} | ({"X-API-Key": key} if key else {})
    return client.post(PATH, files={"photo": ("a.jpg", jpeg)}, data=data, headers=headers)


BESIDE = {
    "lane": "东 2",
    "expect": "LSVAM4187C2184841",
    "business": "transfer",
    "captured": "2026-03-01T20:00:00+08:00",
}


@pytest.mark.parametrize("bare", [False, True])
def test_what_is_sent_beside_a_photograph_is_shown_listed_and_held_by_the_record(
    client: TestClient, jpeg: bytes, data: Path, url: str | None, bare: bool
) -> None:
    if bare:
        answer = client.post(PATH, params=BESIDE, content=jpeg, headers=JPEG)
    else:
        answer = client.post(PATH, data=BESIDE, files={"photo": ("a.jpg", jpeg)})
    shown = BESIDE | {"captured": "2026-03-01T12:00:00.000+00:00", "station": None}
    assert {name: answer.json()[name] for name in shown} == shown
    later = client.post(PATH, params=BESIDE | {"lane": "3"}, content=jpeg, headers=JPEG | LATER)
    assert (later.json()["state"], later.json()["lane"]) == ("accepted", "3")
    scored(client, later.headers["location"])
    for asked in (
        {"lane": "东 2"},
        {"business": "transfer", "lane": "东 2"},
        {"captured_from": "2026-03-01T12:00:00Z", "captured_to": "2026-03-01T12:01:00Z", "lane": "东 2"},
    ):
        [case] = client.get(PATH, params=asked).json()["inspections"]
        assert {name: case[name] for name in shown} == shown
    assert client.get(PATH, params={"business": "annual"}).json()["inspections"] == []
    assert client.get(PATH, params={"captured_from": "2026-03-01T12:00:01Z"}).json()["inspections"] == []
    assert audit(data, url=url)["findings"] == []
    engine = create_engine(url or f"sqlite:///{data / 'vinspect.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE accepted SET lane = '4' WHERE lane = '3'"))
        connection.execute(text("UPDATE inspections SET business = 'annual' WHERE lane = '3'"))
    engine.dispose()
    case = later.json()["id"]
    named = {(each["kind"], each["what"]) for each in audit(data, url=url)["findings"]}
    assert named == {("changed", f"accepted photograph {case}"), ("changed", f"inspection {case}")}


def test_the_same_key_with_another_lane_is_another_request(client: TestClient, jpeg: bytes) -> None:
    assert _posted(client, jpeg, {"lane": "1"}, "one").status_code == 201
    assert _posted(client, jpeg, {"lane": "2"}, "one").status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"captured": "2026-03-01T20:00:00"},
        {"captured": "yesterday"},
        {"captured": "0001-01-01T00:00:00+08:00"},
        {"lane": "x" * 65},
        {"business": "a\nb"},
    ],
)
def test_what_cannot_be_sent_beside_a_photograph_is_said_and_nothing_is_kept(
    client: TestClient, jpeg: bytes, wrong: dict[str, str]
) -> None:
    answer = client.post(PATH, params=wrong, content=jpeg, headers=JPEG)
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.json()["detail"]
    assert next(iter(wrong)) in answer.json()["detail_zh"]
    assert client.get(PATH).json()["inspections"] == []


def test_sent_twice_at_the_same_time_it_is_kept_once(opened: Opened, held: Held, jpeg: bytes) -> None:
    with opened(waiting=4) as client, posting(client) as posted:
        answers = [posted(jpeg, **{"Idempotency-Key": "one"}) for _ in range(3)]
        held.wait()
        held.let_go()
        assert len({answer.result().content for answer in answers}) == 1
        assert held.begun == ["a.jpg"]


def test_sent_again_before_the_store_has_let_go_of_it_it_waits_for_the_same_verdict(
    opened: Opened, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, inspection = Store.accept, Store.inspection
    kept, asked = threading.Event(), threading.Event()

    def slowly(store: Store, row: AcceptedRow, photograph: bytes) -> AcceptedRow:
        found = accept(store, row, photograph)
        kept.set()
        assert asked.wait(60)
        return found

    def seen(store: Store, id: str) -> Any:
        asked.set()
        return inspection(store, id)

    monkeypatch.setattr(Store, "accept", slowly)
    monkeypatch.setattr(Store, "inspection", seen)
    with opened(waiting=4) as client, posting(client) as posted:
        first = posted(jpeg, **{"Idempotency-Key": "one"})
        assert kept.wait(60)
        again = posted(jpeg, **{"Idempotency-Key": "one"})
        assert (first.result().status_code, again.result().status_code) == (201, 201)
        assert first.result().content == again.result().content


def test_who_would_wait_too_long_is_sent_away_at_once_and_nothing_is_kept(
    client: TestClient, held: Held, jpeg: bytes
) -> None:
    with posting(client) as posted:
        waiting = [posted(jpeg)]
        held.wait()
        waiting.append(posted(jpeg))
        metrics = "vinspect_places_taken 2.0"
        until(lambda: metrics in client.get("/metrics").text)
        refused = post(client, jpeg)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert "send it again" in refused.json()["detail"]
        assert post(client, jpeg, **LATER).status_code == 202  # for which nobody waits
        held.let_go(3)
        assert [answer.result().status_code for answer in waiting] == [201, 201]
    held.let_go()
    assert post(client, jpeg).status_code == 201
    assert "vinspect_refused_total 1.0" in client.get("/metrics").text


def test_vehicles_come_before_what_nobody_waits_for(client: TestClient, held: Held, jpeg: bytes) -> None:
    with posting(client) as posted:
        locations = [post(client, jpeg, name, **LATER).headers["location"] for name in ("1.jpg", "2.jpg", "3.jpg")]
        held.wait()
        vehicle = posted(jpeg, "vehicle.jpg")
        until(lambda: "vinspect_unscored 4.0" in client.get("/metrics").text)
        held.let_go(4)
        vehicle.result()
    for location in locations:
        scored(client, location)
    assert held.begun == ["1.jpg", "vehicle.jpg", "2.jpg", "3.jpg"]


def test_a_client_that_goes_away_takes_no_place_and_its_photograph_is_scored_after_the_others(
    client: TestClient, held: Held, jpeg: bytes
) -> None:
    with posting(client) as posted:
        first = posted(jpeg, "first.jpg")
        held.wait()
        sent = client.portal.call(_post_and_leave, client.app, jpeg, client.headers["X-API-Key"])
        assert sent == [202]  # that nobody reads
        vehicle = posted(jpeg, "vehicle.jpg")  # has the place that it left
        until(lambda: "vinspect_unscored 3.0" in client.get("/metrics").text)
        held.let_go(3)
        assert (first.result().status_code, vehicle.result().status_code) == (201, 201)
    until(lambda: "vinspect_unscored 0.0" in client.get("/metrics").text)
    assert held.begun == ["first.jpg", "vehicle.jpg", "photo"]
    assert "vinspect_left_total 1.0" in client.get("/metrics").text


def test_a_client_that_goes_away_while_it_sends_leaves_nothing(client: TestClient, jpeg: bytes) -> None:
    half = jpeg[: len(jpeg) // 2]
    sent = client.portal.call(_post_and_leave, client.app, half, client.headers["X-API-Key"], True)
    assert sent == [400]  # that nobody reads
    assert client.get(PATH).json()["inspections"] == []
    assert "vinspect_accepted_total 0.0" in client.get("/metrics").text


def test_a_body_that_never_ends_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vinspect.api.service.limit.SECONDS", 0.01)

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    assert client.portal.call(_sent, client.app, client.headers["X-API-Key"], receive) == [408]


async def _post_and_leave(app: Any, jpeg: bytes, key: str, unfinished: bool = False) -> list[int]:
    """Send a photograph to the application, and go before it is answered, or before it is sent."""
    messages = [{"type": "http.request", "body": jpeg, "more_body": unfinished}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        works = app.state.works
        while not unfinished and not works.scoring.full:  # until it waits
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    return await _sent(app, key, receive)


async def _sent(app: Any, key: str, receive: Callable[[], Any]) -> list[int]:
    """The statuses that the application answers to what it receives."""
    sent: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        sent.extend([message["status"]] if "status" in message else [])

    headers = [(b"content-type", b"image/jpeg"), (b"x-api-key", key.encode())]
    scope = {"type": "http", "method": "POST", "path": PATH, "raw_path": PATH.encode(), "query_string": b""}
    await app({**scope, "headers": headers, "http_version": "1.1", "scheme": "http"}, receive, send)
    return sent


def test_a_verdict_that_cannot_be_written_yet_is_written_later(
    client: TestClient, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "scored", full)
        answer = post(client, jpeg)
    assert answer.status_code == 503
    assert "do not send it again" in answer.json()["detail"]
    assert scored(client, answer.headers["location"])["verdict"] == "review"
    assert len(client.get(PATH).json()["inspections"]) == 1


def test_a_verdict_that_we_fail_to_write_is_said_and_left_to_the_next_start(
    opened: Opened, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as client, monkeypatch.context() as patch:
        patch.setattr(Store, "scored", lambda *_: 1 / 0)
        answer = post(client, jpeg)
        assert answer.status_code == 500
        assert "started again" in answer.json()["detail"]
        assert client.get(answer.headers["location"]).json()["state"] == "accepted"
        patch.undo()
        assert post(client, jpeg).status_code == 201  # the worker goes on
    with opened() as client:
        assert scored(client, answer.headers["location"])["verdict"] == "review"


def test_the_picture_of_a_case_stays_while_another_of_the_same_content_waits(
    data: Path, jpeg: bytes, url: str | None
) -> None:
    store = Store(data, url)
    rows = [AcceptedRow(photo="a.jpg", media_type="image/jpeg", format="auto", request="") for _ in range(2)]
    document: Any = {"readings": [], "verdict": "review", "support": 1.0}
    for row in rows:
        store.accept(row, jpeg)
    store.delete(store.scored(rows[0].id, document, b"overlay", {}), "asked for", "somebody")
    assert store.blobs.has(rows[1].sha256)
    store.delete(store.scored(rows[1].id, document, b"overlay", {}), "asked for", "somebody")
    assert not store.blobs.has(rows[1].sha256)
    store.close()


def test_what_is_scored_twice_has_one_verdict(data: Path, jpeg: bytes, url: str | None) -> None:
    store = Store(data, url)
    row = store.accept(AcceptedRow(photo="a.jpg", media_type="image/jpeg", format="auto", request=""), jpeg)
    document: Any = {"readings": [], "verdict": "review", "support": 1.0}
    first = store.scored(row.id, document, b"overlay", {})
    assert store.scored(row.id, {**document, "verdict": "clear"}, b"overlay", {}).verdict == "review"
    assert [each.number for each in store.inspections(10)] == [first.number]
    store.close()


def test_ready_while_the_record_answers(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    del client.headers["X-API-Key"]
    assert client.get("/health/ready").json() == {"status": "ready"}
    with monkeypatch.context() as patch:
        patch.setattr("vinspect.api.service.health.ROOM", 2**62)
        assert "make room" in client.get("/health/ready").json()["detail"]

    def gone(_: object) -> str:
        raise OSError("gone")

    monkeypatch.setattr(Store, "checkpoint", gone)
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health").status_code == 200


def test_measures_are_the_administrators_to_read(client: TestClient, jpeg: bytes) -> None:
    post(client, jpeg)
    said = client.get("/metrics").text
    for line in (
        "vinspect_accepted_total 1.0",
        'vinspect_verdicts_total{verdict="review"} 1.0',
        'vinspect_http_seconds_count{method="POST",route="/v1/inspections",status="201"} 1.0',
    ):
        assert line in said
    del client.headers["X-API-Key"]
    assert client.get("/metrics").status_code == 401
