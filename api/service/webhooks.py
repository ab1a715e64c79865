"""The resource /v1/webhooks: who is told of what happens to cases, and what is on its way to them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from vinspect.api.events import Kind
from vinspect.api.service.access import Administrator, only
from vinspect.api.service.paging import Limit, page
from vinspect.api.service.problems import Refused, described
from vinspect.api.service.works import AppWorks
from vinspect.api.webhooks import outbox, subscriptions
from vinspect.api.webhooks.addresses import NoTarget, target
from vinspect.api.webhooks.outbox import State
from vinspect.api.webhooks.tables import DeliveryRow, WebhookRow

router = APIRouter(
    prefix="/v1/webhooks",
    tags=["webhooks"],
    dependencies=[Depends(only("administrator"))],
    responses=described(401, 403, 503),
)


class NewWebhook(BaseModel):
    """A subscription to be made."""

    url: Annotated[str, Field(min_length=1, max_length=2000, description="Where events are posted to.")]
    events: Annotated[
        list[Kind],
        Field(
            min_length=1, description="accepted: a photograph is kept; verdict: it is scored; decision: one is made."
        ),
    ]


class Webhook(TypedDict):
    """A subscription."""

    id: str
    created: str
    url: str
    events: list[Kind]
    by: str
    revoked: str | None
    waiting: int
    """Deliveries that are still to be made."""
    dead: int
    """Deliveries that were given up."""


class MadeWebhook(Webhook):
    """A subscription that was just made: `secret` is shown this once."""

    secret: str


class Webhooks(TypedDict):
    """All that were ever made."""

    webhooks: list[Webhook]


class Delivery(TypedDict):
    """An event on its way to a subscriber."""

    event: int
    """Its number, the `id` of the CloudEvent."""
    kind: str
    state: State
    tries: int
    tried: str | None
    next: str | None
    """When it is tried again."""
    delivered: str | None
    answer: str | None
    """What came of the last try that failed."""


class Deliveries(TypedDict):
    """A part of the list, and the `before` that brings the next."""

    deliveries: list[Delivery]
    next: int | None


class Again(TypedDict):
    """How many dead letters are brought once more."""

    again: int


@router.post("", status_code=201, responses=described(409, 422))
def create(new: NewWebhook, works: AppWorks, caller: Administrator, response: Response) -> MadeWebhook:
    """Subscribe an address to what happens from now on. The secret is in this answer, and never shown again."""
    try:
        target(new.url, local=works.courier.local)
    except NoTarget as error:
        raise Refused(
            422,
            f"url: {error}: send another, or let whoever runs the service allow local_webhooks.",
            f"url：不能用作接收地址（{new.url}）：请使用本机以外可解析的 http(s) 地址，"
            "或由运维人员开启 local_webhooks。",
        ) from error
    with works.store.writing() as log:
        try:
            row = subscriptions.subscribe(log, new.url, new.events, caller.by)
        except subscriptions.TooMany as error:
            raise Refused(
                409,
                f"There are {subscriptions.MOST} webhooks: revoke one that is not needed.",
                f"已有 {subscriptions.MOST} 个 webhook：请先撤销不再需要的。",
            ) from error
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return {**_made(row, 0, 0), "secret": row.secret}


@router.get("")
def every(works: AppWorks) -> Webhooks:
    """List all subscriptions, the oldest first, revoked ones too."""
    with works.store.reading() as session:
        return {"webhooks": [_webhook(session, row) for row in subscriptions.every(session)]}


@router.get("/{id}", responses=described(404))
def one(id: str, works: AppWorks) -> Webhook:
    """Get a subscription."""
    with works.store.reading() as session:
        return _webhook(session, _known(session, id))


@router.delete("/{id}", responses=described(404))
def revoke(id: str, works: AppWorks, caller: Administrator) -> Webhook:
    """Revoke a subscription: nothing more is brought to it, for good. What was waiting becomes dead letters."""
    with works.store.writing() as log:
        row = _known(log.session, id)
        subscriptions.revoke(log, row, caller.by)
        return _webhook(log.session, row)


@router.get("/{id}/deliveries", responses=described(404, 422))
def deliveries(
    id: str,
    works: AppWorks,
    state: Annotated[State | None, Query(description="dead: those that were given up, the dead letters.")] = None,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="The `next` of the page before.")] = None,
) -> Deliveries:
    """List what is on its way to a subscriber, what it got and what was given up, the newest event first."""
    with works.store.reading() as session:
        _known(session, id)
        rows = outbox.deliveries(session, id, state, limit + 1, before)
    shown, following = page(rows, limit, lambda row: row.event)
    return {"deliveries": [_delivery(row) for row in shown], "next": following}


@router.post("/{id}/deliveries", status_code=202, responses=described(404, 409, 422))
def all_again(
    id: str,
    works: AppWorks,
    state: Annotated[Literal["dead"], Query(description="The dead letters.")],
) -> Again:
    """Bring all dead letters of a subscription once more."""
    with works.store.writing() as log:
        _live(log.session, id)
        return {"again": outbox.all_again(log.session, id)}


@router.post("/{id}/deliveries/{event}", status_code=202, responses=described(404, 409, 422))
def again(id: str, event: int, works: AppWorks) -> Delivery:
    """Bring an event once more, whether it was delivered or not."""
    with works.store.writing() as log:
        _live(log.session, id)
        row = log.session.get(DeliveryRow, (id, event)) if 0 <= event < 2**31 else None
        if row is None:
            raise Refused(
                404,
                f"Event {event} was never on its way there: GET {router.prefix}/{id}/deliveries lists those that were.",
                f"没有发往该 webhook 的事件 {event}：可查询其投递列表。",
            )
        outbox.again(row)
        return _delivery(row)


def _known(session: Session, id: str) -> WebhookRow:
    row = session.get(WebhookRow, id)
    if row is None:
        raise Refused(
            404, f"There is no webhook {id}: GET {router.prefix} lists them.", f"没有 webhook {id}：可查询其列表。"
        )
    return row


def _live(session: Session, id: str) -> None:
    if _known(session, id).revoked is not None:
        raise Refused(
            409,
            f"Webhook {id} was revoked: POST {router.prefix} makes another.",
            f"webhook {id} 已撤销：请重新创建。",
        )


def _webhook(session: Session, row: WebhookRow) -> Webhook:
    return _made(row, outbox.count(session, row.id, "waiting"), outbox.count(session, row.id, "dead"))


def _made(row: WebhookRow, waiting: int, dead: int) -> Webhook:
    return {
        "id": row.id,
        "created": row.created,
        "url": row.url,
        "events": subscriptions.events(row),
        "by": row.by,
        "revoked": row.revoked,
        "waiting": waiting,
        "dead": dead,
    }


def _delivery(row: DeliveryRow) -> Delivery:
    return {
        "event": row.event,
        "kind": row.kind,
        "state": outbox.state(row),
        "tries": row.tries,
        "tried": row.tried,
        "next": row.next,
        "delivered": row.delivered,
        "answer": row.answer,
    }
