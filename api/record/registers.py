"""What the log says that the small tables hold: stations, keys, people, sessions and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vinspect.api.record.entry import digest
from vinspect.api.schema import Wrong

TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "stations": ("station", ("id",)),
    "keys": ("API key", ("sha256",)),
    "people": ("person", ("name",)),
    "sessions": ("session", ("sha256",)),
    "decisions": ("decision", ("inspection", "version")),
    "watchlist": ("watched number", ("number",)),
    "switches": ("switch", ("station", "finding")),
    "stamps": ("time stamp", ("size",)),
    "webhooks": ("webhook", ("id",)),
    "batches": ("batch", ("id",)),
}
"""By table, what one of its rows is called, and the columns that name it."""


_PERSON = "role station password left subject email"


class Registers:
    """The rows that there must be, as far as the log was read."""

    def __init__(self) -> None:
        self._said: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {table: {} for table in TABLES}

    def take_in(self, said: Mapping[str, Any]) -> None:
        """Believe what an entry says; one about something else is passed over."""
        keys, people, sessions = self._said["keys"], self._said["people"], self._said["sessions"]
        key, at = (said.get("key"),), said.get("at")
        match said.get("event"):
            case "station added":
                self._said["stations"][said.get("station"),] = {"created": at, **_of(said, "name second_signature")}
            case "station changed":
                self._change("stations", said.get("station"), _of(said, "name second_signature"))
            case "key made":
                for gone in said.get("replaces", ()):  # by versions before there were stations, which dropped the rows
                    keys.pop((gone,), None)
                for revoked in said.get("revokes", ()):
                    self._change("keys", revoked, {"revoked": at})
                keys[key] = {"created": at, **_of(said, "station name"), "revoked": None}
            case "key taken up":
                keys[key] = {**_of(said, "created station name"), "revoked": None}
            case "key revoked":
                self._change("keys", said.get("key"), {"revoked": at})
            case "person added":
                people[said.get("person"),] = {"created": at, **_of(said, _PERSON)}
            case "person changed":
                self._change("people", said.get("person"), _of(said, _PERSON))
                for session in [name for name, each in sessions.items() if each["person"] == said.get("person")]:
                    del sessions[session]
            case "signed in":
                sessions[said.get("session"),] = {"created": at, **_of(said, "person expires")}
            case "signed out":
                sessions.pop((said.get("session"),), None)
            case "watch started":
                facts = {"created": at, **_of(said, "why by"), "ended": None}
                self._said["watchlist"][said.get("number"),] = facts
            case "watch ended":
                self._change("watchlist", said.get("number"), {"ended": at})
            case "finding switched":
                switched = (said.get("station"), said.get("finding"))
                self._said["switches"][switched] = {
                    "changed": at,
                    "weight": said.get("weight", 1.0),  # before there were weights, all counted in full
                    **_of(said, "on why by"),
                }
            case "webhook made":
                facts = {"created": at, **_of(said, "url events secret by"), "revoked": None}
                self._said["webhooks"][said.get("webhook"),] = facts
            case "batch opened":
                facts = {"created": at, **_of(said, "name station expected by")}
                self._said["batches"][said.get("batch"),] = facts
            case "webhook revoked":
                self._change("webhooks", said.get("webhook"), {"revoked": at})
            case "checkpoint stamped":
                self._said["stamps"][said.get("size"),] = {"created": at, **_of(said, "stamp")}
            case "decided":
                facts = _of(said, "decision reason by signature needs")
                self._said["decisions"][said.get("inspection"), said.get("version")] = {"created": at, **facts}

    def compare(
        self, table: str, rows: Iterable[Mapping[Any, Any]], wrong: Callable[[Wrong, str, str], None]
    ) -> None:
        """Hold a table's rows against what was said; complain of each that is lost, added or changed."""
        called, names = TABLES[table]
        lost = dict(self._said[table])
        for row in rows:
            name = tuple(row[column] for column in names)
            what = " ".join(map(str, (called, *name)))
            said = lost.pop(name, None)
            if said is None:
                wrong("added", what, "no entry that holds says that it was made, or one says that it was taken away")
                continue
            found = {column: row[column] for column in said}
            if isinstance(found.get("stamp"), bytes):  # of which the log has the hash alone
                found["stamp"] = digest(found["stamp"])
            for hidden in found.keys() & {"password", "secret"}:  # of which the log has the hash alone
                found[hidden] = digest(str(found[hidden]).encode())
            differ = [column for column, value in said.items() if found[column] != value]
            if differ:
                columns = " and ".join(differ)
                wrong("back-dated" if "created" in differ else "changed", what, f"{columns} is not what the log says")
        if table != "sessions":  # those that have run out are taken away without a word
            for name in lost:
                what = " ".join(map(str, (called, *name)))
                wrong("lost", what, "the log says that it was made, its row is not there")

    def _change(self, table: str, name: object, facts: Mapping[str, Any]) -> None:
        if (name,) in self._said[table]:
            self._said[table][name,].update(facts)


def _of(said: Mapping[str, Any], names: str) -> dict[str, Any]:
    return {name: said.get(name) for name in names.split()}
