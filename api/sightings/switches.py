"""What each station makes of the findings that need the store: on or off, and how much each counts; in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from vinspect.api.clock import now
from vinspect.api.record.log import Log
from vinspect.api.sightings.tables import SwitchRow

Switched = Literal[
    "photograph_used_before",
    "seen_elsewhere",
    "watched_number",
    "stale_capture",
    "future_capture",
    "not_as_its_maker",
    "not_as_on_file",
]
"""The findings that a station can switch off or weigh otherwise, by their code."""
SWITCHED: tuple[Switched, ...] = get_args(Switched)
MOST = 2.0
"""The largest weight: evidence counts at most twice."""
_OF_STATION = select(SwitchRow).where(SwitchRow.station == bindparam("station"))


@dataclass(frozen=True)
class Setting:
    """What holds of one finding, unless told: on, and in full."""

    on: bool = True
    weight: float = 1.0
    """0 to MOST: what its support is multiplied by."""


Settings = Mapping[Switched, Setting]
"""Of all of them."""


def switch(
    log: Log, station: str, finding: Switched, by: str, why: str, *, on: bool | None = None, weight: float | None = None
) -> None:
    """Switch or weigh a finding for the cases of a station that are scored from now on; None leaves it as it is."""
    row = log.session.get(SwitchRow, (station, finding))
    before = _setting(row)
    after = Setting(before.on if on is None else on, before.weight if weight is None else weight)
    if after == before:
        return
    if row is None:
        row = SwitchRow(station=station, finding=finding)
        log.session.add(row)
    row.changed, row.on, row.weight, row.why, row.by = now(), after.on, after.weight, why, by
    facts = {"station": station, "finding": finding, **asdict(after)}
    log.append("finding switched", row.changed, **facts, why=why, by=by)


def settings(session: Session, station: str | None) -> Settings:
    """What holds for the cases of a station; None: for those of none, which nobody switches."""
    rows = {row.finding: row for row in session.scalars(_OF_STATION, {"station": station or ""})}
    return {finding: _setting(rows.get(finding)) for finding in SWITCHED}


def written(settings: Settings) -> dict[str, Any]:
    """As the log says under which a verdict was found."""
    return {finding: {"on": setting.on, "weight": setting.weight} for finding, setting in settings.items()}


def _setting(row: SwitchRow | None) -> Setting:
    return Setting() if row is None else Setting(row.on, row.weight)
