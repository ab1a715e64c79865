"""The photographs that a newcomer tries first."""

import csv
from pathlib import Path

import cv2
import pytest
import zxingcpp

from vinspect.datasets import showcase
from vinspect.vision import vin
from vinspect.vision.evidence import SURFACES

FOLDER = Path(__file__).parents[2] / "datasets" / "samples"
with (FOLDER / "samples.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def test_the_list_of_samples_names_every_photograph_and_no_other():
    assert sorted(row["file"] for row in ROWS) == sorted(path.name for path in FOLDER.glob("*.jpg"))


def test_the_samples_are_those_that_the_script_makes():
    made = [(f"{name}.jpg", number, surface, note) for name, number, surface, note, _ in showcase.SCENES]
    assert [(row["file"], row["number"], row["surface"], row["note"]) for row in ROWS] == made


def test_the_samples_take_five_megabytes_at_most():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 5_000_000


def test_every_sample_is_of_a_known_surface_or_holds_no_number():
    assert all((row["surface"] in SURFACES) == bool(row["number"]) for row in ROWS)


def test_samples_whose_maker_must_use_a_check_digit_have_the_right_one():
    bound = [row["number"] for row in ROWS if len(row["number"]) == vin.LENGTH and vin.binding(row["number"])]
    assert bound
    assert all(vin.passes(number) for number in bound)


@pytest.mark.parametrize("name", ["label-dark.jpg", "label-light.jpg", "laser-plate.jpg"])
def test_the_barcode_on_a_sample_holds_the_number_beside_it(name):
    number = next(row["number"] for row in ROWS if row["file"] == name)
    found = zxingcpp.read_barcodes(cv2.imread(str(FOLDER / name), cv2.IMREAD_GRAYSCALE))
    assert [code.text for code in found] == [number]
