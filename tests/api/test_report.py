"""The report: two pages in either language, that say what was found and what was not judged."""

from __future__ import annotations

import builtins
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from vinspect.api.cli import app
from vinspect.api.document import inspect_document, json_line
from vinspect.api.keys import hashed, make_key
from vinspect.api.report import words
from vinspect.api.report.command import NoReport, pdf
from vinspect.api.report.kept import inspection_of
from vinspect.api.service.app import create_app
from vinspect.api.store import Store
from vinspect.vision.evidence import Finding, Inspection, Language, Reason, Verdict
from vinspect.vision.photo import photo_of
from vinspect.vision.quality import SENTENCES

NETS: Any = None


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


def test_what_cannot_be_judged_is_said_with_its_reason_in_both_languages(inspection: Inspection) -> None:
    unjudged = replace(inspection, findings=(), verdict=Verdict("cannot judge", None, (), Reason("glare", "Glare.")))
    assert "Not judged. Glare." in pages(pdf(unjudged, None, "en"))[0]
    assert "未作判断。" + SENTENCES["glare"]["zh"][:8] in pages(pdf(unjudged, None, "zh"))[0].replace(" ", "")


def test_a_photograph_without_a_number_has_a_report_too(road: Any, jpeg: bytes) -> None:
    first, second = pages(pdf(road.inspect(photo_of("empty.jpg", jpeg)), None, "en"))
    assert "none could be read" in first
    assert "No conclusion either way" in second


def test_a_finding_of_a_code_that_nobody_foresaw_is_told_all_the_same(inspection: Inspection) -> None:
    odd = replace(inspection, findings=(Finding("ground_away", (3,), 1.2, "Ground about the 4th <&>.", None),))
    for language in ("en", "zh"):
        assert "Ground about the 4th <&>." in pages(pdf(odd, None, language))[1]


def test_many_findings_do_not_make_a_third_page(inspection: Inspection) -> None:
    many = tuple(Finding(code, (3,), 0.5, "A long sentence. " * 30, None) for code in ("layout", "glyph", "x") * 9)
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


def test_the_service_answers_the_report_of_what_was_answered_then(tmp_path: Path, jpeg: bytes, road: object) -> None:
    key, store = make_key(), Store(tmp_path / "data")
    store.replace_keys(hashed(key))
    store.close()
    with TestClient(create_app(tmp_path / "data", NETS), headers={"X-API-Key": key}) as client:
        made = client.post("/v1/inspections", files={"photo": ("car.jpg", jpeg)}).json()
        answer = client.get(f"/v1/inspections/{made['id']}/report", params={"lang": "zh"})
        assert client.get("/v1/inspections/none/report").status_code == 404
        assert client.get(f"/v1/inspections/{made['id']}/report?lang=de").status_code == 422
    assert answer.headers["content-type"] == "application/pdf"
    assert "LSVAM4187C2184841" in pages(answer.content)[0]
