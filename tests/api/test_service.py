import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from vinspect.api.service.access import hashed
from vinspect.api.service.app import create_app
from vinspect.api.service.start import start
from vinspect.api.settings import Settings
from vinspect.api.store import Store

VIN = "LSVAM4187C2184841"
JPEG = {"Content-Type": "image/jpeg"}
NETS: Any = None  # the road of paper needs none


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


def assert_problem(response: Response, status: int, part: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == status
    assert part in document["detail"]


def test_a_photograph_is_answered_with_the_inspect_json_and_an_id(client: TestClient, jpeg: bytes) -> None:
    response = client.post("/v1/inspections", files={"photo": ("车/door.jpg", jpeg, "image/jpeg")})
    assert response.status_code == 201
    document = response.json()
    assert document["schema"] == "vinspect/inspect/1"
    assert document["readings"][0]["text"] == VIN
    assert document["photo"] == "door.jpg"
    assert response.headers["location"] == f"/v1/inspections/{document['id']}"


def test_what_was_answered_is_still_there_after_the_store_was_opened_again(
    data: Path, admin: str, jpeg: bytes, road: object, url: str | None
) -> None:
    def opened() -> TestClient:
        return TestClient(create_app(data, NETS, url=url), headers={"Authorization": f"Bearer {admin}"})

    with opened() as client:
        answered = client.post("/v1/inspections", content=jpeg, headers=JPEG)
        location = answered.headers["location"]
    with opened() as client:
        assert client.get(location).content == answered.content
        photo = client.get(f"{location}/photo")
        overlay = client.get(f"{location}/overlay")
    assert photo.content == jpeg
    assert photo.headers["content-type"] == overlay.headers["content-type"] == "image/jpeg"
    assert overlay.content.startswith(b"\xff\xd8")


def test_what_was_answered_lies_on_disk_before_the_answer(
    client: TestClient, tmp_path: Path, jpeg: bytes, url: str | None
) -> None:
    document = client.post("/v1/inspections", content=jpeg, headers=JPEG).json()
    sha256 = hashlib.sha256(jpeg).hexdigest()
    assert document["sha256"] == sha256
    assert (tmp_path / "data" / "blobs" / sha256[:2] / sha256).read_bytes() == jpeg
    store = Store(tmp_path / "data", url)
    row = store.inspection(document["id"])
    store.close()
    assert row is not None
    assert json.loads(row.document).items() <= document.items()


def test_the_same_photograph_sent_twice_is_two_inspections_and_one_file(
    client: TestClient, tmp_path: Path, jpeg: bytes
) -> None:
    first, second = (client.post("/v1/inspections", content=jpeg, headers=JPEG).json() for _ in range(2))
    assert first["id"] != second["id"]
    kept = [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]
    assert len(kept) == 2  # photograph and overlay


def test_health_is_answered_while_a_photograph_is_in_work(
    client: TestClient, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, road: Any
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def inspect(photo: object, *_: object) -> object:
        begun.set()
        assert go_on.wait(60)
        return road.inspect(photo)

    monkeypatch.setattr("vinspect.vision.inspector.inspect", inspect)
    with ThreadPoolExecutor() as threads:
        posted = threads.submit(client.post, "/v1/inspections", content=jpeg, headers=JPEG)
        assert begun.wait(60)
        assert client.get("/health").status_code == 200
        assert not posted.done()
        go_on.set()
        assert posted.result().status_code == 201


def test_the_list_is_newest_first_and_goes_on_where_the_page_before_ended(client: TestClient, jpeg: bytes) -> None:
    made = [client.post("/v1/inspections", content=jpeg, headers=JPEG).json()["id"] for _ in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = client.get("/v1/inspections", params=query).json()
        seen += [each["id"] for each in page["inspections"]]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert seen == made[::-1]
    assert page["inspections"][0]["text"] == VIN
    assert page["inspections"][0]["verdict"] == "review"


def test_a_photograph_without_a_number_is_kept_too(client: TestClient, jpeg: bytes) -> None:
    document = client.post("/v1/inspections", files={"photo": ("empty.jpg", jpeg)}).json()
    assert document["verdict"] == "cannot judge"
    assert client.get("/v1/inspections").json()["inspections"][0]["text"] is None


@pytest.mark.parametrize("as_form", [True, False])
def test_the_registered_number_and_the_format_reach_the_inspector(
    client: TestClient, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, road: Any, as_form: bool
) -> None:
    asked: list[object] = []

    def inspect(photo: object, nets: object, format: str, expect: str | None) -> object:
        asked.extend((format, expect))
        return road.inspect(photo)

    monkeypatch.setattr("vinspect.vision.inspector.inspect", inspect)
    options = {"format": "free", "expect": " 4m40-hb1234"}
    if as_form:
        client.post("/v1/inspections", files={"photo": ("a.jpg", jpeg)}, data=options)
    else:
        client.post("/v1/inspections", content=jpeg, headers=JPEG, params=options)
    assert asked == ["free", "4M40-HB1234"]


@pytest.mark.parametrize(
    "header", [{}, {"X-API-Key": "vinspect_wrong"}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}]
)
@pytest.mark.parametrize("path", ["/v1/inspections", "/v1/inspections/1", "/v1/inspections/1/photo"])
def test_without_the_key_nothing_is_told(client: TestClient, path: str, header: dict[str, str]) -> None:
    del client.headers["X-API-Key"]
    assert_problem(client.get(path, headers=header), 401, "Authorization: Bearer")
    assert_problem(client.post("/v1/inspections", content=b"x", headers=header | JPEG), 401, "--new-key")


def test_health_and_description_are_open(client: TestClient) -> None:
    del client.headers["X-API-Key"]
    assert client.get("/health").json()["status"] == "ok"
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/health", "/v1/inspections", "/v1/inspections/{id}"} <= set(paths)
    assert "multipart/form-data" in paths["/v1/inspections"]["post"]["requestBody"]["content"]
    assert client.get("/docs").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [b"", b"This is no photograph.", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"P5\n1 99999999999999999999 255\n"],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.txt"])
def test_a_file_that_is_no_photograph_is_a_problem_and_is_not_kept(client: TestClient, sent: bytes, name: str) -> None:
    assert_problem(client.post("/v1/inspections", files={"photo": (name, sent)}), 422, ": ")
    assert_problem(client.post("/v1/inspections", content=sent, headers=JPEG), 422, ": ")
    assert client.get("/v1/inspections").json()["inspections"] == []


def test_a_body_of_another_kind_is_refused_with_what_to_send(client: TestClient, jpeg: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert_problem(client.post("/v1/inspections", content=jpeg, headers=form), 415, "multipart form")
    assert_problem(client.post("/v1/inspections", json={"photo": "a.jpg"}), 415, "multipart form")


def test_a_form_that_is_damaged_or_has_no_file_is_refused(client: TestClient) -> None:
    assert_problem(client.post("/v1/inspections", files={"x": (None, "a")}), 422, "no file")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert 400 <= client.post("/v1/inspections", content=b"--y\r\nnonsense", headers=broken).status_code < 500
    no_boundary = {"Content-Type": "multipart/form-data"}
    assert 400 <= client.post("/v1/inspections", content=b"nonsense", headers=no_boundary).status_code < 500


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused(client: TestClient, declared: bool) -> None:
    pieces = (b"x" * 50_000 for _ in range(3))
    content = b"".join(pieces) if declared else pieces
    assert_problem(client.post("/v1/inspections", content=content, headers=JPEG), 413, "JPEG")


@pytest.mark.parametrize(
    ("query", "part"),
    [({"limit": 0}, "limit"), ({"limit": "many"}, "limit"), ({"before": "nowhere"}, "before")],
)
def test_a_list_that_cannot_be_is_a_problem(client: TestClient, query: dict[str, Any], part: str) -> None:
    assert_problem(client.get("/v1/inspections", params=query), 422, part)


def test_options_that_make_no_sense_are_a_problem(client: TestClient, jpeg: bytes) -> None:
    for query in ({"format": "plate"}, {"expect": "***"}):
        response = client.post("/v1/inspections", content=jpeg, headers=JPEG, params=query)
        assert_problem(response, 422, next(iter(query)))
        response = client.post("/v1/inspections", files={"photo": ("a.jpg", jpeg)}, data=query)
        assert_problem(response, 422, next(iter(query)))


def test_what_is_not_there_is_a_problem(client: TestClient) -> None:
    assert_problem(client.get("/v1/inspections/none"), 404, "no inspection")
    assert_problem(client.get("/v1/inspections/none/overlay"), 404, "no inspection")
    assert_problem(client.get("/nowhere"), 404, "/docs")
    assert_problem(client.put("/v1/inspections"), 405, "/docs")


def test_a_photograph_on_which_we_fail_is_kept_and_cannot_be_judged(client: TestClient, jpeg: bytes) -> None:
    document = client.post("/v1/inspections", files={"photo": ("broken.jpg", jpeg)}).json()
    assert (document["verdict"], document["reason"]["code"]) == ("cannot judge", "failed")
    assert "ZeroDivisionError" in document["reason"]["sentence"]
    assert client.get(f"/v1/inspections/{document['id']}/photo").content == jpeg


def test_a_mistake_of_ours_is_a_problem_too_and_nothing_is_kept(
    client: TestClient, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("vinspect.api.service.intake.media_type", lambda _: 1 / 0)
        response = client.post("/v1/inspections", files={"photo": ("a.jpg", jpeg)})
    assert_problem(response, 500, "ZeroDivisionError")
    assert client.get("/v1/inspections").json()["inspections"] == []


def test_a_disk_that_cannot_be_written_is_a_problem_and_nothing_is_kept(
    client: TestClient, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert_problem(client.post("/v1/inspections", content=jpeg, headers=JPEG), 507, "make room")
    assert client.get("/v1/inspections").json()["inspections"] == []


def test_the_first_start_prints_the_key_and_keeps_only_its_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, road: object
) -> None:
    monkeypatch.setattr("uvicorn.run", lambda app, **_: None)

    def printed(*, new_key: bool = False) -> str | None:
        assert start(Settings(data=tmp_path), new_key=new_key) == 0
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("API key")]
        return lines[0].split()[-1] if lines else None

    def opens(key: str) -> bool:
        store = Store(tmp_path)
        known = store.knows_key(hashed(key))
        store.close()
        return known

    first = printed()
    assert first is not None
    assert opens(first)
    assert all(first.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert printed() is None
    second = printed(new_key=True)
    assert second is not None
    assert opens(second)
    assert not opens(first)


def test_a_folder_that_cannot_hold_the_store_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], road: object
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert start(Settings(data=tmp_path / "file"), new_key=False) == 3
    assert "--data" in capsys.readouterr().err


def test_weights_that_are_missing_are_said_before_a_key_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_nets(**_: object) -> object:
        raise FileNotFoundError("the weights reader.onnx are missing: install Vinspect again")

    monkeypatch.setattr("vinspect.vision.inspector.open_nets", open_nets)
    assert start(Settings(data=tmp_path / "data"), new_key=False) == 3
    assert capsys.readouterr().err == "vinspect: the weights reader.onnx are missing: install Vinspect again\n"
    assert not (tmp_path / "data").exists()
