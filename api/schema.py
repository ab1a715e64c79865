"""The public JSON: what the commands print, one object a line, and the service answers.

Fields are added, never renamed or removed; anything else is a new version in "schema". The JSON Schemas in docs/ are
made from this module: `python -m vinspect.api.schema docs`.

Points are [x, y] in pixels of the upright photograph (EXIF orientation applied), pixel centres at whole numbers.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Le
from typing_extensions import TypeAliasType, TypedDict

from vinspect.vision.evidence import Outcome, Surface

Probability = Annotated[float, Ge(0), Le(1)]
Point = TypeAliasType("Point", tuple[float, float])
Quad = TypeAliasType("Quad", tuple[Point, Point, Point, Point])
Wrong = Literal["changed", "lost", "added", "reordered", "back-dated", "forged"]
_T = TypeVar("_T", bound=type)


def _described(document: _T) -> _T:
    """Tell pydantic, which is not imported where there is no schema to be made, to take the fields' docstrings."""
    document.__pydantic_config__ = {"use_attribute_docstrings": True}  # type: ignore[attr-defined]
    return document


@_described
class Character(TypedDict):
    """One struck character."""

    text: str
    """One character as it was struck, or "?" where it cannot be read."""
    confidence: Probability
    """Calibrated probability that the first candidate is right."""
    candidates: list[tuple[str, Probability]]
    """What it may be, the likeliest first, each with its probability; they sum to 1 at most."""
    quad: Quad
    """Where it stands, clockwise as the number reads, from its top left."""


@_described
class JudgedCharacter(Character):
    """One struck character, and how it sits with the others."""

    support: float | None
    """log10 of the likelihood ratio for "not as the maker struck it"; null where it cannot be judged."""


@_described
class Line(TypedDict):
    """One line of the number."""

    text: str
    """The characters that stand on this line."""
    confidence: Probability
    """That a number stands here."""
    quad: Quad
    """Where it stands, clockwise as it reads, from the top left of its first character."""


@_described
class Rules(TypedDict):
    """What the rules say of a number. They rank and advise, and never change what was read."""

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
    problems_zh: list[str]
    """The same in Chinese."""


@_described
class Barcode(TypedDict):
    """A barcode beside the number."""

    text: str
    """As decoded, less the leading I of a VIN in Code 39."""
    symbology: str
    """"Code39", "Code128", "DataMatrix" or "QRCode"."""
    quad: Quad
    """Where it stands."""
    agrees: bool | None
    """Whether it says the same as the number read; null where it holds no number."""


@_described
class Reading(TypedDict):
    """A number as it was struck."""

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


@_described
class Reason(TypedDict):
    """Why something could not be read or judged."""

    code: Literal[
        "no_number", "too_small", "blurred", "glare", "dark", "cut_off", "covered", "unreadable", "print", "too_few",
        "failed",
    ]  # fmt: skip
    sentence: str
    """The same in words, and what to do about it."""
    sentence_zh: str
    """The same in Chinese."""


@_described
class _Photograph(TypedDict):
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


@_described
class ReadDocument(_Photograph):
    """What `vinspect read` says of a photograph."""

    schema: Literal["vinspect/read/1"]


@_described
class Finding(TypedDict):
    """One observation that bears on whether the number is as the maker struck it."""

    code: str
    """Stable, in snake_case."""
    characters: list[int]
    """Positions in the best reading, from 0."""
    support: float
    """log10 of the likelihood ratio, positive towards "not as the maker struck it"."""
    sentence: str
    sentence_zh: str
    """The same in Chinese."""
    quad: Quad | None
    """Where to look in the photograph."""


@_described
class FormerCharacter(TypedDict):
    """What a suspect or unsure character may have been before strokes were added to it."""

    place: int
    """Its position in the best reading, from 0."""
    text: str
    """As it is read now."""
    candidates: list[tuple[str, Probability]]
    """What it may have been, each with its likelihood; those that keep a binding check digit first."""


