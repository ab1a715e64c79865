"""What each step found: from an inspection, and a comparison where there is one, to what the report prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vinspect.api.document import shown
from vinspect.api.report import pictures
from vinspect.api.report import words as w
from vinspect.api.report.words import PARTS, Part
from vinspect.vision.before import before
from vinspect.vision.compare import SAID, Comparison, Said
from vinspect.vision.draw import LEANS
from vinspect.vision.evidence import Finding, Inspection, Language, Reason
from vinspect.vision.overlaid import overlaid

MOST = 4  # findings of a step that are printed
_NUMBERS = 6  # to look up that are printed
METAL_JUDGED = True  # whether the judge looks at the metal, so that finding nothing there means something


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the method."""

    part: Part
    pictures: tuple[np.ndarray, ...]  # uint8 (h, w, 3), blue, green, red
    rows: tuple[tuple[float | None, str], ...]  # strength, log10, and sentence of each thing found
    remark: str  # that nothing was found, what could not be judged and why, or nothing


def steps(inspection: Inspection, comparison: Comparison | None, language: Language) -> list[Step]:
    """All steps, in their order."""
    return [_step(part, inspection, comparison, language) for part in PARTS]


def _step(part: Part, inspection: Inspection, comparison: Comparison | None, language: Language) -> Step:
    match part:
        case "before":
            return _before(inspection, language)
        case "file":
            return _file(inspection, comparison, language)
        case "weighed":
            return Step(part, (), (), w.NEXT[inspection.verdict.outcome][language])
    found = _found(part, inspection)
    rows: list[tuple[float | None, str]] = [(f.support, _said(f, language)) for f in found[:MOST]]
    if len(found) > MOST:
        rows.append((None, w.LABELS["more"][language].format(n=len(found) - MOST)))
    return Step(part, _pictures(part, inspection), tuple(rows), _remark(part, inspection, found, language))


_DRAWN: dict[Part, Callable[[Inspection], list[np.ndarray]]] = {
    "read": pictures.characters,
    "shapes": pictures.rubbings,
    "line": pictures.ruled,
    "metal": pictures.around,
}


def _pictures(part: Part, inspection: Inspection) -> tuple[np.ndarray, ...]:
    return tuple(_DRAWN[part](inspection)) if part in _DRAWN and inspection.report.readings else ()


def _remark(part: Part, inspection: Inspection, found: list[Finding], language: Language) -> str:
    """What is to be said of a step beside its findings."""
    report, reason = inspection.report, inspection.verdict.reason
    unjudged = reason or (report.why if not report.readings else None)
    if part == "read":
        if report.why is not None:
            return _not_judged(report.why, language)
    elif part == "metal":
        if not METAL_JUDGED:
            return w.METAL_NOT_JUDGED[language]
    elif unjudged is not None:
        return _not_judged(unjudged, language)
    elif part == "shapes" and not found and (leaning := _leaning(inspection, language)):
        return leaning
    return "" if found else w.NOTHING[part][language]


def _leaning(inspection: Inspection, language: Language) -> str:
    """Of the characters that are marked in the rubbing; empty where none is."""
    best = inspection.report.readings[0]
    return " ".join(
        w.LEANS[language].format(character=c.text, place=place, support=f"{support:+.1f}")
        for place, (c, support) in enumerate(zip(best.characters, inspection.verdict.characters, strict=False), start=1)
        if support is not None and support >= LEANS
    )


def _not_judged(why: Reason, language: Language) -> str:
    return w.NOT_JUDGED[language].format(why=_said(why, language))


def _said(of: Finding | Reason | Said, language: Language) -> str:
    return of.sentence if language == "en" else of.chinese


def _before(inspection: Inspection, language: Language) -> Step:
    was = before(inspection)
    if not was.characters:
        return Step("before", (), (), w.NOTHING["before"][language])
    text, joint = inspection.report.readings[0].text, w.LABELS["or"][language]
    rows: list[tuple[float | None, str]] = [
        (None, w.LABELS["former"][language].format(
            place=former.place + 1, now=text[former.place], old=joint.join(c for c, _ in former.candidates[:3])))
        for former in was.characters[:MOST] if former.candidates
    ]  # fmt: skip
    if was.numbers:
        numbers = "  ".join(was.numbers[:_NUMBERS])
        rows.append((None, w.LABELS["look_up"][language].format(numbers=numbers)))
    return Step("before", (), tuple(rows), "")


def _file(inspection: Inspection, comparison: Comparison | None, language: Language) -> Step:
    """What the rubbing said when the verdict was found, and how it lies on the photograph now."""
    found = _found("file", inspection)
    rows: list[tuple[float | None, str]] = [(f.support, _said(f, language)) for f in found]
    held = any(f.code == "not_as_on_file" for f in found)
    if comparison is None:
        return Step("file", (), tuple(rows), (w.FILE_NOT_SHOWN if held else w.NOTHING["file"])[language])
    if not held:
        rows.append((None, _said(comparison.why, language)))
    if comparison.file is not None:
        file = comparison.file.photo
        name = shown(file.name).replace(chr(92), "/").rsplit("/", 1)[-1]
        said = w.LABELS["against"][language].format(
            outcome=SAID[comparison.outcome][language], name=name, sha256=file.sha256
        )
        rows.append((comparison.support, said))
    remark = w.FILE_WEIGHS[language] if held or comparison.support is not None else ""
    return Step("file", (overlaid(comparison),), tuple(rows), remark)


def _found(part: Part, inspection: Inspection) -> list[Finding]:
    """The findings that are told with a step, the strongest first."""
    found = (f for f in inspection.findings if w.STEP_OF.get(f.code, "metal") == part)
    return sorted(found, key=lambda f: -abs(f.support))
