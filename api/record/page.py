"""The page of an exported case that a person reads: one file, nothing else is needed to show it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from jinja2 import Environment, StrictUndefined

from vinspect.api.blobs import Blobs
from vinspect.api.record import layout
from vinspect.api.report.words import FILE_WEIGHS, finding, why
from vinspect.api.tables import EntryRow, InspectionRow
from vinspect.vision.compare import SAID
from vinspect.vision.overlaid import overlaid

if TYPE_CHECKING:
    from vinspect.api.sightings.filed import Held

SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
"""What every browser shows."""

VERDICTS = {"clear": "未见异常", "review": "需复核", "suspect": "可疑", "cannot judge": "无法判断"}
DECISIONS = {"cleared": "排除嫌疑", "confirmed": "嫌疑成立", "retake": "重新拍照", "re-strike": "依法重新打刻，有备案"}
EVENTS = {
    "taken up": "并入记录",
    "photograph accepted": "收到照片",
    "inspected": "检验",
    "photograph viewed": "查看照片",
    "decided": "审核决定",
    "exported": "导出",
    "deleted": "删除照片",
    "hand looked up": "查找同一字模",
}


def page(row: InspectionRow, entries: Sequence[EntryRow], key: str, blobs: Blobs, held: Held | None) -> bytes:
    """The page of an inspection and the log's entries about it, in Chinese and English.

    key: the log's public key; blobs: where photographs lie; held: the rubbing on file that the photograph was held
    against, None where there is none to show. Raises OSError.
    """
    source = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
    document = json.loads(row.document)
    said = [(entry.index, json.loads(entry.body)) for entry in entries]
    html = template.render(
        id=row.id,
        row=row,
        document=document,
        reading=document["readings"][0] if document["readings"] else None,
        findings=sorted(document["findings"], key=lambda finding: -finding["support"]),
        finding_zh=lambda of: finding(of, "zh"),
        why_zh=lambda of: why(of, "zh"),
        held=held,
        compared=None if held is None else SAID[held.comparison.outcome],
        laid=None if held is None else _jpeg(overlaid(held.comparison)),
        weighs=FILE_WEIGHS,
        verdicts=VERDICTS,
        events=EVENTS,
        entries=[(index, each, _who(each)) for index, each in said],
        made=next((each for _, each in said if "weights" in each), None),
        decided=[each for _, each in said if each["event"] == "decided"],
        decisions=DECISIONS,
        named=named,
        deletion=next((each for _, each in said if each["event"] == "deleted"), None),
        photograph=_embedded(blobs, row.sha256, row.media_type) if row.media_type in SHOWN else None,
        photograph_name=layout.photograph_name(row.media_type),
        overlay=_embedded(blobs, row.overlay_sha256, "image/jpeg"),
        key=key,
    )
    return html.encode()


def _who(said: dict[str, Any]) -> str:
    """By whom, and why, in few words."""
    by = named(said["by"]) if said.get("by") else said.get("user") or ("key" in said and f"key {said['key'][:12]}")
    parts = (said.get("what"), said.get("decision"), by, said.get("reason"))
    return ", ".join(str(part) for part in parts if part)


def named(by: str) -> str:
    """A person by the name, a key by the beginning of its hash."""
    kind, _, name = by.partition(":")
    return f"key {name[:12]}" if kind == "key" else name


def _embedded(blobs: Blobs, sha256: str, media_type: str) -> str | None:
    """The content as an address that holds it; None where it was deleted."""
    try:
        return _address(blobs.read(sha256), media_type)
    except FileNotFoundError:
        return None


def _jpeg(picture: np.ndarray) -> str:
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return _address(jpeg.tobytes(), "image/jpeg")


def _address(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{b64encode(content).decode()}"
