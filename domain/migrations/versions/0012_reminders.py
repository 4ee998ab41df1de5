"""What was reminded of is remembered by the thing itself, and pauses outlive a version."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OPEN_INVITATION = "status IN ('sent', 'payment_failed')"
OPEN_DUO = "status IN ('pending', 'active')"
PAYING = "subscription_status IN ('premium', 'past_due') AND deleted_at IS NULL"
# Index, table, moment, the column that remembers it, and which rows stand.
# Tables in the order in which batches lock them.
REMEMBERED = (
    ("users_remind_idx", "users", "subscription_ends", "subscription_reminded_for", PAYING),
    ("events_remind_24h_idx", "events", "starts_at", "reminded_24h_for", "status = 'published'"),
    ("events_remind_2h_idx", "events", "starts_at", "reminded_2h_for", "status = 'published'"),
    ("duos_remind_idx", "duos", "expires_at", "reminded_for", OPEN_DUO),
    ("invitations_remind_idx", "invitations", "expires_at", "reminded_for", OPEN_INVITATION),
    (
        "profile_photos_remind_idx",
        "profile_photos",
        "authentic_expires_at",
        "badge_reminded_for",
        "is_authentic",
    ),
    (
        "profile_photos_ended_idx",
        "profile_photos",
        "authentic_expires_at",
        "badge_ended_for",
        "is_authentic",
    ),
)


def upgrade() -> None:
    """Make the columns and indexes.

    What was reminded of before is found once more; its id keeps it from being said twice.
    """
    for index, table, moment, column, stands in REMEMBERED:
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
        op.create_index(
            index,
            table,
            [moment, "id"],
            postgresql_where=sa.text(f"{stands} AND {column} IS DISTINCT FROM {moment}"),
        )
    op.drop_index("profile_photos_badge_idx", table_name="profile_photos")
    op.add_column(
        "schedules",
        sa.Column("is_listed", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
