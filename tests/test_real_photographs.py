"""A quick look at real photographs beside the clone. `make bench-read` measures; this finds what broke.

The bounds lie below what the weights reach: they say that reading works, not how well.
"""

import csv
from pathlib import Path

import pytest

from vinspect.vision import inspector
from vinspect.vision.photo import open_photo

pytestmark = pytest.mark.shared

TRANSCRIPTIONS = Path(__file__).parents[1] / "datasets" / "transcriptions" / "vin-photos-valid.csv"
SOME = 24  # photographs of a kind


def rows() -> list[dict[str, str]]:
    with TRANSCRIPTIONS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_transcription_is_of_a_photograph_that_is_there(shared: Path) -> None:
    there = {path.name for path in (shared / "vin-photos" / "valid" / "images").iterdir()}
    assert {row["file"] for row in rows()} == there


@pytest.mark.parametrize(("kind", "bound"), [("label", 0.8), ("windscreen", 0.75)])
def test_most_legible_numbers_are_read_whole(shared: Path, kind: str, bound: float) -> None:
    legible = [row for row in rows() if row["kind"] == kind and row["legible"] == "yes"]
    chosen = legible[:: len(legible) // SOME]
    nets = inspector.open_nets()
    right = 0
    for row in chosen:
        report = inspector.read(open_photo(shared / "vin-photos" / "valid" / "images" / row["file"]), nets)
        right += bool(report.readings) and report.readings[0].text == row["number"]
    assert right / len(chosen) >= bound
