"""API keys: made and revoked, each with its entry of the log; only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.tables import KeyRow


def make_key() -> str:
    """A new API key of 256 random bits."""
    return "vinspect_" + secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """What is kept of a key. SHA-256 is enough: 256 random bits cannot be guessed, however fast the hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def add_key(log: Log, sha256: str, station: str | None, name: str | None, by: str) -> KeyRow:
    """Let the key of this hash open one station's cases, or, without a station, all that an administrator may do."""
    row = KeyRow(sha256=sha256, created=now(), station=station, name=name)
    log.session.add(row)
    log.append("key made", row.created, key=sha256, station=station, name=name, by=by, revokes=[])
    return row


def revoke_key(log: Log, row: KeyRow, by: str) -> None:
    """Let a key open nothing any more; where that was done before, nothing changes."""
    if row.revoked is None:
        row.revoked = now()
        log.append("key revoked", row.revoked, key=row.sha256, by=by)


def renew_key(log: Log, sha256: str, by: str) -> None:
    """Let the key of this hash be the administrator's, and revoke those that were before; stations keep theirs."""
    moment = now()
    before = select(KeyRow).where(KeyRow.station.is_(None), KeyRow.revoked.is_(None)).order_by(KeyRow.sha256)
    revokes = log.session.scalars(before).all()
    for row in revokes:
        row.revoked = moment
    log.session.add(KeyRow(sha256=sha256, created=moment))
    hashes = [row.sha256 for row in revokes]
    log.append("key made", moment, key=sha256, station=None, name=None, by=by, revokes=hashes)


def keys(session: Session) -> Sequence[KeyRow]:
    """All that were ever made, the oldest first, revoked ones too."""
    return session.scalars(select(KeyRow).order_by(KeyRow.created, KeyRow.sha256)).all()


def key(session: Session, sha256: str) -> KeyRow | None:
    """The key of this hash, revoked or not."""
    return session.get(KeyRow, sha256)
