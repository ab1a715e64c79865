"""The real road, from the shell, on the sample photographs."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import jsonschema

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "datasets" / "samples"
PRINTED = ("label-dark.jpg", "label-light.jpg", "laser-plate.jpg")


def test_samples_are_inspected_in_the_public_format_and_what_is_printed_is_read() -> None:
    command = [sys.executable, "-m", "vinspect.api.cli", "inspect", "--json", str(SAMPLES)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stderr == ""
    assert run.returncode in (0, 1, 4)
    documents = {Path(each["photo"]).name: each for each in map(json.loads, run.stdout.splitlines())}
    schema = json.loads((ROOT / "docs" / "inspect.schema.json").read_text(encoding="utf-8"))
    for document in documents.values():
        jsonschema.Draft202012Validator(schema).validate(document)
    with (SAMPLES / "samples.csv").open(encoding="utf-8") as file:
        numbers = {row["file"]: row["number"] for row in csv.DictReader(file)}
    assert documents.keys() == numbers.keys()
    assert [documents[name]["readings"][0]["text"] for name in PRINTED] == [numbers[name] for name in PRINTED]
