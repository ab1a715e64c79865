import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from vinspect.api.cli import app

VIN = "LSVAM4187C2184841"


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin, catch_exceptions=False)


@pytest.fixture(autouse=True)
def _on_paper(road: object) -> None:
    pass


def test_one_photograph_gives_a_sheet_with_the_number_and_what_the_rules_say(folder: Path) -> None:
    result = run("read", folder / "a.jpg")
    assert result.exit_code == 0
    assert f"*{VIN}" in result.stdout
    assert "98.9 %" in result.stdout
    assert "SAIC Volkswagen" in result.stdout
    assert "8 61 %, B 39 %" in result.stdout
    assert "Position 18 does not exist." in result.stdout


def test_a_folder_gives_a_row_for_each_photograph_in_it_and_below(folder: Path) -> None:
    result = run("read", folder)
    rows = [line for line in result.stdout.splitlines() if VIN in line]
    assert [row.split()[0] for row in rows] == [str(folder / name) for name in ("a.jpg", "b.dat", "below/a.JPG")]
    assert result.exit_code == 0


def test_json_is_one_object_a_line(folder: Path) -> None:
    result = run("read", "--json", folder)
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert [document["schema"] for document in documents] == ["vinspect/read/1"] * 3
    assert documents[0]["photo"] == str(folder / "a.jpg")


def test_inspect_gives_verdict_and_findings_and_asks_for_a_look(folder: Path) -> None:
    result = run("inspect", folder / "a.jpg")
    assert "review" in result.stdout
    assert "+1.5  Character 8 stands higher than the others." in result.stdout
    assert result.exit_code == 4


def test_standard_input_is_a_photograph(jpeg: bytes) -> None:
    result = run("read", "--json", "-", stdin=jpeg)
    assert json.loads(result.stdout)["photo"] == "-"


def test_a_pattern_that_the_shell_left_alone_is_followed(folder: Path) -> None:
    result = run("read", "--json", folder / "**" / "*.JPG")
    assert json.loads(result.stdout)["photo"] == str(folder / "below" / "a.JPG")


def test_one_bad_file_is_one_line_and_never_stops_the_rest(folder: Path) -> None:
    (folder / "0.jpg").write_bytes(b"")
    (folder / "broken.jpg").write_bytes((folder / "a.jpg").read_bytes())
    result = run("read", "--json", folder, folder / "missing.jpg", folder / "*.webp")
    assert len(result.stdout.splitlines()) == 3
    complaints = result.stderr.splitlines()
    assert [complaint.split(": ")[1] for complaint in complaints] == [
        str(folder / name) for name in ("*.webp", "0.jpg", "broken.jpg", "missing.jpg")
    ]
    assert "ZeroDivisionError: by zero" in complaints[2]
    assert result.exit_code == 3


def test_a_folder_without_a_photograph_is_said(tmp_path: Path) -> None:
    result = run("read", tmp_path)
    assert "there is no photograph in this folder" in result.stderr
    assert result.exit_code == 3


@pytest.mark.parametrize("name", ["empty.jpg", "worn.jpg"])
def test_what_cannot_be_read_is_said_and_gives_status_1(folder: Path, name: str) -> None:
    path = (folder / "a.jpg").rename(folder / name)
    result = run("read", path)
    assert ("hold level" if name == "empty.jpg" else "hold the lamp to the side") in result.stdout
    assert result.exit_code == 1
    assert run("inspect", folder / "empty.jpg", folder / "empty.jpg").exit_code in (1, 3)


def test_a_number_other_than_expected_is_said_and_gives_status_4(folder: Path) -> None:
    assert run("read", folder / "a.jpg", "--expect", f" {VIN.lower()} ").exit_code == 0
    result = run("read", "--json", folder / "a.jpg", "--expect", "LSVAM4187C2134841")
    assert result.exit_code == 4
    problems = json.loads(result.stdout)["readings"][0]["rules"]["problems"]
    assert any("8 for 3 at position 13" in problem for problem in problems)


