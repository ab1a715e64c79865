import io
import json
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from vinspect.api import cli
from vinspect.api import compare as comparing
from vinspect.api.document import json_line
from vinspect.vision.compare import SENTENCES, ComparedCharacter, Comparison, Outcome, Said, compare
from vinspect.vision.evidence import Report, frozen
from vinspect.vision.photo import photo_of

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "compare.json"
_QUAD = np.array([[1, 2], [11, 2], [11, 22], [1, 22.004]], np.float32)


def paper(jpeg: bytes, outcome: Outcome = "not the same striking") -> Comparison:
    """A comparison with every part of it set by hand."""
    now, file = (Report(photo_of(name, jpeg), (), None, {}) for name in ("now.jpg", "rubbing.png"))
    characters = tuple(
        ComparedCharacter(
            k, text, on_file, 1.75 if k == 1 else -0.5, 4 - 3 * (k == 1), 0.91, 0.55, 0.01, -0.02 - 0.1 * (k == 1),
            frozen(_QUAD + 12 * k), frozen(_QUAD + 13 * k),
        )
        for k, (text, on_file) in enumerate([("A", "A"), ("4", "1"), ("B", "B")])
    )  # fmt: skip
    why = Said(
        "some", SENTENCES["some"]["en"].format(places="2nd"), SENTENCES["some"]["zh"].format(places="2"),
    )  # fmt: skip
    return Comparison(now, file, outcome, 1.23456, why, characters, (1,), (0.61, 0.72), ())


def check(document: Any) -> None:
    schema = json.loads((ROOT / "docs" / "compare.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator({**schema, "additionalProperties": False}).validate(json.loads(json_line(document)))


def test_a_comparison_says_what_its_golden_file_says(jpeg: bytes) -> None:
    document = comparing.compare_document(paper(jpeg), 12.5)
    check(document)
    golden = json.loads(GOLDEN.read_text("utf-8"))
    said = json.loads(json_line(document))
    assert list(said) == list(golden)
    for picture in ("photo", "file"):  # the bytes of a picture are its encoder's affair
        golden[picture]["sha256"] = said[picture]["sha256"]
    assert said == golden


def test_nothing_on_file_is_a_document_too(jpeg: bytes) -> None:
    document = comparing.compare_document(compare(Report(photo_of("now.jpg", jpeg), (), None, {}), None), 1.0)
    check(document)
    assert (document["file"], document["support"], document["code"]) == (None, None, "nothing_on_file")


def test_the_sheet_names_the_character_that_was_struck_again(jpeg: bytes) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(comparing.sheet(paper(jpeg), 12.5))
    text = console.export_text()
    assert "not the same striking   +1.2" in text
    assert "not the 2nd character" in text
    assert "9 of 12 cells agree" in text


@pytest.fixture
def run(road: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, jpeg: bytes) -> Any:
    """The command on a road of paper, its pictures in a folder of their own."""
    for name in ("now.jpg", "rubbing.jpg"):
        (tmp_path / name).write_bytes(jpeg)
    outcomes: list[Outcome] = ["not the same striking"]
    monkeypatch.setattr(comparing, "compare", lambda now, file, expect: paper(jpeg, outcomes[0]))
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str, outcome: Outcome = "not the same striking") -> Any:
        outcomes[0] = outcome
        return CliRunner().invoke(cli.app, ["compare", *arguments])

    return command


@pytest.mark.parametrize(
    ("outcome", "status"), [("same striking", 0), ("cannot judge", 1), ("not the same striking", 4)]
)
def test_the_exit_status_is_the_outcomes(run: Any, outcome: Outcome, status: int) -> None:
    result = run("now.jpg", "rubbing.jpg", "--json", outcome=outcome)
    assert result.exit_code == status
    assert json.loads(result.stdout)["outcome"] == outcome


def test_a_rubbing_that_cannot_be_opened_is_named(run: Any) -> None:
    result = run("now.jpg", "lost.png")
    assert result.exit_code == comparing.Status.NOT_OPENED
    assert "lost.png" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_picture_is_written_beside_nothing_else(run: Any, tmp_path: Path) -> None:
    run("now.jpg", "rubbing.jpg", "--pictures", "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["now.compared.jpg"]
    assert cv2.imread(str(tmp_path / "out" / "now.compared.jpg")).shape[1] == 1280


def test_a_registered_number_that_is_none_is_refused(run: Any) -> None:
    assert run("now.jpg", "rubbing.jpg", "--expect", "???").exit_code == 2
