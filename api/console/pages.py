"""The console's pages. What changes something is asked of /v1 by the page, and answered by the same rules."""

from __future__ import annotations

import json
from typing import Annotated

import cv2
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from vinspect.api import decisions, stations
from vinspect.api.console import case as shown
from vinspect.api.console.answers import HOME, Page, own, page
from vinspect.api.console.compared import Laid
from vinspect.api.console.language import COOKIE as LANGUAGE
from vinspect.api.console.language import LASTS, language_of
from vinspect.api.console.queue import OUTCOMES, Filters, State, counted, filters, holds, queue
from vinspect.api.record.page import named
from vinspect.api.report.words import why
from vinspect.api.schema import CompareDocument
from vinspect.api.service import archive, inspections
from vinspect.api.service.access import Caller, only
from vinspect.api.service.cases import case
from vinspect.api.service.problems import Refused
from vinspect.api.service.works import AppWorks
from vinspect.api.tables import InspectionRow
from vinspect.vision.compare import SAID
from vinspect.vision.evidence import Language
from vinspect.vision.photo import bgr, photo_of

ROWS = 50  # of the queue on a page
STATES: tuple[State, ...] = ("open", "signature", "decided", "all")

router = APIRouter(prefix=HOME, include_in_schema=False, route_class=Page)

Person = Annotated[Caller, Depends(only("inspector", "auditor", "administrator"))]
Asked = Annotated[Filters, Depends(filters)]


@router.get("/sign-in")
def sign_in(request: Request, to: str = HOME) -> Response:
    """Where somebody signs in."""
    return page(request, "sign_in.html", to=own(to), openid=request.app.state.openid is not None)


@router.get("/language/{language}")
def speak(language: Language, request: Request, to: str = HOME) -> Response:
    """Choose the language."""
    answer = RedirectResponse(own(to), 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(LANGUAGE, language, max_age=LASTS, samesite="lax", secure=secure, httponly=True)
    return answer


@router.get("/help")
def keys(request: Request, caller: Person) -> Response:
    """What each key does."""
    return page(request, "help.html", caller)


@router.get("")
def cases(
    request: Request,
    works: AppWorks,
    caller: Person,
    asked: Asked,
    after: Annotated[str, Query(description="The last case of the page before.")] = "",
) -> Response:
    """The queue."""
    last = case(after, works, caller) if after else None
    with works.store.reading() as session:
        rows = queue(session, caller, asked, ROWS + 1, last)
        standing = decisions.standing(session, [row.id for row in rows])
        counts = counted(session, caller, asked)
        named_stations = {row.id: row.name for row in stations.stations(session) if caller.sees(row.id)}
    return page(
        request,
        "queue.html",
        caller,
        rows=[(row, json.loads(row.document), standing.get(row.id)) for row in rows[:ROWS]],
        findings=lambda document: shown.findings(document, language_of(request)),
        why=why,
        more=rows[ROWS - 1].id if len(rows) > ROWS else None,
        after=after,
        counts=counts,
        stations=named_stations,
        asked=asked,
        outcomes=OUTCOMES,
        states=STATES,
    )


@router.get("/step")
def step(
    works: AppWorks, caller: Person, asked: Asked, at: Annotated[str, Query(alias="from")], back: bool = False
) -> Response:
    """The case behind this one in the queue, or before it; where there is none, the queue."""
    beside = case(at, works, caller)
    with works.store.reading() as session:
        return RedirectResponse(_beside(session, caller, asked, beside, back=back), 303)


@router.get("/cases/{id}")
def one(
    id: str,
    request: Request,
    works: AppWorks,
    caller: Person,
    asked: Asked,
    walking: Annotated[bool, Query(description="Go on where somebody else has decided about it meanwhile.")] = False,
) -> Response:
    """A case; that somebody looks at its photograph is logged when the page fetches that."""
    row = case(id, works, caller)
    document = json.loads(row.document)
    found = shown.findings(document, language_of(request))
    deletion = works.store.deletion(row.id)
    with works.store.reading() as session:
        if walking and not holds(session, caller, asked, row):
            return RedirectResponse(_beside(session, caller, asked, row), 303)
        following = _beside(session, caller, asked, row, walking="true")
        made = decisions.decisions(session, row.id)
        standing = decisions.standing(session, [row.id]).get(row.id)
        filed = shown.filed(session, row)
        history = [] if caller.role == "inspector" else shown.history(session, row)
        station = stations.station(session, row.station) if row.station else None
    return page(
        request,
        "case.html",
        caller,
        row=row,
        document=document,
        reading=document["readings"][0] if document["readings"] else None,
        found=found,
        cells=shown.cells(document, row.expect, found),
        drawn=shown.drawn(row, document, found),
        deletion=deletion and json.loads(deletion.body),
        why=why,
        outcomes=SAID,
        made=made,
        standing=standing,
        asking=shown.asking(row, made, standing),
        may_decide=caller.role in ("auditor", "administrator") and caller.by != row.by,
        own=caller.by == row.by,
        filed=filed,
        history=history,
        station=station,
        asked=asked,
        following=following,
        named=named,
    )


@router.get("/cases/{id}/photo")
def photo(id: str, works: AppWorks, caller: Person) -> Response:
    """A photograph of a kind that browsers do not show, as JPEG. That it was viewed is put into the log first."""
    sent = bytes(inspections.photo(id, works, caller).body)
    _, jpeg = cv2.imencode(".jpg", bgr(photo_of("photograph", sent)), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return Response(jpeg.tobytes(), media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/cases/{id}/compared/{file}/{sha256}")
def compared(id: str, file: str, sha256: str, request: Request, works: AppWorks, caller: Person) -> CompareDocument:
    """How a rubbing of the archive lies on the photograph."""
    row = case(id, works, caller)
    if all(each["sha256"] != sha256 for each in archive.rubbings(file, works, caller)):
        raise Refused(404, "There is no such rubbing in this file.", "此档案中没有该拓印膜。")
    laid: Laid = request.app.state.laid
    return laid.on(row, sha256, works.store.blobs.read)


def _beside(
    session: Session, caller: Caller, asked: Filters, row: InspectionRow, *, back: bool = False, **more: str
) -> str:
    """The address of the case behind this one in the queue, or before it; the queue's where there is none."""
    rows = queue(session, caller, asked, 1, row, back=back)
    query = asked.query(**more) if rows else asked.query()
    to = f"{HOME}/cases/{rows[0].id}" if rows else HOME
    return f"{to}?{query}" if query else to
