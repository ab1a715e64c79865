"""The log in the store: each entry under a signed checkpoint, in the transaction of what it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from vinspect.api.record import merkle
from vinspect.api.record.entry import Event, entry
from vinspect.api.record.note import Checkpoint, NoteError, Signer
from vinspect.api.tables import EntryRow

_INSERT = insert(EntryRow)
_COLUMNS = tuple(EntryRow.__table__.columns.keys())
_LAST = select(EntryRow).order_by(EntryRow.index.desc()).limit(1)


class RecordError(Exception):
    """The log does not hold, so that nothing may be added to it; the message says what to do."""


class Log:
    """The log, in one transaction; whoever appends holds the write lock."""

    def __init__(self, session: Session, signer: Signer, before: Log | None = None) -> None:
        """Go on where the log ends. Raises RecordError where its end is not what this key has signed.

        before: the log as somebody else has left it in the same transaction.
        """
        self.session = session
        self.note: str = before.note if before else ""
        """The newest checkpoint, a signed note; empty where there is no entry yet."""
        self._signer = signer
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._end: Checkpoint = before._end if before else Checkpoint(signer.public.name, 0, merkle.EMPTY)
        if before:
            self._grow([before._nodes[place] for place in merkle.peaks(self._end.size)])
            return
        last = session.scalar(_LAST)
        if last is not None:
            try:
                self._end = Checkpoint.opened(last.checkpoint, signer.public)
                self.note = last.checkpoint
            except NoteError as error:
                raise _broken(f"at its end, {error}") from error
            if self._end.size != last.index + 1:
                raise _broken(f"it ends with entry {last.index}, and {self._end.size} entries were signed")
            leaf = merkle.leaf_hash(last.body.encode())
            self._grow(merkle.grown(split(last.peaks), last.index, leaf))

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._end.size

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
        # Past the session's unit of work, which takes as long as all the rest of this.
        self.session.connection().execute(_INSERT, {name: getattr(row, name) for name in _COLUMNS})
        self._end, self.note = end, row.checkpoint
        self._grow(after)
        return row

    def about(self, inspection: str) -> list[EntryRow]:
        """The entries that name this inspection, in their order."""
        query = select(EntryRow).where(EntryRow.inspection == inspection).order_by(EntryRow.index)
        return list(self.session.scalars(query))

    def proof(self, index: int) -> list[bytes]:
        """That this entry is in the log as it is now."""
        return self._made(lambda node: merkle.inclusion(index, self._end.size, node))

    def consistency(self, size: int) -> list[bytes]:
        """That the log as it is now goes on from what it was with so many entries."""
        return self._made(lambda node: merkle.consistency(size, self._end.size, node))

    def _made(self, proof: Callable[[merkle.Node], list[bytes]]) -> list[bytes]:
        """A proof, whose nodes are read all at once."""
        wanted: list[tuple[int, int]] = []

        def noted(level: int, place: int) -> bytes:
            wanted.append((level, place))
            return b""

        proof(noted)
        self._read([node for node in wanted if node not in self._nodes])
        return proof(self._node)

    def _grow(self, peaks: list[bytes]) -> None:
        places = merkle.peaks(self._end.size)
        if len(peaks) != len(places):
            raise _broken("what its last entry stands on is lost")
        self._nodes.update(zip(places, peaks, strict=True))

    def _node(self, level: int, place: int) -> bytes:
        if (level, place) not in self._nodes:
            self._read([(level, place)])
        return self._nodes[level, place]

    def _read(self, nodes: Sequence[tuple[int, int]]) -> None:
        """Take up nodes, none of which stands above another: the row of the last entry under each has all it takes."""
        lasts = {((place + 1) << level) - 1: (level, place) for level, place in nodes}
        query = select(EntryRow.index, EntryRow.body, EntryRow.peaks).where(EntryRow.index.in_(list(lasts)))
        for last, body, peaks in self.session.execute(query) if lasts else ():
            level, place = lasts.pop(last)
            node = merkle.leaf_hash(body.encode())
            for peak in split(peaks)[::-1][:level]:  # with it these are completed
                node = merkle.node_hash(peak, node)
            self._nodes[level, place] = node
        if lasts:
            raise _broken(f"entry {min(lasts)} is lost")


def split(peaks: bytes) -> list[bytes]:
    """The hashes in a column of them."""
    return [peaks[at : at + 32] for at in range(0, len(peaks), 32)]


def _broken(why: str) -> RecordError:
    return RecordError(f"The log was changed behind the back of the service ({why}): run `vinspect audit`.")
