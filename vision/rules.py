"""What the rules say of a reading: its form, its check digit, its maker and year, the number on the papers.

Rules advise and rank candidates; they never change what was read. Maker and country come from `vininfo`: 0.1 MB, open
in 10 ms, and it knows the makers of Europe, Russia and China. `ultravin` (121 MB with what it needs) holds NHTSA's
vPIC, which knows only what is sold in the United States: of 28 WMIs common in Europe, Russia and China it named 6,
`vininfo` 19.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations

import numpy as np

from vinspect.vision import vin
from vinspect.vision.chinese import chinese
from vinspect.vision.evidence import UNREADABLE, Character, Finding, Language, Reading, Rules

ALMOST = range(15, 20)  # lengths without a hyphen that were meant to be a VIN
UNSURE = 0.005  # a candidate less likely than this is no reason to doubt what was read
MOST_SUGGESTIONS = 5

# What a breach is worth rests on how often it occurs for other reasons. These rates are judgements, to be replaced by
# counted ones; their ratio bounds every support that this module gives.
BREACH_IF_NOT_AS_STRUCK = 0.3  # many forgers compute the check digit, or copy a whole genuine number
BREACH_IF_AS_STRUCK = 0.005  # exempted, very early and wrongly made numbers; the papers of another vehicle
FREE_NUMBER = 0.05  # a number with I, O or Q is likelier no VIN at all
CLERK_ERRS = 0.02  # one or two characters wrong on the papers: typing errors that nobody caught

_TOO_FEW = ("one may have been missed", "可能漏读一位")
_TOO_MANY = ("something beside it may have been read too", "可能多读了旁边的内容")
_NOT_IN_A_VIN = {"I": "1", "O": "0", "Q": "0"}
_MAKERS = {"KMH": "Hyundai"}  # where `vininfo` 1.11 names a brand that is only a small part of it


@dataclass(frozen=True)
class Breach:
    """One rule that a number breaks."""

    code: str
    places: tuple[int, ...]  # positions in the text, from 0
    sentence: str
    chinese: str  # the same


def rules_of(text: str, characters: tuple[Character, ...] = (), expect: str | None = None) -> Rules:
    """What the rules say of a number as read or typed.

    `text` holds capitals, digits, hyphens and "?" for what could not be read; `characters` are those it was read from,
    as many as `text` is long, or none where it was typed; `expect` is the number on the papers, in any notation.
    """
    is_vin = vin.is_vin(text)
    maker, country = maker_and_country(text) if _has_the_form(text) else (None, None)
    holds = vin.passes(text) if is_vin else None
    suggestions = () if holds else _suggestions(text, characters)
    breaches = _breaches(text, expect)
    year = text[vin.YEAR_POSITION] if is_vin else ""
    return Rules(
        vin=is_vin,
        check_digit=holds,
        binding=vin.binding(text) and _has_the_form(text),
        maker=maker,
        country=country,
        years=tuple(y for y in vin.model_years(year) if y <= date.today().year + 1),
        suggestions=suggestions,
        problems=tuple(breach.sentence for breach in breaches),
        problems_zh=tuple(breach.chinese for breach in breaches),
    )


def rule_findings(reading: Reading, expect: str | None = None) -> tuple[Finding, ...]:
    """The rules that a reading breaks, as findings.

    A broken rule is likelier a misreading than a forgery unless the reading is sure of itself. With c the probability
    that what the rule looks at was read rightly, a rule that a misreading breaks for certain, that a number not as
    struck breaks at rate f and a genuine one at rate e, the likelihood ratio is

        (1 - c + c f) / (1 - c + c e),

    which is 1 where c is 0 and f / e where c is 1: the support can never exceed what the reading's confidence allows.
    Rules that are kept give no finding. A check digit that does not hold where it is not binding gives none either:
    most European numbers have none.
    """
    return tuple(
        finding_of(breach, _worth(breach, reading, expect), reading)
        for breach in _breaches(reading.text, expect)
        if breach.code != "unread"
    )


def _breaches(text: str, expect: str | None) -> list[Breach]:
    """Every rule that the number breaks."""
    breaches = []
    if unread := _positions(text, UNREADABLE):
        sentence = f"The character at {_places(unread)} could not be read."
        breaches.append(Breach("unread", unread, sentence, chinese("unread", unread)))
    if len(text) == vin.LENGTH and (alien := _positions(text, "".join(_NOT_IN_A_VIN))):
        likely = ", ".join(f"{text[at]} at position {at + 1} may be {_NOT_IN_A_VIN[text[at]]}" for at in alien)
        same = "，".join(f"第 {at + 1} 位的 {text[at]} 可能是 {_NOT_IN_A_VIN[text[at]]}" for at in alien)
        sentence = f"A VIN has no I, O or Q: {likely}."
        breaches.append(Breach("alphabet", alien, sentence, chinese("alphabet", alien, same)))
    if len(text) in ALMOST and len(text) != vin.LENGTH and "-" not in text:
        why, same = _TOO_FEW if len(text) < vin.LENGTH else _TOO_MANY
        sentence = f"A VIN has {vin.LENGTH} characters and this has {len(text)}: {why}."
        breaches.append(Breach("length", (), sentence, chinese("length", (), f"读出 {len(text)} 位，{same}")))
    if vin.is_vin(text) and vin.binding(text):
        if not vin.passes(text):
            found, computed = text[vin.CHECK_POSITION], vin.check_digit(text)
            sentence = f"Position 9 is {found} where the check digit of the other characters is {computed}."
            same = f"现为 {found}，按其余字符应为 {computed}"
            breaches.append(Breach("check_digit", (), sentence, chinese("check_digit", (), same)))
        if not vin.model_years(text[vin.YEAR_POSITION]):
            sentence = f"{text[vin.YEAR_POSITION]} at position 10 stands for no model year."
            same = chinese("model_year", (), text[vin.YEAR_POSITION])
            breaches.append(Breach("model_year", (vin.YEAR_POSITION,), sentence, same))
        if letters := _letters_among_the_serial_digits(text):
            sentence = f"The last four characters of a VIN are digits, but not at {_places(letters)}."
            breaches.append(Breach("serial", letters, sentence, chinese("serial", letters)))
    if expect and (registered := _normal(expect, text)) != text:
        breaches.append(_difference(text, registered))
    return breaches


def _worth(breach: Breach, reading: Reading, expect: str | None) -> float:
    """The support of a breach; `rule_findings` says how it comes about."""
    match breach.code:
        case "length":
            return 0.0  # a character lost or gained is the reader's doing
        case "alphabet":
            return support_of(_sure(reading, breach.places), broken=FREE_NUMBER)
        case "check_digit" | "model_year" | "serial":  # a character missed or added moves all behind it
            return support_of(reading.confidence)
        case "registered_number":
            # papers are wrong in one or two characters more often than in many
            kept = CLERK_ERRS if len(breach.places) <= 2 else BREACH_IF_AS_STRUCK
            return support_of(
                1 - chance_of_misreading(reading, breach.places, _normal(expect or "", reading.text)), kept=kept
            )
        case _:
            raise ValueError(f"nobody said what {breach.code} is worth")


def support_of(sure: float, broken: float = BREACH_IF_NOT_AS_STRUCK, kept: float = BREACH_IF_AS_STRUCK) -> float:
    """log10 of the likelihood ratio that `rule_findings` explains.

    sure: 0..1, that what the rule looks at was read rightly; broken, kept: how often a number that is not as struck,
    and a genuine one, breaks the rule.
    """
    return math.log10((1 - sure + sure * broken) / (1 - sure + sure * kept))


def _has_the_form(text: str) -> bool:
    """Whether the text is a VIN but for characters that could not be read."""
    return len(text) == vin.LENGTH and all(character in vin.VALUES or character == UNREADABLE for character in text)


def maker_and_country(text: str) -> tuple[str | None, str | None]:
    """Whose VIN it is and from where, by its first three characters; None where that is not known."""
    if UNREADABLE in text[vin.WMI]:
        return None, None
    from vininfo import Vin  # a moment that a frame number does not need to spend

    known = Vin(text.replace(UNREADABLE, "0"))
    if not known.country:
        return None, None  # no such WMI was given out; what the package lists there are slips of the pen
    maker = _MAKERS.get(text[vin.WMI], str(known.manufacturer))
    return None if maker == "UnsupportedBrand" else maker, known.country


def _positions(text: str, characters: str) -> tuple[int, ...]:
    return tuple(place for place, character in enumerate(text) if character in characters)


def _letters_among_the_serial_digits(text: str) -> tuple[int, ...]:
    return tuple(place for place in range(vin.LENGTH)[vin.SERIAL_DIGITS] if not text[place].isdigit())


def _places(places: tuple[int, ...]) -> str:
    """ "position 4", "positions 4 and 6": counted from 1, as the standards and people do."""
    return f"position{'s' if len(places) > 1 else ''} {_listed([place + 1 for place in places])}"


def _listed(numbers: list[int]) -> str:
    words = [str(number) for number in numbers]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _suggestions(text: str, characters: tuple[Character, ...]) -> tuple[str, ...]:
    """The likeliest numbers that keep every binding rule and differ in one or two unsure characters, best first."""
    if not _nearly_a_vin(text):
        return ()
    if len(characters) != len(text):
        characters = ()
    changes = sorted(_changes(text, characters), reverse=True)
    pairs = combinations(changes[:24], 2) if characters else ()  # who types mistakes one character at a time
    ranked: dict[str, float] = {}
    for chosen in (*((change,) for change in changes), *pairs):
        candidate = list(text)
        for _, place, character in chosen:
            candidate[place] = character
        number = "".join(candidate)
        if len({place for _, place, _ in chosen}) == len(chosen) and _keeps_the_binding_rules(number):
            ranked[number] = max(ranked.get(number, 0.0), math.prod(odds for odds, _, _ in chosen))
    return tuple(sorted(ranked, key=lambda number: (-ranked[number], number))[:MOST_SUGGESTIONS])


def _nearly_a_vin(text: str) -> bool:
    return len(text) == vin.LENGTH and all(c in vin.VALUES or c in _NOT_IN_A_VIN or c == UNREADABLE for c in text)


def _keeps_the_binding_rules(number: str) -> bool:
    return (
        vin.passes(number)
        and vin.binding(number)
        and bool(vin.model_years(number[vin.YEAR_POSITION]))
        and not _letters_among_the_serial_digits(number)
    )


def _changes(text: str, characters: tuple[Character, ...]) -> list[tuple[float, int, str]]:
    """(odds against what was read, position, character) for each character that may stand there instead."""
    changes = []
    for place, character in enumerate(text):
        if characters:
            best = max(characters[place].confidence, 1e-9) if character != UNREADABLE else 1.0
            others = {c: p / best for c, p in characters[place].candidates if p >= UNSURE}
        else:
            others = {c: 1.0 for c in vin.VIN_ALPHABET if vin.look_alike(c, character)}
        if character == UNREADABLE and not any(c in vin.VALUES for c in others):
            others = {c: 1 / len(vin.VIN_ALPHABET) for c in vin.VIN_ALPHABET}
        changes += [(odds, place, c) for c, odds in others.items() if c != character and c in vin.VALUES]
    return changes


def _normal(expect: str, text: str) -> str:
    """The registered number in the reading's notation: capitals, no spaces, hyphens where the reading has them."""
    plain = "".join(expect.split()).upper().strip("*")
    if "-" in text and "-" in plain:
        return plain
    plain = plain.replace("-", "")
    for place in _positions(text, "-"):
        plain = plain[:place] + "-" + plain[place:]
    return plain


