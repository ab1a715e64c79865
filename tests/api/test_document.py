import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vinspect.api.document import decode_document, inspect_document, json_line, read_document, shown
from vinspect.api.schema import DOCUMENTS, json_schema
from vinspect.vision.evidence import Inspection
from vinspect.vision.photo import photo_of

ROOT = Path(__file__).parents[2]


def closed(schema: Any) -> Any:
    """The same schema, that takes no field which it does not describe."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if "properties" in schema else inner


def check(name: str, document: Any) -> None:
    schema = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(closed(schema)).validate(json.loads(json_line(document)))


def test_documents_say_what_their_golden_files_say(paper_inspection: Inspection) -> None:
    golden = Path(__file__).parent / "golden"
    for name, document in (
        ("read", read_document(paper_inspection.report)),
        ("inspect", inspect_document(paper_inspection)),
    ):
        # The golden file is laid out for people; fields stand in the same order.
        assert json_line(document) == json.dumps(json.loads((golden / f"{name}.json").read_text()))


def test_documents_have_no_field_that_the_schemas_do_not_describe(paper_inspection: Inspection) -> None:
    check("read", read_document(paper_inspection.report))
    check("inspect", inspect_document(paper_inspection))
    check("decode", decode_document("LSVAM", paper_inspection.report.readings[0].rules))


def test_a_photograph_without_a_number_has_no_readings_and_says_why(road: Any, jpeg: bytes) -> None:
    document = inspect_document(road.inspect(photo_of("empty.jpg", jpeg)))
    check("inspect", document)
    assert document["readings"] == []
    assert document["characters"] == []
    assert document["why"] == {
        "code": "no_number",
        "sentence": "No number was found: move closer and hold level.",
        "sentence_zh": "未找到号码。",
    }
    assert (document["verdict"], document["support"]) == ("cannot judge", None)


def test_a_confidence_is_never_rounded_up(paper_inspection: Inspection) -> None:
    assert read_document(paper_inspection.report)["readings"][0]["confidence"] == 0.989999


def fields(schema: dict[str, Any]) -> dict[tuple[str, str], object]:
    """What each object of a schema holds and how it is described; the rest is pydantic's way of saying it."""
    objects = {"": schema, **schema.get("$defs", {})}
    return {
        name: (
            each.get("description"),
            each["required"],
            {k: v.get("description") for k, v in each["properties"].items()},
        )
        for name, each in objects.items()
        if "properties" in each
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemas_in_docs_are_those_of_the_code(name: str) -> None:
    schema = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert fields(schema) == fields(json_schema(name)), "run: python -m vinspect.api.schema docs"


def test_names_that_are_no_text_can_be_printed() -> None:
    assert shown("a\udcff\x1b[2J\n.jpg") == "a��[2J�.jpg"
    assert shown("车架号.jpg") == "车架号.jpg"
