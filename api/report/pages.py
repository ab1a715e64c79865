"""Two pages of A4. Needs reportlab, which the extra `report` brings; the typeface is WenQuanYi Micro Hei (Apache-2.0).

`wqy-microhei.ttf` holds the characters of GB 2312 and Latin of that typeface, 1.2 MB of its 5; only what a report uses
is embedded in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepInFrame, Paragraph, Spacer, Table

from vinspect.api.document import shown
from vinspect.api.report import pictures
from vinspect.api.report import words as w
from vinspect.api.report.steps import Step, steps
from vinspect.api.report.words import Part
from vinspect.vision import draw
from vinspect.vision.compare import Comparison
from vinspect.vision.evidence import Inspection, Language, Outcome, Reading

_FACE = "WenQuanYi"
_MARGIN = 16 * mm
_WIDE = A4[0] - 2 * _MARGIN
_FIRST: tuple[Part, ...] = ("read", "shapes", "line")  # on the first page; the others on the second
_TALLEST: dict[Part, float] = {"read": 34 * mm, "shapes": 34 * mm, "line": 28 * mm, "metal": 46 * mm, "file": 76 * mm}
_PHOTOGRAPH = (62 * mm, 50 * mm)
_QUALITY = 88  # of the JPEG pictures
_INK, _FADED, _RULE, _TINT = map(HexColor, ("#1c212a", "#6d7078", "#dbdfe4", "#f4f6f8"))


@dataclass(frozen=True)
class _Styles:
    """Paragraphs of one language."""

    plain: ParagraphStyle
    small: ParagraphStyle
    title: ParagraphStyle
    step: ParagraphStyle
    number: ParagraphStyle


def pdf(inspection: Inspection, comparison: Comparison | None, language: Language) -> bytes:
    """The report as a PDF; the same inspection gives the same bytes."""
    _typeface()
    style = _styles(language)
    every = steps(inspection, comparison, language)
    first = [s for s in every if s.part in _FIRST]
    second = [s for s in every if s.part not in _FIRST]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"{w.TITLE[language]}: {shown(inspection.report.photo.name)}")
    pages: tuple[list[Flowable], ...] = (
        [*_head(inspection, language, style), *_told(first, 1, language, style)],
        [*_told(second, 1 + len(first), language, style), *_foot(inspection, language, style)],
    )
    for number, flowables in enumerate(pages, start=1):
        frame = KeepInFrame(_WIDE, A4[1] - 2 * _MARGIN, flowables, mode="shrink")
        _, high = frame.wrapOn(canvas, _WIDE, A4[1] - 2 * _MARGIN)
        frame.drawOn(canvas, _MARGIN, A4[1] - _MARGIN - high)
        _edge(canvas, number, inspection, language)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _typeface() -> None:
    pdfmetrics.registerFont(TTFont(_FACE, str(Path(__file__).with_name("wqy-microhei.ttf"))))


def _styles(language: Language) -> _Styles:
    wrap = {"wordWrap": "CJK"} if language == "zh" else {}

    def style(size: float, colour: Color = _INK, lead: float = 1.38, **more: Any) -> ParagraphStyle:
        return ParagraphStyle("", fontName=_FACE, fontSize=size, leading=lead * size, textColor=colour, **wrap, **more)

    return _Styles(style(8.6), style(7.4, _FADED), style(17), style(11), style(19, lead=1.25))


def _paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Text of ours; `<b>` in it darkens nothing, for the typeface has one weight, so it becomes colour."""
    marked = text.replace("<b>", '<font color="#005ed5">').replace("</b>", "</font>")
    return Paragraph(marked, style)


# What stands at the top


