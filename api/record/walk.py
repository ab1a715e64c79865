"""Walk through the log of a store, each entry held against the checkpoint that was signed over it.

An entry's row holds the peaks of the tree before it and the signed checkpoint after it: leaf and peaks must give the
root that was signed, so each entry is proven by its row alone, whatever was done to the others. That each goes on
where the one before ended is held against the peaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain, pairwise
from typing import Any

from sqlalchemy import RowMapping

from vinspect.api.record import merkle
from vinspect.api.record.entry import parsed
from vinspect.api.record.log import split
from vinspect.api.record.note import Checkpoint, NoteError, PublicKey
from vinspect.api.schema import Wrong

MANY = 200  # entries that do not hold, among which it is worth while to look for those that changed places

Complain = Callable[[Wrong, str, str], None]
"""Takes the kind, what it is about, and why, without a full stop."""


class Entry:
    """A row of the log, and what it proves by itself."""

    def __init__(self, row: RowMapping, key: PublicKey | None) -> None:
        """Check the row's signature by this key, where there is one."""
        self.row = row
        self.index: int = row["index"]
        self.name = f"entry {self.index}"
        raw = str(row["body"]).encode()
        self.document: Mapping[str, Any] = parsed(raw)
        self.leaf = merkle.leaf_hash(raw)
        self.peaks = split(row["peaks"]) if isinstance(row["peaks"], bytes) else []
        self.signed: Checkpoint | None = None
        self.unsigned = "there is no key to check it with"
        try:
            if key is not None:
                self.signed = Checkpoint.opened(str(row["checkpoint"]), key)
                self.unsigned = f"it was signed for entry {self.signed.size - 1}"
        except NoteError as error:
            self.unsigned = str(error)

    @cached_property
    def after(self) -> list[bytes]:
        """The tree's peaks behind this entry, by the row's own; empty where it lacks some."""
        return self.grown(self.peaks, self.index)

    @cached_property
    def sound(self) -> bool:
        """Whether the row is what was signed for this place."""
        return self.fits(self.peaks, self.index)

    @cached_property
    def moved(self) -> bool:
        """Whether the row is what was signed for another place."""
        return not self.sound and self.signed is not None and self.fits(self.peaks, self.signed.size - 1)

    def fits(self, peaks: list[bytes], index: int) -> bool:
        """Whether this entry, behind a tree of these peaks, gives what this row's checkpoint was signed over."""
        after = self.grown(peaks, index)
        signed = self.signed
        return signed is not None and signed.size == index + 1 and bool(after) and merkle.root(after) == signed.root

    def grown(self, peaks: list[bytes], index: int) -> list[bytes]:
        """A tree of `index` leaves with this entry behind it; empty where these are not its peaks."""
        whole = index >= 0 and len(peaks) == index.bit_count() and all(len(peak) == 32 for peak in peaks)
        return merkle.grown(peaks, index, self.leaf) if whole else []


def walk(
    rows: Iterable[RowMapping], key: PublicKey | None, known: Checkpoint | None, complain: Complain
) -> Iterator[tuple[Entry, str]]:
    """The entries that hold, each with the time of the one before it; complains of all else.

    rows: of the table, by index. known: a checkpoint of this log that was kept elsewhere.
    """
    size, tree, before = 0, list[bytes](), ""  # so far: how many, the tree where it is known, the last one's time
    strays: list[tuple[Entry, str]] = []
    for entry, following in pairwise(chain((Entry(row, key) for row in rows), [None])):
        assert entry is not None
        if entry.index < size:
            complain("added", entry.name, "the log has no such place")
            continue
        if entry.index > size:
            upto = f" to {entry.index - 1}" if entry.index > size + 1 else ""
            complain("lost", f"entry {size}{upto}", "nothing is left in its place")
            tree = []
        if known and known.size == entry.index and entry.sound:
            _compare(known, entry.peaks, complain)
            known = None
        tree = _tree(entry, tree, following, complain)
        size = entry.index + 1
        if tree:
            if known and known.size == size:
                _compare(known, tree, complain)
                known = None
            yield entry, before
            before = str(entry.document.get("at"))
        elif not entry.moved:
            strays.append((entry, before))
    if known and size < known.size:
        complain("lost", f"entry {size} to {known.size - 1}", "the checkpoint that was kept was signed over them")
    for entry, before in strays:
        home = next((each.name for each, _ in strays[:MANY] if _is_of(entry, each)), None)
        if home:
            complain("reordered", entry.name, f"what stands there was signed as {home}")
        elif str(entry.document.get("at", before)) < before:
            complain("back-dated", entry.name, "it is not what was signed, and dated before the entry before it")
        else:
            complain("changed", entry.name, "it is not what was signed")


def _tree(entry: Entry, tree: list[bytes], following: Entry | None, complain: Complain) -> list[bytes]:
    """The tree with this entry behind it; empty where the entry does not hold, or nothing is left that shows it."""
    if entry.sound:
        if tree and tree != entry.peaks:
            complain("forged", entry.name, "it was signed over other entries than those that stand before it")
        return entry.after
    if entry.moved and entry.signed:
        complain("reordered", entry.name, f"what stands there was signed as entry {entry.signed.size - 1}")
        return []
    after = entry.grown(tree, entry.index)
    if entry.signed and entry.signed.size == entry.index + 1:
        holds = entry.fits(tree, entry.index)
    else:  # its own checkpoint says nothing of it; what the next one stands on does
        complain("reordered" if entry.signed else "forged", f"checkpoint of {entry.name}", entry.unsigned)
        after = after or entry.after
        holds = bool(after) and following is not None and following.sound and following.peaks == after
    if holds and entry.after != after:
        complain("changed", entry.name, "the hashes beside it are not those of the log")
    return after if holds else []


def _compare(known: Checkpoint, tree: list[bytes], complain: Complain) -> None:
    if merkle.root(tree) != known.root:
        last = f"entry {known.size - 1}"
        complain("forged", f"the log up to {last}", "it is not what the checkpoint that was kept was signed over")


def _is_of(stray: Entry, place: Entry) -> bool:
    """Whether what stands in one place was signed for another."""
    if stray is place or place.signed is None:
        return False
    after = stray.grown(place.peaks, place.index)
    return bool(after) and place.signed.size == place.index + 1 and merkle.root(after) == place.signed.root
