"""A case, to those who may see it."""

from __future__ import annotations

from vinspect.api.service.access import Caller
from vinspect.api.service.problems import Refused
from vinspect.api.service.works import Works
from vinspect.api.tables import InspectionRow


def case(id: str, works: Works, caller: Caller) -> InspectionRow:
    """The inspection of this id. One that is not the caller's to see is answered as one that is not there: 404."""
    row = works.store.inspection(id)
    if row is None or not caller.sees(row.station):
        raise Refused(
            404,
            f"There is no inspection {id}: GET /v1/inspections lists those that there are.",
            f"没有检验记录 {id}：可用 GET /v1/inspections 查询。",
        )
    return row
