"""What becomes due: indexes by which it is found, and what was published already."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Name, table, the moment from which it is reckoned, and which rows still stand.
INDEXES = (
    ("invitations_expiry_idx", "invitations", "expires_at", "status IN ('sent', 'payment_failed')"),
    (
        "invitations_reconfirm_idx",
        "invitations",
        "reconfirm_by",
        "status = 'pending_reconfirmation'",
    ),
    ("duos_expiry_idx", "duos", "expires_at", "status IN ('pending', 'active')"),
    ("events_start_idx", "events", "starts_at", "status = 'published'"),
    ("events_end_idx", "events", "ends_at", "status = 'published'"),
    (
        "events_completion_idx",
        "events",
        "completed_at",
        "status = 'completed' AND finalized_at IS NULL",
    ),
    ("profile_photos_badge_idx", "profile_photos", "authentic_expires_at", "is_authentic"),
    ("users_activity_idx", "users", "last_active_at", "is_online"),
    (
        "users_subscription_idx",
        "users",
        "subscription_ends",
        "subscription_status IN ('premium', 'past_due') AND deleted_at IS NULL",
    ),
)


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "due_said",
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "due_at", "subject", name=op.f("due_said_pkey")),
    )
    for name, table, moment, stands in INDEXES:
        op.create_index(name, table, [moment, "id"], postgresql_where=sa.text(stands))


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
