"""What is decided about a case, under /v1/inspections/{id}/decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StrictInt, StringConstraints
from typing_extensions import TypedDict

from vinspect.api import decisions
from vinspect.api.schema import MadeDecision
from vinspect.api.service.access import AnyCaller, Auditor, with_caller
from vinspect.api.service.cases import case
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.whole import WHOLE
from vinspect.api.service.works import AppWorks
from vinspect.api.stations import Decision
from vinspect.api.tables import DecisionRow

router = APIRouter(
    prefix="/v1/inspections/{id}/decisions",
    tags=["decisions"],
    dependencies=[Depends(with_caller)],
    responses=described(401, 404, 503),
)


class NewDecision(BaseModel):
    """A decision to be made."""

    decision: Annotated[
        Decision,
        Field(
            description="cleared: nothing is wrong; confirmed: the suspicion stands; retake: photograph it anew; "
            "re-strike: a lawful one is on file."
        ),
    ]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=r"\S")]
    after: Annotated[
        StrictInt, Field(ge=0, description="The `version` of the last decision that you have seen; 0 for none."), WHOLE
    ] = 0


class Decisions(TypedDict):
    """All about one case."""

    standing: MadeDecision | None
    """What holds now: the last that has all its signatures."""
    pending: MadeDecision | None
    """What waits for a second signature: the last, where it has not all of them."""
    decisions: list[MadeDecision]


@router.post("", status_code=201, responses=described(403, 409, 422))
def create(id: str, new: NewDecision, works: AppWorks, caller: Auditor) -> Decisions:
    """Decide about a case, or sign what another has decided by deciding the same.

    It is undone only by a further decision. Nobody decides about a photograph that they sent themselves, nor signs
    twice.
    """
    row = case(id, works, caller)
    with works.store.writing() as log:
        try:
            decisions.decide(log, row, new.decision, new.reason, caller.by, new.after)
        except decisions.OwnCase as error:
            raise Refused(
                403,
                "You sent this photograph yourself: somebody else decides about it.",
                "此照片由您本人提交：请由他人审核。",
            ) from error
        except decisions.OwnSignature as error:
            raise Refused(
                403,
                "You have signed this yourself: the second signature is somebody else's.",
                "第一签名由您本人作出：第二签名须由他人作出。",
            ) from error
        except decisions.DecidedSo as error:
            raise Refused(
                409,
                "It is decided so already: only another decision changes it.",
                "已作出相同决定：只有不同的决定才能更改。",
            ) from error
        except decisions.Meanwhile as error:
            raise Refused(
                409,
                f"The last decision about this case is version {error.version}: read it, then send `after`: "
                f"{error.version}.",
                f"此案最近的决定为第 {error.version} 版：请先查阅，再以 after: {error.version} 提交。",
            ) from error
        return _decisions(decisions.decisions(log.session, id))


@router.get("")
def every(id: str, works: AppWorks, caller: AnyCaller) -> Decisions:
    """Get the decisions about a case, in their order, and which of them stands."""
    case(id, works, caller)
    with works.store.reading() as session:
        return _decisions(decisions.decisions(session, id))


def _decisions(rows: Sequence[DecisionRow]) -> Decisions:
    made = [_made(row) for row in rows]
    return {
        "standing": next((each for each in reversed(made) if each["stands"]), None),
        "pending": made[-1] if made and not made[-1]["stands"] else None,
        "decisions": made,
    }


def _made(row: DecisionRow) -> MadeDecision:
    return {
        "version": row.version,
        "created": row.created,
        "decision": row.decision,
        "reason": row.reason,
        "by": row.by,
        "signature": row.signature,
        "needs": row.needs,
        "stands": decisions.stands(row),
    }
