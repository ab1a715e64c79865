"""Findings that need the store: what else it knows of this photograph, its number, and when it was taken.

They are findings like those of the metal, each with a support, so that verdict and characters follow by the same sum.
Like the rules' (`vision/rules.py`), the rates behind them are judgements, to be replaced by counted ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from vinspect.api.clock import written
from vinspect.api.sightings import filed, hands, makers
from vinspect.api.sightings.captured import captured, sent, wrong
from vinspect.api.sightings.prints import Prints
from vinspect.api.sightings.switches import Settings, Switched, settings
from vinspect.api.sightings.tables import FormsRow, PrintRow, WatchRow
from vinspect.api.store import Store
from vinspect.api.tables import AcceptedRow, Beside, InspectionRow
from vinspect.vision.chinese import chinese
from vinspect.vision.evidence import Finding, Inspection, Photo, Reading
from vinspect.vision.inspector import Nets
from vinspect.vision.photo import PhotoError, photo_of
from vinspect.vision.rules import support_of
from vinspect.vision.same import Marked, likeness, marked, needed, number_prints, whole_prints
from vinspect.vision.weigh import weigh

APART = timedelta(minutes=30)  # in which no vehicle is inspected at one station, driven to another and inspected there
SURE = 0.9  # a number less sure than this is not said to have been seen elsewhere
OF_THE_NUMBER = 4  # earlier photographs of the same number that are laid over this one, the newest

HEEDED = 0.3  # log10: less says nothing, or its station wants it to count for nothing

# The questions asked of every photograph are put together once: that takes as long as half of them take to answer.
_OTHERS = select(
    InspectionRow.number,
    InspectionRow.id,
    InspectionRow.created,
    InspectionRow.photo,
    InspectionRow.sha256,
    InspectionRow.expect,
    InspectionRow.text,
).where(InspectionRow.id != bindparam("but"))
_EXACT = _OTHERS.where(InspectionRow.sha256 == bindparam("sha256")).order_by(InspectionRow.number).limit(OF_THE_NUMBER)
_LIKE = _OTHERS.where(InspectionRow.number.in_(bindparam("near", expanding=True)))
_SAME = (
    _OTHERS.where(InspectionRow.text == bindparam("text")).order_by(InspectionRow.number.desc()).limit(OF_THE_NUMBER)
)
_WATCHED = (
    select(WatchRow)
    .where(WatchRow.number.in_(bindparam("numbers", expanding=True)), WatchRow.ended.is_(None))
    .order_by(WatchRow.number)
)

# (among numbers not as struck, among genuine ones): how often each occurs
WATCHED = (0.05, 0.001)  # stolen vehicles get other numbers, and theirs turn up on others
ELSEWHERE = (0.05, 0.0005)
USED_FOR_ANOTHER = (0.1, 0.001)
USED_ANOTHER_DAY = (0.05, 0.01)  # saves an inspector the walk
STALE = (0.1, 0.03)
AHEAD = (0.05, 0.03)  # mostly a clock that is wrong

_Earlier = Row[int, str, str, str, str, str | None, str | None]
"""As `_OTHERS` has them."""
_AGAIN = "photograph_used_before"
_OF_THE_VEHICLE = (_AGAIN, "seen_elsewhere", "watched_number")
"""Findings about a vehicle or an errand: that its number is as struck answers none of them."""
_WHO_ZH = {"camera": "相机", "sender": "发送方"}


@dataclass(frozen=True)
class Known:
    """A photograph's findings."""

    inspection: Inspection
    beside: tuple[Beside, ...]
    """What is kept with the inspection, so that others are known by it: its print, its hand, how it is struck."""
    settings: Settings
    """Those of its station, under which it was weighed; empty where it was not."""


