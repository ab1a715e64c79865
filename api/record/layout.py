"""What lies where in an exported case; docs/record.md describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

SCHEMA = "vinspect/case/1"
PAGE = "index.html"
PHOTOGRAPH = "photograph."  # and what kind of picture it is
OVERLAY = "overlay.jpeg"
INSPECTION = "inspection.json"
ENTRY = "log/{}.json"
PROOFS = "proofs.json"
CHECKPOINT = "checkpoint.txt"
KEY = "key.txt"
STAMPS = "stamps.json"
STAMPED = "stamps/{}.txt"  # a checkpoint, by the size of the log in it
STAMP = "stamps/{}.tsr"  # and what an authority says of it


def photograph_name(media_type: str) -> str:
    """The photograph's name in the file."""
    return PHOTOGRAPH + media_type.rpartition("/")[2].removeprefix("octet-").lower()


def stamps(proofs: Mapping[int, Sequence[bytes]]) -> str:
    """What stamps.json holds: by the size of the log in a stamped checkpoint, what leads from it to the case's own."""
    said = [{"size": size, "proof": [each.hex() for each in proof]} for size, proof in proofs.items()]
    return json.dumps({"schema": SCHEMA, "stamps": said}, indent=1)


def proofs(inspection: str, proofs: Mapping[int, Sequence[bytes]]) -> str:
    """What proofs.json holds: by the index of each entry, the hashes that prove it."""
    entries = [{"index": index, "proof": [each.hex() for each in proof]} for index, proof in proofs.items()]
    return json.dumps({"schema": SCHEMA, "inspection": inspection, "entries": entries}, indent=1)
