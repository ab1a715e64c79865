"""`vinspect calibrate`, and the small file that it writes: a site's thresholds, what they rest on, and their hash."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from vinspect.api import files
from vinspect.api.document import json_line, shown
from vinspect.api.progress import progress, stderr
from vinspect.api.record.entry import canonical, digest, instruments
from vinspect.vision.evidence import Inspection, Photo
from vinspect.vision.photo import PhotoError, open_photo
from vinspect.vision.site import FEWEST, Site, TooFew, site

if TYPE_CHECKING:
    from vinspect.api import schema

SCHEMA = "vinspect/site/1"
NOT_WRITTEN = 3  # the exit status, as of a file that could not be opened


class NoSite(ValueError):
    """The file holds no thresholds that can be used; the message says why and what to do, without a full stop."""


@dataclass(frozen=True)
class KeptSite:
    """Thresholds as they lie in a file."""

    site: Site
    sha256: str  # of the rest of the document, in canonical JSON


def share(text: str) -> float:
    """A share as it is typed, "1%" or "0.01". Raises ValueError where it is none."""
    said = text.strip()
    value = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    if not 0 < value < 1:
        raise ValueError(text)
    return value


def load(path: Path) -> KeptSite:
    """The thresholds in a file. Raises NoSite where they cannot be used."""
    again = "calibrate again, with `vinspect calibrate`"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoSite(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise NoSite(f"{path} holds no thresholds of a site: {again}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise NoSite(f"{path} holds no thresholds of a site: {again}")
    if document.get("sha256") != _hash(document):
        raise NoSite(f"{path} was changed since it was written: {again}")
    if document["judge"] != _judge():
        raise NoSite(f"{path} was set with another judge than this Vinspect's: {again}")
    return KeptSite(Site(**{each.name: document[each.name] for each in fields(Site)}), document["sha256"])


def calibrate(folder: str, inspect: Callable[[Photo], Inspection], false_alarms: float, to: Path, *, json: bool) -> int:
    """Look at a site's genuine photographs, set its thresholds, write them; returns the exit status."""
    try:
        names = files.photographs(folder)
    except files.NoPhotograph as error:
        return _complain(f"{shown(folder)}: {error}")
    supports: list[float] = []
    hashes: list[str] = []
    with progress(len(names), "photographs", json=json) as (_, err, advance):
        for name in names:
            try:
                inspection = inspect(open_photo(name))
            except PhotoError as error:
                err.print(Text(f"vinspect: {shown(name)}: {shown(str(error))}"), soft_wrap=True)
            else:
                if inspection.verdict.support is not None and inspection.report.photo.sha256 not in hashes:
                    supports.append(inspection.verdict.support)
                    hashes.append(inspection.report.photo.sha256)
            advance()
    try:
        document = site_document(site(supports, false_alarms), len(names), hashes)
        to.write_text(json_line(document) + "\n", encoding="utf-8")
    except TooFew as error:
        return _complain(f"{shown(folder)}: {error}")
    except OSError as error:
        return _complain(f"{to} cannot be written ({error.strerror}): name another file with -o.")
    if json:
        print(json_line(document))
    else:
        Console(highlight=False).print(Text(told(document, to)), soft_wrap=True)
    return 0


def site_document(of: Site, looked_at: int, hashes: list[str]) -> schema.SiteDocument:
    """What the file holds."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        **asdict(of),
        "looked_at": looked_at,
        "photographs": hashes,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "judge": _judge(),
    }
    return {**document, "sha256": _hash(document)}  # type: ignore[typeddict-item]  # the fields are Site's


def told(document: schema.SiteDocument, to: Path) -> str:
    """The thresholds in words, and how far the photographs carry them."""
    n, stated = document["judged"], document["false_alarms"]
    said = (
        f"{to}: review from {document['review']:+.2f}, suspect from {document['suspect']:+.2f}, set from {n} of "
        f"{document['looked_at']} photographs for {stated:.2%} false alarms."
    )
    if stated < document["supported"]:
        said += (
            f"\n{n} photographs by themselves support {document['supported']:.1%}; the rest of the way is the tail "
            f"that genuine numbers have elsewhere, taken {document['heavier']:.1f} times as heavy. For {stated:.2%} by "
            f"themselves, add genuine photographs until there are {max(FEWEST, round(1 / stated))}."
        )
    return said


def _hash(document: Mapping[str, Any]) -> str:
    return digest(canonical({key: value for key, value in document.items() if key != "sha256"}))


def _judge() -> str:
    """What tells one judge from another: the program, its weights and thresholds."""
    return digest(canonical(instruments()))


def _complain(sentence: str) -> int:
    stderr().print(Text(f"vinspect: {sentence}"), soft_wrap=True)
    return NOT_WRITTEN
