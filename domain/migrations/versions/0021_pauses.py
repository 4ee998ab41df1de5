"""Lanes and handlers that ops hold back for a while, and which of that a process obeys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the table, and a column that says nothing of processes that don't know of it."""
    op.create_table(
        "pauses",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pauses_pkey")),
    )
    op.add_column(
        "processes",
        sa.Column("obeys", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
