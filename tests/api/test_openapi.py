"""The service does as its OpenAPI says: tried a little on every call here, and much more by benchmarks/openapi.py."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

ROOT = Path(__file__).parents[2]
OPENAPI: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks" / "openapi.py"))
PAPER = (sys.executable, str(Path(__file__).with_name("paper_service.py")))


def test_every_call_answers_what_is_described_whatever_it_is_sent(tmp_path: Path) -> None:
    service = OPENAPI["SERVE"]["Service"](tmp_path / "data", None, PAPER)
    with service.running():
        done = OPENAPI["gone_over"](service, 150, 1, "fuzzing")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/batches", {"GET", "POST"}),
        ("/v1/watchlist/A", {"PUT", "DELETE"}),
        ("/v1/archive/imports", {"GET", "POST"}),
        ("/health", {"GET"}),
    ],
)
def test_an_address_that_does_not_take_a_method_says_which_it_takes(
    client: TestClient, path: str, methods: set[str]
) -> None:
    answer = client.request("OPTIONS", path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == methods
    assert answer.json()["detail_zh"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'"\xd8'])
def test_a_body_that_cannot_be_read_is_refused_as_the_description_says(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/keys", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "detail_zh" in answer.json()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/v1/stations/north/findings", {"findings": {"stale_capture": 0}, "why": "x"}),
        ("PATCH", "/v1/stations/north/findings", {"weights": {"stale_capture": "1"}, "why": "x"}),
        ("PATCH", "/v1/people/x", {"left": 1}),
        ("POST", "/v1/batches", {"expected": "3"}),
        ("POST", "/v1/inspections/x/decisions", {"decision": "cleared", "reason": "x", "after": True}),
    ],
)
def test_what_looks_like_a_number_or_a_yes_is_none(client: TestClient, method: str, path: str, body: Any) -> None:
    assert client.request(method, path, json=body).status_code == 422


def test_a_whole_number_may_be_written_with_a_point(client: TestClient) -> None:
    answer = client.post("/v1/batches", json={"expected": 3.0})
    assert (answer.status_code, answer.json()["expected"]) == (201, 3)


@pytest.mark.parametrize(("since", "status"), [("0.5", 422), ("1764000000", 422), ("2026-11-01", 200)])
def test_a_time_is_no_count_of_seconds(client: TestClient, since: str, status: int) -> None:
    assert client.get("/v1/inspections", params={"from": since}).status_code == status
