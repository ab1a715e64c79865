"""In which language a page speaks, and what it says: texts/ has one file a language, with the same keys in each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request

from vinspect.api.service.language import preferred
from vinspect.vision.evidence import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
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
