"""From the archive's rows to the public JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vinspect.api.archive import life
from vinspect.api.archive.events import State
from vinspect.api.archive.find import Hit
from vinspect.api.archive.refusals import Refusal
from vinspect.api.archive.tables import FileRow, ImportRow, RubbingRow

if TYPE_CHECKING:
    from vinspect.api import schema


def cards(session: Session, hits: Sequence[Hit]) -> list[schema.FileDocument]:
    """The cards of files that were found."""
    ids = [hit.file.id for hit in hits]
    counted = select(RubbingRow.of, func.count()).where(RubbingRow.of.in_(ids)).group_by(RubbingRow.of)
    rubbings = {of: count for of, count in session.execute(counted)} if ids else {}  # noqa: C416
    states = life.states(session, ids)
    return [_card(hit.file, rubbings.get(hit.file.id, 0), states, hit.asked, hit.differs) for hit in hits]


def card(session: Session, row: FileRow) -> schema.FileDocument:
    """The card of a file that was asked for by its id."""
    count = len(life.rubbings(session, row.id))
    return _card(row, count, life.states(session, [row.id]), None, None)


def _card(
    row: FileRow, rubbings: int, states: dict[str, tuple[State, str]], asked: str | None, differs: int | None
) -> schema.FileDocument:
    away = states.get(row.id)
    return {
        "schema": "vinspect/file/1",
        "id": row.id,
        "number": row.number,
        "maker": row.maker,
        "plant": row.plant,
        "year": row.year,
        "station": row.station,
        "file": row.file,
        "filed": row.filed,
        "rubbings": rubbings,
        "state": away[0] if away else "in",
        "since": away[1] if away else None,
        "asked": asked,
        "differs": differs,
    }


def import_document(row: ImportRow) -> schema.ImportDocument:
    """How far an import has come."""
    return {
        "schema": "vinspect/import/1",
        "id": row.id,
        "created": row.created,
        "name": row.name,
        "sha256": row.sha256,
        "line": row.line,
        "added": row.added,
        "known": row.known,
        "rubbings": row.rubbings,
        "refused": row.refused,
        "passed_over": json.loads(row.passed_over),
        "finished": row.finished,
    }


def refused_document(refusal: Refusal) -> schema.RefusedDocument:
    """A line that was not taken."""
    return {
        "schema": "vinspect/refused/1",
        "line": refusal.line,
        "code": refusal.code,
        "value": refusal.value,
        "sentence": refusal.sentence,
        "sentence_zh": refusal.sentence_zh,
    }
