import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from vinspect.api import sets


def run(*arguments: object) -> Result:
    return CliRunner().invoke(sets.app, ["make", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(autouse=True)
def _maker(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(folder: Path, count: int, seed: int, held_out: bool) -> Iterator[dict[str, Any]]:
        if folder.name == "full":
            raise ValueError(f"{folder} is not empty: name a new or an empty folder for the set.")
        for k in range(count):
            yield {"number": k, "method": "erased" if k % 2 else None, "seed": seed, "held_out": held_out}

    class Entry:
        name = "strips"

        def load(self) -> object:
            return make

    monkeypatch.setattr(sets, "entry_points", lambda group: [Entry()] if group == "vinspect.sets" else [])


def test_making_a_set_says_what_it_holds(tmp_path: Path) -> None:
    result = run(tmp_path / "new", "--count", 3)
    assert result.exit_code == 0
    assert "2 genuine and 1 forged numbers" in " ".join(result.stdout.split())


def test_json_gives_the_manifests_rows_one_a_line(tmp_path: Path) -> None:
    result = run(tmp_path / "new", "--count", 2, "--seed", 9, "--held-out", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["number"], row["seed"], row["held_out"]) for row in rows] == [(0, 9, True), (1, 9, True)]


def test_a_folder_that_cannot_take_the_set_is_one_sentence_and_status_3(tmp_path: Path) -> None:
    result = run(tmp_path / "full", "--count", 2)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert " ".join(result.stderr.split()).endswith("full is not empty: name a new or an empty folder for the set.")


def test_a_count_of_none_is_not_understood(tmp_path: Path) -> None:
    assert run(tmp_path / "new", "--count", 0).exit_code == 2


def test_the_command_is_there_and_its_help_needs_no_renderer() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from vinspect.api.cli import app;"
        "r = CliRunner().invoke(app, ['datasets', 'make', '--help']); print(r.stdout);"
        "sys.exit(r.exit_code or 'cv2' in sys.modules or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--held-out" in done.stdout
