"""What happened to cases is brought to those who subscribed, whatever happens to them or to the service."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from standardwebhooks import Webhook, WebhookVerificationError

from vinspect.api.record.audit import audit
from vinspect.api.store import Store
from vinspect.api.webhooks import courier, outbox, subscriptions
from vinspect.api.webhooks.addresses import NoTarget, is_local, target
from vinspect.api.webhooks.outbox import TRIES, Outbox
from vinspect.api.webhooks.tables import DeliveryRow

JPEG = {"Content-Type": "image/jpeg"}
LONG = (3600.0,) * 9


class Receiver:
    """A server that takes what is posted to it, or does not."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.hold = threading.Event()
        self.hold.set()
        taken = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                taken.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                taken.hold.wait(60)
                self.send_response(taken.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?for=vinspect"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    receiver.hold.set()
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "EVERY", 0.02)
    monkeypatch.setattr(outbox, "DELAYS", LONG)  # no second try by itself, however slow the machine is


@pytest.fixture
def client(opened: Any) -> Iterator[TestClient]:
    with opened(local_webhooks=True) as client:
        yield client


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it never came to it"
        time.sleep(0.02)


def subscribed(client: TestClient, receiver: Receiver, *events: str) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": receiver.url, "events": events or ["verdict"]})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def inspected(client: TestClient, jpeg: bytes) -> str:
    return str(client.post("/v1/inspections", content=jpeg, headers=JPEG).json()["id"])


def delivery(client: TestClient, hook: dict[str, Any]) -> dict[str, Any]:
    """The only one, once it is made; before that nothing is known of it."""
    made = client.get(f"/v1/webhooks/{hook['id']}/deliveries").json()["deliveries"]
    return dict(made[0]) if made else dict.fromkeys(("state", "answer", "tries"))


def test_a_subscriber_is_told_what_happens_to_a_case_and_by_whom_it_was_signed(
    client: TestClient, receiver: Receiver, jpeg: bytes
) -> None:
    hook = subscribed(client, receiver, "accepted", "verdict", "decision")
    case = inspected(client, jpeg)
    made = {"decision": "cleared", "reason": "compared"}
    client.post("/v1/stations", json={"id": "north", "name": "north"}).raise_for_status()
    other = client.post("/v1/keys", json={}).json()["key"]
    decided = client.post(f"/v1/inspections/{case}/decisions", json=made, headers={"X-API-Key": other})
    assert decided.status_code == 201
    until(lambda: len(receiver.got) == 3)
    told = {event["type"]: event for event in receiver.events}
    assert set(told) == {"vinspect.accepted", "vinspect.verdict", "vinspect.decision"}
    for headers, body in receiver.got:
        assert Webhook(hook["secret"]).verify(body, headers)["subject"] == case
        assert headers["content-type"].startswith("application/cloudevents+json")
        with pytest.raises(WebhookVerificationError):
            Webhook(hook["secret"]).verify(body.replace(b"vinspect", b"vinspekt"), headers)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3
    verdict = told["vinspect.verdict"]
    assert (verdict["specversion"], verdict["datacontenttype"]) == ("1.0", "application/json")
    assert verdict["source"] == client.get("/v1/log/checkpoint").text.split("\n")[0]
    assert verdict["data"]["verdict"] == "review"
    assert told["vinspect.decision"]["data"]["decision"] == "cleared"
    assert told["vinspect.decision"]["data"]["stands"] is True


def test_only_what_was_asked_for_is_brought_and_only_from_then_on(
    client: TestClient, receiver: Receiver, jpeg: bytes
) -> None:
    inspected(client, jpeg)
    subscribed(client, receiver, "verdict")
    later = [inspected(client, jpeg)]
    until(lambda: receiver.got)
    later.append(inspected(client, jpeg))
    until(lambda: len(receiver.got) > 1)
    assert [(event["type"], event["subject"]) for event in receiver.events] == [
        ("vinspect.verdict", case) for case in later
    ]


