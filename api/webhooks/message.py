"""What a subscriber gets: a CloudEvent 1.0 in JSON, structured mode, signed as Standard Webhooks says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from standardwebhooks import Webhook

from vinspect.api.events import CaseEvent
from vinspect.api.record.entry import canonical

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True)
class Letter:
    """A delivery that is to be tried now."""

    event: int
    """Its number."""
    id: str
    """The same at each try, by which a subscriber knows what it has already."""
    url: str
    secret: str
    body: bytes

    def headers(self) -> dict[str, str]:
        """What goes with the body: who it is from, and when it was signed, which is now."""
        moment = datetime.now(UTC)
        return {
            "Content-Type": MEDIA_TYPE,
            "User-Agent": "Vinspect",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(self.id, moment, self.body.decode()),
        }


def cloud_event(event: CaseEvent, source: str) -> bytes:
    """An event as CloudEvents writes it, the same bytes each time; source: the log that it stands in."""
    return canonical(
        {
            "specversion": "1.0",
            "id": str(event.number),
            "source": source,
            "type": f"vinspect.{event.kind}",
            "subject": event.inspection,
            "time": event.at,
            "datacontenttype": "application/json",
            "data": event.data,
        }
    )
