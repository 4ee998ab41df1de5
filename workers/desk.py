"""Where batches are applied: one connection for the work, one for the note of what is in hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, Engine
from sqlmodel import Session

from domain import deaths, dispatch
from domain.sql import fetch


class WorkDesk:
    """A worker thread's two connections to Postgres, held for as long as the thread lives.

    One that was lost is thrown away and opened anew when next needed.
    """

    def __init__(self, engine: Engine) -> None:
        """Connect only when first used."""
        self._engine = engine
        self._work: Connection | None = None
        self._side: Connection | None = None
        self._backend: tuple[int, datetime] | None = None

    def __enter__(self) -> Self:
        """Give the desk itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        self.close()

    @property
    def desk(self) -> dispatch.Desk:
        """What dispatch needs of this."""
        return dispatch.Desk(self.transaction, self.note)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction that commits when left, or rolls back when left by an error."""
        try:
            if self._work is None:
                self._work = self._engine.connect()
                self._backend = _identity(self._work)
            with Session(self._work) as session, session.begin():
                yield session
        except BaseException as error:
            # A connection that others were only in the way of is kept: that it ended while its
            # batch was in hand would count as a death. After an interrupt (a time limit, Ctrl-C)
            # the rest of an answer may be on its way.
            if not isinstance(error, Exception) or _is_lost(error):
                self.close()
            raise

    @contextmanager
    def quick(self) -> Iterator[Session]:
        """Run statements that each commit at once and don't wait for the disk.

        Only for what may be lost in a crash of the server without harm: routing, which then comes
        back as it was, and the note of what is in hand.
        """
        try:
            if self._side is None:
                self._side = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                self._side.exec_driver_sql("SET synchronous_commit = off")
            with Session(self._side) as session:
                yield session
        except BaseException as error:
            # The other one may be within its transaction, whose end sees to it.
            if not isinstance(error, Exception) or _is_lost(error):
                self._close_side()
            raise

    def note(self, handler: str, seqs: list[int]) -> None:
        """Write down what is about to be applied."""
        assert self._backend is not None
        with self.quick() as session:
            deaths.note_in_hand(session, handler, seqs, self._backend)

    def close(self) -> None:
        """Throw both connections away."""
        if self._work is not None:
            _throw_away(self._work)
        self._work = None
        self._close_side()

    def _close_side(self) -> None:
        if self._side is not None:
            _throw_away(self._side)
        self._side = None


def _is_lost(error: Exception) -> bool:
    return dispatch.is_passing(error) and not dispatch.is_contention(error)


def _throw_away(connection: Connection) -> None:
    connection.invalidate()
    connection.close()


def _identity(connection: Connection) -> tuple[int, datetime]:
    """Ask the server by which pid and start it knows this connection."""
    with Session(connection) as session, session.begin():
        ((pid, started_at),) = fetch(
            session,
            "SELECT pid, backend_start FROM momento_live_backends() WHERE pid = pg_backend_pid()",
        )
    if started_at is None:
        message = (
            "The server hides when our connection began, which is the evidence of deaths."
            " Grant pg_read_all_stats to whoever migrates the database."
        )
        raise RuntimeError(message)
    return pid, started_at
