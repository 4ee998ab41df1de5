"""Inbox: what providers told us, and what we know by their names for things."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the tables and their indexes."""
    _inbox()
    op.create_table(
        "stripe_links",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("payment_intent", sa.String(), nullable=True),
        _now("created_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("stripe_links_pkey")),
    )
    op.create_table(
        "stripe_subscriptions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "said", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("heard", sa.Integer(), server_default="0", nullable=False),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("stripe_subscriptions_pkey")),
    )
    op.create_index("stripe_subscriptions_user_id_idx", "stripe_subscriptions", ["user_id"])


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _now(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("awaits", sa.String(), nullable=True),
        _now("received_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("provider IN ('stripe', 'clerk')", name=op.f("inbox_provider_check")),
        sa.CheckConstraint(
            "state IN ('done', 'waiting', 'held', 'ignored')", name=op.f("inbox_state_check")
        ),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("inbox_pkey")),
    )
    op.create_index(
        "inbox_awaits_idx",
        "inbox",
        ["provider", "awaits"],
        postgresql_where=sa.text("awaits IS NOT NULL"),
    )
    op.create_index(
        "inbox_open_idx",
        "inbox",
        ["received_at"],
        postgresql_where=sa.text("state IN ('waiting', 'held')"),
    )
    op.create_index("inbox_settled_idx", "inbox", ["settled_at"])
