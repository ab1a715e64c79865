"""The look-up /v1/archive/same-hand: given a case, others whose numbers may be struck with the same dies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import defer
from typing_extensions import TypedDict

from vinspect.api.clock import now
from vinspect.api.decisions import standing
from vinspect.api.service.archive import Reader, Text
from vinspect.api.service.cases import case
from vinspect.api.service.problems import described
from vinspect.api.service.works import AppWorks
from vinspect.api.sightings.hands import Hands
from vinspect.api.tables import InspectionRow
from vinspect.vision.evidence import Outcome


@asynccontextmanager
async def _remembering(app: FastAPI) -> AsyncIterator[None]:
    app.state.hands = Hands()
    yield


router = APIRouter(
    prefix="/v1/archive/same-hand", tags=["archive"], responses=described(401, 403, 404, 503), lifespan=_remembering
)


class AlikeInspection(TypedDict):
    """A case whose number is like the one that was asked about."""

    id: str
    created: str
    station: str | None
    text: str | None
    verdict: Outcome
    decision: str | None
    """The one that stands."""
    likeness: float
    """-1 to 1: how alike the two numbers are struck. It ranks, and is no evidence by itself."""


class SameHand(TypedDict):
    """The cases whose numbers are struck most alike."""

    inspection: str
    comparable: bool
    """Whether this case has a hand: its number could be judged, and by what judges now."""
    inspections: list[AlikeInspection]
    """The likest first."""


@router.get("", responses=described(422))
def same_hand(
    request: Request,
    works: AppWorks,
    caller: Reader,
    inspection: Annotated[str, Query(description="The case whose like are looked for.")],
    why: Annotated[Text, Query(description="It stays in the log.")],
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 20,
) -> SameHand:
    """Find cases whose numbers may be struck by the same hand, the likest first: of those that the caller may see.

    That it was looked up, by whom, why and what was found, is put into the log first.
    """
    asked = case(inspection, works, caller)
    hands: Hands = request.app.state.hands
    with works.store.reading() as session:
        near = hands.near(session, asked.id, limit, caller.station)
        ids = [each.id for each in near or ()]
        query = select(InspectionRow).where(InspectionRow.id.in_(ids)).options(defer(InspectionRow.document))
        rows = {row.id: row for row in session.scalars(query)}
        stand = standing(session, ids)
    with works.store.writing() as log:
        log.append("hand looked up", now(), asked.id, by=caller.by, why=why, found=ids)
    return {
        "inspection": asked.id,
        "comparable": near is not None,
        "inspections": [
            {
                "id": each.id,
                "created": row.created,
                "station": row.station,
                "text": row.text,
                "verdict": row.verdict,
                "decision": stand[each.id].decision if each.id in stand else None,
                "likeness": each.likeness,
            }
            for each in near or ()
            if (row := rows.get(each.id)) is not None
        ],
    }
