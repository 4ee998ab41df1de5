"""What the tables stand on: vectors, and the one counter of domain events."""

from collections.abc import Sequence

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the extension and the sequence."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    # Domain events are numbered before they are inserted, so that key and row agree.
    op.execute("CREATE SEQUENCE IF NOT EXISTS domain_events_seq AS bigint CACHE 1")


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
