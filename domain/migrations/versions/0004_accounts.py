"""Accounts for the dashboard, and who is signed in."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "dashboard_users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        _created_at(),
        sa.CheckConstraint(
            "role IN ('viewer', 'operator', 'admin')", name=op.f("dashboard_users_role_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dashboard_users_pkey")),
        sa.UniqueConstraint("name", name=op.f("dashboard_users_name_key")),
    )
    op.create_table(
        "dashboard_sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        _created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["dashboard_users.id"],
            name=op.f("dashboard_sessions_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("dashboard_sessions_pkey")),
    )
    op.create_index("dashboard_sessions_user_id_idx", "dashboard_sessions", ["user_id"])


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _created_at() -> sa.Column[datetime]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
