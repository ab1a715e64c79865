"""What a service of ours has answered to one of our programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import httpx2


def json_of(answer: httpx2.Response) -> dict[str, Any]:
    """The object in its body; empty where there is none."""
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def detail_of(answer: httpx2.Response) -> str:
    """What its problem document (RFC 9457) says; where it has none, what its status is called."""
    detail = json_of(answer).get("detail")
    return detail if isinstance(detail, str) else HTTPStatus(answer.status_code).phrase