@_described
class Before(TypedDict):
    """What the number may have been before."""

    characters: list[FormerCharacter]
    """The suspect and unsure ones; all, where none is and yet a binding check digit fails."""
    numbers: list[str]
    """To look up, the likeliest first; only those that keep a binding check digit, where there are such."""


@_described
class InspectDocument(_Photograph):
    """What `vinspect inspect` says of a photograph."""

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
    before: Before
    """Empty where every character is sure and none is suspect."""


@_described
class SiteDocument(TypedDict):
    """A site's thresholds, as `vinspect calibrate` writes them and `--site` takes them."""

    schema: Literal["vinspect/site/1"]
    review: float
    """log10: from here on a number comes to review."""
    suspect: float
    """log10: from here on it comes to suspect."""
    false_alarms: Probability
    """The stated share of genuine numbers that come to review or worse."""
    judged: int
    """Genuine photographs that the thresholds were set from."""
    heavier: float
    """Times as heavy as elsewhere the tail of genuine numbers is taken to be here."""
    supported: Probability
    """The rate that the photographs support by themselves: one in `judged` + 1."""
    looked_at: int
    """Photographs that were looked at."""
    photographs: list[str]
    """SHA-256 of each that was judged."""
    made: str
    """ISO 8601, UTC."""
    judge: str
    """SHA-256 of the program, weights and thresholds that it was set with; it holds for no others."""
    sha256: str
    """Of the rest of this document, in canonical JSON (RFC 8785)."""


@_described
class DecodeDocument(TypedDict):
    """What `vinspect decode` says of a number that was typed."""

    schema: Literal["vinspect/decode/1"]
    text: str
    """The number, in capitals, without spaces and marks."""
    rules: Rules


@_described
class RecordFinding(TypedDict):
    """Something that is not as it was recorded."""

    kind: Wrong
    what: str
    """Which file, row, entry or checkpoint."""
    sentence: str


@_described
class MadeDecision(TypedDict):
    """A decision about a case, as it stays."""

    version: int
    """Counts up from 1 for each case."""
    created: str
    decision: str
    """"cleared", "confirmed", "retake" or "re-strike"."""
    reason: str
    by: str
    """"person:" and a name, or "key:" and the hash of an API key."""
    signature: int
    """1 for the first who decides so, 2 for the second who signs the same."""
    needs: int
    """How many signatures it takes."""
    stands: bool
    """Whether it has them all; one that has not changes nothing yet."""


class TimeStamp(TypedDict):
    """A time stamp of an authority (RFC 3161)."""

    size: int
    """Of the log then: the entries before this one existed at that time."""
    at: str | None
    """UTC; null where the library that reads stamps is not installed."""
    trusted: bool
    """Whether it was checked with a given authority's certificate; else it may be anybody's."""


@_described
class VerifyDocument(TypedDict):
    """What `vinspect verify` says of an exported case."""

    schema: Literal["vinspect/verify/1"]
    file: str
    holds: bool
    """Whether nothing was found."""
    inspection: str | None
    """Its id; null where it cannot be told."""
    key: str | None
    """The public key that the signature was checked with."""
    key_given: bool
    """Whether that key was given; else it is the one in the file, which proves that the file is whole, not whose."""
    checkpoint: str | None
    """The signed note in the file; null where there is none."""
    decisions: list[MadeDecision]
    """Those that are proven to be in the log, in their order."""
    stamps: list[TimeStamp]
    """Those that hold, the earliest first."""
    findings: list[RecordFinding]


@_described
class AuditDocument(TypedDict):
    """What `vinspect audit` says of a store."""

    schema: Literal["vinspect/audit/1"]
    data: str
    """The folder."""
    holds: bool
    """Whether nothing was found."""
    entries: int
    inspections: int
    files: int
    """Photographs and overlays that were looked for."""
    checkpoint: str | None
    """The newest that holds: keep it on another machine, for the next audit."""
    findings: list[RecordFinding]
    remarks: list[str]
    """What is worth knowing and breaks nothing."""