def _difference(text: str, registered: str) -> Breach:
    """How a number differs from the registered one, and where."""
    if len(text) != len(registered):
        places = tuple(
            place
            for kind, start, end, _, _ in SequenceMatcher(None, text, registered, autojunk=False).get_opcodes()
            if kind != "equal"
            for place in range(start, end)
        )
        sentence = f"{len(text)} characters were read where the registered number has {len(registered)}: {registered}."
        same = f"读出 {len(text)} 位，登记号码 {registered} 为 {len(registered)} 位"
        return Breach("registered_number", places, sentence, chinese("registered_number", places, same))
    places = tuple(place for place in range(len(text)) if text[place] != registered[place])
    if len(places) > len(text) / 3:
        sentence = f"{len(places)} of {len(text)} characters differ from the registered number {registered}."
        same = f"{len(text)} 位中有 {len(places)} 位与登记号码 {registered} 不同"
    else:
        pairs = [(at + 1, text[at], registered[at], _how(text[at], registered[at])) for at in places]
        parts = (f"{read} for {other} at position {at} ({how['en']})" for at, read, other, how in pairs)
        sentence = f"The number differs from the registered one: {', '.join(parts)}."
        same = "，".join(f"第 {at} 位读作 {read}，登记为 {other}（{how['zh']}）" for at, read, other, how in pairs)
    return Breach("registered_number", places, sentence, chinese("registered_number", places, same))


