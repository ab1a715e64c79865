"""Many threads write into the log in one transaction, each in its turn: the disk is waited for once, not once for each.

A commit takes the disk some ten milliseconds, what is written a tenth of that. So whoever has written leaves the
transaction open where others wait, and the last of them commits for all. None goes on before that: what was written is
on the disk, and until then nobody was told. Whoever writes alone commits at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, exc
from sqlalchemy.orm import Session

from vinspect.api.database import WAIT, still_open
from vinspect.api.record.log import Log
from vinspect.api.record.note import Signer


class Turns:
    """Whoever writes, one after another. Any number of threads may."""

    def __init__(self, engine: Engine, signer: Signer) -> None:
        """engine: each of whose transactions begins with the lock (`database.writer_of`)."""
        self._engine, self._signer = engine, signer
        self._free = threading.Condition()
        self._taken = False
        self._shared: _Shared | None = None
        self.waiting = 0
        """How many wait for their turn."""

    @contextmanager
    def log(self) -> Iterator[Log]:
        """The log, to write into it and beside it; afterwards all that was written is on the disk.

        What raises takes back what it has written itself, and no more. Raises SQLAlchemyError where the transaction,
        which may be that of others too, cannot be begun or committed; then nothing of it is kept, and all who were in
        it are told, also those that have only read: what they saw was never so.
        """
        shared = self._begun()
        try:
            within = Session(
                shared.connection,
                expire_on_commit=False,
                # The first has nobody's work but its own to take back.
                join_transaction_mode="create_savepoint" if shared.log else "rollback_only",
            )
            with within as session, session.begin():
                log = Log(session, self._signer, shared.log)
                yield log
            shared.log = log
        except BaseException:
            with suppress(Exception):  # whoever keeps nothing has more to say than what became of the others
                self._leave(shared)
            raise
        self._leave(shared)

    def _begun(self) -> _Shared:
        """Wait for the turn and take it, in the transaction that others have left open, or in a new one."""
        with self._free:
            self.waiting += 1
            try:
                if not self._free.wait_for(lambda: not self._taken, WAIT):
                    raise exc.TimeoutError("others write without an end")
                self._taken = True
            finally:
                self.waiting -= 1
        try:
            if self._shared is None:
                self._shared = _Shared(self._engine)
            return self._shared
        except BaseException:
            self._give()
            raise

    def _leave(self, shared: _Shared) -> None:
        """Give the turn to whoever waits, or commit where nobody does; return once that is done, raise if it fails."""
        with self._free:
            left_open = self.waiting > 0 and still_open(shared.connection)
            if left_open:
                self._give()
        if left_open:
            shared.ended.wait()
            if shared.error is not None:
                raise exc.SQLAlchemyError(f"the transaction could not be kept: {shared.error}") from shared.error
            return
        self._shared = None
        try:
            shared.end()
        finally:
            self._give()

    def _give(self) -> None:
        with self._free:
            self._taken = False
            self._free.notify()


class _Shared:
    """One transaction."""

    def __init__(self, engine: Engine) -> None:
        self.connection = engine.connect()
        try:
            self._transaction = self.connection.begin()
        except BaseException:
            self.connection.close()
            raise
        self.log: Log | None = None  # as the last of them left it
        self.error: BaseException | None = None  # why nothing was kept
        self.ended = threading.Event()

    def end(self) -> None:
        """Commit. Raises what stands in `error` where it cannot."""
        try:
            if not self._transaction.is_active:  # its only writer took back what he wrote
                return
            if not still_open(self.connection):
                raise exc.SQLAlchemyError("the database took the whole transaction back")
            self._transaction.commit()
        except BaseException as error:
            self.error = error
            self.connection.invalidate()  # closed for good, whatever state it is in, so that nothing is kept
            raise
        finally:
            try:
                self.connection.close()
            finally:
                self.ended.set()
