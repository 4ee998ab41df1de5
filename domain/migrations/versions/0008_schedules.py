"""The clock's tables, and vacuum for what comes and goes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from domain.partitions import set_storage

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Small and always changing: a few hundred dead rows are more than what lives in them.
HOT = ("in_hand", "workers", "ticks", "schedules", "scheduler_lead", "matching_requests")
EAGER_VACUUM = "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500"
# Only ever added to: pages are frozen and marked as seen by all while they are warm.
ADDED_TO = "autovacuum_vacuum_insert_scale_factor = 0.05"


def upgrade() -> None:
    """Make the tables and set storage parameters."""
    _schedules()
    _ticks()
    _lead()
    for table in HOT:
        op.execute(f"ALTER TABLE {table} SET ({EAGER_VACUUM})")
    op.execute(f"ALTER TABLE domain_event_keys SET ({ADDED_TO})")
    set_storage(op.get_bind())


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("every", sa.Interval(), nullable=False),
        sa.Column("at", sa.Interval(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_why", sa.String(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("schedules_pkey")),
    )


def _ticks() -> None:
    op.create_table(
        "ticks",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Double(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.CheckConstraint(
            "result IN ('done', 'failed', 'drift', 'interrupted')",
            name=op.f("ticks_result_check"),
        ),
        sa.PrimaryKeyConstraint("schedule", "planned_at", name=op.f("ticks_pkey")),
    )
    op.create_index("ticks_newest_idx", "ticks", ["schedule", "number"])


def _lead() -> None:
    op.create_table(
        "scheduler_lead",
        sa.Column("lock", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("backend_pid", sa.Integer(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_ahead_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("lock", name=op.f("scheduler_lead_pkey")),
    )
