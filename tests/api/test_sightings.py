"""Findings that need the store, on both databases."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile
from sqlalchemy import create_engine, text

from vinspect.api.archive.tables import FileRow, RubbingRow
from vinspect.api.clock import written
from vinspect.api.document import inspect_document
from vinspect.api.record.audit import audit
from vinspect.api.sightings import watchlist
from vinspect.api.sightings.captured import captured, wrong
from vinspect.api.sightings.findings import APART, Sightings
from vinspect.api.sightings.prints import Prints
from vinspect.api.sightings.switches import switch
from vinspect.api.sightings.tables import PrintRow
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow
from vinspect.vision.compare import Comparison, Said
from vinspect.vision.evidence import Finding, Inspection, Report
from vinspect.vision.photo import photo_of

VIN = "LSVAM4187C2184841"
NETS: Any = None  # the road of paper needs none


def jpeg(seed: int, quality: int = 90, crop: int = 0, scale: float = 1) -> bytes:
    """Metal with scratches."""
    rng = np.random.default_rng(seed)
    grey = cv2.resize(rng.uniform(60, 180, (12, 16)).astype(np.float32), (640, 480), interpolation=cv2.INTER_CUBIC)
    for x, y, dx, dy in rng.integers(0, 480, (60, 4)):
        cv2.line(grey, (int(x), int(y)), (int(dx), int(dy)), float(rng.uniform(40, 220)), 2)
    part = np.clip(grey, 0, 255).astype(np.uint8)[crop:, crop:]
    part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


class Office:
    """A store that photographs come into."""

    def __init__(self, store: Store, paper: Inspection, patch: pytest.MonkeyPatch) -> None:
        self.store = store
        self.sightings = Sightings(store, NETS)
        self._paper = paper
        self._patch = patch

    def send(
        self,
        data: bytes,
        expect: str | None = None,
        station: str | None = None,
        *,
        number: str = VIN,
        ago: float = 0,
        captured: datetime | None = None,
    ) -> list[Finding]:
        """What the store finds of a photograph; ago: how many minutes ago it came in."""
        at = written(datetime.now(UTC) - timedelta(minutes=ago))
        self._patch.setattr("vinspect.api.store._now", lambda: at)
        return self.scored(self.accepted(data, expect, station, captured), number)

    def accepted(
        self, data: bytes, expect: str | None = None, station: str | None = None, captured: datetime | None = None
    ) -> AcceptedRow:
        """A photograph that is not scored yet."""
        row = AcceptedRow(
            photo="a.jpg", media_type="image/jpeg", format="auto", expect=expect, station=station, by=None, request=""
        )
        row.captured = None if captured is None else written(captured)
        return self.store.accept(row, data)

    def scored(self, row: AcceptedRow, number: str = VIN) -> list[Finding]:
        """What the store finds of an accepted photograph."""
        data = self.store.blobs.read(row.sha256)
        report = self._paper.report
        best = replace(report.readings[0], text=number, confidence=0.99)
        report = replace(report, photo=photo_of("a.jpg", data), readings=(best,))
        known = self.sightings.known(row, replace(self._paper, report=report, findings=()))
        self.store.scored(row.id, inspect_document(known.inspection), b"overlay", {}, known.beside)
        self.last = known.inspection
        return list(known.inspection.findings)


@pytest.fixture
def office(
    tmp_path: Path, url: str | None, paper_inspection: Inspection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    store = Store(tmp_path / "data", url)
    yield Office(store, paper_inspection, monkeypatch)
    store.close()


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


DAY = 24 * 60


@pytest.mark.parametrize(
    "again", [jpeg(1), jpeg(1, quality=40), jpeg(1, quality=60, crop=50), jpeg(1, quality=50, crop=70, scale=0.5)]
)
def test_a_photograph_that_was_used_for_another_number_is_known_again(office: Office, again: bytes) -> None:
    assert office.send(jpeg(1), VIN, ago=60) == []
    assert office.send(jpeg(2), VIN, ago=40) == []
    [finding] = office.send(again, "4M40-HB1234")
    assert finding.code == "photograph_used_before"
    assert f"for {VIN}" in finding.sentence
    assert f"用于号码 {VIN}（案件 " in finding.chinese
    assert finding.support > 1
    assert office.last.verdict.outcome in ("review", "suspect")


def test_a_photograph_that_was_scored_long_after_others_is_known_again(office: Office) -> None:
    late = office.accepted(jpeg(1), VIN)  # nobody waits for those of a batch
    for number in range(80):
        office.accepted(b"not scored yet %d" % number)
    assert office.send(jpeg(2), VIN) == []
    assert office.scored(late) == []
    [finding] = office.send(jpeg(1, quality=60, crop=50), "4M40-HB1234")
    assert finding.code == "photograph_used_before"
    assert office.send(jpeg(3), "4M40-HB1234", ago=DAY) == []


def test_of_two_photographs_the_one_that_is_scored_last_is_held_against_the_other(office: Office) -> None:
    late = office.accepted(jpeg(1), "4M40-HB1234")
    assert office.send(jpeg(1, quality=50), VIN) == []
    assert codes(office.scored(late)) == ["photograph_used_before"]


def test_a_photograph_that_surely_shows_another_number_is_another_one(office: Office) -> None:
    assert office.send(jpeg(1), VIN) == []
    assert office.send(jpeg(1, quality=60), number="LSVAM4187C2190253") == []
    assert codes(office.send(jpeg(1), number="LSVAM4187C2190253")) == ["photograph_used_before"]  # byte for byte


def test_a_photograph_of_another_day_is_known_again_and_one_sent_twice_is_not_a_finding(office: Office) -> None:
    assert office.send(jpeg(1), VIN, ago=3 * DAY) == []
    [finding] = office.send(jpeg(1, quality=50), VIN, ago=0)
    assert finding.code == "photograph_used_before"
    assert "take a new one" in finding.sentence
    assert office.send(jpeg(3), VIN) == []
    assert office.send(jpeg(3), VIN) == []


def test_a_photograph_that_was_deleted_is_known_by_its_hash_alone(office: Office) -> None:
    office.send(jpeg(1), VIN, ago=DAY * 2)
    office.store.delete(office.store.inspections(1)[0], "term of storage has ended", "somebody")
    assert office.send(jpeg(1, quality=50), "4M40-HB1235") == []
    assert codes(office.send(jpeg(1), "4M40-HB1234")) == ["photograph_used_before"]


def test_a_number_at_two_stations_within_a_short_time_is_two_vehicles(office: Office) -> None:
    assert office.send(jpeg(1), VIN, "north", ago=20) == []
    [finding] = office.send(jpeg(2), VIN, "south")
    assert finding.code == "seen_elsewhere"
    assert "station north within 20 minutes" in finding.sentence
    assert "north，20 分钟之内" in finding.chinese


def test_a_vehicle_that_had_the_time_to_drive_there_is_one(office: Office) -> None:
    office.send(jpeg(1), VIN, "north", ago=APART.total_seconds() / 60 + 5)
    assert office.send(jpeg(2), VIN, "south") == []
    assert office.send(jpeg(3), VIN, "south") == []


def test_a_number_that_is_watched_for_is_found_until_the_watch_ends(office: Office) -> None:
    with office.store.writing() as log:
        watchlist.watch(log, VIN, "stolen in March", "person:li")
    [finding] = office.send(jpeg(1), number=VIN)
    assert finding.code == "watched_number"
    assert "stolen in March" in finding.sentence
    assert codes(office.send(jpeg(2), VIN, number="4M40-HB1234")) == ["watched_number"]
    with office.store.writing() as log:
        row = log.session.get_one(watchlist.WatchRow, VIN)
        watchlist.watch_no_more(log, row, "person:li")
        watchlist.watch_no_more(log, row, "person:li")
    assert office.send(jpeg(3), number=VIN) == []


def test_a_finding_that_a_station_switched_off_is_not_made_for_its_cases(office: Office) -> None:
    with office.store.writing() as log:
        watchlist.watch(log, VIN, "stolen", "person:li")
        switch(log, "north", "watched_number", "person:li", "too many", on=False)
    assert office.send(jpeg(1), VIN, "north") == []
    assert "watched_number" in codes(office.send(jpeg(2), VIN, "south"))
    with office.store.writing() as log:
        switch(log, "north", "watched_number", "person:li", "as before", on=True)
        switch(log, "north", "watched_number", "person:li", "as before", on=True)
    assert "watched_number" in codes(office.send(jpeg(3), VIN, "north", ago=-60))


def test_what_is_watched_and_switched_is_in_the_log_and_tampering_is_named(office: Office, url: str | None) -> None:
    with office.store.writing() as log:
        watchlist.watch(log, VIN, "stolen", "person:li")
        watchlist.watch(log, "4M40-HB1234", "stolen", "person:li")
        watchlist.watch_no_more(log, log.session.get_one(watchlist.WatchRow, "4M40-HB1234"), "person:li")
        switch(log, "north", "stale_capture", "person:li", "the lane's clock", on=False)
        switch(log, "north", "seen_elsewhere", "person:li", "two gates", weight=0.5)
        switch(log, "south", "seen_elsewhere", "person:li", "two gates", weight=0.5)
    assert audit(office.store.folder, url=url)["findings"] == []
    engine = create_engine(url or f"sqlite:///{office.store.folder / 'vinspect.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE watchlist SET ended = created WHERE why = 'stolen' AND ended IS NULL"))
        connection.execute(text("DELETE FROM switches WHERE finding = 'stale_capture'"))
        connection.execute(text("UPDATE switches SET weight = 0 WHERE station = 'north'"))
    engine.dispose()
    named = [(each["kind"], each["what"]) for each in audit(office.store.folder, url=url)["findings"]]
    assert named == [
        ("changed", f"watched number {VIN}"),
        ("changed", "switch north seen_elsewhere"),
        ("lost", "switch north stale_capture"),
    ]


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_a_finding_counts_as_much_as_its_station_says(office: Office, weight: float) -> None:
    with office.store.writing() as log:
        watchlist.watch(log, VIN, "stolen", "person:li")
        switch(log, "south", "watched_number", "person:li", "many of that name", weight=weight)
    [full] = office.send(jpeg(1), VIN, "north", ago=60)
    [weighed] = office.send(jpeg(2), VIN, "south")
    assert weighed.support == pytest.approx(weight * full.support, abs=0.001)
    assert (office.last.verdict.outcome in ("review", "suspect")) == bool(weight)


# The rubbing on file


@pytest.fixture
def filed(office: Office, road: object) -> Office:
    """With two rubbings of the number in the archive."""
    with office.store.writing() as log:
        for place, number in enumerate((VIN, "4M40-HB1234"), 1):
            names = dict.fromkeys(("folded", "backwards", "inner"), number)
            log.session.add(FileRow(place=place, id=f"file-{place}", number=number, source="", **names))
        for place in (1, 2):
            sha256 = office.store.blobs.keep(jpeg(10 + place))
            facts = {"sha256": sha256, "media_type": "image/jpeg", "name": f"{place}.jpg", "source": ""}
            log.session.add(RubbingRow(place=place, of="file-1", **facts))
    return office


def compared(monkeypatch: pytest.MonkeyPatch, **supports: float | None) -> None:
    """What the comparison with each rubbing, by its name, says."""

    def compare(now: Report, file: Report, expect: str | None) -> Comparison:
        support = supports[f"rubbing_{Path(file.photo.name).stem}"]
        why = Said("other", "The number does not agree.", "不符。")
        return Comparison(now, file, "not the same striking", support, why, (), (), None, ())

    monkeypatch.setattr("vinspect.vision.compare.compare", compare)


def test_a_number_is_held_against_the_rubbing_on_file(filed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(monkeypatch, rubbing_1=2.5, rubbing_2=None)
    [finding] = filed.send(jpeg(1), VIN)
    assert (finding.code, finding.support) == ("not_as_on_file", 2.5)
    assert finding.sentence == "Against the rubbing on file (file-1): The number does not agree."
    assert finding.chinese == "与档案拓印膜比对：不符（档案 file-1）。"
    assert filed.last.verdict.outcome in ("review", "suspect")
    assert filed.send(jpeg(2), "4M40-HB1234") == []  # the file of which has no rubbing
    with filed.store.writing() as log:
        switch(log, "north", "not_as_on_file", "person:li", "rubbings are not scanned yet", on=False)
    assert filed.send(jpeg(3), VIN, "north") == []


def test_a_watched_number_comes_to_review_though_it_is_struck_as_on_file(
    filed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(monkeypatch, rubbing_1=-2.5, rubbing_2=None)
    assert codes(filed.send(jpeg(1), VIN)) == ["not_as_on_file"]
    assert filed.last.verdict.outcome == "cannot judge"
    with filed.store.writing() as log:
        watchlist.watch(log, VIN, "stolen in March", "person:li")
    assert set(codes(filed.send(jpeg(2), VIN))) == {"not_as_on_file", "watched_number"}
    assert filed.last.verdict.outcome == "review"
    assert (filed.last.verdict.support or 0) < 0


def test_one_rubbing_that_agrees_is_enough(filed: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(monkeypatch, rubbing_1=-1.5, rubbing_2=2.5)
    [finding] = filed.send(jpeg(1), VIN)
    assert finding.support == -1.5


def test_rubbings_that_cannot_be_compared_or_are_gone_make_no_finding(
    filed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(monkeypatch, rubbing_1=None, rubbing_2=2.5)
    with filed.store.reading() as session:
        sha256 = session.get_one(RubbingRow, 2).sha256
    filed.store.blobs.drop(sha256)
    assert filed.send(jpeg(1), VIN) == []


# The camera's clock


def taken(at: str, offset: str = "") -> bytes:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: at, **({0x9011: offset} if offset else {})})
    with io.BytesIO() as file:
        Image.new("L", (32, 32)).save(file, "JPEG", exif=exif)
        return file.getvalue()


ACCEPTED = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "offset", "code"),
    [
        ("2026:05:04 19:59:00", "+08:00", None),
        ("2026:05:04 20:10:00", "+08:00", None),
        ("2026:05:04 20:20:00", "+08:00", "future_capture"),
        ("2026:05:03 19:59:00", "+08:00", "stale_capture"),
        ("2026:05:04 07:59:00", "-04:00", None),
        ("2026:05:05 01:00:00", "", None),
        ("2026:05:05 03:00:00", "", "future_capture"),
        ("2026:05:03 01:00:00", "", None),
        ("2026:05:02 23:00:00", "", "stale_capture"),
    ],
)
def test_a_time_is_wrong_where_it_is_wrong_in_every_zone_that_it_may_be_of(
    at: str, offset: str, code: str | None
) -> None:
    found = captured(taken(at, offset))
    assert found is not None
    assert wrong(found, ACCEPTED) == code


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", jpeg(1), taken("0000:00:00 00:00:00"), taken("yesterday")])
def test_a_photograph_without_a_time_says_nothing(data: bytes) -> None:
    assert captured(data) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("timed", [True, False])
def test_the_time_is_found_without_decoding_the_picture(
    kind: str, timed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 1  # an empty one is not written
    exif.get_ifd(0x8769).update({0x9003: "2026:05:04 19:59:00"})
    Image.new("L", (40, 30)).save(file, kind, **({"exif": exif} if timed else {}))

    decoded: list[str] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: decoded.append(str(image.format)))
    assert (captured(file.getvalue()) is not None) == timed
    assert decoded == []


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=8))
def test_whatever_somebody_wrote_into_the_time_is_no_error(at: str, offset: str) -> None:
    try:
        data = taken(at, offset)
    except (UnicodeError, ValueError):
        return
    captured(data)


def test_a_stale_photograph_is_a_finding(office: Office) -> None:
    [finding] = office.send(taken("2019:01:01 00:00:00"), VIN)
    assert (finding.code, "today" in finding.sentence) == ("stale_capture", True)
    assert codes(office.send(taken("2999:01:01 00:00:00"), VIN)) == ["future_capture"]


@pytest.mark.parametrize(("ago", "codes_"), [(23, []), (25, ["stale_capture"]), (-0.2, []), (-0.3, ["future_capture"])])
def test_the_time_that_the_sender_says_is_looked_at_too(office: Office, ago: float, codes_: list[str]) -> None:
    found = office.send(jpeg(1), captured=datetime.now(UTC) - timedelta(hours=ago))
    assert codes(found) == codes_
    assert all("By its sender" in each.sentence for each in found)


def test_camera_and_sender_who_say_the_same_make_one_finding(office: Office) -> None:
    [finding] = office.send(taken("2019:01:01 00:00:00"), captured=datetime(2019, 1, 1, tzinfo=UTC))
    assert "By its camera" in finding.sentence


def test_what_lay_in_a_spool_for_hours_is_no_second_vehicle(office: Office) -> None:
    now = datetime.now(UTC)
    office.send(jpeg(1), VIN, "north", ago=5, captured=now - timedelta(hours=3))
    assert office.send(jpeg(2), VIN, "south") == []
    assert codes(office.send(jpeg(3), VIN, "east", captured=now - timedelta(hours=2.9))) == ["seen_elsewhere"]


# Prints


def test_the_nearest_prints_are_those_of_an_exhaustive_search(tmp_path: Path) -> None:
    store, rng, prints = Store(tmp_path), np.random.default_rng(0), Prints()
    kept = rng.integers(0, 256, (3000, 2, 32), np.uint8)
    with store.writing() as log:
        log.session.add_all(
            PrintRow(number=n, whole=w.tobytes(), around=a.tobytes() if n % 3 else None)
            for n, (w, a) in enumerate(kept)
        )
    asked = kept[1234].copy()
    asked[:, :6] ^= 0xFF
    with store.reading() as session:
        whole, around = [[kept[7, 0].tobytes()[::-1], mark.tobytes()] for mark in asked]
        assert prints.near(session, whole, around) == [1234]
    with store.writing() as log:
        log.session.add(PrintRow(number=5000, whole=asked[0].tobytes(), around=None))
    with store.reading() as session:
        assert prints.near(session, whole, []) == [5000, 1234]
    store.close()
