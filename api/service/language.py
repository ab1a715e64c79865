"""In which language an answer speaks that speaks one alone."""

from __future__ import annotations

from typing import get_args

from vinspect.vision.evidence import Language


def preferred(header: str) -> Language:
    """The language of ours that an Accept-Language header (RFC 9110) likes best; English where it names none."""
    liked: list[tuple[float, Language]] = []
    for each in header.split(","):
        tag, _, rest = each.strip().lower().partition(";")
        for language in get_args(Language):
            if tag.partition("-")[0] == language:
                liked.append((-_weight(rest), language))
    return min(liked, key=lambda each: each[0])[1] if liked else "en"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
