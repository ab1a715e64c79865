"""Many photographs in one go: behind every vehicle, counted, and none of them twice."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from vinspect.api.record.audit import audit
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow, BatchRow


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


@pytest.fixture
def client(opened: Any) -> Iterator[TestClient]:
    with opened(workers=1) as client:
        yield client


def batch(client: TestClient, **said: Any) -> str:
    answer = client.post("/v1/batches", json=said)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/batches/{answer.json()['id']}"
    return str(answer.json()["id"])


def add(client: TestClient, to: str, data: bytes, name: str = "a.jpg", **headers: str) -> Response:
    return client.post(f"/v1/batches/{to}/files", files={"photo": (name, data)}, headers=headers)


def until(holds: Callable[[], Any]) -> Any:
    end = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < end, "it never came to it"
        time.sleep(0.02)
    return found


def finished(client: TestClient, of: str) -> Any:
    """A batch, once it is done."""

    def done() -> Any:
        document = client.get(f"/v1/batches/{of}").json()
        return document if document["done"] else None

    return until(done)


def test_a_batch_shows_how_far_it_has_come_and_what_was_found(client: TestClient, jpeg: bytes) -> None:
    made = batch(client, name="box 4", expected=4)
    for name in ("a.jpg", "b.jpg", "empty.jpg"):
        assert add(client, made, jpeg, name).status_code == 202
    assert client.get(f"/v1/batches/{made}").json()["done"] is False
    refused = add(client, made, b"no photograph", "notes.jpg")
    assert refused.status_code == 422
    assert "notes.jpg" in refused.json()["detail_zh"]
    done = finished(client, made)
    assert (done["accepted"], done["scored"], done["refused"]) == (3, 3, 1)
    assert done["verdicts"] == {"review": 2, "cannot judge": 1}
    files = client.get(f"/v1/batches/{made}/files").json()["files"]
    assert [(each["photo"], each["verdict"]) for each in files] == [
        ("a.jpg", "review"),
        ("b.jpg", "review"),
        ("empty.jpg", "cannot judge"),
    ]
    assert files[2]["reason"]["code"] == "no_number"
    assert client.get(f"/v1/inspections/{files[0]['id']}").json()["verdict"] == "review"
    [told] = client.get(f"/v1/batches/{made}/refused").json()["refused"]
    assert told == {"file": "notes.jpg", "detail": refused.json()["detail"], "detail_zh": refused.json()["detail_zh"]}


def test_a_vehicle_comes_before_a_batch(
    client: TestClient, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, road: Any
) -> None:
    begun: list[str] = []
    go_on = threading.Event()

    def inspect(photo: Any, *_: object) -> object:
        begun.append(photo.name)
        assert go_on.wait(60)
        return road.inspect(photo)

    monkeypatch.setattr("vinspect.vision.inspector.inspect", inspect)
    made = batch(client, expected=3)
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        add(client, made, jpeg, name)
    until(lambda: begun)
    answers: list[Response] = []
    vehicle = threading.Thread(
        target=lambda: answers.append(client.post("/v1/inspections", files={"photo": ("car.jpg", jpeg)}))
    )
    vehicle.start()
    until(lambda: "vinspect_unscored 4.0" in client.get("/metrics").text)  # its photograph is kept, and has its turn
    go_on.set()
    vehicle.join()
    finished(client, made)
    assert begun[1] == "car.jpg"
    assert answers[0].status_code == 201


def test_what_is_sent_again_after_a_cut_counts_once(opened: Any, jpeg: bytes) -> None:
    with opened() as client:
        made = batch(client, expected=3)
        first = [add(client, made, jpeg, f"{n}.jpg", **{"Idempotency-Key": f"k{n}"}).json()["id"] for n in range(2)]
        add(client, made, b"none", "c.jpg")
    with opened() as client:
        again = [add(client, made, jpeg, f"{n}.jpg", **{"Idempotency-Key": f"k{n}"}).json()["id"] for n in range(2)]
        add(client, made, b"none", "c.jpg")
        done = finished(client, made)
    assert again == first
    assert (done["accepted"], done["refused"]) == (2, 1)


def test_a_file_counts_in_the_batch_that_it_was_sent_to_first(client: TestClient, jpeg: bytes) -> None:
    one, two = batch(client), batch(client)
    assert add(client, one, jpeg, **{"Idempotency-Key": "k"}).status_code == 202
    assert add(client, two, jpeg, **{"Idempotency-Key": "k"}).status_code == 422
    assert client.get(f"/v1/batches/{two}").json()["accepted"] == 0


def test_lists_go_on_where_the_page_before_ended(client: TestClient, jpeg: bytes) -> None:
    made = [batch(client) for _ in range(3)]
    first = client.get("/v1/batches", params={"limit": 2}).json()
    rest = client.get("/v1/batches", params={"before": first["next"]}).json()
    assert {each["id"] for each in first["batches"] + rest["batches"]} == set(made)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        add(client, made[0], jpeg, name)
        add(client, made[0], b"none", name)
    for path, key, field in (("files", "files", "photo"), ("refused", "refused", "file")):
        page = client.get(f"/v1/batches/{made[0]}/{path}", params={"limit": 2}).json()
        left = client.get(f"/v1/batches/{made[0]}/{path}", params={"after": page["next"]}).json()
        assert {each[field] for each in page[key] + left[key]} == {"a.jpg", "b.jpg", "c.jpg"}
        assert left["next"] is None


def test_a_batch_is_a_stations_own(client: TestClient, jpeg: bytes) -> None:
    for station in ("north", "south"):
        client.post("/v1/stations", json={"id": station, "name": station}).raise_for_status()
    key = {"X-API-Key": client.post("/v1/keys", json={"station": "north"}).json()["key"]}
    made = client.post("/v1/batches", json={}, headers=key).json()
    assert made["station"] == "north"
    answer = add(client, made["id"], jpeg)
    assert answer.json()["station"] == "north"
    path = f"/v1/batches/{made['id']}/files"
    other = client.post(path, files={"photo": ("a.jpg", jpeg)}, data={"station": "south"})
    assert other.status_code == 422
    assert "检验站" in other.json()["detail_zh"]
    assert client.post("/v1/batches", json={"station": "none"}).status_code == 422
    assert client.post("/v1/batches", json={"station": "south"}, headers=key).status_code == 403
    for path in ("", "/files", "/refused"):
        assert client.get(f"/v1/batches/{batch(client)}{path}", headers=key).status_code == 404


def test_audit_names_a_batch_or_its_photograph_that_was_changed(
    client: TestClient, jpeg: bytes, data: Path, database: str | None
) -> None:
    made = batch(client, name="box 4", expected=1)
    case = add(client, made, jpeg).json()["id"]
    finished(client, made)
    assert audit(data, url=database)["findings"] == []
    store = Store(data, database)
    with store.writing() as log:
        log.session.get_one(BatchRow, made).expected = 2
        log.session.query(AcceptedRow).filter_by(id=case).one().batch = "another"
    store.close()
    found = {finding["what"] for finding in audit(data, url=database)["findings"]}
    assert found == {f"batch {made}", f"accepted photograph {case}"}
