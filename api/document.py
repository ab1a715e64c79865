"""From what vision says to the public JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from vinspect.vision import evidence
from vinspect.vision.before import Before, before

if TYPE_CHECKING:
    from vinspect.api import schema


def read_document(report: evidence.Report) -> schema.ReadDocument:
    """What `vinspect read` prints of a photograph."""
    return {
        "schema": "vinspect/read/1",
        "photo": shown(report.photo.name),
        "sha256": report.photo.sha256,
        "size": report.photo.size,
        "readings": [_reading(reading) for reading in report.readings],
        "why": _reason(report.why),
        "ms": {step: round(ms, 2) for step, ms in report.ms.items()},
    }


def inspect_document(inspection: evidence.Inspection) -> schema.InspectDocument:
    """What `vinspect inspect` prints of a photograph, and the service answers."""
    report, verdict = inspection.report, inspection.verdict
    best = report.readings[0].characters if report.readings else ()
    supports = verdict.characters or (None,) * len(best)
    return {
        **read_document(report),
        "schema": "vinspect/inspect/1",
        "verdict": verdict.outcome,
        "support": _rounded(verdict.support),
        "reason": _reason(verdict.reason),
        "findings": [
            {
                "code": finding.code,
                "characters": list(finding.characters),
                "support": round(float(finding.support), 4),
                "sentence": finding.sentence,
                "sentence_zh": finding.chinese,
                "quad": None if finding.quad is None else _quad(finding.quad),
            }
            for finding in inspection.findings
        ],
        "characters": [
            {**_character(character), "support": _rounded(support)}
            for character, support in zip(best, supports, strict=True)
        ],
        "before": _before(before(inspection), best),
    }


def decode_document(text: str, rules: evidence.Rules) -> schema.DecodeDocument:
    """What `vinspect decode` prints of a number."""
    return {"schema": "vinspect/decode/1", "text": text, "rules": _rules(rules)}


def logged_document(index: int, body: str) -> schema.LoggedDocument:
    """What a command prints that made an entry of the log."""
    return {"schema": "vinspect/logged/1", "index": index, "entry": json.loads(body)}


def json_line(document: Mapping[str, object]) -> str:
    """One object on one line, in the order of the format's fields, in ASCII so that any terminal and pipe takes it."""
    return json.dumps(document, allow_nan=False)


def shown(name: str) -> str:
    """A file's name that can be printed: bytes that are no UTF-8 and control characters are replaced."""
    clean = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in clean)


def _reading(reading: evidence.Reading) -> schema.Reading:
    return {
        "text": reading.text,
        "confidence": _probability(reading.confidence),
        "quad": _quad(reading.quad),
        "marks": reading.marks,
        "lines": [
            {
                "text": "".join(character.text for character in reading.characters if character.line == number),
                "confidence": _probability(line.confidence),
                "quad": _quad(line.quad),
            }
            for number, line in enumerate(reading.lines)
        ],
        "surface": reading.surface,
        "characters": [_character(character) for character in reading.characters],
        "rules": _rules(reading.rules),
        "barcodes": [
            {
                "text": barcode.text,
                "symbology": barcode.symbology,
                "quad": _quad(np.asarray(barcode.quad)),
                "agrees": barcode.agrees,
            }
            for barcode in reading.barcodes
        ],
    }


def _character(character: evidence.Character) -> schema.Character:
    return {
        "text": character.text,
        "confidence": _probability(character.confidence),
        "candidates": [(text, _probability(p)) for text, p in character.candidates],
        "quad": _quad(character.quad),
    }


def _rules(rules: evidence.Rules) -> schema.Rules:
    return {
        "vin": rules.vin,
        "check_digit": rules.check_digit,
        "binding": rules.binding,
        "maker": rules.maker,
        "country": rules.country,
        "years": list(rules.years),
        "suggestions": list(rules.suggestions),
        "problems": list(rules.problems),
        "problems_zh": list(rules.problems_zh),
    }


def _before(was: Before, characters: Sequence[evidence.Character]) -> schema.Before:
    return {
        "characters": [
            {
                "place": former.place,
                "text": characters[former.place].text,
                "candidates": [(text, _probability(p)) for text, p in former.candidates],
            }
            for former in was.characters
        ],
        "numbers": list(was.numbers),
    }


def _reason(reason: evidence.Reason | None) -> schema.Reason | None:
    if reason is None:
        return None
    return {"code": reason.code, "sentence": reason.sentence, "sentence_zh": reason.chinese}


def _quad(quad: np.ndarray) -> schema.Quad:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = [(round(x, 2), round(y, 2)) for x, y in quad.astype(np.float64).tolist()]
    return (ax, ay), (bx, by), (cx, cy), (dx, dy)


def _probability(p: float) -> float:
    # Rounded down: what is 0.9899999 must not print as 0.99, which promises more. The slack is for 32-bit numbers.
    return math.floor(float(p) * 1e6 + 1e-3) / 1e6


def _rounded(support: float | None) -> float | None:
    return None if support is None else round(float(support), 4)
