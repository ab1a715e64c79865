"""The archive over HTTP."""

import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from vinspect.api.archive import imports
from vinspect.api.archive.spool import FOLDER, Spool
from vinspect.api.service.app import create_app
from vinspect.api.store import Store

VIN = "LSVAM4187C2184841"
CSV = {"Content-Type": "text/csv"}
NETS: Any = None  # the road of paper needs none
TABLE = f"number,maker,rubbing\n{VIN},上汽,a.jpg\n4M40-HB1234,,\n,VW,\n".encode()


def assert_problem(response: Response, status: int, part: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert part in document["detail"]
    assert any("一" <= character <= "鿿" for character in document["detail_zh"])


def finished(client: TestClient, answer: Response) -> Any:
    assert answer.status_code == 202, answer.text
    for _ in range(3000):
        document = client.get(answer.headers["location"]).json()
        if document["finished"]:
            return document
        time.sleep(0.02)
    raise AssertionError(document)


@pytest.fixture
def filled(client: TestClient, jpeg: bytes) -> TestClient:
    files = [("table", ("files.csv", TABLE)), ("rubbing", ("a.jpg", jpeg))]
    finished(client, client.post("/v1/archive/imports", files=files))
    return client


def test_a_table_with_its_rubbings_is_put_in_and_says_what_was_refused(
    client: TestClient, tmp_path: Path, jpeg: bytes
) -> None:
    files = [("table", ("files.csv", TABLE)), ("rubbing", ("r/a.jpg", jpeg))]
    document = finished(client, client.post("/v1/archive/imports", files=files))
    assert [document[name] for name in ("added", "known", "rubbings", "refused")] == [2, 0, 1, 1]
    assert document["name"] == "files.csv"
    assert [each["line"] for each in client.get(f"/v1/archive/imports/{document['id']}/refused").json()["refused"]] == [
        4
    ]
    again = finished(client, client.post("/v1/archive/imports", content=TABLE, headers=CSV))
    assert [again[name] for name in ("added", "known", "rubbings", "refused")] == [0, 2, 0, 2]
    listed = client.get("/v1/archive/imports", params={"limit": 1}).json()
    assert [each["id"] for each in listed["imports"]] == [again["id"]]
    rest = client.get("/v1/archive/imports", params={"before": listed["next"]}).json()
    assert [each["id"] for each in rest["imports"]] == [document["id"]]


def test_nothing_is_left_in_the_spool_of_imports_that_are_done(tmp_path: Path, opened: Any, jpeg: bytes) -> None:
    files = [("table", ("files.csv", TABLE)), ("rubbing", ("r/a.jpg", jpeg))]
    with opened() as client:
        document = finished(client, client.post("/v1/archive/imports", files=files))
    spool = tmp_path / "data" / FOLDER
    for name in (document["id"], "unanswered.draft", "not-of-this-store"):
        (spool / name).mkdir(exist_ok=True)
    with opened():  # a start after a kill
        pass
    assert [left.name for left in spool.iterdir()] == ["not-of-this-store"]


def test_an_import_that_a_stop_broke_off_goes_on_with_the_next_start(
    tmp_path: Path, admin: str, road: object, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 1)
    store = Store(tmp_path / "data")
    spool = Spool(store)
    spool._stopping.set()  # the worker stops after the first line
    row = spool.take_on("files.csv", TABLE, [("a.jpg", jpeg)], "user:somebody")
    spool.close()
    store.close()
    assert len(list((tmp_path / "data" / FOLDER).iterdir())) == 1
    with TestClient(create_app(tmp_path / "data", NETS), headers={"X-API-Key": admin}) as client:
        for _ in range(3000):
            document = client.get(f"/v1/archive/imports/{row.id}").json()
            if document["finished"]:
                break
            time.sleep(0.02)
    assert [document[name] for name in ("added", "known", "rubbings", "refused")] == [2, 0, 1, 1]


@pytest.mark.parametrize(
    ("content", "headers", "status", "part"),
    [
        (b"maker\nVW\n", CSV, 422, "number"),
        (b"", CSV, 422, "number"),
        (b"number\n\xff\xff", CSV, 422, "UTF-8"),
        (b"{}", {"Content-Type": "application/json"}, 415, "text/csv"),
    ],
)
def test_what_is_no_table_is_a_problem(
    client: TestClient, content: bytes, headers: dict[str, str], status: int, part: str
) -> None:
    assert_problem(client.post("/v1/archive/imports", content=content, headers=headers), status, part)
    assert client.get("/v1/archive/imports").json()["imports"] == []


@pytest.mark.parametrize(
    ("number", "how", "count"),
    [
        ([VIN], "exact", 1),
        (["LSVAM4187CZ184841"], "exact", 0),
        (["LSVAM4187CZ184841"], "alike", 1),
        (["LSVAM4187C21848??"], "wild", 1),
        ([VIN, "4m40-hb1234"], "exact", 2),
        (["LSVAM4187C2184041"], "alike", 1),
    ],
)
def test_files_are_found(filled: TestClient, number: list[str], how: str, count: int) -> None:
    answer = filled.get("/v1/archive", params={"number": number, "how": how})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["files"]) == count


