"""The vehicle identification number: its alphabet, its check digit, its model year, and what can be mistaken in it.

Sources: 49 CFR 565.15 (transliteration, weights, model years), GB 16735 (the same in China), ISO 3779 and ISO 3780
(alphabet, regions of the WMI). Positions are counted from 0 here; the standards count them from 1.
"""

from __future__ import annotations

from itertools import combinations

LENGTH = 17
CHECK_POSITION = 8
YEAR_POSITION = 9
WMI = slice(0, 3)  # world manufacturer identifier
VDS = slice(3, 9)  # vehicle descriptor section, the check digit its last
VIS = slice(9, 17)  # vehicle indicator section: year, plant, serial number
SERIAL_DIGITS = slice(13, 17)  # digits in every VIN under ISO 3779, 49 CFR 565.15(d) and GB 16735

VIN_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
FREE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"  # frame and engine numbers

VALUES: dict[str, int] = {
    **{digit: int(digit) for digit in "0123456789"},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    **{"P": 7, "R": 9},
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)

YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 1980 to 2009, and again from 2010
_FIRST_YEAR = 1980

SAME_VALUE: frozenset[frozenset[str]] = frozenset(
    frozenset(pair) for pair in combinations(VIN_ALPHABET, 2) if VALUES[pair[0]] == VALUES[pair[1]]
)
"""Pairs of characters that share a value: the check digit cannot tell one from the other, wherever they stand."""

_ALIKE = (
    "0CDOQ", "0GOQ", "0U", "1I7", "1ILT", "IJ", "2Z7", "38B", "3E", "4A", "4H", "568", "5S8", "68B", "6CG", "069",
    "089", "9G", "7TY", "AR", "BDPR", "BEH", "EFL", "FP", "HKX", "HMNW", "JU", "KR", "UV", "VWY", "VXY",
)  # fmt: skip
LOOK_ALIKES: frozenset[frozenset[str]] = frozenset(
    frozenset(pair) for group in _ALIKE for pair in combinations(group, 2)
)
"""Pairs that a person or a network mistakes for each other on worn metal or in a small picture."""

ADDED_STROKES: tuple[tuple[str, str], ...] = (
    ("1", "4"), ("1", "7"), ("3", "8"), ("0", "8"), ("6", "8"), ("9", "8"), ("5", "6"), ("5", "8"), ("F", "E"),
    ("L", "E"), ("P", "R"), ("P", "B"), ("R", "B"), ("3", "B"), ("C", "G"), ("C", "0"), ("V", "W"), ("N", "M"),
)  # fmt: skip
"""(before, after): what a forger can make of a character by adding strokes, without removing any."""


def is_vin(text: str) -> bool:
    """Whether the text has the form of a VIN: 17 characters of its alphabet."""
    return len(text) == LENGTH and all(character in VALUES for character in text)


def check_digit(vin: str) -> str:
    """The check digit, "0" to "9" or "X", that belongs at position 9 of a VIN, whatever stands there now.

    Raises ValueError where the text has not the form of a VIN; what stands at position 9 does not matter.
    """
    if len(vin) != LENGTH:
        raise ValueError(f"a VIN has {LENGTH} characters, this has {len(vin)}")
    total = 0
    for position, (character, weight) in enumerate(zip(vin, WEIGHTS, strict=True)):
        if position == CHECK_POSITION:
            continue
        if character not in VALUES:
            raise ValueError(f"{character!r} at position {position + 1} is not in the alphabet of a VIN")
        total += VALUES[character] * weight
    return "0123456789X"[total % 11]


def with_check_digit(vin: str) -> str:
    """The same VIN with the check digit that belongs to it at position 9. Raises ValueError as `check_digit` does."""
    return vin[:CHECK_POSITION] + check_digit(vin) + vin[CHECK_POSITION + 1 :]


def passes(vin: str) -> bool:
    """Whether the text is a VIN whose position 9 is its check digit."""
    return is_vin(vin) and check_digit(vin) == vin[CHECK_POSITION]


def binding(wmi: str) -> bool:
    """Whether the region that a WMI (or a whole VIN) begins with makes the check digit binding.

    North America: 1 to 5, and 7 from 7F on, which ISO 3780 gave to the United States when 1, 4 and 5 ran short
    (49 CFR 565; NOM-001 in Mexico). China: L, and H, opened for the same reason (GB 16735). Elsewhere position 9 is
    the maker's own and a mismatch is advice: a European or Japanese vehicle made for North America has a check digit,
    its sister made for another market has not, and the WMI does not tell which it is.
    """
    if len(wmi) < 2:
        return False
    return wmi[0] in "12345LH" or (wmi[0] == "7" and wmi[1] not in "ABCDE")


def model_years(code: str) -> tuple[int, ...]:
    """The model years from 1980 to 2039 that a character at position 10 may mean; none where it means no year."""
    if len(code) != 1 or code not in YEAR_CODES:
        return ()
    year = _FIRST_YEAR + YEAR_CODES.index(code)
    return (year, year + len(YEAR_CODES))


def same_value(one: str, other: str) -> bool:
    """Whether the check digit cannot tell the two characters apart: they share a value, or are equal."""
    return one == other or frozenset((one, other)) in SAME_VALUE


def look_alike(one: str, other: str) -> bool:
    """Whether the two characters are easily mistaken for each other; a character is no look-alike of itself."""
    return frozenset((one, other)) in LOOK_ALIKES