def _how(read: str, registered: str) -> dict[Language, str]:
    if read == UNREADABLE:
        return {"en": "not read", "zh": "未能读出"}
    if (registered, read) in vin.ADDED_STROKES:
        return {"en": f"strokes added to {registered} make {read}", "zh": f"{registered} 加笔可成 {read}"}
    if vin.look_alike(read, registered):
        return {"en": "look-alikes", "zh": "形近"}
    return {"en": "no look-alikes", "zh": "不形近"}


def chance_of_misreading(reading: Reading, places: tuple[int, ...], other: str) -> float:
    """0..1, that the metal bears `other` after all: what the reader gives to each of its characters at these positions,
    beside the one that it read."""
    if len(reading.text) == len(other) == len(reading.characters):
        return math.prod(_odds(reading.characters[place], other[place]) for place in places)
    return 1 - reading.confidence


def _odds(character: Character, other: str) -> float:
    """0..1: how likely the other character is beside the one that was read."""
    if character.text == UNREADABLE:
        return 1.0
    probability = dict(character.candidates).get(other, (1 - character.confidence) / len(vin.FREE_ALPHABET))
    return min(1.0, probability / max(character.confidence, 1e-9))


def _sure(reading: Reading, places: tuple[int, ...]) -> float:
    """The probability that the characters at these positions were all read rightly."""
    if len(reading.characters) != len(reading.text):
        return reading.confidence
    return math.prod(reading.characters[place].confidence for place in places)


def finding_of(breach: Breach, support: float, reading: Reading) -> Finding:
    """The breach as a finding; it points at the marked characters, or at the whole number where none is marked."""
    quad = reading.quad
    if breach.places and len(reading.characters) == len(reading.text):
        marked = [reading.characters[place] for place in breach.places]
        if len({character.line for character in marked}) == 1:
            # from the first marked character's left edge to the last one's right edge
            first, last = marked[0].quad, marked[-1].quad
            quad = np.stack([first[0], last[1], last[2], first[3]]).astype(np.float32)
    return Finding(breach.code, breach.places, round(support, 3), breach.sentence, breach.chinese, quad)