def _head(inspection: Inspection, language: Language, style: _Styles) -> Iterator[Flowable]:
    report, verdict = inspection.report, inspection.verdict
    yield _paragraph(w.TITLE[language], style.title)
    yield _paragraph(w.SUBTITLE[language], style.small)
    yield Spacer(0, 2 * mm)
    best = report.readings[0] if report.readings else None
    right: list[Flowable] = [
        _Pill(w.OUTCOMES[verdict.outcome][language], verdict.outcome),
        Spacer(0, 2 * mm),
        _paragraph(_number(best, language), style.number),
        *(_paragraph(line, style.plain) for line in _facts(inspection, best, language)),
        Spacer(0, 1.5 * mm),
        _Scale(verdict.support, language),
    ]
    left = _picture(pictures.photograph(inspection), *_PHOTOGRAPH)
    yield _columns([left, right], [_PHOTOGRAPH[0] + 5 * mm, _WIDE - _PHOTOGRAPH[0] - 5 * mm])
    yield Spacer(0, 2 * mm)
    yield _boxed(_paragraph(w.PROPOSITIONS[language], style.plain))


def _number(best: Reading | None, language: Language) -> str:
    if best is None:
        return w.LABELS["none"][language]
    start, end = best.marks
    return escape(f"{start or ''}{best.text}{end or ''}")


def _facts(inspection: Inspection, best: Reading | None, language: Language) -> Iterator[str]:
    """What is known of photograph and number, a line each."""

    def said(label: str, value: str) -> str:
        return f'<font color="#6d7078">{w.LABELS[label][language]}</font>&nbsp; {escape(value)}'

    photo = inspection.report.photo
    if best is not None:
        yield w.LABELS["sure"][language].format(p=f"{np.floor(1000 * best.confidence) / 10:.1f} %")
        rules = best.rules
        if rules.maker or rules.country:
            yield said("maker", ", ".join(filter(None, (rules.maker, rules.country))))
        if rules.years:
            yield said("years", w.LABELS["or"][language].join(map(str, rules.years)))
        if rules.check_digit is not None:
            held = "holds" if rules.check_digit else "fails" if rules.binding else "advice"
            yield said("check", w.LABELS[held][language])
        yield said("surface", w.SURFACES[best.surface][language])
    yield said(
        "photo", f"{shown(photo.name).replace(chr(92), '/').rsplit('/', 1)[-1]}  ({photo.size[0]} × {photo.size[1]})"
    )


# The steps


def _told(some: list[Step], begin: int, language: Language, style: _Styles) -> Iterator[Flowable]:
    for number, step in enumerate(some, start=begin):
        title, by_hand, here = w.STEPS[step.part][language]
        yield Spacer(0, 3.2 * mm)
        yield _paragraph(f'<font color="#005ed5">{number}</font>&nbsp; {title}', style.step)
        yield _paragraph(f"{by_hand} {here}", style.small)
        yield Spacer(0, 1 * mm)
        for picture in step.pictures:
            yield _picture(picture, _WIDE, _TALLEST[step.part] / len(step.pictures))
        for support, sentence in step.rows:
            yield _row(support, sentence, language, style)
        if step.remark:
            yield _paragraph(escape(step.remark), style.plain)


def _row(support: float | None, sentence: str, language: Language, style: _Styles) -> Flowable:
    """A finding at the left, its strength at the right, coloured by what it says."""
    strong = "" if support is None else w.strength(support, language)
    colour = _hex(draw.weight_colour(support or 0.0))
    right = _paragraph(f'<para align="right"><font color="{colour}">{strong}</font></para>', style.plain)
    left = _paragraph(escape(sentence), style.plain)
    if support is None:
        return left
    return _columns([left, right], [_WIDE - 42 * mm, 42 * mm])


def _columns(cells: list[Any], widths: list[float]) -> Table:
    zero = [("LEFTPADDING", 0), ("RIGHTPADDING", 0), ("TOPPADDING", 0.5), ("BOTTOMPADDING", 0.5)]
    return Table(
        [cells],
        widths,
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *((n, (0, 0), (-1, -1), v) for n, v in zero)],
        hAlign="LEFT",  # in the middle of a page that was shrunk it would stand beside the rest
    )


def _boxed(inside: Flowable) -> Table:
    return Table([[inside]], [_WIDE], style=[("BACKGROUND", (0, 0), (-1, -1), _TINT)], hAlign="LEFT")


def _picture(picture: np.ndarray, wide: float, tall: float) -> Image:
    """uint8 (h, w, 3), blue, green, red, as large as the room allows."""
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    factor = min(wide / picture.shape[1], tall / picture.shape[0])
    return Image(io.BytesIO(jpeg.tobytes()), picture.shape[1] * factor, picture.shape[0] * factor, hAlign="LEFT")


