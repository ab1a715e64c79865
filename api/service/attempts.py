"""Who tries passwords: so many wrong ones for a name or from an address, and nothing more is tried for a while."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from vinspect.api.service.problems import Refused

NAME = RateLimitItemPerMinute(5, 15)
"""For one name: five in a quarter of an hour."""
ADDRESS = RateLimitItemPerMinute(50, 15)
"""From one address, behind which a whole office may sit."""


class Attempts:
    """What was tried of late; it is forgotten when the service stops."""

    def __init__(self) -> None:
        self._limits = MovingWindowRateLimiter(MemoryStorage())

    def begin(self, name: str, address: str) -> None:
        """Count an attempt before it is looked at, so that many at a time get no further. Raises Refused (429)."""
        self.count(address)
        self._hit(NAME, name)

    def count(self, address: str) -> None:
        """Count one from an address, whoever it is. Raises Refused (429)."""
        self._hit(ADDRESS, address)

    def _hit(self, item: RateLimitItem, who: str) -> None:
        if not self._limits.hit(item, who):
            wait = max(1, math.ceil(self._limits.get_window_stats(item, who).reset_time - time.time()))
            raise Refused(
                429,
                f"Too many attempts to sign in: try again in {math.ceil(wait / 60)} minutes.",
                f"登录尝试次数过多：请在 {math.ceil(wait / 60)} 分钟后再试。",
                {"Retry-After": str(wait)},
            )

    def spent(self, name: str) -> bool:
        """Whether no more is tried for this name."""
        return not self._limits.test(NAME, name)

    def forget(self, name: str) -> None:
        """Somebody was let in: their mistakes no longer count."""
        self._limits.clear(NAME, name)
