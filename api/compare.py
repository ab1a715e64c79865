"""`vinspect compare`: a photograph against what is on file of the same number."""

from __future__ import annotations

import time
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rich.box import SIMPLE
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from vinspect.api.document import json_line, shown
from vinspect.api.progress import stderr
from vinspect.vision import inspector
from vinspect.vision.compare import CELLS, PROPOSITIONS, ComparedCharacter, Comparison, Outcome, compare
from vinspect.vision.evidence import Format, Photo, Report
from vinspect.vision.photo import PhotoError, open_photo

if TYPE_CHECKING:
    from vinspect.api import schema


class Status(IntEnum):
    """The exit status of a comparison."""

    SAME = 0
    NOT_JUDGED = 1
    NOT_OPENED = 3  # 2 is the command line's own
    OTHER = 4


_STATUS: dict[Outcome, Status] = {
    "same striking": Status.SAME,
    "not the same striking": Status.OTHER,
    "cannot judge": Status.NOT_JUDGED,
}
_COLOURS: dict[Outcome, str] = {
    "same striking": "bold green",
    "not the same striking": "bold red",
    "cannot judge": "bold cyan",
}


def against(
    photo: str,
    file: str | None,
    nets: inspector.Nets,
    form: Format,
    expect: str | None,
    *,
    json: bool,
    pictures: Path | None,
) -> Status:
    """Hold a photograph against the picture on file, print what is said of them, and return the exit status."""
    opened: list[Photo] = []
    for name in filter(None, (photo, file)):
        try:
            opened.append(open_photo(name))
        except PhotoError as error:
            return _complain(name, str(error))
    begun = time.perf_counter()
    reports = [inspector.read(each, nets, form) for each in opened]
    try:
        found = compare(reports[0], reports[1] if file else None, expect)
    except (OSError, ValueError) as error:  # what was learned is missing or damaged, and says so
        return _complain(photo, str(error))
    ms = round((time.perf_counter() - begun) * 1000, 2)
    if json:
        print(json_line(compare_document(found, ms)), flush=True)
    else:
        Console(highlight=False).print(sheet(found, ms))
    if pictures is not None and (unwritten := _draw(found, pictures)):
        return _complain(photo, unwritten)
    return _STATUS[found.outcome]


def compare_document(found: Comparison, ms: float) -> schema.CompareDocument:
    """What `vinspect compare --json` prints."""
    return {
        "schema": "vinspect/compare/1",
        "photo": _picture(found.now),
        "file": None if found.file is None else _picture(found.file),
        "outcome": found.outcome,
        "support": None if found.support is None else round(found.support, 4),
        "propositions": PROPOSITIONS,
        "code": found.why.code,
        "sentence": found.why.sentence,
        "sentence_zh": found.why.chinese,
        "legible": None if found.legible is None else (round(found.legible[0], 4), round(found.legible[1], 4)),
        "congruent": sum(c.congruent for c in found.characters),
        "cells": CELLS * len(found.characters),
        "struck_again": [found.characters[k].place for k in found.named],
        "characters": [_character(c) for c in found.characters],
        "ms": ms,
    }


def _picture(report: Report) -> schema.ComparedPicture:
    best = report.readings[0] if report.readings else None
    return {
        "photo": shown(report.photo.name),
        "sha256": report.photo.sha256,
        "size": report.photo.size,
        "text": best.text if best else None,
    }


def _character(c: ComparedCharacter) -> schema.ComparedCharacter:
    return {
        "place": c.place,
        "text": c.text,
        "on_file": c.on_file,
        "support": round(c.support, 4),
        "congruent": c.congruent,
        "cells": CELLS,
        "correlation": round(c.correlation, 4),
        "own": round(c.own, 4),
        "along": round(c.along, 4),
        "across": round(c.across, 4),
        "quad": _quad(c.quad),
        "quad_on_file": _quad(c.quad_on_file),
    }


def _quad(quad: np.ndarray) -> schema.Quad:
    a, b, c, d = ((x, y) for x, y in np.round(quad.astype(np.float64), 2).tolist())
    return a, b, c, d


def sheet(found: Comparison, ms: float) -> RenderableType:
    """All that is to be said of one comparison, about 80 columns wide."""
    strength = "" if found.support is None else f"   {found.support:+.1f}, log10 towards not one striking"
    parts: list[RenderableType] = [
        Text.assemble((shown(found.now.photo.name), "dim"), ("   against ", "dim"), _named(found.file)),
        Text.assemble((found.outcome, _COLOURS[found.outcome]), (strength, "dim")),
        Text(found.why.sentence),
    ]
    if found.characters:
        agree = sum(c.congruent for c in found.characters)
        parts.append(Text(f"{agree} of {CELLS * len(found.characters)} cells agree on one registration", style="dim"))
        parts.append(_table(found))
    parts.append(Text(f"{ms:.0f} ms", style="dim"))
    return Group(*parts)


def _named(file: Report | None) -> tuple[str, str]:
    return ("nothing on file", "yellow") if file is None else (shown(file.photo.name), "dim")


def _table(found: Comparison) -> RenderableType:
    """Character by character: what each picture shows, and how far the two agree."""
    table = Table(box=SIMPLE, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", style="dim")
    for c in found.characters:
        table.add_column(c.text, justify="right")
    table.add_row("on file", *(Text(c.on_file, style="" if c.on_file == c.text else "red") for c in found.characters))
    table.add_row("cells", *(str(c.congruent) for c in found.characters))
    table.add_row(
        "odd",
        *(
            Text("·" if c.support < 0.5 else f"{c.support:.0f}", style="bold red" if k in found.named else "")
            for k, c in enumerate(found.characters)
        ),
    )
    return table


def _draw(found: Comparison, folder: Path) -> str | None:
    """Write the picture of a comparison; returns what went wrong, as a sentence."""
    from vinspect.vision.overlaid import overlaid

    try:
        folder.mkdir(parents=True, exist_ok=True)
        _, jpeg = cv2.imencode(".jpg", overlaid(found), [cv2.IMWRITE_JPEG_QUALITY, 92])
        (folder / f"{Path(found.now.photo.name).stem}.compared.jpg").write_bytes(jpeg.tobytes())
    except (OSError, cv2.error) as error:
        return f"its picture cannot be written to {folder} ({error})"
    return None


def _complain(name: str, sentence: str) -> Status:
    stderr().print(Text(f"vinspect: {shown(name)}: {shown(sentence)}"), soft_wrap=True)
    return Status.NOT_OPENED
