"""The resource /v1/inspections: one is made of a photograph, and stays as it was answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BeforeValidator, WithJsonSchema
from typing_extensions import TypedDict

from vinspect.api.cases import Wanted, cases, cursor, place
from vinspect.api.clock import written
from vinspect.api.decisions import standing
from vinspect.api.numbers import registered_number
from vinspect.api.report.command import INSTALL, NoReport, pdf
from vinspect.api.report.kept import inspection_of
from vinspect.api.service.access import AnyCaller, Caller, with_caller
from vinspect.api.service.cases import case
from vinspect.api.service.intake import Accepted, KeptInspection, Sent, answer, sent, unscored
from vinspect.api.service.language import preferred
from vinspect.api.service.paging import Limit, page
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks, Works
from vinspect.api.tables import DecisionRow, InspectionRow
from vinspect.vision.evidence import Language, Outcome
from vinspect.vision.photo import photo_of

router = APIRouter(
    prefix="/v1/inspections", tags=["inspections"], dependencies=[Depends(with_caller)], responses=described(401, 503)
)

_SHOWN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}  # so that each view is logged


def _no_count(said: str) -> str:
    if "-" not in said.strip()[1:]:
        raise ValueError("it is a date or time of ISO 8601, such as 2026-11-01")
    return said


_DATES = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
Moment = Annotated[datetime, BeforeValidator(_no_count), WithJsonSchema(_DATES)]
"""ISO 8601; seconds since 1970 would pass for it else, and nobody means them."""

T = TypeVar("T")
U = TypeVar("U")


class Summary(Sent):
    """An inspection in a list."""

    id: str
    created: str
    photo: str
    sha256: str
    text: str | None
    verdict: Outcome
    support: float | None
    decision: str | None
    """The one that stands."""


class Page(TypedDict):
    """A part of the list, and the `before` that brings the next."""

    inspections: list[Summary]
    next: str | None


@router.get("", responses=described(422))
def newest(
    works: AppWorks,
    caller: AnyCaller,
    limit: Limit = 50,
    before: Annotated[str | None, Query(min_length=1, description="The `next` of the page before.")] = None,
    station: Annotated[str | None, Query(description="Whose cases.")] = None,
    number: Annotated[str | None, Query(description="As it was read, or as it is registered.")] = None,
    verdict: Annotated[Outcome | None, Query(description="What was found.")] = None,
    decided: Annotated[bool | None, Query(description="Whether a decision stands.")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="Kept then or later; without zone UTC.")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="Kept before then; without zone UTC.")] = None,
    lane: Annotated[str | None, Query(description="As it was sent.")] = None,
    business: Annotated[str | None, Query(description="As it was sent.")] = None,
    captured_from: Annotated[Moment | None, Query(description="Taken then or later, as it was sent.")] = None,
    captured_to: Annotated[Moment | None, Query(description="Taken before then, as it was sent.")] = None,
) -> Page:
    """List the inspections that the caller may see, the newest first."""
    if station is not None and not caller.sees(station):
        return {"inspections": [], "next": None}
    last = _given("before", before, place, "it is the `next` of the page before this one", "请使用上一页返回的 next")
    wanted = Wanted(
        station=station or caller.station,
        number=_given("number", number, registered_number, "letters, digits and hyphens", "只含字母、数字和连字符"),
        verdict=verdict,
        decided=decided,
        since=_time("from", since),
        until=_time("to", until),
        lane=lane,
        business=business,
        captured_since=_time("captured_from", captured_from),
        captured_until=_time("captured_to", captured_to),
    )
    with works.store.reading() as session:
        rows = cases(session, wanted, limit + 1, last)
        shown, following = page(rows, limit, cursor)
        stand = standing(session, [row.id for row in shown])
    return {"inspections": [_summary(row, stand.get(row.id)) for row in shown], "next": following}


@router.get("/{id}", response_model=KeptInspection | Accepted, responses=described(404))
def one(id: str, works: AppWorks, caller: AnyCaller) -> Response:
    """Get an inspection as it was answered, or that its photograph is accepted and not scored yet."""
    if works.store.inspection(id) is None:
        accepted = works.store.accepted(id)
        if accepted is not None and caller.sees(accepted.station):
            return unscored(accepted)
    return answer(case(id, works, caller))


@router.get(
    "/{id}/photo", response_class=Response, responses={200: {"content": {"image/*": {}}}, **described(404, 410)}
)
def photo(id: str, works: AppWorks, caller: AnyCaller) -> Response:
    """Get the photograph, byte for byte as it was sent. That it was viewed is put into the log first."""
    return _viewed(id, "photo", works, caller)


@router.get(
    "/{id}/overlay", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}, **described(404, 410)}
)
def overlay(id: str, works: AppWorks, caller: AnyCaller) -> Response:
    """Get the photograph with what was found drawn into it, as it was drawn then. It is put into the log first."""
    return _viewed(id, "overlay", works, caller)


@router.get(
    "/{id}/report",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, **described(404, 410, 422, 501)},
)
def report(
    id: str,
    works: AppWorks,
    caller: AnyCaller,
    lang: Annotated[Language | None, Query(description="English or Chinese; else as `Accept-Language` says.")] = None,
    accept_language: Annotated[str, Header(description="Where it names neither, it is English.")] = "",
) -> Response:
    """Get a report of two pages on what was answered then. It shows the photograph, and is put into the log first.

    Whoever may see the archive sees the rubbing on file laid on the photograph, too; that is put into the log as well.
    """
    row = _there(id, works, caller)
    language = lang or preferred(accept_language)
    photograph = photo_of(row.photo, works.store.blobs.read(row.sha256))
    held = works.on_file.shown(row, caller.by, f"report of inspection {row.id}") if caller.sees_files else None
    try:
        comparison = None if held is None else held.comparison
        made = pdf(inspection_of(json.loads(row.document), photograph), comparison, language)
    except NoReport as error:
        raise Refused(501, f"{str(error).capitalize()}.", f"生成报告需要安装：{INSTALL}。") from error
    works.store.viewed(row, "photo", caller.by)
    headers = {**_SHOWN, "Content-Language": language, "Vary": "Accept-Language"}
    return Response(made, media_type="application/pdf", headers=headers)


def _given(name: str, value: T | None, understood: Callable[[T], U], what: str, what_zh: str) -> U | None:
    """What a parameter means, where it is given; 422 where it means nothing."""
    try:
        return None if value is None else understood(value)
    except (ValueError, OverflowError) as error:
        raise Refused(422, f"{name}: {what}.", f"{name}：{what_zh}。") from error


def _time(name: str, value: datetime | None) -> str | None:
    return _given(name, value, written, "it is a time of our era", "请填写有效时间")


def _there(id: str, works: Works, caller: Caller) -> InspectionRow:
    """The case, whose photograph must not have been deleted."""
    row = case(id, works, caller)
    if (deletion := works.store.deletion(row.id)) is not None:
        said = json.loads(deletion.body)
        raise Refused(
            410,
            f"The photograph was deleted on {said['at'][:10]}: {said['reason']}.",
            f"照片已于 {said['at'][:10]} 依法删除：{said['reason']}。",
        )
    return row


def _viewed(id: str, what: Literal["photo", "overlay"], works: Works, caller: Caller) -> Response:
    row = _there(id, works, caller)
    works.store.viewed(row, what, caller.by)
    sha256, media_type = (row.sha256, row.media_type) if what == "photo" else (row.overlay_sha256, "image/jpeg")
    return Response(works.store.blobs.read(sha256), media_type=media_type, headers=_SHOWN)


def _summary(row: InspectionRow, decision: DecisionRow | None) -> Summary:
    return {
        "id": row.id,
        "created": row.created,
        "photo": row.photo,
        "sha256": row.sha256,
        "text": row.text,
        "verdict": row.verdict,
        "support": row.support,
        **sent(row),
        "decision": None if decision is None else decision.decision,
    }
