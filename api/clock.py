"""The time, as rows and the log write it."""

from __future__ import annotations

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """A moment in ISO 8601, UTC, to the millisecond, so that texts compare as times do; without a zone it is UTC."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="milliseconds")


def now() -> str:
    """This moment."""
    return written(datetime.now(UTC))
