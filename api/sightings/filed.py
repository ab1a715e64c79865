"""A photograph held against the rubbing in the vehicle's file, where the archive has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.archive.tables import FileRow, RubbingRow
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow
from vinspect.vision import compare, inspector
from vinspect.vision.compare import Comparison
from vinspect.vision.evidence import Finding, Reading, Report
from vinspect.vision.inspector import Nets
from vinspect.vision.photo import PhotoError, photo_of

MOST = 3  # rubbings of one number that are laid on the photograph, the newest


def rubbings(session: Session, row: AcceptedRow, best: Reading) -> Sequence[RubbingRow]:
    """Those on file under the number as it is registered, or else as it was read; the newest first."""
    query = (
        select(RubbingRow)
        .join(FileRow, FileRow.id == RubbingRow.of)
        .where(FileRow.number == (row.expect or best.text))
        .order_by(RubbingRow.place.desc())
        .limit(MOST)
    )
    return session.scalars(query).all()


def held(store: Store, nets: Nets, filed: Sequence[RubbingRow], row: AcceptedRow, report: Report) -> Finding | None:
    """What the rubbings say of the report's first reading; None where none of them can be compared with it.

    One that agrees is enough: a lawful re-strike is on file beside the striking that it took the place of.
    """
    first = replace(report, readings=report.readings[:1])
    found = min(_comparisons(store, nets, filed, row, first), key=lambda each: each[0], default=None)
    if found is None:
        return None
    support, rubbing, said = found
    places = tuple(said.characters[k].place for k in said.named)
    sentence = f"Against the rubbing on file ({rubbing.of}): {said.why.sentence}"
    return Finding("not_as_on_file", places, round(support, 3), sentence, report.readings[0].quad)


def _comparisons(
    store: Store, nets: Nets, filed: Sequence[RubbingRow], row: AcceptedRow, report: Report
) -> Iterator[tuple[float, RubbingRow, Comparison]]:
    for rubbing in filed:
        try:
            picture = photo_of(rubbing.name, store.blobs.read(rubbing.sha256))
        except (OSError, PhotoError):  # it is gone, or nothing that can be opened: the others are looked at
            continue
        said = compare.compare(report, inspector.read(picture, nets, row.format), row.expect)
        if said.support is not None:
            yield said.support, rubbing, said
