"""A number is held against cleared vehicles of its maker, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vinspect.api.decisions import decide
from vinspect.api.document import inspect_document
from vinspect.api.sightings.findings import Sightings
from vinspect.api.sightings.switches import switch
from vinspect.api.sightings.tables import FormsRow
from vinspect.api.stations import Decision, add_station
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow
from vinspect.vision import maker
from vinspect.vision.evidence import Finding, Inspection, Looks
from vinspect.vision.maker import Forms
from vinspect.vision.photo import photo_of

NETS: Any = None  # nothing of this reads
LOOKS = Looks(0.0, (0.0,) * 17, (), (), (), ())
Came = Callable[..., list[Finding]]
"""A number by these dies comes in, and something is decided about it; what was found of it."""


def vin(serial: int, maker: str = "LSVAM4187C2") -> str:
    return f"{maker}{serial:06}"


def struck(dies: int, photograph: int) -> Forms:
    rng = np.random.default_rng(photograph)
    size = maker.learned().turn.shape[1]
    forms = np.random.default_rng(dies).normal(size=(33, size)) + rng.normal(0, 0.3, (33, size))
    forms /= np.linalg.norm(forms, axis=1, keepdims=True)
    return Forms(np.arange(33, dtype=np.uint8), forms.astype(np.float32))


@pytest.fixture
def store(tmp_path: Path, url: str | None) -> Iterator[Store]:
    store = Store(tmp_path / "data", url)
    with store.writing() as log:
        add_station(log, "north", "North", [], "person:li")
        add_station(log, "south", "South", ["cleared"], "person:li")
    yield store
    store.close()


@pytest.fixture
def came(store: Store, paper_inspection: Inspection, monkeypatch: pytest.MonkeyPatch) -> Came:
    sightings, count = Sightings(store, NETS), iter(range(1000))

    def send(
        dies: int,
        *decisions: Decision,
        number: str | None = None,
        station: str = "north",
        looks: Looks | None = LOOKS,
    ) -> list[Finding]:
        k = next(count)
        noise = np.random.default_rng(k).integers(0, 255, (480, 640), np.uint8)
        data = cv2.imencode(".jpg", noise)[1].tobytes()
        monkeypatch.setattr(maker, "forms_of", lambda reading: struck(dies, k))
        row = AcceptedRow(
            photo="a.jpg", media_type="image/jpeg", format="auto", expect=None, station=station, by=None, request=""
        )
        row = store.accept(row, data)
        report = paper_inspection.report
        best = replace(report.readings[0], text=number or vin(k), confidence=0.99)
        report = replace(report, photo=photo_of("a.jpg", data), readings=(best,))
        known = sightings.known(row, replace(paper_inspection, report=report, findings=(), looks=looks))
        kept = store.scored(row.id, inspect_document(known.inspection), b"overlay", {}, known.beside)
        for version, decision in enumerate(decisions):
            with store.writing() as log:
                decide(log, kept, decision, "seen", "person:wang", after=version)
        return [f for f in known.inspection.findings if f.code == "not_as_its_maker"]

    return send


def test_a_number_by_other_dies_than_cleared_vehicles_of_its_maker_is_told(came: Came) -> None:
    assert came(1, "cleared") == []
    assert came(1, "cleared") == []  # one vehicle is none
    [same], [other] = came(1), came(2)
    assert same.support < 0 < other.support
    assert other.sentence == (
        "Its characters are struck unlike those of 2 cleared vehicles of the same maker, plant and model year "
        "(LSV, 2, C)."
    )
    assert other.chinese == "与同厂已放行车辆的打刻比对：与 2 辆（LSV，装配厂 2，年份代码 C）不相似。"
    assert "struck like" in same.sentence


def test_only_what_stands_as_cleared_teaches(came: Came) -> None:
    for decisions in ([], ["confirmed"], ["retake"], ["re-strike"], ["cleared", "confirmed"]):
        for _ in range(2):
            came(1, *decisions)
    for _ in range(2):
        came(1, "cleared", station="south")  # where two must sign
    assert came(1) == []
    for _ in range(2):
        came(1, "confirmed", "cleared")
    assert len(came(1)) == 1


def test_other_makers_plants_and_years_teach_nothing_of_this_one(came: Came) -> None:
    for whose in ("LFVAM4187C2", "LSVAM4187C3", "LSVAM4187D2"):
        for serial in range(3):
            came(1, "cleared", number=vin(serial, whose))
    assert came(2) == []


def test_the_same_vehicle_counts_once_and_never_for_itself(came: Came) -> None:
    for _ in range(3):
        came(1, "cleared", number=vin(7))
    assert came(1, number=vin(7)) == []
    assert came(1, number=vin(8)) == []
    came(1, "cleared", number=vin(9))
    assert len(came(1, number=vin(8))) == 1


def test_what_was_not_judged_or_is_no_vin_neither_teaches_nor_is_told(came: Came, store: Store) -> None:
    for _ in range(2):
        came(1, "cleared", looks=None)
        came(1, "cleared", number="4M40-HB1234")
    assert came(2) == []
    with store.reading() as session:
        assert session.query(FormsRow).count() == 1  # the last one's
    came(1, "cleared")
    came(1, "cleared")
    assert came(2, looks=None) == []
    assert came(2, number="4M40-HB1235") == []


def test_forms_by_another_fit_are_not_compared(came: Came, monkeypatch: pytest.MonkeyPatch) -> None:
    came(1, "cleared")
    came(1, "cleared")
    monkeypatch.setattr(maker, "made_by", lambda: "newer")
    assert came(2) == []


def test_a_station_may_switch_it_off(came: Came, store: Store) -> None:
    came(1, "cleared")
    came(1, "cleared")
    with store.writing() as log:
        switch(log, "north", "not_as_its_maker", "person:li", "a plant with three lines of dies", on=False)
    assert came(2) == []
    assert len(came(2, station="south")) == 1
