"""Who may use the service: whoever holds the API key, which is printed once and kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from vinspect.api.service.works import AppWorks

_bearer = HTTPBearer(auto_error=False, description="The API key that the first start printed.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same, in a header of its own.")


def make_key() -> str:
    """A new API key of 256 random bits."""
    return "vinspect_" + secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """What is kept of a key. SHA-256 is enough: 256 random bits cannot be guessed, however fast the hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def with_key(
    works: AppWorks,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> str:
    """Let the request pass where it brings a key that opens the service, whose hash this is; else answer 401."""
    key = bearer.credentials if bearer else header
    if key is None or not works.store.knows_key(hashed(key)):
        raise HTTPException(
            401,
            "Send the API key as `Authorization: Bearer KEY` or `X-API-Key: KEY`; "
            "`vinspect serve --new-key` makes a new one where it was lost.",
            {"WWW-Authenticate": "Bearer"},
        )
    return hashed(key)


Key = Annotated[str, Depends(with_key)]
"""The hash of the key that the request brings."""
