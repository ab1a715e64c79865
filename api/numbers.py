"""Numbers that people type."""

from __future__ import annotations


class NoNumber(ValueError):
    """What was typed is no number; the message says what one looks like, without a full stop."""


def plain_number(text: str) -> str:
    """A number in capitals, without spaces and marks."""
    return "".join(text.upper().split()).strip("*★☆")


def registered_number(text: str) -> str:
    """A number to compare with. Raises NoNumber where there is nothing to compare."""
    number = plain_number(text)
    if not number.isascii() or not number.replace("-", "").isalnum():
        raise NoNumber("a number has letters, digits and hyphens")
    return number
