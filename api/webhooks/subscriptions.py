"""Who wants to be told of what: subscriptions, made and revoked with an entry of the log each."""

from __future__ import annotations

import json
import secrets
import uuid
from base64 import b64encode
from collections.abc import Collection, Sequence
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.events import KINDS, Kind
from vinspect.api.record.entry import digest
from vinspect.api.record.log import Log
from vinspect.api.webhooks.tables import DeliveryRow, WebhookRow

MOST = 50  # at a time
_SECRET = 32  # random bytes; Standard Webhooks asks for 24 to 64


class TooMany(Exception):
    """There are as many subscriptions as there may be."""


def subscribe(log: Log, url: str, events: Collection[Kind], by: str) -> WebhookRow:
    """Bring what happens from now on to this address. Raises TooMany."""
    if len(live(log.session)) >= MOST:
        raise TooMany
    wanted = [kind for kind in KINDS if kind in events]
    secret = "whsec_" + b64encode(secrets.token_bytes(_SECRET)).decode()
    row = WebhookRow(
        id=str(uuid.uuid4()), created=now(), url=url, events=json.dumps(wanted), secret=secret, by=by, upto=0
    )
    facts = {"webhook": row.id, "url": url, "events": row.events, "secret": digest(secret.encode())}
    row.upto = log.append("webhook made", row.created, **facts, by=by).index
    log.session.add(row)
    return row


def revoke(log: Log, row: WebhookRow, by: str) -> None:
    """Bring nothing more to a subscriber, for good; where that was done before, nothing changes."""
    if row.revoked is None:
        row.revoked = now()
        waiting = update(DeliveryRow).where(DeliveryRow.webhook == row.id, DeliveryRow.next.is_not(None))
        log.session.execute(waiting.values(next=None))
        log.append("webhook revoked", row.revoked, webhook=row.id, by=by)


def every(session: Session) -> Sequence[WebhookRow]:
    """All that were ever made, the oldest first, revoked ones too."""
    return session.scalars(select(WebhookRow).order_by(WebhookRow.created, WebhookRow.id)).all()


def live(session: Session) -> Sequence[WebhookRow]:
    """Those that were not revoked."""
    return session.scalars(select(WebhookRow).where(WebhookRow.revoked.is_(None))).all()


def events(row: WebhookRow) -> list[Kind]:
    """The kinds of events that it wants."""
    return cast(list[Kind], json.loads(row.events))