@_described
class LoggedDocument(TypedDict):
    """What `vinspect export` and `vinspect delete` say: the entry of the log that they made."""

    schema: Literal["vinspect/logged/1"]
    index: int
    """The entry's place in the log."""
    entry: dict[str, Any]
    """As docs/record.md describes it."""


@_described
class FollowDocument(TypedDict):
    """What `vinspect follow` says: whether a service's log goes on from what was kept of it."""

    schema: Literal["vinspect/follow/1"]
    service: str
    """Its address."""
    holds: bool
    kept: int | None
    """How many entries the checkpoint had that was kept; null where none was."""
    size: int | None
    """How many there are now; null where the log's key did not sign what was answered."""
    checkpoint: str | None
    """The newest one as it was answered, a signed note; null where the log is shorter than it was."""
    findings: list[RecordFinding]


@_described
class VotedCharacter(TypedDict):
    """One character, as the frames of a vehicle together read it."""

    text: str
    """One character, or "?" where no frame could read it or the frames disagree."""
    confidence: Probability
    """The probability of the first candidate, averaged over the frames."""
    candidates: list[tuple[str, Probability]]
    """What it may be, the likeliest first."""


@_described
class LaneDocument(TypedDict):
    """What `vinspect lane` says of a vehicle."""

    schema: Literal["vinspect/lane/1"]
    key: str
    """The Idempotency-Key of its case: the same whenever the same frames are gone through."""
    station: str
    lane: str
    source: str
    """The camera's address, the folder, or the SHA-256 of the video."""
    began: float
    """When it came into view, in seconds on the source's clock; a camera's runs from 1970."""
    ended: float
    """When it was seen last."""
    captured: str | None
    """When the photograph was taken, ISO 8601, UTC; null where the source does not tell."""
    looks: int
    """How often its number was seen."""
    frames: int
    """How many frames were read and heard."""
    text: str | None
    """The number that they give together; null where none could be read."""
    confidence: Probability
    """That the whole number is right."""
    characters: list[VotedCharacter]
    photo: str
    """The name of the photograph that was sent."""
    sha256: str
    """Of its bytes."""
    state: Literal["waiting", "sent", "refused"]
    """waiting: in the spool; sent: the service has it; refused: the service does not take it."""
    id: str | None
    """The inspection's, where the service has it."""
    verdict: Outcome | None
    """What the service said of it."""
    problem: str | None
    """Why it was refused."""


@_described
class FileDocument(TypedDict):
    """What `vinspect archive find` says of a vehicle's file in the archive: its card."""

    schema: Literal["vinspect/file/1"]
    id: str
    """The same for the same content, wherever it was put in."""
    number: str
    """The vehicle's number, in capitals, without spaces and marks."""
    maker: str | None
    plant: str | None
    year: int | None
    station: str | None
    file: str | None
    """The archive's own number of the file."""
    filed: str | None
    """ISO 8601 date."""
    rubbings: int
    """How many are in it."""
    state: Literal["in", "pulled", "transferred out"]
    """Where the file is."""
    since: str | None
    """Since when; null where it never left."""
    asked: str | None
    """The number that it was found for; null where it was asked for by its id."""
    differs: int | None
    """In how many characters its number differs from that, blanks among them."""


@_described
class ImportDocument(TypedDict):
    """What `vinspect archive import` says: how far an import has come."""

    schema: Literal["vinspect/import/1"]
    id: str
    created: str
    name: str
    """Of the table or folder."""
    sha256: str
    """Of the table's bytes, or of what the folder lists."""
    line: int
    """The last one that is done with."""
    added: int
    """Files that were new."""
    known: int
    """Files that the archive had already."""
    rubbings: int
    """Rubbings that were new."""
    refused: int
    """Lines that were not taken, or their rubbings."""
    passed_over: list[str]
    """Columns that are not known, and were not taken."""
    finished: str | None
    """When all of it was done with; null before."""


