"""What an entry of the log says, and the bytes that say it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import rfc8785

from vinspect.models import weights
from vinspect.vision import strength

SCHEMA = "vinspect/entry/1"

Event = Literal[
    "log started",
    "taken up",  # an inspection from before there was a log
    "key taken up",  # and an API key
    "photograph accepted",
    "scoring resumed",  # of a photograph that the service was stopped over
    "inspected",
    "photograph viewed",
    "exported",
    "deleted",
    "key made",
    "key revoked",
    "station added",
    "station changed",
    "person added",
    "person changed",
    "signed in",
    "signed out",
    "locked out",  # after too many wrong passwords
    "decided",
    "checkpoint stamped",  # by a time-stamp authority
    "watch started",
    "watch ended",
    "finding switched",
    "webhook made",
    "webhook revoked",
    "batch opened",
    "import started",
    "import finished",
    "files put in",  # by an import, into the archive
    "file looked up",
    "file pulled",
    "file filed back",
    "file transferred out",
    "hand looked up",  # a case's, to find others struck by it
]
KEPT: tuple[Event, ...] = ("inspected", "taken up")  # each speaks of one inspection's row, and each row has one

# The columns that the hash of an inspection's row is of; those that later versions add are none of this schema's.
_ROW = (
    "number id created photo sha256 media_type overlay_sha256 format expect text verdict support document".split()
)
_ACCEPTED = "number id created photo sha256 media_type format expect station by idempotency request".split()
_BESIDE = "lane business captured".split()  # later than those: hashed where they are given, so that older rows hold


def canonical(document: Mapping[str, Any]) -> bytes:
    """The bytes of a JSON object by RFC 8785: one document, one way to write it."""
    return rfc8785.dumps(dict(document))


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def entry(event: Event, at: str, facts: Mapping[str, Any]) -> bytes:
    """The bytes of an entry: what happened, when (ISO 8601, UTC), and the facts of it."""
    return canonical({**facts, "schema": SCHEMA, "event": event, "at": at})


def parsed(body: bytes) -> dict[str, Any]:
    """What an entry says; empty where it is no entry."""
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) and document.get("schema") == SCHEMA else {}


def facts_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of an inspection's row, given by column: enough to see that any of it was changed.

    Raises ValueError where a column holds what no store writes.
    """
    return {
        "number": row["number"],
        "created": row["created"],
        "photo": row["sha256"],
        "overlay": row["overlay_sha256"],
        "document": digest(str(row["document"]).encode()),
        "verdict": row["verdict"],
        "support": row["support"],
        "station": row.get("station"),
        "by": row.get("by"),
        **{name: row.get(name) for name in _BESIDE},
        "row": digest(canonical({name: row[name] for name in _ROW})),
    }


def facts_of_accepted(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says of an accepted photograph's row. Raises ValueError where it holds what no store writes."""
    beside = {name: row[name] for name in (*_BESIDE, "batch") if row.get(name) is not None}
    columns = {name: row[name] for name in _ACCEPTED} | beside
    return {"photo": row["sha256"], "accepted": digest(canonical(columns))}


def instruments() -> dict[str, Any]:
    """What an inspection of now is made with: the program, what was learned, and the thresholds."""
    files = sorted(file for file in weights.FOLDER.iterdir() if file.suffix in (".onnx", ".json"))
    return {
        "program": version("vinspect"),
        "weights": {file.name: weights.digest(file) for file in (*files, Path(strength.__file__))},
        "thresholds": {
            "review": strength.REVIEW,
            "suspect": strength.SUSPECT,
            "bound": strength.BOUND,
            "quiet": strength.QUIET,
        },
    }