def test_the_secret_is_shown_once(client: TestClient, receiver: Receiver) -> None:
    hook = subscribed(client, receiver)
    assert hook["secret"].startswith("whsec_")
    for path in ("/v1/webhooks", f"/v1/webhooks/{hook['id']}"):
        assert "secret" not in client.get(path).text


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_was_not_taken_is_tried_again_later_with_the_same_id(
    client: TestClient, receiver: Receiver, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(outbox, "DELAYS", (0.05,) * 9)
    monkeypatch.setattr(outbox, "TRIES", 10_000)  # none is the last
    receiver.status = status
    hook = subscribed(client, receiver)
    inspected(client, jpeg)
    until(lambda: len(receiver.got) >= 2)
    assert delivery(client, hook)["state"] == "waiting"
    receiver.status = 200
    until(lambda: delivery(client, hook)["state"] == "delivered")
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1
    assert delivery(client, hook)["tries"] == len(receiver.got)


def test_after_the_last_try_it_is_a_dead_letter_until_somebody_sends_it_again(
    client: TestClient, receiver: Receiver, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "DELAYS", (0.01,) * 9)
    receiver.status = 500
    hook = subscribed(client, receiver)
    inspected(client, jpeg)
    path = f"/v1/webhooks/{hook['id']}"
    until(lambda: client.get(path).json()["dead"] == 1)
    assert len(receiver.got) == TRIES
    [letter] = client.get(f"{path}/deliveries", params={"state": "dead"}).json()["deliveries"]
    assert (letter["answer"], letter["next"], letter["tries"]) == ("it answered 500", None, TRIES)
    receiver.status = 200
    assert client.post(f"{path}/deliveries/{letter['event']}").status_code == 202
    until(lambda: delivery(client, hook)["state"] == "delivered")
    receiver.status = 500
    assert client.post(f"{path}/deliveries/{letter['event']}").json()["state"] == "waiting"  # delivered, and once more
    until(lambda: client.get(path).json()["dead"] == 1)
    receiver.status = 200
    assert client.post(f"{path}/deliveries", params={"state": "dead"}).json() == {"again": 1}
    until(lambda: client.get(path).json()["dead"] == client.get(path).json()["waiting"] == 0)


def test_a_subscriber_that_hangs_holds_up_neither_an_inspection_nor_another_subscriber(
    client: TestClient, receiver: Receiver, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "PATIENCE", 1.0)
    monkeypatch.setattr(outbox, "DELAYS", (0.5,) * 9)
    other = Receiver()
    thread = threading.Thread(target=other.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        other.hold.clear()
        hanging = subscribed(client, other)
        subscribed(client, receiver)
        cases = {inspected(client, jpeg) for _ in range(5)}
        until(lambda: {event["subject"] for event in receiver.events} == cases)
        path = f"/v1/webhooks/{hanging['id']}/deliveries"
        until(lambda: any(each["answer"] for each in client.get(path).json()["deliveries"]))
        answers = {each["answer"] for each in client.get(path).json()["deliveries"]} - {None}
        assert all("did not answer" in answer for answer in answers)
    finally:
        other.hold.set()
        other.server.shutdown()
        thread.join()
        other.server.server_close()


def test_what_waits_is_brought_after_a_stop_when_its_time_has_come(
    opened: Any, receiver: Receiver, jpeg: bytes, data: Path, database: str | None
) -> None:
    receiver.status = 500
    with opened(local_webhooks=True) as client:
        hook = subscribed(client, receiver)
        case = inspected(client, jpeg)
        until(lambda: delivery(client, hook)["answer"])
    waiting = len(receiver.got)
    receiver.status = 200
    with opened(local_webhooks=True) as client:
        later = inspected(client, jpeg)
        until(lambda: delivery(client, hook)["state"] == "delivered")
        assert [event["subject"] for event in receiver.events[waiting:]] == [later]  # the other's time has not come
        store = Store(data, database)
        due = update(DeliveryRow).where(DeliveryRow.delivered.is_(None))
        with store.writing() as log:
            log.session.execute(due.values(next="2020-01-01T00:00:00.000+00:00"))
        store.close()
        until(lambda: client.get(f"/v1/webhooks/{hook['id']}").json()["waiting"] == 0)
    assert receiver.events[-1]["subject"] == case


def test_what_was_delivered_long_ago_is_forgotten_and_dead_letters_are_not(
    opened: Any, receiver: Receiver, jpeg: bytes, data: Path, database: str | None
) -> None:
    with opened(local_webhooks=True) as client:
        hook = subscribed(client, receiver, "accepted", "verdict", "decision")
        case = inspected(client, jpeg)
        key = client.post("/v1/keys", json={}).json()["key"]
        decision = {"decision": "retake", "reason": "glare"}
        client.post(f"/v1/inspections/{case}/decisions", json=decision, headers={"X-API-Key": key}).raise_for_status()
        path = f"/v1/webhooks/{hook['id']}/deliveries"
        until(lambda: [each["state"] for each in client.get(path).json()["deliveries"]] == ["delivered"] * 3)
        events = {each["kind"]: each["event"] for each in client.get(path).json()["deliveries"]}
        with box(data, database) as (store, outbox):
            with store.writing() as log:
                for kind, delivered in (("accepted", "2020-01-01T00:00:00.000+00:00"), ("verdict", None)):
                    row = log.session.get_one(DeliveryRow, (hook["id"], events[kind]))
                    row.tried, row.delivered = "2020-01-01T00:00:00.000+00:00", delivered
            outbox.clear()
        left = {each["kind"]: each["state"] for each in client.get(path).json()["deliveries"]}
    assert left == {"decision": "delivered", "verdict": "dead"}


@contextmanager
def box(data: Path, database: str | None) -> Iterator[tuple[Store, Outbox]]:
    store = Store(data, database)
    yield store, Outbox(store)
    store.close()


def test_whoever_is_killed_over_a_delivery_or_before_it_is_made_leaves_it_to_the_next(
    opened: Any, receiver: Receiver, jpeg: bytes, data: Path, database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(local_webhooks=True) as client:
        hook = subscribed(client, receiver)
        monkeypatch.setattr(Outbox, "due", lambda _: [])  # killed before anything was made
        inspected(client, jpeg)
    assert receiver.got == []
    monkeypatch.undo()
    monkeypatch.setattr(outbox, "DELAYS", LONG)
    with box(data, database) as (_, killed):
        assert killed.due() == [hook["id"]]
        assert len(killed.claim(hook["id"])) == 1  # killed before anything was sent
        assert killed.claim(hook["id"]) == []
    monkeypatch.setattr(courier, "EVERY", 0.02)
    with box(data, database) as (store, _), store.writing() as log:
        log.session.execute(update(DeliveryRow).values(next="2020-01-01T00:00:00.000+00:00"))
    with opened(local_webhooks=True) as client:
        until(lambda: delivery(client, hook)["state"] == "delivered")
        assert delivery(client, hook)["tries"] == 2
    assert len(receiver.got) == 1


def test_two_processes_make_a_delivery_once_and_one_of_them_has_it(
    opened: Any, receiver: Receiver, jpeg: bytes, data: Path, database: str | None
) -> None:
    with opened() as client:
        case = inspected(client, jpeg)
    with box(data, database) as (store, one), box(data, database) as (_, two):
        with store.writing() as log:
            hook = subscriptions.subscribe(log, receiver.url, ["decision"], "user:somebody").id
        row = store.inspection(case)
        assert row is not None
        from vinspect.api.decisions import decide

        with store.writing() as log:
            decide(log, row, "cleared", "compared", "person:one")
        assert one.due() == two.due() == [hook]
        assert [len(one.claim(hook)), len(two.claim(hook))] == [1, 0]


def test_a_revoked_webhook_gets_nothing_more(client: TestClient, receiver: Receiver, jpeg: bytes, data: Path) -> None:
    receiver.status = 500
    hook = subscribed(client, receiver)
    inspected(client, jpeg)
    until(lambda: delivery(client, hook)["answer"])
    path = f"/v1/webhooks/{hook['id']}"
    assert client.delete(path).json()["revoked"]
    assert client.delete(path).json()["dead"] == 1
    tried = len(receiver.got)
    another = subscribed(client, receiver)
    inspected(client, jpeg)
    until(lambda: delivery(client, another)["answer"])
    assert [headers["webhook-id"].startswith(another["id"]) for headers, _ in receiver.got[tried:]] == [True]
    assert client.post(f"{path}/deliveries", params={"state": "dead"}).status_code == 409


def test_making_and_revoking_are_in_the_log_and_audit_names_a_row_that_was_changed(
    client: TestClient, receiver: Receiver, data: Path, database: str | None
) -> None:
    hook = subscribed(client, receiver)
    client.delete(f"/v1/webhooks/{subscribed(client, receiver)['id']}")
    assert audit(data, url=database)["findings"] == []
    store = Store(data, database)
    for column in ("url", "secret", "events"):
        with store.writing() as log:
            row = log.session.get_one(subscriptions.WebhookRow, hook["id"])
            kept = getattr(row, column)
            setattr(row, column, "another")
        [finding] = audit(data, url=database)["findings"]
        assert (finding["what"], column in finding["sentence"]) == (f"webhook {hook['id']}", True)
        with store.writing() as log:
            setattr(log.session.get_one(subscriptions.WebhookRow, hook["id"]), column, kept)
    store.close()


def test_deliveries_are_listed_by_page_the_newest_first(client: TestClient, receiver: Receiver, jpeg: bytes) -> None:
    hook = subscribed(client, receiver, "accepted", "verdict")
    for _ in range(2):
        inspected(client, jpeg)
    until(lambda: len(receiver.got) == 4)
    path = f"/v1/webhooks/{hook['id']}/deliveries"
    first = client.get(path, params={"limit": 3}).json()
    rest = client.get(path, params={"before": first["next"]}).json()
    numbers = [each["event"] for each in first["deliveries"] + rest["deliveries"]]
    assert numbers == sorted({int(event["id"]) for event in receiver.events}, reverse=True)
    assert rest["next"] is None


LOCAL = "127.0.0.1 127.1.2.3 169.254.169.254 0.0.0.0 ::1 :: fe80::1 ::ffff:127.0.0.1 64:ff9b::7f00:1 224.0.0.1 ff02::1"


@pytest.mark.parametrize("address", LOCAL.split())
def test_no_webhook_aims_at_this_machine_or_its_segment(address: str) -> None:
    assert is_local(ip_address(address))


@pytest.mark.parametrize("address", ["192.0.2.7", "203.0.113.5", "2001:db8::5"])
def test_a_webhook_may_aim_elsewhere(address: str) -> None:
    assert not is_local(ip_address(address))


LOOPBACK = ["http://127.0.0.1:9/x", "http://2130706433/", "http://[::1]/", "http://localhost/", "http://0x7f.1/"]


@pytest.mark.parametrize("url", LOOPBACK)
def test_an_address_of_this_machine_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises(NoTarget, match="this machine"):
        target(url, local=False)


def test_a_name_that_leads_here_later_is_not_followed(
    opened: Any, receiver: Receiver, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as client:
        with monkeypatch.context() as patch:
            patch.setattr("vinspect.api.service.webhooks.target", lambda *_, **__: ("far.example", "192.0.2.7"))
            hook = subscribed(client, receiver)
        inspected(client, jpeg)
        until(lambda: delivery(client, hook)["answer"])
        assert "this machine" in delivery(client, hook)["answer"]
    assert receiver.got == []


@pytest.mark.parametrize(
    ("method", "path", "json", "status"),
    [
        ("POST", "", {"url": "http://127.0.0.1/", "events": ["verdict"]}, 422),
        ("POST", "", {"url": "ftp://example.org/", "events": ["verdict"]}, 422),
        ("POST", "", {"url": "http://a:b@192.0.2.7/", "events": ["verdict"]}, 422),
        ("POST", "", {"url": "http://192.0.2.7:x/", "events": ["verdict"]}, 422),
        ("POST", "", {"url": "http:///", "events": ["verdict"]}, 422),
        ("POST", "", {"url": "http://192.0.2.7/", "events": []}, 422),
        ("POST", "", {"url": "http://192.0.2.7/", "events": ["all"]}, 422),
        ("GET", "/none", None, 404),
        ("DELETE", "/none", None, 404),
        ("GET", "/none/deliveries", None, 404),
        ("POST", "/none/deliveries?state=dead", None, 404),
        ("POST", "/none/deliveries/1", None, 404),
    ],
)
def test_what_cannot_be_is_a_problem_that_says_what_to_do(
    opened: Any, method: str, path: str, json: Any, status: int
) -> None:
    with opened() as client:
        answer = client.request(method, f"/v1/webhooks{path}", json=json)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert any("一" <= character <= "鿿" for character in answer.json()["detail_zh"])


def test_there_are_no_more_than_so_many(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 1)
    wanted: Sequence[int] = [201, 409]
    for status in wanted:
        answer = client.post("/v1/webhooks", json={"url": "http://192.0.2.7/", "events": ["verdict"]})
        assert answer.status_code == status