@pytest.mark.parametrize(
    "arguments", [["--expect", "***"], ["--expect", "车架号"], ["--reader", "nobody"], ["--format", "plate"]]
)
def test_options_that_make_no_sense_are_refused_before_any_photograph_is_opened(
    folder: Path, arguments: list[str]
) -> None:
    result = run("read", folder, *arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.stderr
    assert result.stdout == ""


class Plugged:
    """An entry point whose reader is the name of its network."""

    name = "lens"

    def load(self) -> object:
        return lambda network="own": f"reader {network}"


@pytest.mark.parametrize(("asked", "opened"), [("lens", "reader own"), ("lens:thick", "reader thick")])
def test_another_reader_is_opened_by_the_name_it_plugged_in_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch, asked: str, opened: str
) -> None:
    seen: list[object] = []
    monkeypatch.setattr("vinspect.api.scan.entry_points", lambda group: [Plugged()])
    monkeypatch.setattr("vinspect.vision.inspector.open_nets", seen.append)
    assert run("read", folder / "a.jpg", "--reader", asked).exit_code == 0
    assert seen == [opened]


def test_a_reader_whose_library_is_missing_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> object:
        raise ModuleNotFoundError("No module named 'glass'", name="glass")

    monkeypatch.setattr(Plugged, "load", load)
    monkeypatch.setattr("vinspect.api.scan.entry_points", lambda group: [Plugged()])
    result = run("read", folder / "a.jpg", "--reader", "lens")
    assert result.exit_code == 2
    assert "lens needs glass: pip install" in result.stderr


def test_weights_that_are_damaged_are_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_nets(reader: object) -> object:
        raise ValueError("the weights reader.onnx are not those that were published: install Vinspect again")

    monkeypatch.setattr("vinspect.vision.inspector.open_nets", open_nets)
    result = run("read", folder / "a.jpg")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "vinspect: the weights reader.onnx are not those that were published: install Vinspect again"
    ]


def test_overlays_of_the_same_name_lie_side_by_side_and_no_photograph_is_overwritten(folder: Path) -> None:
    (folder / "below" / "a.JPG").write_bytes((folder / "a.jpg").read_bytes() + b"\0")
    before = (folder / "a.jpg").read_bytes()
    assert run("read", folder, "--pictures", folder).exit_code == 0
    names = sorted(path.name for path in folder.glob("*.vinspect.jpg"))
    assert names[:1] + names[2:] == ["a-" + names[0][2:], "b.vinspect.jpg"]
    assert len(names) == 3
    assert (folder / "a.jpg").read_bytes() == before


def test_a_folder_for_overlays_that_cannot_be_made_is_refused(folder: Path) -> None:
    result = run("read", folder, "--pictures", folder / "a.jpg" / "out")
    assert result.exit_code == 2
    assert "--pictures" in result.stderr


def test_decode_says_what_the_rules_say() -> None:
    result = run("decode", "lsvam4187c2184841", "1M8GDM9AXKP042788")
    assert "LSV AM4187 C2184841" in result.stdout.replace("  ", " ")
    assert "holds" in result.stdout
    assert run("decode", "1M8GDM9AXKP042788").exit_code == 0
    assert run("decode", "1M8GDM9AXKP042780").exit_code == 1


def test_decode_takes_numbers_from_standard_input_and_gives_json() -> None:
    result = run("decode", "--json", "-", stdin=b"1M8GDM9AXKP042788\n\nLSVAM4187C2184841\n")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["1M8GDM9AXKP042788", VIN]


def test_reading_imports_neither_the_training_stack_nor_the_service() -> None:
    script = (
        "import sys, vinspect.api.scan, vinspect.api.sheet, vinspect.api.cli, vinspect.vision.inspector;"
        "print(*sorted({'torch', 'fastapi', 'sqlalchemy', 'easyocr', 'uvicorn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "\n"
