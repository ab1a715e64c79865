"""The watch list and the switches over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from vinspect.api.keys import hashed
from vinspect.api.sightings.switches import SWITCHED
from vinspect.api.store import Store
from vinspect.api.tables import EntryRow

NETS: Any = None  # the road of paper needs none
VIN = "LSVAM4187C2184841"


@pytest.fixture
def client(opened: Any) -> Iterator[TestClient]:
    """Of a service that has a station."""
    with opened() as client:
        assert client.post("/v1/stations", json={"id": "north", "name": "north"}).status_code == 201
        yield client


def test_a_photograph_of_a_watched_number_gets_the_finding_and_goes_to_review(
    client: TestClient, jpeg: bytes
) -> None:
    put = client.put(f"/v1/watchlist/{VIN.lower()}", json={"why": "stolen in March"})
    assert put.json()["number"] == VIN
    sent = client.post("/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg"}).json()
    [finding] = [each for each in sent["findings"] if each["code"] == "watched_number"]
    assert "stolen in March" in finding["sentence"]
    assert sent["verdict"] in ("review", "suspect")
    assert client.get(f"/v1/inspections/{sent['id']}").json()["findings"] == sent["findings"]


def test_the_list_goes_on_where_the_page_before_ended_and_forgets_what_ended(client: TestClient) -> None:
    for number in ("AAAA1", "AAAA2", "AAAA3"):
        client.put(f"/v1/watchlist/{number}", json={"why": "stolen"})
    assert client.delete("/v1/watchlist/AAAA2").json()["ended"] is not None
    first = client.get("/v1/watchlist", params={"limit": 1}).json()
    rest = client.get("/v1/watchlist", params={"after": first["next"]}).json()
    assert [each["number"] for each in first["numbers"] + rest["numbers"]] == ["AAAA1", "AAAA3"]
    assert rest["next"] is None


def test_a_station_switches_what_is_given_and_keeps_the_others(client: TestClient) -> None:
    wanted = {"findings": {"stale_capture": False}, "weights": {"seen_elsewhere": 0.5}, "why": "the lane's clock"}
    answer = client.patch("/v1/stations/north/findings", json=wanted)
    assert answer.json()["findings"] == {each: each != "stale_capture" for each in SWITCHED}
    assert answer.json()["weights"] == {each: 0.5 if each == "seen_elsewhere" else 1.0 for each in SWITCHED}
    assert client.get("/v1/stations/north/findings").json() == answer.json()
    again = client.patch("/v1/stations/north/findings", json={"weights": {"stale_capture": 0}, "why": "none"})
    assert (again.json()["findings"], again.json()["weights"]["stale_capture"]) == (answer.json()["findings"], 0)


def test_who_switched_what_and_why_is_logged_and_what_was_in_force_stands_with_each_verdict(
    client: TestClient, data: Path, jpeg: bytes
) -> None:
    wanted = {"findings": {"stale_capture": False}, "weights": {"seen_elsewhere": 0.5}, "why": "the lane's clock"}
    client.patch("/v1/stations/north/findings", json=wanted)
    for station in ("north", None):
        params = {"station": station} if station else {}
        client.post("/v1/inspections", params=params, content=jpeg, headers={"Content-Type": "image/jpeg"})
    store = Store(data)
    with store.reading() as session:
        said = [json.loads(entry.body) for entry in session.scalars(select(EntryRow).order_by(EntryRow.index))]
    store.close()
    switched = [each for each in said if each["event"] == "finding switched"]
    by = f"key:{hashed(client.headers['x-api-key'])}"
    assert {(each["finding"], each["on"], each["weight"]) for each in switched} == {
        ("stale_capture", False, 1),
        ("seen_elsewhere", True, 0.5),
    }
    assert {(each["station"], each["why"], each["by"]) for each in switched} == {("north", "the lane's clock", by)}
    north, none = (each["findings"] for each in said if each["event"] == "inspected")
    assert none == {each: {"on": True, "weight": 1} for each in SWITCHED}
    changed = {"stale_capture": {"on": False, "weight": 1}, "seen_elsewhere": {"on": True, "weight": 0.5}}
    assert north == none | changed


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("PUT", "/v1/watchlist/A%25", {"why": "stolen"}, 422),
        ("PUT", "/v1/watchlist/AAAA1", {"why": " "}, 422),
        ("DELETE", "/v1/watchlist/AAAA1", None, 404),
        ("GET", "/v1/stations/south/findings", None, 404),
        ("PATCH", "/v1/stations/south/findings", {"why": "x"}, 404),
        ("PATCH", "/v1/stations/north/findings", {"findings": {"watched": True}, "why": "x"}, 422),
        ("PATCH", "/v1/stations/north/findings", {"findings": {"stale_capture": True}}, 422),
        ("PATCH", "/v1/stations/north/findings", {"weights": {"stale_capture": 2.1}, "why": "x"}, 422),
        ("PATCH", "/v1/stations/north/findings", {"weights": {"stale_capture": -1}, "why": "x"}, 422),
    ],
)
def test_what_cannot_be_is_a_problem_that_says_what_to_do(
    client: TestClient, method: str, path: str, sent: Any, status: int
) -> None:
    answer = client.request(method, path, json=sent)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert any("一" <= character <= "鿿" for character in answer.json()["detail_zh"])
