"""The report: two pages in either language, that say what was found and what was not judged."""

from __future__ import annotations

import builtins
import hashlib
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from vinspect.api.cli import app
from vinspect.api.document import inspect_document, json_line
from vinspect.api.record.verify import verify
from vinspect.api.report import words
from vinspect.api.report.command import NoReport, pdf
from vinspect.api.report.kept import inspection_of
from vinspect.vision.compare import Comparison, Said
from vinspect.vision.evidence import Finding, Inspection, Language, Reason, Report, Verdict
from vinspect.vision.photo import photo_of
from vinspect.vision.quality import SENTENCES


@pytest.fixture
def inspection(road: Any, jpeg: bytes) -> Inspection:
    return road.inspect(photo_of("car.jpg", jpeg))


def pages(data: bytes) -> list[str]:
    """The text of each page, without its line breaks."""
    return [page.get_textpage().get_text_range().replace("\r\n", " ") for page in pypdfium2.PdfDocument(data)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_has_two_pages_that_tell_every_step_and_the_propositions(
    inspection: Inspection, language: Language
) -> None:
    first, second = pages(pdf(inspection, None, language))
    for part in words.PARTS:
        title = words.STEPS[part][language][0]
        assert title in (first if part in ("read", "shapes", "line") else second)
    assert "LSVAM4187C2184841" in first
    assert {"en": "two propositions", "zh": "两个命题"}[language] in first
    assert inspection.report.photo.sha256 in first
    assert inspection.report.photo.sha256 in second


def test_the_same_inspection_gives_the_same_report(inspection: Inspection) -> None:
    assert pdf(inspection, None, "en") == pdf(inspection, None, "en")


def test_a_character_that_is_marked_is_spoken_of_though_it_makes_no_finding(inspection: Inspection) -> None:
    supports = tuple(1.4 if place == 3 else -1.2 for place in range(len(inspection.report.readings[0].characters)))
    leaning = replace(inspection, findings=(), verdict=Verdict("clear", 0.5, supports, None))
    assert "Character 4, A, leans to not as struck (+1.4)" in pages(pdf(leaning, None, "en"))[0]
    assert "第4位A偏向非原厂打刻（+1.4）" in pages(pdf(leaning, None, "zh"))[0].replace(" ", "")
    plain = replace(leaning, verdict=Verdict("clear", -0.5, tuple(-1.2 for _ in supports), None))
    assert "No character stands out from its equals." in pages(pdf(plain, None, "en"))[0]


def test_what_cannot_be_judged_is_said_with_its_reason_in_both_languages(inspection: Inspection) -> None:
    unjudged = replace(
        inspection, findings=(), verdict=Verdict("cannot judge", None, (), Reason("glare", "Glare.", "反光。"))
    )
    assert "Not judged. Glare." in pages(pdf(unjudged, None, "en"))[0]
    assert "未作判断。反光。" in pages(pdf(unjudged, None, "zh"))[0].replace(" ", "")


def test_a_photograph_without_a_number_has_a_report_too(road: Any, jpeg: bytes) -> None:
    first, second = pages(pdf(road.inspect(photo_of("empty.jpg", jpeg)), None, "en"))
    assert "none could be read" in first
    assert "No conclusion either way" in second


def test_a_finding_of_a_code_that_nobody_foresaw_is_told_all_the_same(inspection: Inspection) -> None:
    odd = Finding("ground_away", (3,), 1.2, "Ground about the 4th <&>.", "第 4 位周围经打磨 <&>。", None)
    for language, said in (("en", "Ground about the 4th <&>."), ("zh", "位周围经打磨<&>。")):
        told = pages(pdf(replace(inspection, findings=(odd,)), None, language))[1]
        assert said.replace(" ", "") in told.replace(" ", "")


def test_what_others_of_its_maker_say_stands_for_no_rubbing_on_file(inspection: Inspection) -> None:
    unlike = Finding("not_as_its_maker", (), 0.6, "Its characters are struck unlike those.", "", None)
    told = pages(pdf(replace(inspection, findings=(unlike,)), None, "en"))[1]
    assert "Its characters are struck unlike those." in told
    assert "no picture from the file was given" in told
    assert words.FILE_NOT_SHOWN["en"] not in told


def test_many_findings_do_not_make_a_third_page(inspection: Inspection) -> None:
    many = tuple(Finding(code, (3,), 0.5, "A long sentence. " * 30, "", None) for code in ("layout", "glyph", "x") * 9)
    assert len(pages(pdf(replace(inspection, findings=many), None, "en"))) == 2


def test_an_inspection_comes_back_out_of_its_document(inspection: Inspection) -> None:
    document = inspect_document(inspection)
    again = inspect_document(inspection_of(json.loads(json_line(document)), inspection.report.photo))
    again["ms"] = document["ms"]
    again["photo"] = document["photo"]
    assert again == document


def test_every_word_of_the_report_has_both_languages() -> None:
    for table in (words.OUTCOMES, words.NEXT, words.NOTHING, words.LABELS, words.SURFACES, words.STEPS):
        for said in table.values():
            assert set(said) == {"en", "zh"}


def test_the_command_writes_the_report(folder: Path, tmp_path: Path, road: object) -> None:
    to = tmp_path / "report.pdf"
    done = CliRunner().invoke(app, ["report", str(folder / "a.jpg"), "--lang", "zh", "-o", str(to)])
    assert (done.exit_code, len(pages(to.read_bytes()))) == (0, 2)


def test_a_report_that_cannot_be_written_is_one_sentence(folder: Path, tmp_path: Path, road: object) -> None:
    to = tmp_path / "nowhere" / "report.pdf"
    done = CliRunner().invoke(app, ["report", str(folder / "a.jpg"), "-o", str(to)])
    assert done.exit_code == 3
    assert "name another file with -o" in done.stderr


def test_a_missing_reportlab_says_what_to_install(inspection: Inspection, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "vinspect.api.report.pages":
            raise ModuleNotFoundError("No module named 'reportlab'", name="reportlab")
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoReport, match=r"pip install 'vinspect\[report\]'"):
        pdf(inspection, None, "en")


def test_a_finding_from_before_documents_spoke_chinese_is_said_by_its_code_and_in_its_own_words() -> None:
    old: Any = {"code": "stray", "characters": [3, 5], "support": 1.0, "sentence": "It leans 4° to the right."}
    assert words.finding(old, "zh") == "第 4、6 位字符与其余字符不一致。 It leans 4° to the right."
    assert words.finding({**old, "code": "ground_away"}, "zh") == "It leans 4° to the right."
    assert words.finding(old, "en") == "It leans 4° to the right."
    assert words.why({"code": "dark", "sentence": "Too dark."}, "zh") == SENTENCES["dark"]["zh"]


def test_the_service_answers_the_report_of_what_was_answered_then(client: TestClient, jpeg: bytes) -> None:
    made = client.post("/v1/inspections", files={"photo": ("car.jpg", jpeg)}).json()
    answer = client.get(f"/v1/inspections/{made['id']}/report", params={"lang": "zh"})
    assert client.get("/v1/inspections/none/report").status_code == 404
    assert client.get(f"/v1/inspections/{made['id']}/report?lang=de").status_code == 422
    assert answer.headers["content-type"] == "application/pdf"
    assert "LSVAM4187C2184841" in pages(answer.content)[0]


def test_the_report_speaks_the_language_that_is_asked_for_or_liked_best(client: TestClient, jpeg: bytes) -> None:
    made = client.post("/v1/inspections", files={"photo": ("car.jpg", jpeg)}).json()
    for lang, liked, language in (("", "", "en"), ("", "zh-CN,zh;q=0.9", "zh"), ("?lang=en", "zh-CN", "en")):
        answer = client.get(f"/v1/inspections/{made['id']}/report{lang}", headers={"Accept-Language": liked})
        assert answer.headers["content-language"] == language
        assert words.TITLE[language] in pages(answer.content)[0]


# The rubbing on file


@pytest.fixture
def filed(client: TestClient, jpeg: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a case whose number has a file with a rubbing, which does not agree with it."""

    def compare(now: Report, file: Report, expect: str | None) -> Comparison:
        return Comparison(
            now, file, "not the same striking", 2.5, Said("other", "They differ.", "两者不符。"), (), (), None, ()
        )

    monkeypatch.setattr("vinspect.vision.compare.compare", compare)
    files = [("table", ("files.csv", b"number,rubbing\nLSVAM4187C2184841,a.jpg")), ("rubbing", ("a.jpg", jpeg + b"a"))]
    started = client.post("/v1/archive/imports", files=files).headers["location"]
    while client.get(started).json()["finished"] is None:
        time.sleep(0.01)
    return str(client.post("/v1/inspections", files={"photo": ("car.jpg", jpeg)}).json()["id"])


def lookups(client: TestClient) -> list[dict[str, Any]]:
    """What the log says of the file."""
    [file] = client.get("/v1/archive?number=LSVAM4187C2184841").json()["files"]
    return [each["entry"] for each in client.get(f"/v1/archive/{file['id']}/events").json()["events"]]


def test_the_report_lays_the_rubbing_on_file_on_the_photograph_and_the_log_says_for_whom(
    client: TestClient, filed: str, jpeg: bytes
) -> None:
    sha256 = hashlib.sha256(jpeg + b"a").hexdigest()
    assert lookups(client) == []
    for language, *told in (
        ("en", "They differ.", "not the same striking: a.jpg"),
        ("zh", "两者不符", "并非同一次打刻：a.jpg"),
    ):
        _, second = pages(client.get(f"/v1/inspections/{filed}/report?lang={language}").content)
        assert all(said in second for said in told)
        assert "+2.5" in second
        assert sha256 in second.replace(" ", "")
    told = [(each["event"], each["why"], each["rubbing"]) for each in lookups(client)]
    assert told == [("file looked up", f"report of inspection {filed}", sha256)] * 2


def test_a_camera_gets_its_report_without_the_archives_rubbing(client: TestClient, filed: str, jpeg: bytes) -> None:
    client.post("/v1/stations", json={"id": "north", "name": "North"}).raise_for_status()
    key = {"X-API-Key": client.post("/v1/keys", json={"station": "north", "name": "camera"}).json()["key"]}
    made = client.post("/v1/inspections", files={"photo": ("car.jpg", jpeg)}, headers=key).json()
    _, second = pages(client.get(f"/v1/inspections/{made['id']}/report", headers=key).content)
    assert words.FILE_NOT_SHOWN["en"] in second
    assert lookups(client) == []


def test_an_exported_case_shows_the_rubbing_on_file_until_the_photograph_is_deleted(
    client: TestClient, filed: str, data: Path, tmp_path: Path
) -> None:
    for name in ("service", "command", "deleted"):
        to = tmp_path / f"{name}.zip"
        if name == "service":
            to.write_bytes(client.get(f"/v1/inspections/{filed}/evidence").content)
        else:
            if name == "deleted":
                CliRunner().invoke(app, ["delete", filed, "--data", str(data), "--reason", "term has ended"])
            assert CliRunner().invoke(app, ["export", filed, "--data", str(data), "--to", str(to)]).exit_code == 0
        assert verify(to).document["findings"] == []
        page = zipfile.ZipFile(to).read("index.html").decode()
        told = ("The rubbing on file</h2>", "并非同一次打刻 · not the same striking", "data:image")
        assert [said in page for said in told] == [name != "deleted"] * len(told)
    assert [each["why"] for each in lookups(client)] == [f"export of inspection {filed}"] * 2
