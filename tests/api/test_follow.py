"""A log is listed and proven over HTTP, and followed from another machine."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pymerkle
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from vinspect.api.cli import app
from vinspect.api.keys import hashed, make_key
from vinspect.api.record import merkle
from vinspect.api.record.entry import parsed
from vinspect.api.record.note import Checkpoint, PublicKey, Signer
from vinspect.api.service.app import create_app
from vinspect.api.store import Store

NETS: Any = None  # the road of paper needs none
JPEG = {"Content-Type": "image/jpeg"}
DOCS = Path(__file__).parents[2] / "docs"
Listening = Callable[[FastAPI], AbstractContextManager[str]]
Served = Callable[[Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]], str]


@pytest.fixture
def key(client: TestClient, data: Path) -> PublicKey:
    """The public key of the log."""
    return PublicKey.parse((data / "record.pub").read_text().strip())


@pytest.fixture
def database(url: str | None) -> str | None:
    """On both databases."""
    return url


def caller(url: str, key: str) -> httpx2.Client:
    """Whoever has this key, to a service that listens."""
    return httpx2.Client(base_url=url, headers={"X-API-Key": key})


def sent(client: httpx2.Client, jpeg: bytes) -> str:
    made: str = client.post("/v1/inspections", content=jpeg, headers=JPEG).json()["id"]
    return made


def test_entries_are_listed_the_newest_first_a_page_at_a_time_and_by_case(client: TestClient, jpeg: bytes) -> None:
    first, second = sent(client, jpeg), sent(client, jpeg)
    whole = client.get("/v1/log/entries").json()
    assert [each["index"] for each in whole["entries"]] == [5, 4, 3, 2, 1, 0]
    assert [each["entry"]["event"] for each in whole["entries"]][-2:] == ["key made", "log started"]
    assert whole["next"] is None
    pages, before = [], {}
    while before is not None:
        page = client.get("/v1/log/entries", params={"limit": 4, **before}).json()
        pages.append(page["entries"])
        before = None if page["next"] is None else {"before": page["next"]}
    assert [len(page) for page in pages] == [4, 2]
    assert [each for page in pages for each in page] == whole["entries"]
    about = client.get("/v1/log/entries", params={"inspection": first}).json()["entries"]
    assert [each["entry"]["event"] for each in about] == ["inspected", "photograph accepted"]
    assert {each["entry"]["inspection"] for each in about} == {first} != {second}
    assert client.get("/v1/log/entries", params={"inspection": "none"}).json() == {"entries": [], "next": None}


def test_each_entry_is_proven_under_the_newest_checkpoint(client: TestClient, jpeg: bytes, key: PublicKey) -> None:
    for _ in range(3):
        sent(client, jpeg)
    for each in client.get("/v1/log/entries").json()["entries"]:
        proven = client.get(f"/v1/log/entries/{each['index']}").json()
        assert proven["checkpoint"] == client.get("/v1/log/checkpoint").text
        checkpoint = Checkpoint.opened(proven["checkpoint"], key)
        leaf, path = merkle.leaf_hash(proven["body"].encode()), [bytes.fromhex(one) for one in proven["proof"]]
        assert merkle.included(leaf, each["index"], checkpoint.size, path, checkpoint.root)
        assert parsed(proven["body"].encode()) == each["entry"]
    missing = client.get("/v1/log/entries/99")
    assert (missing.status_code, "GET /v1/log/entries" in missing.json()["detail"]) == (404, True)


def test_the_proof_of_consistency_holds_for_another_implementation(
    client: TestClient, jpeg: bytes, key: PublicKey
) -> None:
    kept = client.get("/v1/log/checkpoint").text
    sent(client, jpeg)
    peer = pymerkle.InmemoryTree()
    for each in reversed(client.get("/v1/log/entries").json()["entries"]):
        peer.append_entry(client.get(f"/v1/log/entries/{each['index']}").json()["body"].encode())
    old = Checkpoint.opened(kept, key)
    answer = client.get("/v1/log/consistency", params={"size": old.size}).json()
    now = Checkpoint.opened(answer["checkpoint"], key)
    assert (peer.get_root(old.size), peer.get_root(now.size)) == (old.root, now.root)
    assert merkle.consistent(old.size, now.size, old.root, now.root, [bytes.fromhex(each) for each in answer["proof"]])
    assert client.get("/v1/log/consistency", params={"size": now.size}).json()["proof"] == []
    assert client.get("/v1/log/consistency", params={"size": now.size + 1}).status_code == 409


def follow(key_of_a_caller: str, url: str, kept: Path, key: PublicKey, *more: str) -> Result:
    arguments = ["follow", url, "--kept", str(kept), "--key", str(key), *more]
    return CliRunner(env={"VINSPECT_KEY": key_of_a_caller}).invoke(app, arguments, catch_exceptions=False)


def said(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.stdout)
    schema = json.loads((DOCS / "follow.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def test_what_is_kept_grows_with_the_log(
    listening: Listening, data: Path, admin: str, database: str | None, road: object, jpeg: bytes, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    with listening(create_app(data, NETS, url=database)) as url, caller(url, admin) as client:
        key = PublicKey.parse((data / "record.pub").read_text().strip())
        assert said(follow(admin, url, kept, key, "--json"))["kept"] is None
        assert kept.read_text() == client.get("/v1/log/checkpoint").text
        sent(client, jpeg)
        document = said(result := follow(admin, url, kept, key, "--json"))
        assert (result.exit_code, document["holds"], document["kept"], document["size"]) == (0, True, 2, 4)
        assert kept.read_text() == document["checkpoint"] == client.get("/v1/log/checkpoint").text
        again = follow(admin, url, kept, key)
        assert (again.exit_code, "goes on from the 4 kept: 4 entries" in again.stdout) == (0, True)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("kept")] == ["kept.txt"]


def test_a_log_that_was_cut_off_or_written_anew_is_told_and_the_checkpoint_stays(
    listening: Listening, road: object, jpeg: bytes, tmp_path: Path
) -> None:
    kept, data, backup, admin = tmp_path / "kept.txt", tmp_path / "store", tmp_path / "backup", make_key()
    store = Store(data)
    store.replace_keys(hashed(admin))
    store.close()
    shutil.copytree(data, backup)
    key = PublicKey.parse((data / "record.pub").read_text().strip())
    with listening(create_app(data, NETS)) as url, caller(url, admin) as client:
        sent(client, jpeg)
        assert follow(admin, url, kept, key).exit_code == 0
    held = kept.read_bytes()
    with listening(create_app(backup, NETS)) as url, caller(url, admin) as client:
        cut = follow(admin, url, kept, key)
        assert (cut.exit_code, "fewer than the 4 entries" in cut.stdout, str(kept) in cut.stdout) == (1, True, True)
        for _ in range(2):
            sent(client, jpeg)
        document = said(anew := follow(admin, url, kept, key, "--json"))
        assert (anew.exit_code, document["holds"], document["findings"][0]["kind"]) == (1, False, "changed")
    assert kept.read_bytes() == held


def test_what_another_key_has_signed_is_not_kept(
    served: Served, key: PublicKey, admin: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    signer = Signer.kept_in(other, make=True)
    note = signer.sign(Checkpoint(signer.public.name, 3, bytes(32)))
    url = served(lambda _: (200, {}, json.dumps({"size": 1, "proof": [], "checkpoint": note}).encode()))
    result = follow(admin, url, tmp_path / "kept.txt", key, "--json")
    assert (result.exit_code, said(result)["findings"][0]["kind"]) == (1, "forged")
    assert "stays as it was" not in follow(admin, url, tmp_path / "kept.txt", key).stdout
    assert not (tmp_path / "kept.txt").exists()
    (tmp_path / "kept.txt").write_text(note)
    refused = follow(admin, url, tmp_path / "kept.txt", key)
    assert (refused.exit_code, "kept of this log" in refused.stderr) == (3, True)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [(401, b'{"detail": "This API key is not known here."}', "not known here"), (200, b"<html>", "no Vinspect")],
)
def test_a_service_that_does_not_answer_as_one_is_told(
    client: TestClient, served: Served, key: PublicKey, admin: str, tmp_path: Path, status: int, body: bytes, told: str
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(before := client.get("/v1/log/checkpoint").text)
    for file in (kept, tmp_path / "new.txt"):
        result = follow(admin, served(lambda _: (status, {}, body)), file, key)
        assert (result.exit_code, told in result.stderr) == (3, True)
    assert not (tmp_path / "new.txt").exists()
    result = follow(admin, "http://127.0.0.1:9", kept, key)
    assert (result.exit_code, "check the address" in result.stderr) == (3, True)
    assert kept.read_text() == before
