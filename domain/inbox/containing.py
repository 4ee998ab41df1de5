"""Keeps one event that can't be taken from harming others: what raises is held for ops to see."""

from collections.abc import Callable
from typing import Final, TypeVar

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

BROKEN: Final = "broken_"
Result = TypeVar("Result")
# What a value of the event's may cause; every other error of the database's is trouble of its own.
_BY_A_VALUE: Final = (psycopg.DataError, psycopg.IntegrityError)


def contained(
    session: Session, act: Callable[[], Result], *, otherwise: Callable[[str], Result]
) -> Result:
    """Give what `act` gives, or else `otherwise`, with a code for what it raised and undone.

    Trouble of the database's is raised on: it is no fault of the event's, and passes.
    """
    try:
        with session.begin_nested():
            return act()
    except SQLAlchemyError:
        # Of the savepoint itself: the connection has gone.
        raise
    except Exception as error:
        if isinstance(error, psycopg.Error) and not isinstance(error, _BY_A_VALUE):
            raise
        return otherwise(f"{BROKEN}{type(error).__name__}")
