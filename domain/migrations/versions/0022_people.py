"""What ops may see of a person for a while; what they did to whom; accounts that are closed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The dashboard may not read what is personal. It is told of one person, to the session that has
# said why, until that has run out.
REVEAL = """
CREATE FUNCTION {schema}.momento_personal(held bytea, who uuid, at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp AS $$
    SELECT jsonb_build_object(
        'first name', profile.first_name, 'preferred name', profile.preferred_name,
        'last name', account.last_name, 'phone number', account.phone_number,
        'email', account.email, 'birth date', account.birth_date,
        'host name', host.host_name)
    FROM reveals AS shown
    JOIN dashboard_sessions AS session ON session.token_hash = shown.token_hash
    JOIN users AS account ON account.id = shown.person_id
    LEFT JOIN social_profiles AS profile ON profile.user_id = account.id
    LEFT JOIN host_profiles AS host ON host.user_id = account.id
    WHERE shown.token_hash = held AND shown.person_id = who
        AND shown.shown_until > at AND session.expires_at > at
$$
"""


def upgrade() -> None:
    """Make the table, the columns, and what reads for the dashboard what it may not read itself."""
    op.create_table(
        "reveals",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("shown_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_hash"],
            ["dashboard_sessions.token_hash"],
            name=op.f("reveals_token_hash_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", "person_id", name=op.f("reveals_pkey")),
    )
    op.add_column("audit_log", sa.Column("thing", sa.String(), nullable=True))
    op.create_index(
        "audit_log_thing_idx",
        "audit_log",
        ["thing", "id"],
        postgresql_where=sa.text("thing IS NOT NULL"),
    )
    op.add_column(
        "dashboard_users", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True)
    )
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(REVEAL.format(schema=schema))
    op.execute(
        f"REVOKE ALL ON FUNCTION {schema}.momento_personal(bytea, uuid, timestamptz) FROM PUBLIC"
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
