"""Publishing: trace state, rates of API keys, and keys that follow one another."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the columns, none of which an older version minds, and the table."""
    op.add_column("domain_events", sa.Column("tracestate", sa.String(), nullable=True))
    for name, kind in (
        ("rate", sa.Integer()),
        ("burst", sa.Integer()),
        ("first_id", sa.Uuid()),
        ("ends_at", sa.DateTime(timezone=True)),
        ("last_used_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("api_keys", sa.Column(name, kind, nullable=True))
    op.create_table(
        "api_key_changes",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "deed IN ('created', 'rotated', 'revoked')", name=op.f("api_key_changes_deed_check")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("api_key_changes_pkey")),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
