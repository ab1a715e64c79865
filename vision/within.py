"""The number in a line that shows more or less than it: words beside it, emblems at its ends, an end cut off."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vinspect.vision import vin
from vinspect.vision.evidence import ALPHABET, Format
from vinspect.vision.rules import maker_and_country
from vinspect.vision.spelled import IN_VIN, Look, Spelled, decode, least, longer, part, product

SHORTEST = 5  # characters: less is no number
UNSURE = 0.25  # a character less likely than this is not read
PLAIN = 0.9  # a character as sure as this is not looked at again
EMBLEMS = 2  # characters more in a VIN, which is what stars and emblems at its ends are read as
PART = 10  # characters of a VIN that was cut short
APART = 1.5  # times the usual step between two characters: there a word ends


def bounded(look: Callable[..., Look], s: Spelled, form: Format) -> Spelled:
    """The number without the marks at its ends, and whole where it is a VIN."""
    if form != "vin" and len(s.boxes) not in (0, vin.LENGTH):
        s = without_marks(look, s, form)
    return s if form == "free" else whole_vin(look, s)


def vin_within(s: Spelled) -> Spelled | None:
    """The VIN in a line that holds more: words or numbers before or after it, emblems and stars at its ends."""
    n, named = len(s.boxes), s.shares.argmax(1)
    steps = np.diff((s.boxes[:, 0] + s.boxes[:, 2]) / 2)
    gap = np.array([True, *(steps > APART * np.median(steps)), True]) if n > 1 else np.ones(n + 1, bool)

    def worth(begin: int) -> tuple[bool, bool, float]:
        end = begin + vin.LENGTH
        return _in_use(part(s, begin, end)), bool(gap[begin] and gap[end]), float(s.shares[begin:end].max(1).min())

    begins = [k for k in range(n - vin.LENGTH + 1) if IN_VIN[named[k : k + vin.LENGTH]].all()]
    begin = max(begins, key=worth, default=None)
    if begin is None or not (n <= vin.LENGTH + EMBLEMS or any(worth(begin)[:2])):
        return None
    return part(s, begin, begin + vin.LENGTH)


def _in_use(s: Spelled) -> bool:
    """Whether the line is a VIN that begins with a maker's WMI and ends in digits."""
    text = "".join(ALPHABET[i - 1] for i in s.shares.argmax(1))
    return _is_vin(s) and text[vin.SERIAL_DIGITS].isdigit() and maker_and_country(text)[0] is not None


def whole_vin(look: Callable[..., Look], s: Spelled) -> Spelled:
    """The VIN of which locating cut off a part or to which it added one, if looking so shows one; else the line."""
    free = decode([Look(s.line, s.strip, s.seen, s.stretch)], "free")[0]
    n = len(free.boxes)
    if n == vin.LENGTH or n < PART:
        return s
    foreign = ~IN_VIN[free.shares.argmax(1)] & (free.shares.max(1) > PLAIN)
    if n < vin.LENGTH and foreign[1:-1].any():  # a hyphen, say: there is no room for a VIN beside it
        return s
    more = max(vin.LENGTH - n + 1, 0)
    wider = [free] + [decode([look(longer(free, *ends))], "free")[0] for ends in ((more, more), (more, 0), (0, more))]
    found = [v for w in wider if (v := vin_within(w)) and least([v]) > UNSURE]
    return max([s, *found], key=lambda v: (_is_vin(v), _in_use(v), product([v])))


def _is_vin(s: Spelled) -> bool:
    return len(s.boxes) == vin.LENGTH and bool(IN_VIN[s.shares.argmax(1)].all())


def without_marks(look: Callable[..., Look], s: Spelled, form: Format) -> Spelled:
    """The line without outer characters that a longer strip, which shows them whole, takes for end marks."""
    wide = decode([look(longer(s, 1, 1))], form)[0]
    n, m = len(s.boxes), len(wide.boxes)
    inside = any(np.array_equal(s.shares[k : k + m].argmax(1), wide.shares.argmax(1)) for k in range(n - m + 1))
    return wide if SHORTEST <= m < n and inside else s
