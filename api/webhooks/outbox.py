"""What is on its way to subscribers: rows that say what was tried, and when it is tried again.

The log is what they are made from, so an event has its deliveries whatever happens in between: it is in the log with
the case's own row, in one transaction, and costs an inspection nothing. A try is written down before it is made.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from vinspect.api import events
from vinspect.api.clock import now, written
from vinspect.api.events import CaseEvent
from vinspect.api.store import Store
from vinspect.api.webhooks import subscriptions
from vinspect.api.webhooks.message import Letter, cloud_event
from vinspect.api.webhooks.tables import DeliveryRow, WebhookRow

DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds from one try to the next, three days in all: the example of Standard Webhooks."""
TRIES = len(DELAYS) + 1
KEPT = timedelta(days=30)  # that a delivery is listed after it was made
TOGETHER = 16  # deliveries to one subscriber that are tried at a time
_JITTER = 0.2  # of a delay, so that what failed together is not tried together

State = Literal["waiting", "delivered", "dead"]
STATES: tuple[State, ...] = get_args(State)


class Outbox:
    """The deliveries of a store; several processes may work on them."""

    def __init__(self, store: Store) -> None:
        """Go on where those that there are have come to."""
        self._store = store
        self._source = store.checkpoint().partition("\n")[0]  # the log's name
        with store.reading() as session:
            self._seen = events.newest(session)  # up to there nobody wants anything more
            self._seen = min([self._seen, *(hook.upto for hook in subscriptions.live(session))])

    def due(self) -> Sequence[str]:
        """The subscriptions to which something is to be brought now."""
        while self._spread():
            pass
        with self._store.reading() as session:
            return session.scalars(select(DeliveryRow.webhook).where(DeliveryRow.next <= now()).distinct()).all()

    def claim(self, webhook: str) -> list[Letter]:
        """Some of what is to be brought to a subscriber now; each counts as tried, and is due again later."""
        with self._store.writing() as log:
            due = select(DeliveryRow).where(DeliveryRow.webhook == webhook, DeliveryRow.next <= now())
            rows = log.session.scalars(due.order_by(DeliveryRow.event).limit(TOGETHER)).all()
            hook = log.session.get(WebhookRow, webhook)
            for row in rows:
                row.tries, row.tried = row.tries + 1, now()
                row.next = _later(DELAYS[min(row.tries, len(DELAYS)) - 1])
            told = events.these(log.session, [row.event for row in rows])
            return [self._letter(hook, event) for event in told] if hook else []

    def settle(self, webhook: str, answers: Sequence[tuple[int, str | None]]) -> None:
        """Write down what came of deliveries, by event: None for those that were taken, or why they were not."""
        with self._store.writing() as log:
            for event, answer in answers:
                row = log.session.get_one(DeliveryRow, (webhook, event))
                row.answer = answer
                if answer is None:
                    row.delivered, row.next = now(), None
                elif row.tries >= TRIES:
                    row.next = None

    def clear(self) -> None:
        """Forget deliveries that were made long ago; what waits and dead letters stay."""
        with self._store.writing() as log:
            old = written(datetime.now(UTC) - KEPT)
            log.session.execute(delete(DeliveryRow).where(DeliveryRow.delivered < old))

    def _letter(self, hook: WebhookRow, event: CaseEvent) -> Letter:
        body = cloud_event(event, self._source)
        return Letter(event.number, f"{hook.id}-{event.number}", hook.url, hook.secret, body)

    def _spread(self) -> bool:
        """Make the deliveries of what happened since; returns whether there may be more."""
        with self._store.reading() as session:  # events before subscriptions: a later one wants none of these
            found, upto = events.behind(session, self._seen)
            wanted = {kind for hook in subscriptions.live(session) for kind in subscriptions.events(hook)}
        if any(event.kind in wanted for event in found):
            with self._store.writing() as log:
                for hook in subscriptions.live(log.session):
                    new = (each for each in found if each.number > hook.upto)
                    kinds = subscriptions.events(hook)
                    log.session.add_all(_delivery(hook.id, event) for event in new if event.kind in kinds)
                    hook.upto = max(hook.upto, upto)
        more, self._seen = upto - self._seen >= events.PAGE, upto
        return more


def deliveries(
    session: Session, webhook: str, state: State | None, limit: int, before: int | None = None
) -> Sequence[DeliveryRow]:
    """At most so many of a subscription, the newest event first, from the one before that number."""
    query = select(DeliveryRow).where(DeliveryRow.webhook == webhook)
    if state is not None:
        query = query.where(_is(state))
    if before is not None:
        query = query.where(DeliveryRow.event < before)
    return session.scalars(query.order_by(DeliveryRow.event.desc()).limit(limit)).all()


def state(row: DeliveryRow) -> State:
    """What has become of a delivery."""
    if row.delivered is not None:
        return "delivered"
    return "dead" if row.next is None else "waiting"


def count(session: Session, webhook: str, state: State) -> int:
    """How many deliveries of a subscription are in this state."""
    return session.scalar(select(func.count()).where(DeliveryRow.webhook == webhook, _is(state))) or 0


def again(row: DeliveryRow) -> None:
    """Bring this once more, from the first try on, whatever has become of it."""
    row.tries, row.next, row.delivered = 0, now(), None


def all_again(session: Session, webhook: str) -> int:
    """Bring all dead letters of a subscription once more; returns how many there are."""
    there = count(session, webhook, "dead")
    session.execute(update(DeliveryRow).where(DeliveryRow.webhook == webhook, _is("dead")).values(tries=0, next=now()))
    return there


def _delivery(webhook: str, event: CaseEvent) -> DeliveryRow:
    return DeliveryRow(webhook=webhook, event=event.number, kind=event.kind, tries=0, next=now())


def _is(state: State) -> ColumnElement[bool]:
    if state == "delivered":
        return DeliveryRow.delivered.is_not(None)
    waiting = DeliveryRow.next.is_not(None)
    return and_(DeliveryRow.delivered.is_(None), waiting if state == "waiting" else ~waiting)


def _later(seconds: float) -> str:
    return written(datetime.now(UTC) + timedelta(seconds=seconds * (1 + random.uniform(0, _JITTER))))
