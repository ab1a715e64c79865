"""Cases whose numbers are struck by the same hand are found, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from vinspect.api.record.audit import audit
from vinspect.api.sightings import hands
from vinspect.api.sightings.tables import HandRow
from vinspect.api.store import Store
from vinspect.vision import inspector
from vinspect.vision.evidence import Inspection, Looks, Reading

Sent = Callable[..., str]
"""Sends a photograph of a number that is struck so, and gives the case's id."""
PATH = "/v1/archive/same-hand"


@pytest.fixture
def database(url: str | None) -> str | None:
    return url


@pytest.fixture
def sent(client: TestClient, road: Any, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> Sent:
    paper = road.inspect

    def send(*direction: float, **more: Any) -> str:
        def judged(*asked: object) -> Inspection:
            looks = Looks(0.0, (0.0,) * 17, (), (), (), ()) if direction else None
            return replace(paper(*asked), looks=looks)

        def hand(_reading: Reading) -> np.ndarray:
            return np.array(direction, np.float32) / np.float32(np.linalg.norm(direction))

        monkeypatch.setattr(inspector, "inspect", judged)
        monkeypatch.setattr(hands, "hand_of", hand)
        answer = client.post("/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg"}, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return send


def asked(client: TestClient, id: str, **more: Any) -> Any:
    answer = client.get(PATH, params={"inspection": id, "why": "a ring of forgers", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_other_cases_of_the_same_hand_come_first_and_the_case_itself_is_none_of_them(
    client: TestClient, sent: Sent
) -> None:
    far, near, one, nearest = sent(0, 1), sent(4, 3), sent(1, 0), sent(20, 1)
    found = asked(client, one)
    assert found["comparable"] is True
    assert [each["id"] for each in found["inspections"]] == [nearest, near, far]
    assert found["inspections"][1]["likeness"] == pytest.approx(0.8, abs=1e-3)
    assert found["inspections"][1]["verdict"] == "review"
    assert [each["id"] for each in asked(client, one, limit=1)["inspections"]] == [nearest]
    later = sent(30, 1)
    assert asked(client, one)["inspections"][0]["id"] == later


def test_what_was_not_judged_has_no_hand_and_is_never_found(client: TestClient, sent: Sent) -> None:
    unjudged, one = sent(), sent(1, 0)
    assert asked(client, one)["inspections"] == []
    assert asked(client, unjudged) == {"inspection": unjudged, "comparable": False, "inspections": []}


def test_hands_by_other_weights_are_not_compared(
    client: TestClient, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sent(1, 0)
    monkeypatch.setattr(hands, "made_by", lambda: "newer")
    one = sent(1, 0)
    assert asked(client, before)["comparable"] is False
    assert asked(client, one)["inspections"] == []


def test_whoever_sees_one_station_finds_its_cases_alone(client: TestClient, sent: Sent) -> None:
    for name in ("north", "south"):
        assert client.post("/v1/stations", json={"id": name, "name": name}).status_code == 201
    south, north, one = (sent(1, 0, params={"station": name}) for name in ("south", "north", "north"))
    person = {"name": "li", "role": "inspector", "password": "correct horse battery", "station": "north"}
    assert client.post("/v1/people", json=person).status_code == 201
    assert {each["id"] for each in asked(client, one)["inspections"]} == {south, north}
    del client.headers["X-API-Key"]
    assert client.post("/v1/session", json={"name": "li", "password": "correct horse battery"}).is_success
    assert [each["id"] for each in asked(client, one)["inspections"]] == [north]
    assert client.get(PATH, params={"inspection": south, "why": "x"}).status_code == 404


def test_who_looked_why_and_what_was_found_is_in_the_log_and_the_store_holds(
    client: TestClient, sent: Sent, data: Path, database: str | None
) -> None:
    other, one = sent(1, 1), sent(1, 0)
    asked(client, one)
    assert client.get(PATH, params={"inspection": one, "why": " "}).status_code == 422
    store = Store(data, database)
    with store.writing() as log:
        [entry] = [each for each in log.about(one) if each.event == "hand looked up"]
    store.close()
    assert "a ring of forgers" in entry.body
    assert other in entry.body
    assert audit(data, url=database)["holds"]


def test_a_hand_outlives_the_service(client: TestClient, sent: Sent, data: Path, database: str | None) -> None:
    other, one = sent(3, 4), sent(0, 1)
    store = Store(data, database)
    with store.reading() as session:
        assert session.query(HandRow).count() == 2
        [alike] = hands.Hands().near(session, one, 5) or []
    store.close()
    assert (alike.id, alike.likeness) == (other, pytest.approx(0.8, abs=1e-3))


def test_more_hands_than_there_is_room_for_at_first_are_all_looked_through(
    client: TestClient, sent: Sent, data: Path, database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_FIRST", 2)
    every = [sent(1, place) for place in range(6)]
    store = Store(data, database)
    with store.reading() as session:
        found = hands.Hands().near(session, every[0], 10) or []
    store.close()
    assert [each.id for each in found] == every[1:]
