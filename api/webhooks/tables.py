"""The tables of who subscribed, and of what is brought to them. A change comes with a step in api/migrations."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from vinspect.api.tables import Base


class WebhookRow(Base):
    """A subscription."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str]
    url: Mapped[str]
    events: Mapped[str]
    """The kinds of events, a JSON array."""
    secret: Mapped[str]
    """What its messages are signed with, as Standard Webhooks writes it; whoever signs needs it as it is."""
    by: Mapped[str]
    """As in InspectionRow."""
    revoked: Mapped[str | None]
    """Since when nothing is brought to it any more."""
    upto: Mapped[int]
    """The number of the last event that was looked at: those before have their deliveries."""


class DeliveryRow(Base):
    """An event on its way to a subscriber.

    It is brought as long as there is a `next`; a dead letter has none, and was not delivered.
    """

    __tablename__ = "deliveries"

    webhook: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Its number, by which the log has it."""
    kind: Mapped[str]
    tries: Mapped[int]
    tried: Mapped[str | None]
    """When it was tried last."""
    next: Mapped[str | None] = mapped_column(index=True)
    """When it is tried again, written down before each try, so that whoever is stopped meanwhile tries again then."""
    delivered: Mapped[str | None]
    answer: Mapped[str | None]
    """What came of the last try that failed."""
