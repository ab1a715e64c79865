"""What the page of a case shows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.archive import documents, life
from vinspect.api.archive.find import find
from vinspect.api.archive.tables import RubbingRow
from vinspect.api.numbers import NoNumber, registered_number
from vinspect.api.record.page import SHOWN, named
from vinspect.api.report.words import finding as sentence_of
from vinspect.api.schema import FileDocument, InspectDocument
from vinspect.api.stations import DECISIONS, Decision
from vinspect.api.tables import DecisionRow, EntryRow, InspectionRow
from vinspect.vision.evidence import Language

_FILES = 5  # in the archive that bear the number, of which the rubbings are shown
_ANOTHER = re.compile(r"\(inspection ([0-9a-f-]{36})\)")


@dataclass(frozen=True)
class Found:
    """One finding, as it is shown."""

    code: str
    sentence: str
    support: float
    places: tuple[int, ...]
    """Of the characters that it names, from 0."""
    quads: list[Any]
    """Where to look in the photograph: its own quadrilateral, or those of its characters."""
    other: str | None
    """The id of another case that it speaks of."""


@dataclass(frozen=True)
class Cell:
    """One character, as it is shown."""

    text: str
    confidence: float
    candidates: list[tuple[str, float]]
    support: float | None
    registered: str | None
    """The registered number's, where that is another."""
    findings: tuple[int, ...]
    """Those that name it, from 1 in the order in which they are shown."""


@dataclass(frozen=True)
class Filed:
    """A file of the archive, and a rubbing in it."""

    card: FileDocument
    rubbing: RubbingRow


def findings(document: InspectDocument, language: Language) -> list[Found]:
    """The findings, the strongest first."""
    characters = document["characters"]
    found = []
    for each in sorted(document["findings"], key=lambda finding: -finding["support"]):
        places = tuple(place for place in each["characters"] if place < len(characters))
        quads = [each["quad"]] if each["quad"] else [characters[place]["quad"] for place in places]
        other = _ANOTHER.search(each["sentence"])
        found.append(
            Found(each["code"], sentence_of(each, language), each["support"], places, quads, other and other.group(1))
        )
    return found


def cells(document: InspectDocument, expect: str | None, found: Sequence[Found]) -> list[Cell]:
    """The characters of the best reading beside those of the registered number."""
    characters = document["characters"]
    registered = _beside([each["text"] for each in characters], expect)
    return [
        Cell(
            each["text"],
            each["confidence"],
            [(text, p) for text, p in each["candidates"] if p >= 0.005][:4],
            each["support"],
            registered[place] if registered[place] != each["text"] else None,
            tuple(number for number, finding in enumerate(found, 1) if place in finding.places),
        )
        for place, each in enumerate(characters)
    ]


def drawn(row: InspectionRow, document: InspectDocument, found: Sequence[Found]) -> dict[str, Any]:
    """What the browser draws into the photograph and cuts out of it."""
    reading = document["readings"][0] if document["readings"] else None
    native = row.media_type in SHOWN
    return {
        "photo": f"/v1/inspections/{row.id}/photo" if native else f"/console/cases/{row.id}/photo",
        "size": document["size"],
        "quad": reading and reading["quad"],
        "lines": [{"quad": line["quad"], "length": len(line["text"])} for line in reading["lines"]] if reading else [],
        "characters": [each["quad"] for each in document["characters"]],
        "findings": [each.quads for each in found],
    }


def asks_reason(decision: Decision, row: InspectionRow, standing: DecisionRow | None) -> bool:
    """Whether somebody has to say in their own words why they decide so; else one key is enough.

    They have to where the decision sets a vehicle's fate, clears what the judge suspects, or changes what stands.
    """
    return (
        standing is not None
        or decision in ("confirmed", "re-strike")
        or (decision == "cleared" and row.verdict == "suspect")
    )


def asking(row: InspectionRow, made: Sequence[DecisionRow], standing: DecisionRow | None) -> dict[Decision, bool]:
    """For each decision, whether a reason is asked; what waits for a second signature is signed with one key."""
    last = made[-1] if made else None
    waits = last.decision if last and last.signature < last.needs else None
    return {each: each != waits and asks_reason(each, row, standing) for each in DECISIONS}


def filed(session: Session, row: InspectionRow) -> list[Filed]:
    """The archive's rubbings of the number, as it is registered or was read, the newest of each file first."""
    numbers = []
    for text in (row.expect, row.text):
        try:
            numbers.append(registered_number(text or "?"))
        except NoNumber:
            continue
    cards = documents.cards(session, find(session, numbers, "exact", _FILES))
    return [Filed(card, each) for card in cards for each in reversed(life.rubbings(session, card["id"]))]


def history(session: Session, row: InspectionRow) -> list[dict[str, Any]]:
    """What the log says of a case, the newest first."""
    query = select(EntryRow).where(EntryRow.inspection == row.id).order_by(EntryRow.index.desc())
    bodies = (json.loads(entry.body) for entry in session.scalars(query))
    return [{**body, "who": _who(body)} for body in bodies]


def _who(body: dict[str, Any]) -> str:
    by = body.get("by") or body.get("user") or ""
    return named(by) or by


def _beside(texts: Sequence[str], expect: str | None) -> list[str | None]:
    """The registered number's characters, place by place; hyphens of either side are passed over."""
    plain = iter((expect or "").replace("-", ""))
    beside = [None if text == "-" else next(plain, None) for text in texts]
    if any(each is None and text != "-" for each, text in zip(beside, texts, strict=True)) or next(plain, None):
        return [None] * len(texts)
    return beside
