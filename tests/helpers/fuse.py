"""Breaks a connection to Postgres, really and from outside, at the statement of one's choosing."""

from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url


class Fuse:
    """Counts statements on the connections that carry it, and ends the one that comes to the mark.

    A COMMIT counts twice: broken before it nothing is kept, broken after it everything is, and
    whoever committed hears of neither.
    """

    def __init__(self, database_url: str) -> None:
        self._elsewhere = psycopg.connect(_plain(database_url), autocommit=True)
        self._left = 0
        self.has_blown = False

    def arm(self, statements: int) -> None:
        """Blow at the statement of this number, counted from one."""
        self._left = statements
        self.has_blown = False

    def disarm(self) -> None:
        """Blow no more."""
        self._left = 0

    def burn(self, connection: psycopg.Connection[Any]) -> None:
        """Count a statement of a connection."""
        if self._left == 0:
            return
        self._left -= 1
        if self._left == 0:
            self.has_blown = True
            pid = connection.info.backend_pid
            # The server process has the signal when this returns, and heeds it before it reads on.
            self._elsewhere.execute("SELECT pg_terminate_backend(%s)", [pid])

    def close(self) -> None:
        """Close the connection from which others are ended."""
        self._elsewhere.close()


def fused_engine(database_url: str, fuse: Fuse) -> Engine:
    """Connections that burn the fuse, as many as a worker's desk needs."""

    class FusedCursor(psycopg.Cursor[Any]):
        def execute(self, *arguments: Any, **options: Any) -> "FusedCursor":
            fuse.burn(self.connection)
            return super().execute(*arguments, **options)

    class FusedConnection(psycopg.Connection[Any]):
        def commit(self) -> None:
            fuse.burn(self)
            super().commit()
            fuse.burn(self)
            if fuse.has_blown:
                # The answer is lost with the connection; asking for more brings that to light.
                super().execute("SELECT 1")

    def connect() -> psycopg.Connection[Any]:
        return FusedConnection.connect(_plain(database_url), cursor_factory=FusedCursor)

    return create_engine("postgresql+psycopg://", creator=connect, pool_size=5)


def _plain(database_url: str) -> str:
    url = make_url(database_url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)