def _hex(colour: draw.Colour) -> str:
    blue, green, red = colour
    return f"#{red:02x}{green:02x}{blue:02x}"


class _Pill(Flowable):
    """The verdict in a word, white on its colour."""

    def __init__(self, text: str, outcome: Outcome) -> None:
        super().__init__()
        self._text, self._colour = text, HexColor(_hex(draw.OUTCOMES[outcome]))
        self.width, self.height = pdfmetrics.stringWidth(text, _FACE, 10.5) + 6 * mm, 7 * mm

    def draw(self) -> None:
        """Draw it where it stands."""
        self.canv.setFillColor(self._colour)
        self.canv.roundRect(0, 0, self.width, self.height, 1.6 * mm, stroke=0, fill=1)
        self.canv.setFillColor(HexColor("#ffffff"))
        self.canv.setFont(_FACE, 10.5)
        self.canv.drawString(3 * mm, 2.2 * mm, self._text)


class _Scale(Flowable):
    """From "as struck" to "not as struck", -3 to 3, with a mark where the evidence stands, if it can be judged."""

    def __init__(self, support: float | None, language: Language) -> None:
        super().__init__()
        self._support, self._language = support, language
        self.width, self.height = 104 * mm, 13 * mm

    def draw(self) -> None:
        """Draw it where it stands."""
        c, language = self.canv, self._language
        middle, unit, y = self.width / 2, self.width / 6.6, 8.5 * mm

        def at(x: float) -> float:
            return middle + unit * x

        c.setStrokeColor(_RULE)
        c.setLineWidth(2.2)
        c.line(at(-3), y, at(3), y)
        c.setFont(_FACE, 6.8)
        c.setFillColor(_FADED)
        for x in range(-3, 4):
            c.setLineWidth(0.7)
            c.line(at(x), y - 1.2 * mm, at(x), y + 1.2 * mm)
            c.drawCentredString(at(x), y - 4 * mm, f"{x:+d}" if x else "0")
        c.drawString(at(-3), y - 7.2 * mm, w.LABELS["as struck"][language])
        c.drawRightString(at(3), y - 7.2 * mm, w.LABELS["not as struck"][language])
        if self._support is None:
            return
        mark = at(float(np.clip(self._support, -3, 3)))
        c.setFillColor(HexColor(_hex(draw.weight_colour(self._support))))
        c.circle(mark, y, 1.5 * mm, stroke=0, fill=1)
        c.drawCentredString(mark, y + 2.2 * mm, w.strength(self._support, language))


# What stands at the foot


def _foot(inspection: Inspection, language: Language, style: _Styles) -> Iterator[Flowable]:
    verdict = inspection.verdict
    yield Spacer(0, 2 * mm)
    yield _columns(
        [_Pill(w.OUTCOMES[verdict.outcome][language], verdict.outcome), _Scale(verdict.support, language)],
        [_WIDE - 106 * mm, 106 * mm],
    )
    yield Spacer(0, 14 * mm)
    signed = [_paragraph(w.LABELS[who][language], style.small) for who in ("signed", "second")]
    line: list[Any] = [("LINEABOVE", (0, 0), (0, 0), 0.5, _INK), ("LINEABOVE", (2, 0), (2, 0), 0.5, _INK)]
    yield Table([[signed[0], "", signed[1]]], [0.44 * _WIDE, 0.12 * _WIDE, 0.44 * _WIDE], style=line, hAlign="LEFT")


def _edge(canvas: Canvas, number: int, inspection: Inspection, language: Language) -> None:
    """Along the foot of the page: which photograph, made by what, which page."""
    canvas.setFont(_FACE, 6.6)
    canvas.setFillColor(_FADED)
    of = {key: w.LABELS[key][language] for key in ("sha256", "made", "page")}
    canvas.drawString(_MARGIN, 11 * mm, f"{of['sha256']}: {inspection.report.photo.sha256}")
    canvas.drawString(_MARGIN, 7.5 * mm, of["made"].format(version=version("vinspect")))
    canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, of["page"].format(n=number))
