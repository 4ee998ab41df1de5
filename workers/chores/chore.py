"""What a chore is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done every so often, and once at the start; `run` gives how much it did."""

    name: str
    every: timedelta
    run: Callable[[Engine, datetime], int]


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Open a transaction that commits when left, or rolls back when left by an error."""
    with Session(engine) as session, session.begin():
        yield session
