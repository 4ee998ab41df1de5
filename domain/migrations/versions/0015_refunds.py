"""Refunds: what must go back, what Stripe was asked, and up to when its events were read."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the tables and their indexes.

    Payments that wait for their refund already, or get one from a worker of an older version, are
    found by an index of their own: see `domain/payments/refunds.py`.
    """
    op.create_table(
        "refunds",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("state", sa.Text(), server_default="due", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("key_number", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("keyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("must_look", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("stripe_refund_id", sa.String(), nullable=True),
        sa.Column("failed_ids", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        _now("requested_at"),
        _now("updated_at"),
        sa.CheckConstraint(
            "state IN ('due', 'pending', 'made', 'refused', 'failed', 'closed')",
            name=op.f("refunds_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("refunds_payment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("refunds_pkey")),
    )
    op.create_index(
        "refunds_due_idx", "refunds", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "refunds_open_idx",
        "refunds",
        ["state"],
        postgresql_where=sa.text("state NOT IN ('made', 'closed')"),
    )
    op.create_index(
        "payments_refund_pending_idx",
        "payments",
        ["id"],
        postgresql_where=sa.text("status = 'refund_pending'"),
    )
    op.create_table(
        "stripe_cursors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_until", sa.DateTime(timezone=True), nullable=False),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("stripe_cursors_pkey")),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _now(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
