"""The public JSON: what `vinspect read`, `inspect` and `decode` print, one object a line, and the service answers.

Fields are added, never renamed or removed; anything else is a new version in "schema". The JSON Schemas in docs/ are
made from this module: `python -m vinspect.api.schema docs`.

Points are [x, y] in pixels of the upright photograph (EXIF orientation applied), pixel centres at whole numbers.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from typing_extensions import TypeAliasType, TypedDict

from vinspect.vision.evidence import Outcome, Surface

# Pydantic reads this where a schema is made; at run time these are plain dictionaries.
_DESCRIBED = {"use_attribute_docstrings": True}

Probability = Annotated[float, Ge(0), Le(1)]
Point = TypeAliasType("Point", tuple[float, float])
Quad = TypeAliasType("Quad", tuple[Point, Point, Point, Point])


class Character(TypedDict):
    """One struck character."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    text: str
    """One character as it was struck, or "?" where it cannot be read."""
    confidence: Probability
    """Calibrated probability that the first candidate is right."""
    candidates: list[tuple[str, Probability]]
    """What it may be, the likeliest first, each with its probability; they sum to 1 at most."""
    quad: Quad
    """Where it stands, clockwise as the number reads, from its top left."""


class JudgedCharacter(Character):
    """One struck character, and how it sits with the others."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    support: float | None
    """log10 of the likelihood ratio for "not as the maker struck it"; null where it cannot be judged."""


class Line(TypedDict):
    """One line of the number."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    text: str
    """The characters that stand on this line."""
    confidence: Probability
    """That a number stands here."""
    quad: Quad
    """Where it stands, clockwise as it reads, from the top left of its first character."""


class Rules(TypedDict):
    """What the rules say of a number. They rank and advise, and never change what was read."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    vin: bool
    """17 characters of the VIN's alphabet, which lacks I, O and Q."""
    check_digit: bool | None
    """Whether position 9 is the check digit of the others; null where it cannot be computed."""
    binding: bool
    """Whether the region of the WMI makes the check digit binding (49 CFR 565, GB 16735); else it is advice."""
    maker: str | None
    """The manufacturer, by the WMI."""
    country: str | None
    """The country of the manufacturer, by the WMI."""
    years: list[int]
    """The model years that position 10 may mean."""
    suggestions: list[str]
    """Numbers that satisfy the check digit where an unsure character is taken for another, the likeliest first."""
    problems: list[str]
    """What does not hold, a sentence each; empty where all holds."""


class Barcode(TypedDict):
    """A barcode beside the number."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    text: str
    """As decoded, less the leading I of a VIN in Code 39."""
    symbology: str
    """"Code39", "Code128", "DataMatrix" or "QRCode"."""
    quad: Quad
    """Where it stands."""
    agrees: bool | None
    """Whether it says the same as the number read; null where it holds no number."""


class Reading(TypedDict):
    """A number as it was struck."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    text: str
    """All characters, in reading order, without marks; "?" for one that cannot be read."""
    confidence: Probability
    """Calibrated probability that the whole number is right."""
    quad: Quad
    """Where the whole number stands, clockwise as it reads, from the top left of its first character."""
    marks: tuple[str | None, str | None]
    """The marks before and after the number, "*" for any star or emblem; null where there is none."""
    lines: list[Line]
    """One or two, in reading order."""
    surface: Surface
    """How the number was made."""
    characters: list[Character]
    """One for each of the text."""
    rules: Rules
    barcodes: list[Barcode]


class Reason(TypedDict):
    """Why something could not be read or judged."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    code: Literal[
        "no_number", "too_small", "blurred", "glare", "dark", "cut_off", "covered", "unreadable", "print", "too_few"
    ]
    sentence: str
    """The same in words, and what to do about it."""


class _Photograph(TypedDict):
    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    photo: str
    """The photograph's name as it was given: a path, or "-" for standard input."""
    sha256: str
    """Of the file's bytes, in hexadecimal."""
    size: tuple[int, int]
    """Width and height in pixels, upright."""
    readings: list[Reading]
    """The best first; empty where there is none."""
    why: Reason | None
    """Why there is no reading, or why the best has characters that cannot be read."""
    ms: dict[str, float]
    """Milliseconds that each step took."""


class ReadDocument(_Photograph):
    """What `vinspect read` says of a photograph."""

    schema: Literal["vinspect/read/1"]


class Finding(TypedDict):
    """One observation that bears on whether the number is as the maker struck it."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    code: str
    """Stable, in snake_case."""
    characters: list[int]
    """Positions in the best reading, from 0."""
    support: float
    """log10 of the likelihood ratio, positive towards "not as the maker struck it"."""
    sentence: str
    quad: Quad | None
    """Where to look in the photograph."""


class InspectDocument(_Photograph):
    """What `vinspect inspect` says of a photograph."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    schema: Literal["vinspect/inspect/1"]
    verdict: Outcome
    """What the findings together call for. It never says "forged"."""
    support: float | None
    """log10 of the likelihood ratio for "not as the maker struck it" over "as struck"; null where it cannot judge."""
    reason: Reason | None
    """Why it cannot judge; null where it can."""
    findings: list[Finding]
    characters: list[JudgedCharacter]
    """Those of the best reading; empty where there is none."""


class DecodeDocument(TypedDict):
    """What `vinspect decode` says of a number that was typed."""

    __pydantic_config__ = _DESCRIBED  # type: ignore[misc]
    schema: Literal["vinspect/decode/1"]
    text: str
    """The number, in capitals, without spaces and marks."""
    rules: Rules


DOCUMENTS: dict[str, type] = {"read": ReadDocument, "inspect": InspectDocument, "decode": DecodeDocument}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one document: "read", "inspect" or "decode"."""
    from pydantic import TypeAdapter  # only here: the command line does not wait for it

    schema = TypeAdapter(DOCUMENTS[name]).json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"vinspect {name}"}
    return head | {key: value for key, value in schema.items() if key != "title"}


def schema_text(name: str) -> str:
    """The same as it stands in docs/."""
    import json

    return json.dumps(json_schema(name), indent=2) + "\n"


if __name__ == "__main__":
    import sys
    from pathlib import Path

    for each in DOCUMENTS:
        Path(sys.argv[1], f"{each}.schema.json").write_text(schema_text(each), encoding="utf-8")
