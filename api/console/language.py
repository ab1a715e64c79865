"""In which language a page speaks, and what it says: texts/ has one file a language, with the same keys in each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from fastapi import Request

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
COOKIE = "vinspect_language"
LASTS = 365 * 24 * 3600  # seconds that a choice is kept


@cache
def texts(language: Language) -> Mapping[str, Any]:
    """All that the console says in a language, by section and key."""
    return tomllib.loads(files(__package__).joinpath("texts", f"{language}.toml").read_text(encoding="utf-8"))


def language_of(request: Request) -> Language:
    """The language that was chosen by the switch, else the first of ours that the browser asks for."""
    chosen = request.cookies.get(COOKIE)
    return next((each for each in LANGUAGES if each == chosen), preferred(request.headers.get("accept-language", "")))


def preferred(header: str) -> Language:
    """The language of ours that an Accept-Language header (RFC 9110) likes best; English where it names none."""
    liked: list[tuple[float, Language]] = []
    for each in header.split(","):
        tag, _, rest = each.strip().lower().partition(";")
        for language in LANGUAGES:
            if tag.partition("-")[0] == language:
                liked.append((-_weight(rest), language))
    return min(liked, key=lambda each: each[0])[1] if liked else "en"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
