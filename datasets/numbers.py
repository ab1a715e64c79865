"""Numbers to strike: VINs, frame numbers and engine numbers, as makers write them."""

from __future__ import annotations

import numpy as np

from vinspect.vision import vin

# WMIs of makers seen often on roads in Europe, Asia and America; each VIN starts with one of them or a made-up one.
WMIS = (
    "1C4 1FA 1FM 1FT 1G1 1G6 1GC 1GK 1GN 1GT 1GY 1HD 1HG 1J4 1N4 2C3 2FM 2G1 2HG 2HK 2T1 2T3 3C6 3FA 3GN 3HG 3KP 3N1 "
    "3VW 4JG 4S3 4T1 5FN 5J6 5N1 5NP 5TD 5UX 5XY 5YJ 8AP 9BW JA3 JA4 JF1 JHM JM1 JM3 JMB JMZ JN1 JN8 JS2 JT2 JTD JTE "
    "JTH JTM JTN KL1 KMH KMJ KNA KND KNE KNM KPT L6T LB3 LBE LBV LC0 LDC LE4 LFM LFP LFV LGB LGJ LGW LGX LH1 LHG LJ1 "
    "LJD LJN LLV LMG LNB LRB LRW LS4 LS5 LSG LSJ LSV LTV LUC LVG LVH LVR LVS LVT LVV LWV LZW LZZ MAL MMB MR0 NLH NM0 "
    "NMT SAJ SAL SB1 SHH SHS SJN TMA TMB TMK TRU TSM U5Y VF1 VF3 VF6 VF7 VF8 VNK VSK VSS VWV W0L W0V W1K W1N WAU WBA "
    "WBS WBX WBY WDB WDC WDD WDF WF0 WMA WME WMW WP0 WP1 WUA WV1 WV2 WVG WVW X4X X7L X7M X89 X96 X9F X9L X9W XTA XTC "
    "XTT XUF XUU XW7 XW8 XWB XWE XWF XZG Y3W Y6D YS2 YS3 YV1 YV2 YV4 Z0X Z6F Z7C Z8N Z8T Z94 ZAR ZCF ZFA ZFF"
).split()
_DIGITS = list("0123456789")
_LETTERS = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Makers avoid I, O and Q in other numbers too: nobody tells an O from a 0 by its shape.
_SELDOM = np.array([0.15 if c in "IOQ" else 1.0 for c in _LETTERS])
_OFTEN = _SELDOM / _SELDOM.sum()
_MIXED = np.concatenate([np.full(10, 1.0), _SELDOM]) / (10 + _SELDOM.sum())
_VIN = list(vin.VIN_ALPHABET)
_YEARS = list("ABCDEFGHJKLMNPRSTVWXY123456789")


def vin_number(rng: np.random.Generator) -> str:
    """A VIN: real WMI or random, real structure or random, its check digit right where the region binds it."""
    if rng.random() < 0.15:  # every character as likely everywhere, so that nothing is learned by heart
        return "".join(rng.choice(_VIN, 17))
    wmi = str(rng.choice(WMIS)) if rng.random() < 0.75 else "".join(rng.choice(_VIN, 3))
    style = rng.random()
    if style < 0.35:
        vds = "".join(rng.choice(_VIN, 6))
    elif style < 0.6:
        vds = "".join(rng.choice(_LETTERS if rng.random() < 0.5 else _DIGITS) for _ in range(6))
    elif style < 0.75:
        vds = "ZZZ" + "".join(rng.choice(_VIN, 2)) + "Z"
    else:
        vds = "".join(rng.choice(_DIGITS, 6))
    year = str(rng.choice(_YEARS)) if rng.random() < 0.8 else "0"
    tail = int(rng.choice([4, 5, 6, 7], p=[0.1, 0.25, 0.45, 0.2]))
    vis = year + "".join(rng.choice(_VIN, 7 - tail)) + "".join(rng.choice(_DIGITS, tail))
    number = (wmi + vds + vis).translate(str.maketrans("IOQ", "104"))
    if vin.binding(number[:3]) and rng.random() < 0.85:
        number = number[:8] + vin.check_digit(number) + number[9:]
    return number


def sister(rng: np.random.Generator, known: str) -> str:
    """A VIN of the maker, and perhaps the model, of a known one; now and then a character is another all the same."""
    keep = int(rng.integers(3, 12))
    serial = int(rng.integers(5, 8))
    tail = "".join(rng.choice(_VIN, 17 - serial)) + "".join(rng.choice(_DIGITS, serial))
    number = known[:keep] + tail[keep:]
    if rng.random() < 0.2:  # what is read is what stands there, not what is usual
        at = int(rng.integers(17))
        number = number[:at] + str(rng.choice(_VIN)) + number[at + 1 :]
    if vin.binding(number[:3]) and rng.random() < 0.85:
        number = number[:8] + vin.check_digit(number) + number[9:]
    return number


def free_number(rng: np.random.Generator) -> str:
    """A frame number, an engine number or another mark: 5 to 18 letters, digits and hyphens."""
    style = rng.random()
    digits = "".join(rng.choice(_DIGITS, int(rng.integers(4, 8))))
    letters = "".join(rng.choice(_LETTERS, int(rng.integers(1, 4)), p=_OFTEN))
    if style < 0.3:  # Japanese frame number: model code, hyphen, serial
        model = (
            letters
            + "".join(rng.choice(_DIGITS, int(rng.integers(1, 4))))
            + ("".join(rng.choice(_LETTERS, int(rng.integers(0, 2)), p=_OFTEN)) if rng.random() < 0.5 else "")
        )
        number = f"{model}-{digits}"
    elif style < 0.5:  # engine number: type, serial
        number = "".join(rng.choice(_DIGITS, int(rng.integers(0, 3)))) + letters + digits
    elif style < 0.65:  # motorcycle: letters, digits, letters, digits
        number = letters + "".join(rng.choice(_DIGITS, 2)) + "".join(rng.choice(_LETTERS, 1, p=_OFTEN)) + digits
        number = number if rng.random() < 0.6 else number[:4] + "-" + number[4:]
    elif style < 0.8:  # a serial between letters
        number = "".join(rng.choice(_DIGITS, 1)) + letters[:1] + digits + "".join(rng.choice(_LETTERS, 1, p=_OFTEN))
    else:
        number = "".join(rng.choice(_DIGITS + _LETTERS, int(rng.integers(5, 19)), p=_MIXED))
        if rng.random() < 0.3:
            cut = int(rng.integers(1, len(number) - 1))
            number = number[:cut] + "-" + number[cut + 1 :]
    return number[:18] if len(number) >= 5 else number + digits[: 5 - len(number)]


def number(rng: np.random.Generator) -> str:
    """A number of any kind; two in three are VINs."""
    return vin_number(rng) if rng.random() < 0.65 else free_number(rng)
