"""A case in one file: what was sent, what was said of it, and what proves both, for a machine that has neither."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from typing import BinaryIO

from vinspect.api.blobs import Blobs
from vinspect.api.record import layout
from vinspect.api.store import Case


def write_case(file: BinaryIO, case: Case, blobs: Blobs) -> None:
    """Write an inspection with its proofs as a zip; blobs: where photographs lie. Raises OSError."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(layout.PAGE, case.page)
        for name, sha256 in (
            (layout.photograph_name(case.row.media_type), case.row.sha256),
            (layout.OVERLAY, case.row.overlay_sha256),
        ):
            with suppress(FileNotFoundError):  # it was deleted, as one of the entries says
                archive.writestr(name, blobs.read(sha256))
        archive.writestr(layout.INSPECTION, case.row.document)
        for entry in case.entries:
            archive.writestr(layout.ENTRY.format(entry.index), entry.body)
        proofs = {entry.index: proof for entry, proof in zip(case.entries, case.proofs, strict=True)}
        archive.writestr(layout.PROOFS, layout.proofs(case.row.id, proofs))
        archive.writestr(layout.CHECKPOINT, case.checkpoint)
        for each in case.stamps:
            archive.writestr(layout.STAMPED.format(each.size), each.checkpoint)
            archive.writestr(layout.STAMP.format(each.size), each.stamp)
        if case.stamps:
            archive.writestr(layout.STAMPS, layout.stamps({each.size: each.proof for each in case.stamps}))
        archive.writestr(layout.KEY, case.key + "\n")
