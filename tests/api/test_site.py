"""`vinspect calibrate` writes a small file that `--site` takes, and that nobody can change unnoticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.testing import CliRunner, Result

from vinspect.api import site as sites
from vinspect.api.cli import app
from vinspect.api.keys import hashed, make_key
from vinspect.api.service.app import create_app
from vinspect.api.site import NoSite, load, share
from vinspect.api.store import Store
from vinspect.api.tables import EntryRow
from vinspect.vision import inspector

ROOT = Path(__file__).parents[2]
NETS: Any = None


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def genuine(tmp_path: Path) -> Callable[[int], Path]:
    """A folder of so many photographs, each another."""

    def photographs(count: int) -> Path:
        folder = tmp_path / f"genuine-{count}"
        folder.mkdir()
        for k in range(count):
            cv2.imwrite(str(folder / f"{k}.png"), np.full((240, 560), 100 + k, np.uint8))
        return folder

    return photographs


@pytest.fixture
def file(genuine: Callable[[int], Path], tmp_path: Path, road: Any) -> Path:
    """Thresholds from ten photographs that all came to +1.4."""
    done = run("calibrate", genuine(10), "-o", tmp_path / "site.json")
    assert done.exit_code == 0, done.output
    return tmp_path / "site.json"


def test_the_file_holds_what_its_schema_describes(file: Path) -> None:
    document = json.loads(file.read_text())
    schema = json.loads((ROOT / "docs" / "site.schema.json").read_text())
    jsonschema.Draft202012Validator(schema | {"additionalProperties": False}).validate(document)
    assert (document["judged"], document["looked_at"], len(document["photographs"])) == (10, 10, 10)
    assert document["review"] > 1.4


def test_the_command_says_what_ten_photographs_support(
    genuine: Callable[[int], Path], tmp_path: Path, road: Any
) -> None:
    said = " ".join(run("calibrate", genuine(10), "-o", tmp_path / "site.json").output.split())
    assert "10 photographs by themselves support 9.1%" in said
    assert "until there are 100" in said


def test_too_few_photographs_are_refused_in_one_sentence(
    genuine: Callable[[int], Path], tmp_path: Path, road: Any
) -> None:
    done = run("calibrate", genuine(9), "-o", tmp_path / "site.json")
    assert done.exit_code == 3
    assert "9 photographs can be judged, and a site needs 10" in " ".join(done.stderr.split())
    assert not (tmp_path / "site.json").exists()


def test_one_photograph_ten_times_counts_once(tmp_path: Path, jpeg: bytes, road: Any) -> None:
    for k in range(10):
        (tmp_path / f"{k}.jpg").write_bytes(jpeg)
    assert "1 photograph can be judged" in run("calibrate", tmp_path, "-o", tmp_path / "site.json").stderr


def test_the_outcome_of_inspect_is_by_the_sites_thresholds(file: Path, folder: Path) -> None:
    plain = json.loads(run("inspect", "--json", folder / "a.jpg").output)
    own = json.loads(run("inspect", "--json", "--site", file, folder / "a.jpg").output)
    assert (plain["verdict"], own["verdict"]) == ("review", "clear")
    assert plain["support"] == own["support"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"review": 0.1}, "was changed since it was written"),
        ({"schema": "vinspect/inspect/1"}, "holds no thresholds"),
    ],
)
def test_a_file_that_was_changed_is_refused(file: Path, folder: Path, change: dict[str, Any], says: str) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(NoSite, match=f"{says}.*calibrate again"):
        load(file)
    assert run("inspect", "--site", file, folder / "a.jpg").exit_code == 2


def test_thresholds_of_another_judge_are_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_with = sites.instruments()
    monkeypatch.setattr(sites, "instruments", lambda: made_with | {"program": "9.9"})
    with pytest.raises(NoSite, match="another judge"):
        load(file)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    for name in ("nowhere.json", "photo.jpg"):
        with pytest.raises(NoSite):
            load(tmp_path / name)


@pytest.mark.parametrize(("text", "value"), [("1%", 0.01), ("0.01", 0.01), (" 2.5% ", 0.025)])
def test_a_share_is_typed_in_per_cent_or_as_a_fraction(text: str, value: float) -> None:
    assert share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["1", "0", "100%", "nan", "few", ""])
def test_what_is_no_share_is_refused(text: str, tmp_path: Path) -> None:
    done = run("calibrate", tmp_path, "--false-alarms", text)
    assert done.exit_code == 2
    assert "a share such as 1%" in " ".join(done.output.replace("│", " ").split())


def test_photographs_that_cannot_be_judged_do_not_count(
    genuine: Callable[[int], Path], tmp_path: Path, road: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unjudged(photo: Any, *_: object) -> Any:
        found = road.inspect(photo)
        return replace(found, verdict=replace(found.verdict, support=None))

    monkeypatch.setattr(inspector, "inspect", unjudged)
    assert run("calibrate", genuine(10), "-o", tmp_path / "site.json").exit_code == 3


def test_the_service_judges_by_the_sites_thresholds_and_its_log_says_so(
    file: Path, tmp_path: Path, jpeg: bytes
) -> None:
    store = Store(tmp_path / "data")
    store.replace_keys(hashed(key := make_key()))
    store.close()
    application = create_app(tmp_path / "data", NETS, site=load(file))
    with TestClient(application, headers={"X-API-Key": key}) as client:
        made = client.post("/v1/inspections", files={"photo": ("car.jpg", jpeg)}).json()
    store = Store(tmp_path / "data")
    with store.reading() as session:
        entry = session.scalars(select(EntryRow).where(EntryRow.event == "inspected")).one()
    store.close()
    assert made["verdict"] == "clear"
    assert json.loads(entry.body)["site"] == load(file).sha256
