"""People can be found by a number or an address that somebody knows already."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The dashboard may read neither numbers nor addresses. It is told whose one is, for a session that
# is open to somebody who may ask; only exact matches, so nothing can be felt out bit by bit.
FIND = """
CREATE FUNCTION {schema}.momento_people_by(held bytea, address text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp AS $$
    SELECT id FROM (
        SELECT id FROM users WHERE phone_number = address
        UNION SELECT id FROM users WHERE lower(email) = lower(address)
    ) AS theirs
    WHERE EXISTS (
        SELECT FROM dashboard_sessions AS session
        JOIN dashboard_users AS operator ON operator.id = session.user_id
        WHERE session.token_hash = held AND session.expires_at > clock_timestamp()
            AND operator.role <> 'viewer' AND operator.disabled_at IS NULL
    )
    ORDER BY id LIMIT 10
$$
"""


def upgrade() -> None:
    """Index what is asked for, and make what answers."""
    op.create_index(
        "users_phone_number_idx",
        "users",
        ["phone_number"],
        postgresql_where=sa.text("phone_number IS NOT NULL"),
    )
    op.create_index(
        "users_email_idx",
        "users",
        [sa.text("lower(email)")],
        postgresql_where=sa.text("email IS NOT NULL"),
    )
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(FIND.format(schema=schema))
    op.execute(f"REVOKE ALL ON FUNCTION {schema}.momento_people_by(bytea, text) FROM PUBLIC")


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