class Sightings:
    """What the store knows, for each photograph that is scored. Any number of threads may ask."""

    def __init__(self, store: Store, nets: Nets) -> None:
        """Of the photographs in this store; nets: what rubbings are read with."""
        self._store, self._nets = store, nets
        self._prints = Prints()

    def known(self, row: AcceptedRow, inspection: Inspection) -> Known:
        """The inspection with these findings weighed in; row: what was accepted. Raises SQLAlchemyError."""
        report = inspection.report
        best = report.readings[0] if report.readings else None
        photo = report.photo
        whole = whole_prints(photo.small)
        around = [] if best is None else number_prints(photo.small, best.quad / photo.reduction)
        own = PrintRow(whole=whole[0], around=around[0] if around else None)
        struck = makers.row_of(row.id, inspection)
        beside = tuple(each for each in (own, hands.row_of(row.id, inspection), struck) if each is not None)
        with self._store.reading() as session:
            said = settings(session, row.station)
            found = [each for each in _findings(session, row, photo, best, struck, said) if said[_code(each)].on]
            if said["photograph_used_before"].on:
                found[:0] = self._used_before(session, row, photo, best, (whole, around))
            rubbings = filed.rubbings(session, row, best.text) if best and said["not_as_on_file"].on else ()
        held = filed.held(self._store, self._nets, rubbings, row, report)
        if held is not None and (against := filed.finding(held, report)) is not None:
            found.append(against)
        if not found:
            return Known(inspection, beside, said)
        weighed = tuple(replace(each, support=round(each.support * said[_code(each)].weight, 3)) for each in found)
        findings = (*inspection.findings, *weighed)
        looks = inspection.looks
        heeded = any(f.code in _OF_THE_VEHICLE and f.support >= HEEDED for f in weighed)
        return Known(Inspection(report, findings, weigh(best, findings, looks, heeded), looks), beside, said)

    def _used_before(
        self,
        session: Session,
        row: AcceptedRow,
        photo: Photo,
        best: Reading | None,
        prints: tuple[list[bytes], list[bytes]],
    ) -> list[Finding]:
        """At most one; prints: those that its whole, and what stands around its number, may have had."""
        text, sure = (None, 0.0) if best is None else (best.text, best.confidence)
        for before in session.execute(_EXACT, {"but": row.id, "sha256": row.sha256}):
            if (finding := _again(before, row, text)) is not None:
                return [finding]
        wanted: list[_Earlier] = []
        if near := self._prints.near(session, *prints):
            found = session.execute(_LIKE, {"but": row.id, "near": near}).all()
            wanted += sorted(found, key=lambda each: near.index(each.number))
        if text is not None:
            wanted += session.execute(_SAME, {"but": row.id, "text": text}).all()
        mine: Marked | None = None
        for earlier in dict.fromkeys(wanted):
            if (finding := _again(earlier, row, text)) is None or (other := self._small(earlier)) is None:
                continue
            mine = mine or marked(photo.small)  # most have nobody to be held against
            if likeness(mine, marked(other.small)) >= needed(text, earlier.text, sure):
                return [finding]
        return []

    def _small(self, row: _Earlier) -> Photo | None:
        try:
            return photo_of(row.photo, self._store.blobs.read(row.sha256))
        except (OSError, PhotoError):  # it was deleted, or is gone for now: then the others are looked at
            return None


def _findings(
    session: Session,
    row: AcceptedRow,
    photo: Photo,
    best: Reading | None,
    struck: FormsRow | None,
    said: Settings,
) -> Iterator[Finding]:
    if best is not None:
        yield from _watched(session, best, row.expect)
        yield from _elsewhere(session, row, best)
        if said[makers.CODE].on and (unlike := makers.finding(session, struck, best)) is not None:
            yield unlike
    if (time := _wrong_time(row, photo)) is not None:
        yield time


