"""Roles: what the processes may have done for them though their roles may not do it themselves.

The roles and what each may do are stated in domain/roles.py, and put right by each
`momento migrate`.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Each runs with the rights of whoever migrates, so each does one thing, names whatever it touches
# in full, and finds no name in a schema that somebody else may write to.
DEFINER = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
# The least that `MOMENTO_LEDGER_RETENTION_DAYS` may say.
KEPT = "interval '40 days'"

LIVE_BACKENDS = """
CREATE FUNCTION {schema}.momento_live_backends()
RETURNS TABLE (pid integer, backend_start timestamptz)
LANGUAGE sql STABLE {definer} AS $$
    SELECT pid, backend_start FROM pg_stat_activity
$$
"""

MAKE_MONTH = """
CREATE FUNCTION {schema}.momento_make_month(month date) RETURNS void
LANGUAGE plpgsql {definer} AS $$
DECLARE
    name text := 'domain_events_' || to_char(month, 'YYYY_MM');
    first timestamp := date_trunc('month', month::timestamp);
BEGIN
    EXECUTE format(
        'CREATE TABLE {schema}.%I PARTITION OF {schema}.domain_events FOR VALUES FROM (%L) TO (%L)'
        ' WITH (autovacuum_vacuum_insert_scale_factor = 0.05)',
        name, first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC'
    );
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'momento_scheduler') THEN
        EXECUTE format('GRANT SELECT ON {schema}.%I TO momento_scheduler', name);
    END IF;
END
$$
"""

# Gives whether it went: not while something refers to it, and nothing young, whoever asks.
DROP_MONTH = """
CREATE FUNCTION {schema}.momento_drop_month(month date) RETURNS boolean
LANGUAGE plpgsql {definer} AS $$
DECLARE
    name text := 'domain_events_' || to_char(month, 'YYYY_MM');
    first timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
    after timestamptz
        := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    lowest bigint;
    highest bigint;
BEGIN
    IF after > clock_timestamp() - {kept} THEN
        RAISE EXCEPTION 'month % is too young to go', month USING ERRCODE = '42501';
    END IF;
    EXECUTE format('SELECT min(seq), max(seq) FROM {schema}.%I', name) INTO lowest, highest;
    IF EXISTS (
        SELECT FROM {schema}.deliveries AS row WHERE row.seq BETWEEN lowest AND highest
            AND row.received_at >= first AND row.received_at < after
    ) OR EXISTS (
        SELECT FROM {schema}.outbox AS row
        WHERE row.received_at >= first AND row.received_at < after
    ) THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE {schema}.%I', name);
    RETURN true;
END
$$
"""

# What the default partition has caught goes row by row.
DROP_STRAYS = """
CREATE FUNCTION {schema}.momento_drop_strays(numbers bigint[], before timestamptz) RETURNS bigint
LANGUAGE sql {definer} AS $$
    WITH gone AS (
        DELETE FROM {schema}.domain_events_default AS stray
        WHERE stray.seq = ANY (numbers)
            AND stray.received_at < least(before, clock_timestamp() - {kept})
            AND NOT EXISTS (SELECT FROM {schema}.deliveries AS row WHERE row.seq = stray.seq)
            AND NOT EXISTS (SELECT FROM {schema}.outbox AS row WHERE row.seq = stray.seq)
        RETURNING stray.seq
    )
    SELECT count(*) FROM gone
$$
"""


def upgrade() -> None:
    """Make the functions, for nobody yet."""
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for function in (LIVE_BACKENDS, MAKE_MONTH, DROP_MONTH, DROP_STRAYS):
        op.execute(function.format(schema=schema, definer=DEFINER, kept=KEPT))
    for name in (
        "momento_live_backends()",
        "momento_make_month(date)",
        "momento_drop_month(date)",
        "momento_drop_strays(bigint[], timestamptz)",
    ):
        op.execute(f"REVOKE ALL ON FUNCTION {schema}.{name} FROM PUBLIC")


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
