"""What happens to a vehicle's file, and where it is then."""

from __future__ import annotations

from typing import Literal

Event = Literal["looked up", "pulled", "filed back", "transferred out"]
State = Literal["in", "pulled", "transferred out"]
