"""The whole road on one screen: Photo -> StampLine -> Strip -> Reading + Rubbing -> Findings -> Verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from vinspect.models import weights
from vinspect.vision import photo as photos
from vinspect.vision.barcodes import barcode_findings, barcodes_of
from vinspect.vision.evidence import (
    UNREADABLE,
    Character,
    Finding,
    Format,
    Inspection,
    Photo,
    Reading,
    Reason,
    Report,
    StampLine,
    Strip,
    frozen,
)
from vinspect.vision.judge import Judge
from vinspect.vision.locate import Locator, both_ways_up, numbers
from vinspect.vision.looks import look
from vinspect.vision.network import Network, Reader
from vinspect.vision.quality import reason, reason_for
from vinspect.vision.read import Spelling, coarsest, spell
from vinspect.vision.rectify import rectify
from vinspect.vision.rules import rule_findings, rules_of
from vinspect.vision.told import HOPELESS, TOLD, Weights
from vinspect.vision.vin import is_vin
from vinspect.vision.weigh import weigh

SURE = 0.8  # a VIN as sure as this is the number: no other line is read
CONFIDENT = 0.5  # a reading less sure than this comes with the reason why
LONGEST = 18  # characters in a number of two lines
WHOLE = 14  # characters: a line as long as this is a number by itself
GROUPS = 5  # numbers read in one photograph


@dataclass(frozen=True)
class Nets:
    """The networks, loaded once."""

    locator: Locator
    reader: Reader
    told: Weights
    judge: Judge


def open_nets(reader: Reader | None = None, threads: int = 2) -> Nets:
    """Load the networks; `reader` reads instead of ours where one is given, `threads` look at one photograph."""
    return Nets(
        Locator(weights.path("locator.onnx"), threads),
        reader or Network(weights.path("reader.onnx"), threads),
        Weights.load(weights.path("told.json")),
        Judge(weights.path("judge.onnx"), threads),
    )


def read(photo: Photo, nets: Nets, form: Format = "auto") -> Report:
    """Every number in the photograph, the surest first, or why there is none."""
    ms: dict[str, float] = {}
    with _timed(ms, "locate"):
        located = both_ways_up(photo, nets.locator)
        lines = next(located)
        groups = numbers(lines)[:GROUPS]
    if not groups:
        return Report(photo, (), reason("no_number"), ms)
    with _timed(ms, "decode"):
        grey = photos.grey(photo, coarsest(lines))
    with _timed(ms, "read"):
        reduction = photos.scale_of(photo, grey)
        found = _numbers(grey, reduction, groups, nets, form)
        if not found or found[0].lines[0].line.upright < 0.5:  # perhaps it hangs upside down and was taken for upright
            for lines in located:
                grey = photos.grey(photo, coarsest(lines))
                reduction = photos.scale_of(photo, grey)
                over = numbers(lines)[:GROUPS]
                found = max(found, _numbers(grey, reduction, over, nets, form), key=_confidence)
    with _timed(ms, "rules"):
        readings = [reading_of(s) for s in found]
    with _timed(ms, "barcodes"):
        if readings:
            readings[0] = replace(readings[0], barcodes=barcodes_of(grey, readings[0], reduction))
    strips: list[tuple[Strip, StampLine, tuple[Character, ...]]] = (
        [(s.strip, s.line, found[0].characters) for s in found[0].lines]
        if found
        else [(rectify(grey, line, reduction=reduction), line, ()) for line in groups[0]]
    )
    return Report(photo, tuple(readings), _why(photo, readings, strips), ms)


def inspect(photo: Photo, nets: Nets, form: Format = "auto", expect: str | None = None) -> Inspection:
    """Read the photograph, and weigh what speaks for and against the best reading being as the maker struck it.

    expect: the registered number, to hold the reading against.
    """
    report = read(photo, nets, form)
    best = report.readings[0] if report.readings else None
    findings: tuple[Finding, ...] = ()
    with _timed(report.ms, "judge"):
        looks = look(best, nets.judge) if best is not None else None
        if best is not None:
            findings = (*rule_findings(best, expect), *barcode_findings(best), *(looks.findings if looks else ()))
        verdict = weigh(best, findings, looks)
    return Inspection(report, findings, verdict, looks)


def _numbers(
    grey: np.ndarray, reduction: float, groups: tuple[tuple[StampLine, ...], ...], nets: Nets, form: Format
) -> list[Spelling]:
    """The numbers among groups of lines, likeliest first. Where one is a VIN, other lines are the text around it."""
    found: list[tuple[float, Spelling]] = []
    size = grey.shape[1] * reduction, grey.shape[0] * reduction

    def likelihood(s: Spelling) -> float:
        return nets.told.probability(s, size)

    for s in candidates(grey, reduction, groups, nets.reader, form, lambda s: likelihood(s) > HOPELESS):
        likely = likelihood(s)
        if likely > TOLD:
            found.append((likely, s))
            if is_vin(s.text) and s.confidence > SURE:
                break
    vins = [(likely, s) for likely, s in found if is_vin(s.text)]
    return [s for _, s in sorted(vins or found, key=lambda f: -f[0] * f[1].confidence)]


def _confidence(found: list[Spelling]) -> float:
    return found[0].confidence if found else 0.0


def candidates(
    grey: np.ndarray,
    reduction: float,
    groups: tuple[tuple[StampLine, ...], ...],
    reader: Reader,
    form: Format,
    promising: Callable[[Spelling], bool] = lambda first: True,
) -> Iterator[Spelling]:
    """What stands in each group of lines, be it the number or other text; promising: see `read.spell`."""
    for group in groups:
        yield from _spelled(group, lambda lines: spell(grey, reduction, lines, reader, form, promising))


def _spelled(
    group: tuple[StampLine, ...], number_of: Callable[[tuple[StampLine, ...]], Spelling | None]
) -> list[Spelling]:
    """The number in a group of lines. Two lines that stand close are one number only where both are parts of one."""
    together = number_of(group)
    if len(group) == 1 or (
        together and len(together.text) <= LONGEST and max(len(s.boxes) for s in together.lines) < WHOLE
    ):
        return [together] if together else []
    return [s for line in group if (s := number_of((line,)))]


def _why(
    photo: Photo, readings: list[Reading], strips: list[tuple[Strip, StampLine, tuple[Character, ...]]]
) -> Reason | None:
    """Why there is no reading, or characters of the best could not be read; None where all could."""
    if readings and UNREADABLE not in readings[0].text and readings[0].confidence > CONFIDENT:
        return None
    for strip, line, characters in strips:
        found = reason_for(strip, line, photo.size, characters)
        if found is not None:
            return found
    return reason("unreadable") if not readings or UNREADABLE in readings[0].text else None


def reading_of(s: Spelling) -> Reading:
    """A number as it was decoded, with what the rules say of it; its barcodes are still to be looked for."""
    lines = s.lines
    quad = lines[0].line.quad if len(lines) == 1 else np.stack([*lines[0].line.quad[:2], *lines[-1].line.quad[2:]])
    return Reading(
        text=s.text,
        confidence=s.confidence,
        quad=frozen(quad.astype(np.float32)),
        marks=s.marks,
        lines=tuple(part.line for part in lines),
        strips=tuple(part.strip for part in lines),
        surface=s.surface,
        characters=s.characters,
        rules=rules_of(s.text, s.characters),
    )


@contextmanager
def _timed(ms: dict[str, float], step: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    ms[step] = round((time.perf_counter() - start) * 1000, 2)