def _wrong_time(row: AcceptedRow, photo: Photo) -> Finding | None:
    """That it was taken too early, or after it came in: by its camera, or else by its sender. One says it, not both."""
    day = row.created[:10]
    for taken in (captured(photo.data), sent(row.captured) if row.captured else None):
        code = None if taken is None else wrong(taken, datetime.fromisoformat(row.created))
        if taken is None or code is None:
            continue
        said = f"By its {taken.who} this was taken on {taken.said}, "
        same = f"{_WHO_ZH[taken.who]}记为 {taken.said}，收到于 {day}，"
        if code == "stale_capture":
            said += f"long before it came in on {day}. Ask for a photograph of today."
            return Finding(code, (), _support(STALE), said, chinese(code, (), f"{same}请重新拍摄"), None)
        said += f"after it came in on {day}. Set that clock."
        return Finding(code, (), _support(AHEAD), said, chinese(code, (), f"{same}请校正时钟"), None)
    return None


def _again(before: _Earlier, row: AcceptedRow, text: str | None) -> Finding | None:
    """That a photograph came in before, for another number or on another day; None where it is simply sent again."""
    for now, then in ((row.expect, before.expect), (text, before.text)):
        if now and then and now.replace("-", "") != then.replace("-", ""):
            said = f"This photograph came in before, on {before.created[:10]}, for {then} (inspection {before.id})."
            same = chinese(_AGAIN, (), f"{before.created[:10]}，用于号码 {then}（案件 {before.id}）")
            return Finding(_AGAIN, (), _support(USED_FOR_ANOTHER), said, same, None)
        if now and then:
            break
    if before.created[:10] == row.created[:10]:
        return None
    said = f"This photograph came in before, on {before.created[:10]} (inspection {before.id}): take a new one."
    same = chinese(_AGAIN, (), f"{before.created[:10]}（案件 {before.id}），请重新拍摄")
    return Finding(_AGAIN, (), _support(USED_ANOTHER_DAY), said, same, None)


def _watched(session: Session, best: Reading, expect: str | None) -> Iterator[Finding]:
    """That the number, as it was read or as it is registered, is watched for."""
    numbers = [best.text, *([expect] if expect else [])]
    for row in session.scalars(_WATCHED, {"numbers": numbers}):
        sure = best.confidence if row.number == best.text else 1.0
        said = f"{row.number} is watched for since {row.created[:10]}: {row.why.rstrip('.')}."
        same = chinese("watched_number", (), f"{row.number}，自 {row.created[:10]} 起，{row.why.rstrip('.。')}")
        yield Finding("watched_number", (), _support(WATCHED, sure), said, same, best.quad)


def _elsewhere(session: Session, row: AcceptedRow, best: Reading) -> Iterator[Finding]:
    """That the same number was seen at another station so shortly before that it cannot be the same vehicle."""
    if row.station is None or best.confidence < SURE:
        return
    seen = datetime.fromisoformat(row.captured or row.created)
    then = func.coalesce(InspectionRow.captured, InspectionRow.created)  # what lay in a spool came in late
    query = (
        select(InspectionRow)
        .where(
            InspectionRow.text == best.text,
            InspectionRow.station != row.station,
            then >= written(seen - APART),
            then <= written(seen + APART),
        )
        .order_by(InspectionRow.number.desc())
        .limit(OF_THE_NUMBER)
    )
    for other in session.scalars(query):
        there = json.loads(other.document)["readings"][0]["confidence"]
        if there >= SURE:
            apart = seen - datetime.fromisoformat(other.captured or other.created)
            minutes = round(abs(apart).total_seconds() / 60)
            said = (
                f"The same number was seen at station {other.station} within {minutes} minutes "
                f"(inspection {other.id}): there are two vehicles that bear it."
            )
            same = chinese("seen_elsewhere", (), f"{other.station}，{minutes} 分钟之内（案件 {other.id}）")
            yield Finding("seen_elsewhere", (), _support(ELSEWHERE, best.confidence * there), said, same, best.quad)
            return


def _code(finding: Finding) -> Switched:
    code: Switched = finding.code  # type: ignore[assignment]  # all of this package are
    return code


def _support(rates: tuple[float, float], sure: float = 1.0) -> float:
    broken, kept = rates
    return round(support_of(sure, broken, kept), 3)
