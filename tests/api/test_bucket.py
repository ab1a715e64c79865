"""Photographs in a bucket, behind a server of this machine that speaks S3."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from vinspect.api.cli import app
from vinspect.api.record.audit import audit
from vinspect.api.settings import SettingsError, settings

BUCKET = "s3://kept/vinspect"


@pytest.fixture(scope="module")
def storage() -> Iterator[Any]:
    """The storage as its owner sees it, with a bucket in it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_REGION", "us-east-1")
        owner = boto3.client("s3", region_name="us-east-1")
        owner.create_bucket(Bucket="kept")
        yield owner
    server.stop()


@pytest.fixture
def bucket(storage: Any) -> Any:
    """The same, with nothing in it."""
    for each in objects(storage):
        storage.delete_object(Bucket="kept", Key=each)
    return storage


def objects(storage: Any) -> list[str]:
    return [each["Key"] for each in storage.list_objects_v2(Bucket="kept").get("Contents", [])]


def posted(client: Any, jpeg: bytes) -> Any:
    answer = client.post("/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_photographs_lie_in_the_bucket_and_not_in_the_folder(opened: Any, data: Path, bucket: Any, jpeg: bytes) -> None:
    with opened(photographs=BUCKET) as client:
        case = posted(client, jpeg)
        assert client.get("/health/ready").status_code == 200
        shown = client.get(f"/v1/inspections/{case['id']}/photo")
        assert (shown.content, shown.headers["content-type"]) == (jpeg, "image/jpeg")
        assert client.get(f"/v1/inspections/{case['id']}/evidence").status_code == 200
    sha256 = case["sha256"]
    assert f"vinspect/{sha256[:2]}/{sha256}" in objects(bucket)
    assert len(objects(bucket)) == 2  # and the overlay
    assert not (data / "blobs").exists()


def test_commands_find_the_bucket_by_the_settings_of_the_store(
    opened: Any, data: Path, tmp_path: Path, bucket: Any, jpeg: bytes
) -> None:
    with opened(photographs=BUCKET) as client:
        case = posted(client, jpeg)
    (data / "vinspect.toml").write_text(f'photographs = "{BUCKET}"', encoding="utf-8")
    run, at = CliRunner().invoke, ["--data", str(data)]
    assert run(app, ["audit", *at]).exit_code == 0
    file = str(tmp_path / "case.zip")
    assert run(app, ["export", case["id"], "--to", file, *at]).exit_code == 0
    assert run(app, ["verify", file, "--key", str(data / "record.pub")]).exit_code == 0
    assert run(app, ["delete", case["id"], "--reason", "term has ended", *at]).exit_code == 0
    assert objects(bucket) == []
    assert run(app, ["audit", *at]).exit_code == 0


def test_the_audit_names_what_was_changed_in_the_bucket_or_lost_from_it(
    opened: Any, data: Path, bucket: Any, jpeg: bytes
) -> None:
    with opened(photographs=BUCKET) as client:
        case = posted(client, jpeg)
    bucket.put_object(Bucket="kept", Key="vinspect/notes.txt", Body=b"a stranger's")
    photo = f"vinspect/{case['sha256'][:2]}/{case['sha256']}"
    [overlay] = set(objects(bucket)) - {photo, "vinspect/notes.txt"}
    bucket.put_object(Bucket="kept", Key=photo, Body=jpeg + b"another")
    bucket.delete_object(Bucket="kept", Key=overlay)
    found = audit(data, photographs=BUCKET)
    assert {(each["kind"], each["what"].removeprefix("file ")) for each in found["findings"]} == {
        ("changed", case["sha256"]),
        ("lost", overlay.rpartition("/")[2]),
    }
    assert any(f"{BUCKET}/notes.txt" in remark for remark in found["remarks"])


def test_nothing_is_accepted_that_the_bucket_does_not_take(opened: Any, bucket: Any, jpeg: bytes) -> None:
    with opened(photographs="s3://no-such-bucket") as client:
        assert client.get("/health/ready").status_code == 503
        answer = client.post("/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg"})
        assert answer.status_code == 503
        assert client.get("/v1/inspections").json()["inspections"] == []


def test_storage_that_is_away_is_told_and_nothing_is_kept(
    opened: Any, bucket: Any, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # where nobody listens
    with opened(photographs=BUCKET) as client:
        assert client.get("/health/ready").status_code == 503
        answer = client.post("/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg"})
        assert answer.status_code == 503
        assert "photographs" in answer.json()["detail"]
        assert client.get("/v1/inspections").json()["inspections"] == []


def test_an_address_that_is_no_bucket_is_refused() -> None:
    for wrong in ("/srv/photographs", "http://minio:9000/kept", "s3://", "s3://kept?region=x"):
        with pytest.raises(SettingsError, match="s3://BUCKET"):
            settings(photographs=wrong)
    assert json.loads(settings(photographs=BUCKET).model_dump_json())["photographs"] == BUCKET