@_described
class RefusedDocument(TypedDict):
    """A line of an import that was not taken, or its rubbing."""

    schema: Literal["vinspect/refused/1"]
    line: int
    """In the table, from 1; in a folder, the picture's place in the order of the names."""
    code: Literal[
        "number_missing", "number_malformed", "year", "filed", "too_long", "malformed", "file_taken",
        "rubbing_missing", "rubbing_no_picture", "rubbing_ambiguous",
    ]  # fmt: skip
    value: str
    """What is wrong."""
    sentence: str
    """Why, and what to do."""
    sentence_zh: str
    """The same in Chinese."""


@_described
class ComparedPicture(TypedDict):
    """One of the two pictures that were held against each other."""

    photo: str
    """Its name as it was given."""
    sha256: str
    """Of the file's bytes, in hexadecimal."""
    size: tuple[int, int]
    """Width and height in pixels, upright."""
    text: str | None
    """The number as it was read; null where none was."""


@_described
class ComparedCharacter(TypedDict):
    """One character of the photograph, and its like on file."""

    place: int
    """In the photograph's number, from 0."""
    text: str
    on_file: str
    """The character that stands there on file."""
    support: float
    """log10 of the likelihood ratio, positive towards "struck again"."""
    congruent: int
    """How many of its cells agree on the registration of the whole."""
    cells: int
    correlation: float
    """-1 to 1, of its grooves with those on file where they fit best."""
    own: float
    """-1 to 1, what is left of that once what any die set shows of this letter is taken out."""
    along: float
    """Heights of a capital that its like lies to the right of where the others' registration has it."""
    across: float
    """Heights of a capital that it lies lower."""
    quad: Quad
    """Where it stands in the photograph."""
    quad_on_file: Quad
    """Where its like stands in the file's picture."""


@_described
class CompareDocument(TypedDict):
    """What `vinspect compare` says of a photograph and the picture on file."""

    schema: Literal["vinspect/compare/1"]
    photo: ComparedPicture
    file: ComparedPicture | None
    """Null where nothing is on file."""
    outcome: Literal["same striking", "not the same striking", "cannot judge"]
    support: float | None
    """log10 of the likelihood ratio for the second proposition over the first; null where nothing was weighed."""
    propositions: tuple[str, str]
    """Between which the support weighs."""
    code: str
    """Why the outcome is what it is; stable, in snake_case."""
    sentence: str
    """The same in words, and what to do about it."""
    sentence_zh: str
    """The same in Chinese."""
    legible: tuple[float, float] | None
    """How much like what it spells each picture looks, at most 1; below 0.4 it is not judged."""
    congruent: int
    """How many cells agree on one registration."""
    cells: int
    """How many there are, four a character."""
    struck_again: list[int]
    """Places in the photograph's number, from 0, of characters struck anew while the rest is the striking on file."""
    characters: list[ComparedCharacter]
    """Those that have their like on file; empty where nothing could be laid on each other."""
    ms: float
    """Milliseconds that it took, reading included."""


DOCUMENTS: dict[str, type] = {
    "read": ReadDocument,
    "inspect": InspectDocument,
    "decode": DecodeDocument,
    "site": SiteDocument,
    "compare": CompareDocument,
    "verify": VerifyDocument,
    "audit": AuditDocument,
    "logged": LoggedDocument,
    "follow": FollowDocument,
    "file": FileDocument,
    "import": ImportDocument,
    "refused": RefusedDocument,
    "lane": LaneDocument,
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one document, by its name in DOCUMENTS."""
    from pydantic import TypeAdapter  # only here: the command line does not wait for it

    schema = TypeAdapter(DOCUMENTS[name]).json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"vinspect {name}"}
    return head | {key: value for key, value in schema.items() if key != "title"}


if __name__ == "__main__":
    import json
    import sys
    from pathlib import Path

    for each in DOCUMENTS:
        text = json.dumps(json_schema(each), indent=2)
        Path(sys.argv[1], f"{each}.schema.json").write_text(text + "\n", encoding="utf-8")
