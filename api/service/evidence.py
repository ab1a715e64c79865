"""A case as one file, under /v1/inspections/{id}/evidence."""

from __future__ import annotations

import io

from fastapi import APIRouter, Response

from vinspect.api.record.case import write_case
from vinspect.api.record.page import page
from vinspect.api.service.access import Auditor
from vinspect.api.service.cases import case
from vinspect.api.service.problems import described
from vinspect.api.service.works import AppWorks

router = APIRouter(
    prefix="/v1/inspections/{id}/evidence", tags=["inspections"], responses=described(401, 403, 404, 503)
)


@router.get("", response_class=Response, responses={200: {"content": {"application/zip": {}}}})
def evidence(id: str, works: AppWorks, caller: Auditor) -> Response:
    """Get a case as the file that `vinspect export` writes. That it goes out is put into the log first."""
    row, store, file = case(id, works, caller), works.store, io.BytesIO()
    held = works.on_file.shown(row, caller.by, f"export of inspection {row.id}")
    sent = store.export(row, caller.by, lambda entries, key: page(row, entries, key, store.blobs, held))
    write_case(file, sent, store.blobs)
    name = f"vinspect-{row.created[:10]}-{row.id[:8]}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(file.getvalue(), media_type="application/zip", headers=headers)
