"""A photograph held against the rubbing in the vehicle's file, where the archive has one."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from vinspect.api.archive import life
from vinspect.api.archive.tables import FileRow, RubbingRow
from vinspect.api.report.kept import inspection_of
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow, InspectionRow
from vinspect.vision import compare, inspector
from vinspect.vision.chinese import chinese
from vinspect.vision.compare import Comparison
from vinspect.vision.evidence import Finding, Report
from vinspect.vision.inspector import Nets
from vinspect.vision.photo import PhotoError, photo_of

MOST = 3  # rubbings of one number that are laid on the photograph, the newest
_FILED = (
    select(RubbingRow)
    .join(FileRow, FileRow.id == RubbingRow.of)
    .where(FileRow.number == bindparam("number"))
    .order_by(RubbingRow.place.desc())
    .limit(MOST)
)


@dataclass(frozen=True, eq=False)
class Held:
    """The rubbing that a photograph was held against, and what that says."""

    rubbing: RubbingRow
    comparison: Comparison


class OnFile:
    """What lies in the archive beside a case, for whoever is shown it: its rubbing is read again then.

    One is at a time, so that photographs that come in are not held up.
    """

    def __init__(self, store: Store, nets: Callable[[], Nets]) -> None:
        """nets: what rubbings are read with, asked for where there is one."""
        self._store, self._nets = store, nets
        self._lock = Lock()

    def shown(self, row: InspectionRow, by: str, why: str) -> Held | None:
        """The rubbing beside a case; that its file was looked up, by whom and why, is put into the log.

        None where there is none, where one of the two cannot be opened, and once the photograph was deleted.
        Raises SQLAlchemyError or RecordError where the store cannot.
        """
        document = json.loads(row.document)
        if not document["readings"] or self._store.deletion(row.id) is not None:
            return None
        with self._store.reading() as session:
            filed = rubbings(session, row, document["readings"][0]["text"])
        if not filed:
            return None
        try:
            photo = photo_of(row.photo, self._store.blobs.read(row.sha256))
        except (OSError, PhotoError):
            return None
        with self._lock:
            found = held(self._store, self._nets(), filed, row, inspection_of(document, photo).report)
        if found is not None:
            life.record(self._store, found.rubbing.of, "looked up", by, why, rubbing=found.rubbing.sha256)
        return found


def rubbings(session: Session, row: AcceptedRow | InspectionRow, text: str) -> Sequence[RubbingRow]:
    """Those on file under the number as it is registered, or else as it was read, `text`; the newest first."""
    return session.scalars(_FILED, {"number": row.expect or text}).all()


def held(
    store: Store, nets: Nets, filed: Sequence[RubbingRow], row: AcceptedRow | InspectionRow, report: Report
) -> Held | None:
    """The report's first reading against the rubbing that agrees with it best; None where none can be opened.

    One that agrees is enough: a lawful re-strike is on file beside the striking that it took the place of. Where none
    can be weighed, it is the newest.
    """
    first = replace(report, readings=report.readings[:1])
    found = list(_comparisons(store, nets, filed, row, first))
    return min(found, key=lambda each: _support(each.comparison), default=None)


def finding(of: Held, report: Report) -> Finding | None:
    """What the rubbing says of the report's first reading; None where the two cannot be weighed."""
    said = of.comparison
    if said.support is None:
        return None
    places = tuple(said.characters[k].place for k in said.named)
    sentence = f"Against the rubbing on file ({of.rubbing.of}): {said.why.sentence}"
    same = chinese("not_as_on_file", places, f"{said.why.chinese.removesuffix('。')}（档案 {of.rubbing.of}）")
    return Finding("not_as_on_file", places, round(said.support, 3), sentence, same, report.readings[0].quad)


def _support(of: Comparison) -> float:
    return math.inf if of.support is None else of.support


def _comparisons(
    store: Store, nets: Nets, filed: Sequence[RubbingRow], row: AcceptedRow | InspectionRow, report: Report
) -> Iterator[Held]:
    for rubbing in filed:
        try:
            picture = photo_of(rubbing.name, store.blobs.read(rubbing.sha256))
        except (OSError, PhotoError):  # it is gone, or nothing that can be opened: the others are looked at
            continue
        yield Held(rubbing, compare.compare(report, inspector.read(picture, nets, row.format), row.expect))
