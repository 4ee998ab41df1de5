"""Runs migrations on the connection that the caller hands over, one at a time."""

from typing import Any

from alembic import context
from sqlalchemy import text

from domain.granting import establish
from domain.migrations.compare import belongs_to_the_model
from domain.tables import metadata

# Two `momento migrate` at once: the second waits. The number is arbitrary and ours.
MIGRATION_LOCK = 6_021_986
# Others queue up behind whoever waits for a table, so it is waited for briefly.
LOCK_PATIENCE = "1s"


def run() -> None:
    """Apply what is missing and put rights right in one transaction, under an advisory lock."""
    connection: Any = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=belongs_to_the_model,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE}'"))
        context.run_migrations()
        # Not where the URL says that everybody is to act as its user, nor before the functions
        # are there that the roles are to call.
        if context.config.attributes["roles"] and connection.scalar(
            text("SELECT to_regprocedure('momento_live_backends()')")
        ):
            establish(connection)


run()
