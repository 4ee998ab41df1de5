"""What came of what was said: rows, notes and refusals, and what the workers published."""

from typing import Any

from sqlalchemy import Engine, text

from domain.envelope import Envelope


def rows(engine: Engine, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows that a query gives."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), parameters)]


def outcome(engine: Engine, said: Envelope) -> tuple[str, str | None]:
    """What became of a domain event with one handler: (state, reason code or note)."""
    ((state, reason),) = rows(
        engine,
        "SELECT state, split_part(reason, ':', 1) FROM deliveries"
        " JOIN domain_event_keys AS said USING (seq) WHERE said.id = :id",
        id=said.id,
    )
    return state, reason


def published(engine: Engine, name: str) -> list[dict[str, Any]]:
    """The data of everything of one name that the workers published, in that order."""
    found = rows(
        engine,
        "SELECT data FROM domain_events WHERE type = :type ORDER BY seq",
        type=f"app.momento.{name}.v1",
    )
    return [data for (data,) in found]
