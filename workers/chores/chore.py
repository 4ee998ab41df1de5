"""What a chore is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done every so often; `run` gives how much it did, `sentence` says what.

    Its planned times are counted from the epoch plus `at`.
    """

    name: str
    every: timedelta
    sentence: str
    run: Callable[[Engine, datetime], int]
    at: timedelta = timedelta()


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open a transaction that commits when left, or rolls back when left by an error."""
    with Session(engine) as session, session.begin():
        yield session
