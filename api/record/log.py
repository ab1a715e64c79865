"""The log in the store: each entry under a signed checkpoint, in the transaction of what it speaks of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vinspect.api.record import merkle
from vinspect.api.record.entry import Event, entry
from vinspect.api.record.note import Checkpoint, NoteError, Signer
from vinspect.api.tables import EntryRow


class RecordError(Exception):
    """The log does not hold, so that nothing may be added to it; the message says what to do."""


class Log:
    """The log, in one transaction that holds the write lock."""

    def __init__(self, session: Session, signer: Signer) -> None:
        """Go on where the log ends. Raises RecordError where its end is not what this key has signed."""
        self.session = session
        self._signer = signer
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._end = Checkpoint(signer.public.name, 0, merkle.EMPTY)
        last = session.scalar(select(EntryRow).order_by(EntryRow.index.desc()).limit(1))
        if last is not None:
            try:
                self._end = Checkpoint.opened(last.checkpoint, signer.public)
            except NoteError as error:
                raise _broken(f"at its end, {error}") from error
            if self._end.size != last.index + 1:
                raise _broken(f"it ends with entry {last.index}, and {self._end.size} entries were signed")
            leaf = merkle.leaf_hash(last.body.encode())
            self._grow(merkle.grown(split(last.peaks), last.index, leaf))

    def append(self, event: Event, at: str, inspection: str | None = None, **facts: Any) -> EntryRow:
        """Add one entry, under a checkpoint that is proven to go on from the one before.

        Raises RecordError where the entries before are not those that were signed.
        """
        index = self._end.size
        if inspection is not None:
            facts["inspection"] = inspection
        body = entry(event, at, facts)
        leaf = merkle.leaf_hash(body)
        before = [self._node(level, place) for level, place in merkle.peaks(index)]
        after = merkle.grown(before, index, leaf)
        end = Checkpoint(self._end.origin, index + 1, merkle.root(after))
        self._nodes[0, index] = leaf
        proof = merkle.consistency(index, index + 1, self._node)
        if not merkle.consistent(index, index + 1, self._end.root, end.root, proof):
            raise _broken("its entries are not those that were signed")
        row = EntryRow(
            index=index,
            inspection=inspection,
            event=event,
            body=body.decode(),
            peaks=b"".join(before),
            checkpoint=self._signer.sign(end),
        )
        self.session.add(row)
        self._end = end
        self._grow(after)
        return row

    def about(self, inspection: str) -> list[EntryRow]:
        """The entries that name this inspection, in their order."""
        query = select(EntryRow).where(EntryRow.inspection == inspection).order_by(EntryRow.index)
        return list(self.session.scalars(query))

    def proof(self, index: int) -> list[bytes]:
        """That this entry is in the log as it is now."""
        return merkle.inclusion(index, self._end.size, self._node)

    def consistency(self, size: int) -> list[bytes]:
        """That the log as it is now goes on from what it was with so many entries."""
        return merkle.consistency(size, self._end.size, self._node)

    def _grow(self, peaks: list[bytes]) -> None:
        places = merkle.peaks(self._end.size)
        if len(peaks) != len(places):
            raise _broken("what its last entry stands on is lost")
        self._nodes.update(zip(places, peaks, strict=True))

    def _node(self, level: int, place: int) -> bytes:
        known = self._nodes.get((level, place))
        if known is None:
            last = ((place + 1) << level) - 1
            row = self.session.execute(select(EntryRow.body, EntryRow.peaks).where(EntryRow.index == last)).first()
            if row is None:
                raise _broken(f"entry {last} is lost")
            known = merkle.leaf_hash(row.body.encode())
            for peak in split(row.peaks)[::-1][:level]:  # with it these are completed
                known = merkle.node_hash(peak, known)
            self._nodes[level, place] = known
        return known


def split(peaks: bytes) -> list[bytes]:
    """The hashes in a column of them."""
    return [peaks[at : at + 32] for at in range(0, len(peaks), 32)]


def _broken(why: str) -> RecordError:
    return RecordError(f"The log was changed behind the back of the service ({why}): run `vinspect audit`.")
