"""A whole number in what is sent, as JSON Schema has it: 3.0 is one, too, and neither "3" nor true is."""

from __future__ import annotations

from typing import Any

from pydantic import BeforeValidator


def _as_integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_as_integer)
"""Of a StrictInt; it stands behind the bounds, without which these do not come into the schema."""
