"""A rubbing laid on the photograph: both are read again, once, when somebody asks to see one over the other."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from vinspect.api.compare import compare_document
from vinspect.api.schema import CompareDocument
from vinspect.api.tables import InspectionRow
from vinspect.vision import inspector
from vinspect.vision.compare import compare
from vinspect.vision.inspector import Nets
from vinspect.vision.photo import photo_of

_KEPT = 256  # comparisons, of some kilobytes each


class Laid:
    """What was laid on what of late. One is made at a time, so that photographs that come in are not held up."""

    def __init__(self, nets: Nets) -> None:
        """Read with these."""
        self._nets = nets
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = Lock()

    def on(self, row: InspectionRow, rubbing: str, content: Callable[[str], bytes]) -> CompareDocument:
        """How the rubbing of this hash lies on the photograph; content: of a hash.

        Raises OSError, PhotoError, or ValueError as `compare` does.
        """
        key = (row.sha256, rubbing)
        with self._lock:
            if key not in self._known:
                self._known[key] = json.dumps(self._compared(row, content(row.sha256), content(rubbing)))
            self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            document: CompareDocument = json.loads(self._known[key])
        return document

    def _compared(self, row: InspectionRow, photograph: bytes, rubbing: bytes) -> CompareDocument:
        begun = time.perf_counter()
        names = ((row.photo, photograph), ("rubbing", rubbing))
        now, file = (inspector.read(photo_of(name, data), self._nets, row.format) for name, data in names)
        found = compare(now, file, row.expect)
        return compare_document(found, round((time.perf_counter() - begun) * 1000, 2))
