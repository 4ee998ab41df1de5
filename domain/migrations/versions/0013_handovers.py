"""Handovers: tries to hand notifications to providers, and what is known of addresses."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# Each row is changed two or three times soon after it was made, and leaves partial indexes: a
# sender that looks for what is due must not wade through those that were.
CHANGED_SOON = (
    "fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02,"
    " autovacuum_vacuum_insert_scale_factor = 0.05"
)


def upgrade() -> None:
    """Make the tables and their indexes."""
    _handovers()
    for table in ("notifications", "handovers"):
        op.execute(f"ALTER TABLE {table} SET ({CHANGED_SOON})")
    op.create_table(
        "address_facts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('stop', 'start', 'unreachable')", name=op.f("address_facts_kind_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("address_facts_pkey")),
    )
    op.create_index("address_facts_address_idx", "address_facts", ["address_hash", "said_at", "id"])
    op.create_table(
        "channel_paces",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "channel IN ('push', 'sms', 'email')", name=op.f("channel_paces_channel_check")
        ),
        sa.PrimaryKeyConstraint("channel", name=op.f("channel_paces_pkey")),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("address_hash", sa.String(), nullable=True),
        sa.Column("body_hash", sa.String(), nullable=True),
        sa.Column("state", sa.Text(), server_default="sending", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "channel IN ('push', 'sms', 'email')", name=op.f("handovers_channel_check")
        ),
        sa.CheckConstraint(
            "state IN ('sending', 'sent', 'delivered', 'failed', 'put_back', 'unknown')",
            name=op.f("handovers_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name=op.f("handovers_notification_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("handovers_pkey")),
        sa.UniqueConstraint(
            "notification_id",
            "attempt",
            "token_id",
            name=op.f("handovers_notification_id_attempt_token_id_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "handovers_ask_idx",
        "handovers",
        ["channel", "ask_at"],
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )
    op.create_index(
        "handovers_in_hand_idx",
        "handovers",
        ["handed_over_at"],
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "handovers_address_hash_idx",
        "handovers",
        ["address_hash", "handed_over_at"],
        postgresql_where=sa.text("address_hash IS NOT NULL"),
    )
    op.create_index(
        "handovers_provider_id_idx",
        "handovers",
        ["provider_id"],
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
