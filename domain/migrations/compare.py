"""Which database objects the tables of the code speak for when both are compared."""

from typing import Any


def belongs_to_the_model(
    _object: Any,
    name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001 - Alembic calls it so
    _compare_to: Any,
) -> bool:
    """Leave out partitions: they are made by month, not by migration."""
    return not (
        kind == "table" and reflected and name is not None and name.startswith("domain_events_")
    )
