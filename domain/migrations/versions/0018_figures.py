"""Figures: what processes measure, kinds of failures, who runs, and snapshots."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BYTES = sa.Text(collation="C")
_EMPTY = sa.text("'{}'::jsonb")


# The dashboard sees nothing of what others do, and is told no more than this of it.
LONGEST = """
CREATE FUNCTION {schema}.momento_longest_transaction() RETURNS double precision
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
$$
"""


def upgrade() -> None:
    """Make the tables and their indexes, and what looks at Postgres itself."""
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(LONGEST.format(schema=schema))
    op.execute(f"REVOKE ALL ON FUNCTION {schema}.momento_longest_transaction() FROM PUBLIC")
    op.create_table(
        "figures",
        sa.Column("span", _BYTES, nullable=False),
        sa.Column("name", _BYTES, nullable=False),
        _at("at"),
        sa.Column("labels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("total_s", sa.Double(), nullable=False),
        sa.Column("buckets", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.CheckConstraint("span IN ('minute', 'hour', 'day')", name=op.f("figures_span_check")),
        sa.PrimaryKeyConstraint("span", "name", "at", "labels", name=op.f("figures_pkey")),
    )
    _failures()
    op.create_table(
        "processes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        _at("started_at"),
        _at("last_seen_at"),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("metrics_at", sa.String(), nullable=True),
        sa.Column("takes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("doing", postgresql.JSONB(), server_default=_EMPTY, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("processes_pkey")),
    )
    op.create_table(
        "snapshots",
        _at("at"),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("data", postgresql.JSONB(), server_default=_EMPTY, nullable=False),
        sa.Column("is_kept", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("snapshots_pkey")),
    )
    op.create_index(
        "snapshots_dense_idx", "snapshots", ["at"], postgresql_where=sa.text("NOT is_kept")
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _at(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _failures() -> None:
    op.create_table(
        "failure_kinds",
        sa.Column("fingerprint", _BYTES, nullable=False),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        _at("first_at"),
        _at("last_at"),
        sa.Column("version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("failure_kinds_pkey")),
    )
    op.create_index("failure_kinds_last_idx", "failure_kinds", ["last_at"])
    op.create_table(
        "failure_hours",
        sa.Column("fingerprint", _BYTES, nullable=False),
        _at("at"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "at", name=op.f("failure_hours_pkey")),
        sa.ForeignKeyConstraint(
            ["fingerprint"],
            ["failure_kinds.fingerprint"],
            name=op.f("failure_hours_fingerprint_fkey"),
            ondelete="CASCADE",
        ),
    )
