"""Who does something, as rows and the log name them: a key by its hash, a person, or whoever sits at the terminal."""

from __future__ import annotations

import getpass


def by_key(sha256: str) -> str:
    """Whoever has the API key of this hash."""
    return f"key:{sha256}"


def by_person(name: str) -> str:
    """Somebody who is signed in."""
    return f"person:{name}"


def by_user() -> str:
    """Whoever runs a command beside the store."""
    return f"user:{user()}"


def user() -> str:
    """The machine's name for who sits at the terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, in a container
        return "unknown"
