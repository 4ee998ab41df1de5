"""What every table shares: naming, column types and the shape of kept facts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, PrimaryKeyConstraint, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

NOW = text("now()")
EMPTY_OBJECT = text("'{}'::jsonb")
NO_WORDS = text("'{}'")
FALSE = text("false")
TRUE = text("true")


def instant(*, nullable: bool = True, default_now: bool = False, primary_key: bool = False) -> Any:
    """Declare a `timestamptz` column."""
    defaults = {"server_default": NOW} if default_now else {}
    return Field(
        default=None,
        primary_key=primary_key,
        sa_type=DateTime(timezone=True),
        nullable=nullable,
        sa_column_kwargs=defaults,
    )


def created() -> Any:
    """Declare when a row was made; outside the one property, like updated_at."""
    return instant(nullable=False, default_now=True)


def document(*, nullable: bool = True, name: str | None = None) -> Any:
    """Declare a `jsonb` column; an empty object unless it may be null."""
    options: dict[str, Any] = {} if nullable else {"server_default": EMPTY_OBJECT}
    if name is not None:
        options["name"] = name
    return Field(default=None, sa_type=JSONB, nullable=nullable, sa_column_kwargs=options)


def word(default: StrEnum | None = None, *, nullable: bool = False) -> Any:
    """Declare a text column that holds one of an enumeration's words; see `one_of`."""
    return Field(
        default=default,
        sa_type=Text,
        nullable=nullable,
        sa_column_kwargs={} if default is None else {"server_default": str(default)},
    )


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Hold a text column to the words of an enumeration."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class FactBase(SQLModel):
    """Something that somebody did, kept with its place in the order (time, id, source).

    `kind` is the domain event's name, `data` what it said. What a fact means is decided by the
    rules of its topic each time the facts about the same thing change.
    """

    time: datetime = instant(nullable=False)
    id: str
    source: str
    kind: str
    data: dict[str, Any] = document(nullable=False)


class StampedBase(SQLModel):
    """A row that says which domain event said it: its place in the order (time, id, source).

    Null while only an API service has written the row, and its domain event is still on the way.
    """

    stamp_time: datetime | None = instant()
    stamp_id: str | None = None
    stamp_source: str | None = None


def fact_key(*things: str) -> PrimaryKeyConstraint:
    """Declare the primary key of kept facts: the thing first, since facts are read by thing."""
    return PrimaryKeyConstraint(*things, "source", "id")
