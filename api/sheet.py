"""What people see of a reading: a sheet for one photograph, one row each for many."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vinspect.api.document import shown
from vinspect.vision.before import remarks
from vinspect.vision.evidence import Character, Inspection, Outcome, Reading, Report, Rules

SURE = 0.99  # from here on a person need not look again
FAIRLY_SURE = 0.9
WORTH_SAYING = 0.01  # a candidate less likely than this is left out

_COLOURS: dict[Outcome, str] = {
    "clear": "bold green",
    "review": "bold yellow",
    "suspect": "bold red",
    "cannot judge": "bold cyan",
}


def sheet(result: Report | Inspection) -> RenderableType:
    """All that is to be said of one photograph, about 80 columns wide."""
    return Group(*_sheet(result))


def rules_sheet(text: str, rules: Rules) -> RenderableType:
    """What the rules say of a number that was typed."""
    parts = Text(text, style="bold")
    if rules.vin:
        parts = Text.assemble((text[:3], "bold cyan"), " ", (text[3:9], "bold"), " ", (text[9:], "bold magenta"))
        parts.append("   WMI  VDS  VIS", style="dim")
    return Group(parts, *_rules(rules))


class Rows:
    """A table whose rows are printed one by one, as photographs are read."""

    def __init__(self, names: list[str], *, judged: bool, width: int) -> None:
        """Lay out the columns for these file names, in so many columns of text."""
        self._judged = judged
        rest = 44 if judged else 30  # number, sureness, verdict
        self._name_width = min(max((len(shown(name)) for name in names), default=8), max(14, (width - rest) * 2 // 5))
        self._first = True

    def row(self, result: Report | Inspection) -> RenderableType:
        """The row of one photograph; the first brings the heading."""
        table = Table(box=None, show_header=self._first, padding=(0, 2, 0, 0), header_style="dim")
        self._first = False
        table.add_column("photo", width=self._name_width, no_wrap=True)
        table.add_column("number", width=20, no_wrap=True)
        table.add_column("sure", width=6, justify="right")
        if self._judged:
            table.add_column("verdict", width=12)
        table.add_column("", overflow="fold")
        report = _report(result)
        name = Text(shown(report.photo.name))
        if len(name) > self._name_width:  # the end of a path tells files apart
            name = Text("…" + name.plain[1 - self._name_width :])
        cells: list[Text] = [name, Text("-", style="dim"), Text("")]
        if report.readings:
            best = report.readings[0]
            cells[1:] = [_number(best), _percent(best.confidence)]
        if isinstance(result, Inspection):
            cells.append(_verdict(result))
        table.add_row(*cells, Text(_remark(result), style="dim"))
        return table


def _sheet(result: Report | Inspection) -> Iterator[RenderableType]:
    report = _report(result)
    width, height = report.photo.size
    yield Text.assemble((shown(report.photo.name), "dim"), (f"   {width} x {height}", "dim"))
    if isinstance(result, Inspection):
        yield Text.assemble(_verdict(result), (_strength(result.verdict.support), "dim"))
    if report.readings:
        best = report.readings[0]
        yield Text.assemble(_number(best), "   ", _percent(best.confidence), (f"   {best.surface}", "dim"))
        yield _characters(best, result)
        for position, character in enumerate(best.characters, start=1):
            if character.confidence < SURE and character.candidates:
                yield _unsure(position, character)
        yield from _rules(best.rules)
        for barcode in best.barcodes:
            says = {True: "says the same", False: "differs", None: "holds no number"}[barcode.agrees]
            colour = "red" if barcode.agrees is False else ""
            yield _said(barcode.symbology, Text(f"{shown(barcode.text)}  {says}", style=colour))
    for other in report.readings[1:]:
        yield _said("Also here", Text.assemble(_number(other), "   ", _percent(other.confidence)))
    if report.why:
        yield Text(report.why.sentence, style="yellow")
    if isinstance(result, Inspection):
        for finding in sorted(result.findings, key=lambda finding: -finding.support):
            yield Text.assemble("  ", (f"{finding.support:+.1f}  ", _weight(finding.support)), finding.sentence)
        for remark in remarks(result):
            yield Padding(Text(remark), (0, 0, 0, 2), expand=False)
        reason = result.verdict.reason
        if reason and reason != report.why:
            yield Text(reason.sentence, style="yellow")
    yield Text(f"{sum(report.ms.values()):.0f} ms", style="dim")


def _characters(reading: Reading, result: Report | Inspection) -> RenderableType:
    """The number, character by character: how sure, and how each sits with the others."""
    table = Table(box=SIMPLE, show_header=True, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", style="dim")
    for character in reading.characters:
        table.add_column(character.text, justify="right")
    table.add_row("sure %", *(_cell(character.confidence) for character in reading.characters))
    if isinstance(result, Inspection) and any(support is not None for support in result.verdict.characters):
        supports = result.verdict.characters
        table.add_row(
            "odd", *(Text("·" if s is None or s < 0.5 else f"{s:.0f}", style=_weight(s or 0)) for s in supports)
        )
    return table


def _rules(rules: Rules) -> Iterator[RenderableType]:
    if rules.maker or rules.country:
        yield _said("Maker", Text(", ".join(filter(None, (rules.maker, rules.country)))))
    if rules.years:
        yield _said("Model year", Text(" or ".join(map(str, rules.years))))
    if rules.vin:
        word = {True: "holds", False: "fails", None: "cannot be computed"}[rules.check_digit]
        colour = {True: "green", False: "red" if rules.binding else "yellow", None: ""}[rules.check_digit]
        advice = "" if rules.binding or rules.check_digit else " (advice only: its region does not ask for one)"
        yield _said("Check digit", Text(word + advice, style=colour))
    if rules.suggestions:
        yield _said("Would hold", Text("  ".join(rules.suggestions)))
    for problem in rules.problems:
        yield Padding(Text(problem, style="yellow"), (0, 0, 0, 2), expand=False)


def _said(what: str, value: Text) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=14, style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("  " + what, value)
    return grid


def _unsure(position: int, character: Character) -> RenderableType:
    candidates = ", ".join(f"{text} {100 * p:.0f} %" for text, p in character.candidates[:3] if p >= WORTH_SAYING)
    return _said(f"Character {position}", Text(candidates, style="yellow"))


def _number(reading: Reading) -> Text:
    start, end = reading.marks
    return Text.assemble((start or "", "dim"), (reading.text, "bold"), (end or "", "dim"))


def _percent(p: float) -> Text:
    return Text(f"{math.floor(1000 * min(p, 0.999) + 1e-6) / 10:.1f} %", style=_sureness(p))  # never rounded up


def _cell(p: float) -> Text:
    return Text(f"{math.floor(100 * min(p, 0.99) + 1e-6)}", style=_sureness(p))


def _oddness(support: float | None) -> Text:
    return Text("·" if support is None or support < 0.5 else f"{support:.0f}", style=_weight(support or 0.0))


def _sureness(p: float) -> str:
    return "green" if p >= SURE else "yellow" if p >= FAIRLY_SURE else "red"


def _weight(support: float) -> str:
    return "red" if support >= 1 else "yellow" if support > 0 else "green" if support < 0 else ""


def _verdict(inspection: Inspection) -> Text:
    return Text(inspection.verdict.outcome, style=_COLOURS[inspection.verdict.outcome])


def _strength(support: float | None) -> str:
    return "" if support is None else f"   {support:+.1f}, log10 towards not as the maker struck it"


def _remark(result: Report | Inspection) -> str:
    """The one sentence that matters most."""
    report = _report(result)
    if report.why:
        return report.why.sentence
    if isinstance(result, Inspection):
        if result.verdict.reason:
            return result.verdict.reason.sentence
        against = [finding for finding in result.findings if finding.support > 0]
        if against:
            return max(against, key=lambda finding: finding.support).sentence
    return report.readings[0].rules.problems[0] if report.readings[0].rules.problems else ""


def _report(result: Report | Inspection) -> Report:
    return result.report if isinstance(result, Inspection) else result
