"""How the hot tables are stored: partitions by month, room for updates, eager vacuum."""

from collections.abc import Sequence
from datetime import UTC, datetime

from alembic import op

from domain.partitions import ensure_partitions

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Rows of these come and go by the thousand: a claim must not wade through dead ones.
EAGER_VACUUM = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000"


def upgrade() -> None:
    """Set storage parameters and make the first partitions."""
    op.execute(f"ALTER TABLE outbox SET ({EAGER_VACUUM})")
    op.execute("ALTER TABLE in_hand SET (fillfactor = 50)")
    op.execute("ALTER TABLE user_internal_metrics SET (fillfactor = 70)")
    op.execute("ALTER TABLE events SET (fillfactor = 80)")
    op.execute(
        "ALTER TABLE deliveries SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02,"
        " autovacuum_vacuum_insert_scale_factor = 0.05)"
    )
    ensure_partitions(op.get_bind(), datetime.now(UTC))


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
