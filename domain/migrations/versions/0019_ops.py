"""What ops do: the log of it, what can be undone, what is done in bulk; errors by their kind."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

VIA = "via IN ('dashboard', 'api', 'command')"
OPEN = "state IN ('canary', 'running')"


def upgrade() -> None:
    """Make the tables, and the columns and indexes by which deliveries are found.

    What was dead before gets its kind of error from its error, as `domain/fingerprint.py` would.
    """
    op.add_column(
        "dashboard_sessions",
        sa.Column("via", sa.Text(), server_default="dashboard", nullable=False),
    )
    op.create_check_constraint(op.f("dashboard_sessions_via_check"), "dashboard_sessions", VIA)
    _deliveries()
    _audit_log()
    op.create_table(
        "discards",
        _number("seq"),
        sa.Column("handler", sa.Text(collation="C"), nullable=False),
        _moment("discarded_at", nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("awaits", sa.String(), nullable=True),
        _moment("settled_at"),
        sa.PrimaryKeyConstraint("seq", "handler", name=op.f("discards_pkey")),
    )
    op.create_index("discards_discarded_at_idx", "discards", ["discarded_at"])
    _bulk()


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _deliveries() -> None:
    op.add_column(
        "deliveries",
        sa.Column("fingerprint", sa.Text(collation="C"), server_default="", nullable=False),
    )
    op.execute(
        """
        UPDATE deliveries SET fingerprint = left(CASE
            WHEN error IS NOT NULL THEN regexp_replace(error, ':[0-9]+ in ', ' in ', 'g')
            ELSE regexp_replace(coalesce(reason, ''), ':[^ ]*', '', 'g') END, 300)
        WHERE state IN ('dead', 'failed')
        """
    )
    op.create_index(
        "deliveries_dead_idx",
        "deliveries",
        ["handler", "fingerprint", "settled_at", "seq"],
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "deliveries_unusual_idx",
        "deliveries",
        ["state", "seq", "handler"],
        postgresql_where=sa.text("state NOT IN ('pending', 'done')"),
    )
    op.create_index("domain_events_subject_idx", "domain_events", ["subject", "seq"])


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _moment("at", nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("handler", sa.String(), nullable=True),
        sa.Column("bulk_id", sa.Uuid(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.CheckConstraint(VIA, name=op.f("audit_log_via_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_log_pkey")),
    )
    op.create_index("audit_log_actor_idx", "audit_log", ["actor", "id"])
    op.create_index("audit_log_action_idx", "audit_log", ["action", "id"])
    op.create_index(
        "audit_log_seq_idx",
        "audit_log",
        ["seq", "id"],
        postgresql_where=sa.text("seq IS NOT NULL"),
    )


def _bulk() -> None:
    op.create_table(
        "bulk_operations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("selection", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("rate", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("undoes", sa.Uuid(), nullable=True),
        _moment("created_at", nullable=False, now=True),
        _moment("stepped_at"),
        _moment("finished_at"),
        sa.CheckConstraint(
            "kind IN ('retry', 'discard', 'restore')", name=op.f("bulk_operations_kind_check")
        ),
        sa.CheckConstraint(
            "state IN ('canary', 'running', 'done', 'stopped', 'cancelled')",
            name=op.f("bulk_operations_state_check"),
        ),
        sa.CheckConstraint(VIA, name=op.f("bulk_operations_via_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("bulk_operations_pkey")),
    )
    op.create_index(
        "bulk_operations_open_idx",
        "bulk_operations",
        ["created_at"],
        postgresql_where=sa.text(OPEN),
    )
    op.create_index("bulk_operations_created_at_idx", "bulk_operations", ["created_at", "id"])
    op.create_table(
        "bulk_items",
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("handler", sa.Text(collation="C"), nullable=False),
        sa.Column("result", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "result IN ('waiting', 'trying', 'retried', 'failed', 'discarded', 'restored',"
            " 'skipped')",
            name=op.f("bulk_items_result_check"),
        ),
        sa.ForeignKeyConstraint(
            ["bulk_id"],
            ["bulk_operations.id"],
            name=op.f("bulk_items_bulk_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("bulk_id", "place", name=op.f("bulk_items_pkey")),
    )
    op.create_index("bulk_items_result_idx", "bulk_items", ["bulk_id", "result", "place"])
    op.create_index("bulk_items_seq_idx", "bulk_items", ["seq", "handler"])


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _moment(name: str, *, nullable: bool = True, now: bool = False) -> sa.Column[datetime]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)
