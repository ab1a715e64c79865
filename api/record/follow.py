"""Follow a service's log from another machine: what it signs now must go on from what was kept of it."""

from __future__ import annotations

from http import HTTPStatus

import httpx2

from vinspect.api.answered import detail_of, json_of
from vinspect.api.record import merkle
from vinspect.api.record.note import Checkpoint, NoteError, PublicKey
from vinspect.api.schema import FollowDocument, Wrong

_WAIT = httpx2.Timeout(30.0, connect=5.0)


class Unanswered(Exception):
    """The service cannot be asked; the message says why and what to do, without its address."""


def follow(service: str, api_key: str, key: PublicKey, kept: Checkpoint | None) -> FollowDocument:
    """Ask a service for its newest checkpoint, and check that the log goes on from the one that was kept.

    kept: none where its log is followed from now on. Raises Unanswered.
    """
    headers, since = {"Authorization": f"Bearer {api_key}"}, {"size": 1 if kept is None else kept.size}
    try:
        with httpx2.Client(base_url=service, headers=headers, timeout=_WAIT) as http:
            answer = http.get("/v1/log/consistency", params=since)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unanswered(f"the service does not answer ({error or type(error).__name__}): check the address") from error
    document: FollowDocument = {
        "schema": "vinspect/follow/1",
        "service": service,
        "holds": False,
        "kept": None if kept is None else kept.size,
        "size": None,
        "checkpoint": None,
        "findings": [],
    }

    def wrong(kind: Wrong, what: str, why: str) -> FollowDocument:
        return document | {"findings": [{"kind": kind, "what": what, "sentence": f"{what}: {why}."}]}

    if kept is not None and answer.status_code == HTTPStatus.CONFLICT:
        return wrong("lost", "the end of the log", f"it has fewer than the {kept.size} entries that were kept of it")
    if not answer.is_success:
        raise Unanswered(f"the service answers {answer.status_code}: {detail_of(answer)}")
    note, proof = _continuation(answer)
    document["checkpoint"] = note
    try:
        now = Checkpoint.opened(note, key)
    except NoteError as error:
        return wrong("forged", "the newest checkpoint", str(error))
    document["size"] = now.size
    if kept is not None and not merkle.consistent(kept.size, now.size, kept.root, now.root, proof):
        return wrong("changed", "the log", f"it does not go on from the {kept.size} entries that were kept of it")
    return document | {"holds": True}


def _continuation(answer: httpx2.Response) -> tuple[str, list[bytes]]:
    """The newest checkpoint, a signed note, and the proof that leads to it."""
    try:
        document = json_of(answer)
        return str(document["checkpoint"]), [bytes.fromhex(each) for each in document["proof"]]
    except (LookupError, TypeError, ValueError) as error:
        raise Unanswered("what answers there is no Vinspect: check the address") from error
