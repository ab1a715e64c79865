"""The commands, on pictures and a film with the networks that are shipped, and an office that answers."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import httpx2
import jsonschema
import numpy as np
import pytest
from typer.testing import CliRunner

from vinspect.api.cli import app
from vinspect.api.lane import post, session
from vinspect.api.lane.frames import replayed, without_password

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "datasets" / "samples"
PLACE = ("--server", "http://office", "--key", "secret", "--station", "12", "--lane", "1")


class Office:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.away = False

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.away:
            raise httpx2.ConnectError("refused")
        assert request.headers["authorization"] == "Bearer secret"
        picture = request.read().split(b"\r\n\r\n")[-1].rsplit(b"\r\n--", 1)[0]
        self.kept.setdefault(request.headers["idempotency-key"], picture)
        sha256 = hashlib.sha256(picture).hexdigest()
        return httpx2.Response(201, json={"id": f"id-{sha256[:8]}", "verdict": "clear", "sha256": sha256})


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office()

    def client(server: str, key: str) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx2.Client(base_url=server, headers=headers, transport=httpx2.MockTransport(office))

    monkeypatch.setattr(post, "client", client)
    monkeypatch.setattr(session, "_stop_at_signals", lambda stopping: None)
    return office


def lane(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit status, the objects that were printed, and what was said on standard error."""
    result = CliRunner().invoke(app, ["lane", *arguments])
    schema = json.loads((ROOT / "docs" / "lane.schema.json").read_text(encoding="utf-8"))
    documents = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    for document in documents:
        jsonschema.validate(document, schema)
    return result.exit_code, documents, result.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for place, name in enumerate(("no-number", "label-dark", "label-dark", "windscreen")):
        shutil.copy(SAMPLES / f"{name}.jpg", folder / f"{place}.jpg")
    return folder


@pytest.fixture
def label(tmp_path: Path) -> Path:
    """A folder of one picture."""
    folder = tmp_path / "label"
    folder.mkdir()
    shutil.copy(SAMPLES / "label-dark.jpg", folder)
    return folder


def test_a_folder_of_pictures_becomes_a_case_for_each_vehicle(folder: Path, tmp_path: Path, office: Office) -> None:
    status, documents, _ = lane("replay", str(folder), *PLACE, "--spool", str(tmp_path / "spool"), "--json")
    assert status == 0
    assert [each["text"] for each in documents] == ["KNAFK4A64H5703482", "1G1ZD5ST1JF139027"]
    assert [each["state"] for each in documents] == ["sent", "sent"]
    assert list(office.kept.values()) == [(SAMPLES / f"{n}.jpg").read_bytes() for n in ("label-dark", "windscreen")]


def test_what_an_absent_service_did_not_get_it_gets_the_next_time_and_once(
    label: Path, tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "PATIENCE", 0)
    command = ("replay", str(label), *PLACE, "--spool", str(tmp_path / "spool"), "--json")
    office.away = True
    status, waiting, _ = lane(*command)
    assert status == 3
    assert [each["state"] for each in waiting] == ["waiting"]
    office.away = False
    monkeypatch.undo()
    monkeypatch.setattr(session, "_stop_at_signals", lambda stopping: None)
    monkeypatch.setattr(post, "client", lambda server, key: httpx2.Client(
        base_url=server, headers={"Authorization": f"Bearer {key}"}, transport=httpx2.MockTransport(office)
    ))  # fmt: skip
    for _ in range(2):
        status, sent, _ = lane(*command)
        assert status == 0
        assert {each["key"] for each in sent} == {each["key"] for each in waiting} == set(office.kept)


def test_a_film_is_read_by_its_best_frames(tmp_path: Path, office: Office) -> None:
    path = tmp_path / "film.mp4"
    write(path, rolling(cv2.imread(str(SAMPLES / "label-dark.jpg"))))
    status, documents, _ = lane("replay", str(path), *PLACE, "--spool", str(tmp_path / "spool"), "--json")
    assert status == 0
    [vehicle] = documents
    assert vehicle["text"] == "KNAFK4A64H5703482"
    assert vehicle["source"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert vehicle["frames"] >= 2
    [picture] = office.kept.values()
    assert hashlib.sha256(picture).hexdigest() == vehicle["sha256"]
    assert cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).shape == (360, 480, 3)


def rolling(picture: np.ndarray) -> Iterator[np.ndarray]:
    """The picture rolls in from the left, stands, and leaves; uint8 (360, 480, 3), four a second."""
    small = cv2.resize(picture, (480, 360), interpolation=cv2.INTER_AREA)
    for x in (-480, -240, 0, 0, 0, 0, 0, 0, 240, 480):
        yield cv2.warpAffine(small, np.array([[1, 0, x], [0, 1, 0]], np.float64), (480, 360), borderValue=(90, 90, 90))


def write(path: Path, frames: Iterator[np.ndarray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=4)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 480, 360, "yuv420p", 8_000_000
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())


def test_a_film_that_breaks_off_counts_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    write(path, rolling(cv2.imread(str(SAMPLES / "label-dark.jpg"))))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    source = replayed(path)
    assert 0 < len(list(source.frames)) < 10


def test_without_pyav_a_film_says_what_to_install_and_a_folder_is_read_all_the_same(
    label: Path, tmp_path: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "film.mp4").write_bytes(b"film")
    command = (*PLACE, "--spool", str(tmp_path / "spool"), "--json")
    for arguments in (("replay", str(tmp_path / "film.mp4")), ("run", "--camera", "rtsp://camera/main")):
        status, documents, said = lane(*arguments, *command)
        assert (status, documents) == (3, [])
        assert "pip install 'vinspect[lane]'" in said
    assert lane("replay", str(label), *command)[0] == 0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("missing", "there is no such file or folder"), ("empty", "no photograph in this folder"), ("text", "no video")],
)
def test_a_source_that_is_none_says_so_in_one_line(name: str, sentence: str, tmp_path: Path, office: Office) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("a letter")
    status, documents, said = lane("replay", str(tmp_path / name), *PLACE, "--spool", str(tmp_path / "spool"))
    assert (status, documents) == (3, [])
    assert sentence in said
    assert "Traceback" not in said


def test_a_picture_of_the_folder_that_is_none_is_named_and_the_others_count(
    label: Path, tmp_path: Path, office: Office
) -> None:
    (label / "broken.jpg").write_bytes(b"no picture")
    status, documents, said = lane("replay", str(label), *PLACE, "--spool", str(tmp_path / "spool"), "--json")
    assert status == 3
    assert len(documents) == 1
    assert "broken.jpg" in said


def test_an_address_that_is_none_is_not_understood(label: Path, tmp_path: Path, office: Office) -> None:
    status, documents, said = lane("replay", str(label), *PLACE, "--server", "office:8000")
    assert (status, documents) == (2, [])
    assert "begins with http://" in said


def test_the_password_of_a_camera_is_not_told() -> None:
    assert without_password("rtsp://user:secret@10.0.0.7:554/main") == "rtsp://10.0.0.7:554/main"
    assert without_password("/dev/video0") == "/dev/video0"
