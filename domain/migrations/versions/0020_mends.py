"""Refunds that a dispute holds up, how often Stripe refused one; whose a subscription once was."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STATES = "'due', 'frozen', 'pending', 'made', 'refused', 'failed', 'closed'"


def upgrade() -> None:
    """Widen what a refund may say, and note what was refused for a dispute as held up by it."""
    op.drop_constraint(op.f("refunds_state_check"), "refunds", type_="check")
    op.create_check_constraint(op.f("refunds_state_check"), "refunds", f"state IN ({STATES})")
    op.add_column(
        "refunds", sa.Column("refusals", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.execute(
        "UPDATE refunds SET state = 'frozen' WHERE state = 'refused' AND reason = 'disputed'"
    )
    op.add_column(
        "stripe_subscriptions",
        sa.Column("others", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
    )
    op.create_index(
        "stripe_subscriptions_others_idx",
        "stripe_subscriptions",
        ["others"],
        postgresql_using="gin",
        postgresql_where=sa.text("others <> '{}'"),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