def test_a_list_of_files_goes_on_where_the_page_before_ended(filled: TestClient) -> None:
    asked: dict[str, Any] = {"number": [VIN, "4M40-HB1234"], "limit": 1}
    first = filled.get("/v1/archive", params=asked).json()
    second = filled.get("/v1/archive", params={**asked, "after": first["next"]}).json()
    assert [each["number"] for each in first["files"] + second["files"]] == [VIN, "4M40-HB1234"]
    assert second["next"] is None


def test_a_rubbing_is_shown_once_the_log_says_who_looks_at_it_and_why(filled: TestClient, jpeg: bytes) -> None:
    card = filled.get("/v1/archive", params={"number": VIN}).json()["files"][0]
    assert (card["rubbings"], card["state"]) == (1, "in")
    path = f"/v1/archive/{card['id']}"
    assert filled.get(path).json() == {**card, "asked": None, "differs": None}
    [rubbing] = filled.get(f"{path}/rubbings").json()
    assert_problem(filled.get(f"{path}/rubbings/{rubbing['sha256']}"), 422, "why")
    assert filled.get(f"{path}/events").json()["events"] == []
    shown = filled.get(f"{path}/rubbings/{rubbing['sha256']}", params={"why": "compare with case 7"})
    assert shown.content == jpeg
    assert shown.headers["content-type"] == "image/jpeg"
    [event] = filled.get(f"{path}/events").json()["events"]
    said = event["entry"]
    assert (said["event"], said["why"], said["rubbing"]) == ("file looked up", "compare with case 7", rubbing["sha256"])
    assert said["by"].startswith("key:")


def test_a_file_is_pulled_once_until_it_is_filed_back(filled: TestClient) -> None:
    card = filled.get("/v1/archive", params={"number": VIN}).json()["files"][0]
    path = f"/v1/archive/{card['id']}/events"
    pulled = filled.post(path, json={"event": "pulled", "why": "audit", "to": "Li"})
    assert pulled.status_code == 201
    assert pulled.json()["entry"]["to"] == "Li"
    assert_problem(filled.post(path, json={"event": "pulled", "why": "audit"}), 409, "file it back first")
    assert filled.get("/v1/archive", params={"number": VIN}).json()["files"][0]["state"] == "pulled"
    assert filled.post(path, json={"event": "filed back", "why": "done"}).status_code == 201
    first = filled.get(path, params={"limit": 1}).json()
    rest = filled.get(path, params={"after": first["next"]}).json()
    assert [each["entry"]["event"] for each in first["events"] + rest["events"]] == ["file pulled", "file filed back"]


@pytest.mark.parametrize(
    ("method", "path", "status", "part"),
    [
        ("GET", "/v1/archive", 422, "number"),
        ("GET", "/v1/archive?number=%25", 422, "number"),
        ("GET", "/v1/archive?number=A?", 422, "number"),
        ("GET", "/v1/archive?number=%3F%3F&how=wild", 422, "number"),
        ("GET", "/v1/archive?number=ABCD&how=near", 422, "how"),
        ("GET", "/v1/archive?number=ABCD&after=none", 422, "after"),
        ("GET", "/v1/archive/none", 404, "no file"),
        ("GET", "/v1/archive/none/rubbings", 404, "no file"),
        ("GET", "/v1/archive/none/rubbings/ff?why=x", 404, "no file"),
        ("GET", "/v1/archive/none/events", 404, "no file"),
        ("GET", "/v1/archive/imports/none", 404, "no import"),
        ("GET", "/v1/archive/imports/none/refused", 404, "no import"),
        ("GET", "/v1/archive/imports?before=none", 422, "before"),
    ],
)
def test_what_cannot_be_found_is_a_problem(client: TestClient, method: str, path: str, status: int, part: str) -> None:
    assert_problem(client.request(method, path), status, part)


def test_a_file_that_is_not_there_cannot_be_pulled(client: TestClient) -> None:
    event = {"event": "pulled", "why": "audit"}
    assert_problem(client.post("/v1/archive/none/events", json=event), 404, "no file")
    assert_problem(client.post("/v1/archive/none/events", json={**event, "why": " "}), 422, "why")
    assert_problem(client.post("/v1/archive/none/events", json={**event, "event": "burnt"}), 422, "event")
