"""An inspection as it was answered, from its document and its photograph: a report says what was said then."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from vinspect.api.report.words import finding, why
from vinspect.vision import photo as photos
from vinspect.vision.evidence import (
    Barcode,
    Character,
    Finding,
    Inspection,
    Photo,
    Reading,
    Reason,
    Report,
    Rules,
    StampLine,
    Strip,
    Verdict,
    frozen,
)
from vinspect.vision.rectify import rectify


def inspection_of(document: dict[str, Any], photo: Photo) -> Inspection:
    """What `inspect_document` made the document of; strips are cut out of the photograph anew."""
    grey = photos.grey(photo)
    reduction = photos.scale_of(photo, grey)
    readings = tuple(_reading(each, grey, reduction) for each in document["readings"])
    findings = tuple(
        Finding(
            f["code"],
            tuple(f["characters"]),
            f["support"],
            f["sentence"],
            finding(f, "zh"),
            f["quad"] and _quad(f["quad"]),
        )
        for f in document["findings"]
    )
    supports = tuple(each["support"] for each in document["characters"])
    verdict = Verdict(document["verdict"], document["support"], supports, _reason(document["reason"]))
    return Inspection(Report(photo, readings, _reason(document["why"]), {}), findings, verdict)


def _reading(of: dict[str, Any], grey: np.ndarray, reduction: float) -> Reading:
    lines = tuple(StampLine(_quad(each["quad"]), each["confidence"], 1.0) for each in of["lines"])
    strips = tuple(rectify(grey, line, reduction=reduction) for line in lines)
    places = [number for number, line in enumerate(of["lines"]) for _ in line["text"]]
    return Reading(
        of["text"],
        of["confidence"],
        _quad(of["quad"]),
        (of["marks"][0], of["marks"][1]),
        lines,
        strips,
        of["surface"],
        tuple(_character(each, line, strips[line]) for each, line in zip(of["characters"], places, strict=True)),
        _rules(of["rules"]),
        tuple(
            Barcode(b["text"], b["symbology"], tuple((x, y) for x, y in b["quad"]), b["agrees"]) for b in of["barcodes"]
        ),
    )


def _character(of: dict[str, Any], line: int, strip: Strip) -> Character:
    quad = _quad(of["quad"])
    to_strip = np.linalg.inv(strip.to_photo)
    corners = cv2.perspectiveTransform(quad.reshape(-1, 1, 2).astype(np.float64), to_strip).reshape(4, 2)
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)]).astype(np.float32)
    candidates = tuple((text, p) for text, p in of["candidates"])
    return Character(of["text"], of["confidence"], candidates, quad, frozen(box), line)


def _rules(of: dict[str, Any]) -> Rules:
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in of.items()}
    return Rules(**lists)


def _quad(points: list[list[float]]) -> np.ndarray:
    return frozen(np.array(points, np.float32))


def _reason(of: dict[str, Any] | None) -> Reason | None:
    return None if of is None else Reason(of["code"], of["sentence"], why(of, "zh"))
