"""`vinspect report`, and what it shares with the service: the PDF, or one sentence that says what to install."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from vinspect.api.document import shown
from vinspect.api.progress import stderr
from vinspect.api.report import words as w
from vinspect.vision import inspector
from vinspect.vision.compare import Comparison, compare
from vinspect.vision.evidence import Format, Inspection, Language
from vinspect.vision.photo import PhotoError, open_photo
from vinspect.vision.site import Site, at

NOT_WRITTEN = 3  # the exit status, as of a file that could not be opened
INSTALL = "pip install 'vinspect[report]'"
MISSING = f"a report needs reportlab: {INSTALL}"


class NoReport(Exception):
    """The report cannot be made; the message says what to do, without a full stop."""


def pdf(inspection: Inspection, comparison: Comparison | None, language: Language) -> bytes:
    """The report as a PDF. Raises NoReport where reportlab is not installed."""
    try:
        from vinspect.api.report.pages import pdf as made
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "reportlab":
            raise
        raise NoReport(MISSING) from error
    return made(inspection, comparison, language)


def report(
    photo: str,
    against: str | None,
    nets: inspector.Nets,
    form: Format,
    expect: str | None,
    language: Language,
    to: Path,
    site: Site | None = None,
) -> int:
    """Inspect a photograph, hold it against the file where there is one, write the report; returns the exit status.

    site: the site's own thresholds, in the place of the judge's.
    """
    try:
        opened = open_photo(photo)
        file = None if against is None else open_photo(against)
    except PhotoError as error:
        return _complain(f"{shown(photo)}{'' if against is None else f' or {shown(against)}'}: {error}")
    try:
        inspection = at(inspector.inspect(opened, nets, form, expect), site)
        found = None if file is None else compare(inspection.report, inspector.read(file, nets, form), expect)
        to.write_bytes(pdf(inspection, found, language))
    except NoReport as error:
        return _complain(f"{error}.")
    except ValueError as error:  # what was learned is missing or damaged, and says so
        return _complain(str(error))
    except OSError as error:
        return _complain(f"{to} cannot be written ({error.strerror}): name another file with -o.")
    print(f"{to}: {w.OUTCOMES[inspection.verdict.outcome][language]}")
    return 0


def _complain(sentence: str) -> int:
    stderr().print(Text(f"vinspect: {sentence}"), soft_wrap=True)
    return NOT_WRITTEN
