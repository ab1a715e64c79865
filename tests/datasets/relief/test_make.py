import json
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from vinspect.datasets.relief import manifest
from vinspect.datasets.relief.forgery import Deed
from vinspect.datasets.relief.make import Refused, make, micrometres
from vinspect.datasets.relief.rubbing import Rubbing
from vinspect.datasets.relief.stamping import Relief, Stamping, Struck

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden" / "manifest.jsonl"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    assert len(list(make(folder, 4, 3))) == 4
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_every_picture_that_the_manifest_names_is_there_and_as_large_as_it_says(whole: Path) -> None:
    schema = json.loads((ROOT / "docs" / "strips.schema.json").read_text("utf-8"))
    for line in (whole / "manifest.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        jsonschema.validate(row, schema)
        for key in ("picture", "groove", "touched", "height"):
            picture = cv2.imread(str(whole / row[key]), cv2.IMREAD_UNCHANGED)
            assert [picture.shape[1], picture.shape[0]] == row["size"]
            assert picture.dtype == (np.uint16 if key == "height" else np.uint8)
        assert [r["of"] for r in row["rubbings"]] == ["on file", "today"]
        assert all((whole / r["picture"]).stat().st_size for r in row["rubbings"])
        assert row["rubbings"][0]["text"] == row["before"]
        assert row["rubbings"][1]["text"] == row["text"] == "".join(c["text"] for c in row["characters"])


def test_a_set_cut_off_goes_on_and_comes_out_the_same(whole: Path, tmp_path: Path) -> None:
    rows = make(tmp_path, 4, 3)
    next(rows)
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    manifest_path = tmp_path / "manifest.jsonl"
    manifest_path.write_text(manifest_path.read_text("utf-8") + '{"schema": "vinspect/str', "utf-8")
    assert [row["number"] for row in make(tmp_path, 4, 3)] == [0, 1, 2, 3]
    assert files(tmp_path) == files(whole)


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", "utf-8")
    with pytest.raises(Refused, match="not empty: name a new or an empty folder"):
        next(make(tmp_path, 4, 3))
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_with_another_set_is_refused_and_the_message_says_which(whole: Path) -> None:
    before = files(whole)
    with pytest.raises(Refused, match="another set \\(4 strips of seed 3\\)"):
        next(make(whole, 4, 8))
    assert files(whole) == before


def test_heights_are_written_in_micrometres_above_the_sheet() -> None:
    assert micrometres(np.array([[-0.25, 0.0, 0.0314]], np.float32)).tolist() == [[32518, 32768, 32799]]


def test_the_manifests_row_is_as_the_golden_file_has_it() -> None:
    square = np.array([[1, 2], [11, 2], [11, 12.345], [1, 12]], np.float32)
    blank = np.zeros((20, 30), np.uint8)
    relief = Relief(np.zeros((20, 30), np.float32), 0.1, square[None], square, "4")
    s = Stamping(
        blank, "4", "1", (Struck("4", "1", "strokes added", "press", "skeleton-8", "ball", False),), square[None],
        square, blank, blank, blank.astype(np.float32), 0.18, Deed("strokes added", (0,), 0.7, "1", "4"), "rolled",
        "paint", "sun", 7.0, relief, relief,
    )  # fmt: skip
    names = {k: f"{k}/000007.png" for k in ("picture", "groove", "touched", "height", "on file", "today")}
    rubbed = {of: Rubbing(blank, text, square[None], square) for of, text in (("on file", "1"), ("today", "4"))}
    row = manifest.row(7, names, s, rubbed)
    assert row == json.loads(GOLDEN.read_text("utf-8"))
    jsonschema.validate(row, json.loads((ROOT / "docs" / "strips.schema.json").read_text("utf-8")))
