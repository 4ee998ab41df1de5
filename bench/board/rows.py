"""Millions of deliveries settled and dead, and the dashboard's pages where they are hardest.

Rows are written by Postgres itself.
"""

import hashlib
from uuid import UUID

import psycopg

from domain.figures.promises import PROMISES

# `n` counts what is settled; the last of a million are dead, of 40 kinds in 20 handlers, over ten
# days. Most of what is settled is done; one of fifty was rejected, one of five hundred waits.
BUILD = """
CREATE TABLE built AS
SELECT n AS seq, now() - interval '20 days' * (1 - n::float8 / {count}) AS at,
    n > {count} - {dead} AS is_dead,
    (ARRAY['kudos.given', 'invitation.sent', 'message.sent', 'attendee.checked_in'])[1 + n % 4]
        AS type
FROM generate_series(1, {count}) AS n;
INSERT INTO domain_events (seq, source, id, type, subject, time, received_at, data)
SELECT seq, '/bench', 'bench-' || seq, 'app.momento.' || type || '.v1',
    md5((seq / 20)::text)::uuid::text, at, at,
    jsonb_build_object('user_id', md5((seq % 100000)::text)::uuid::text)
FROM built;
INSERT INTO domain_event_keys (source, id, seq, received_at)
SELECT '/bench', 'bench-' || seq, seq, at FROM built;
INSERT INTO deliveries (seq, handler, lane, received_at, state, attempts, due_at, awaits, reason,
    error, fingerprint, settled_at)
SELECT seq,
    CASE WHEN is_dead THEN 'kudos.apply_' || seq % 20 ELSE
        (ARRAY['kudos.apply_kudos_given', 'invitations.apply_invitation_sent',
            'messaging.apply_message_sent', 'attendance.apply_attendee_checked_in'])[1 + seq % 4]
        END,
    'afterwards', at,
    CASE WHEN is_dead THEN 'dead' WHEN seq % 500 = 0 THEN 'deferred' WHEN seq % 50 = 0
        THEN 'rejected' ELSE 'done' END,
    CASE WHEN is_dead THEN 8 ELSE 0 END,
    CASE WHEN NOT is_dead AND seq % 500 = 0 THEN now() + interval '1 hour' END,
    CASE WHEN NOT is_dead AND seq % 500 = 0 THEN 'event:' || md5(seq::text)::uuid END,
    CASE WHEN NOT is_dead AND seq % 50 = 0 THEN 'too_late: it came too late' END,
    CASE WHEN is_dead THEN 'KeyError | kudos/rules.py:' || seq % 7 || ' in judge_' || seq % 40 END,
    CASE WHEN is_dead THEN 'KeyError | kudos/rules.py in judge_' || seq % 40 ELSE '' END,
    CASE WHEN NOT is_dead AND seq % 500 = 0 THEN NULL WHEN is_dead
        THEN now() - interval '10 days' * (({count} - seq)::float8 / {dead}) ELSE at END
FROM built;
INSERT INTO notifications (id, user_id, category, template, params, channel, dedupe_key, status,
    reason, send_after, expires_at, attempts, domain_event_id, created_at)
SELECT md5('told' || seq)::uuid, md5((seq % 100000)::text)::uuid, 'push_social', 'kudos', '{{}}',
    'push', seq::text, CASE WHEN seq % 7 = 0 THEN 'suppressed' ELSE 'sent' END,
    CASE WHEN seq % 7 = 0 THEN 'switched_off' END, at, at, 1, seq, at
FROM built WHERE seq % 10 = 0;
INSERT INTO figures (span, name, at, labels, count, total_s, buckets)
SELECT span, name, date_trunc(span, now()) - n * step, ARRAY['handler_' || h, 'afterwards'] ||
    CASE WHEN state <> '' THEN ARRAY[state] ELSE '{{}}' END, 100, 1,
    CASE WHEN state = '' THEN array_fill(5::bigint, ARRAY[23]) END
FROM (VALUES ('hour', interval '1 hour'), ('minute', interval '1 minute')) AS spans (span, step),
    generate_series(0, 200) AS n, generate_series(1, 47) AS h,
    (VALUES ('deliveries_settled', 'done'), ('deliveries_settled', 'rejected'),
        ('delivery_wait_seconds', ''), ('batch_run_seconds', '')) AS figure (name, state);
INSERT INTO schedules (name, every, at, sentence)
SELECT 'schedule_' || n, '1 minute', '0', 'Does something.' FROM generate_series(1, 32) AS n;
INSERT INTO ticks (schedule, planned_at, started_at, took_ms, result)
SELECT 'schedule_' || n, date_trunc('minute', now()) - m * interval '1 minute', now(), 5, 'done'
FROM generate_series(1, 32) AS n, generate_series(200, 0, -1) AS m;
DROP TABLE built;
"""
# One person, one gathering with a thousand guests, one domain event with many deliveries and
# notifications, a kind of dead that is rare and old, what is due and what has failed, what ops did.
MORE = """
INSERT INTO users (id, clerk_id, birth_date, status)
SELECT id, 'bench_' || id, '1990-01-01', 'active'
FROM (SELECT '{person}'::uuid AS id UNION ALL
    SELECT md5('guest' || n)::uuid FROM generate_series(1, 1000) AS n) AS people;
INSERT INTO events (id, host_id, title, description, status, min_attendees, max_attendees,
    confirmation_fee, starts_at, ends_at)
VALUES ('{gathering}', '{person}', 'Evening', 'Of the benchmark', 'published', 2, 2000, 0,
    now() + interval '1 hour', now() + interval '3 hours');
INSERT INTO invitations (id, event_id, user_id, status, confirmed_at)
SELECT md5('seat' || n)::uuid, '{gathering}', md5('guest' || n)::uuid, 'confirmed', now()
FROM generate_series(1, 1000) AS n;
INSERT INTO domain_events (seq, source, id, type, subject, time, received_at, data)
SELECT {count} + n, '/bench', 'more-' || n, 'app.momento.event.updated.v1', '{gathering}', now(),
    now(), '{{}}' FROM generate_series(1, 200) AS n;
INSERT INTO domain_event_keys (source, id, seq, received_at)
SELECT source, id, seq, received_at FROM domain_events WHERE seq > {count};
INSERT INTO deliveries (seq, handler, lane, received_at, state, settled_at)
SELECT seq, 'made.up_' || n, 'afterwards', received_at, 'done', now()
FROM domain_events, generate_series(1, 60) AS n WHERE seq > {count} AND (n = 1 OR seq = {many});
INSERT INTO notifications (id, user_id, category, template, params, channel, dedupe_key, status,
    send_after, expires_at, attempts, domain_event_id, created_at)
SELECT md5('many' || n)::uuid, md5('guest' || n % 1000)::uuid, 'push_social', 'kudos', '{{}}',
    'push', 'many' || n, 'sent', now(), now(), 1, {many}, now()
FROM generate_series(1, 2000) AS n;
INSERT INTO deliveries (seq, handler, lane, received_at, state, attempts, due_at, settled_at, error,
    fingerprint)
SELECT {count} + 1000 + n, handler, lane, now(), state, 1, due_at, settled_at, error, error
FROM generate_series(1, 20000) AS n, (VALUES
    ('kudos.apply_kudos_given', 'afterwards', 'pending', now(), NULL::timestamptz, '', 20000),
    ('messaging.apply_message_sent', 'afterwards', 'deferred', now(), NULL, '', 20000),
    ('invitations.apply_invitation_sent', 'plans', 'failed', now() + interval '1 hour', NULL, 'E',
        2000),
    ('a.rare_one', 'afterwards', 'dead', NULL, now() - interval '30 days', 'Rare', 12)
) AS kind (handler, lane, state, due_at, settled_at, error, most) WHERE n <= most;
INSERT INTO bulk_operations (id, kind, state, selection, why, actor, via, total, rate, created_at,
    finished_at)
SELECT md5('bulk' || n)::uuid, 'discard', 'done', 'all', 'for the benchmark', 'ops', 'dashboard',
    10000, 20, now() - n * interval '1 hour', now() FROM generate_series(1, 200) AS n;
INSERT INTO bulk_items (bulk_id, place, seq, handler, result, reason)
SELECT '{bulk}', n, {count} - n, 'kudos.apply_' || ({count} - n) % 20,
    CASE WHEN n % 50 = 0 THEN 'skipped' ELSE 'discarded' END, 'was done'
FROM generate_series(1, 10000) AS n;
INSERT INTO audit_log (at, actor, via, action, seq, handler, why, details)
SELECT now() - n * interval '1 minute', 'ops', 'dashboard', 'retry', n, 'made.up', 'why', '{{}}'
FROM generate_series(100000, 1, -1) AS n;
INSERT INTO api_keys (id, name, key_hash, types)
SELECT md5('key' || n)::uuid, 'service ' || n, decode(md5('key' || n), 'hex'), '{{*}}'
FROM generate_series(1, 200) AS n;
INSERT INTO dashboard_users (id, name, role, password_hash)
SELECT md5('user' || n)::uuid, 'user ' || n, 'viewer', '-' FROM generate_series(1, 200) AS n;
INSERT INTO promises (name, at, kept, broken)
SELECT name, date_trunc('hour', now()) - n * interval '10 minutes', 990, n % 9
FROM unnest('{{{promises}}}'::text[]) AS name, generate_series(0, 90 * 144) AS n;
INSERT INTO promise_progress (name, until)
SELECT name, now() FROM unnest('{{{promises}}}'::text[]) AS name;
INSERT INTO deploys (at, version)
SELECT now() - n * interval '1 hour', '0.' || n FROM generate_series(1, 200) AS n;
"""
# What has been collected once, as if it had been for a week.
PAST = """
INSERT INTO snapshots (at, version, data, is_kept)
SELECT date_trunc('minute', at) - n * interval '1 minute', version, data, true
FROM (SELECT * FROM snapshots ORDER BY at DESC LIMIT 1) AS latest, generate_series(1, {minutes}) n
ON CONFLICT DO NOTHING
"""
WEEK_MINUTES = 7 * 24 * 60
PERSON = str(UUID(hashlib.md5(b"94", usedforsecurity=False).hexdigest()))
GATHERING = str(UUID(hashlib.md5(b"gathering", usedforsecurity=False).hexdigest()))
BULK = str(UUID(hashlib.md5(b"bulk1", usedforsecurity=False).hexdigest()))


def build(dsn: str, count: int, dead: int) -> None:
    """Write the rows; the longest part of this."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '256MB'")
        named = {"person": PERSON, "gathering": GATHERING, "bulk": BULK, "many": count + 200}
        promises = ",".join(each.name for each in PROMISES)
        statements = (BUILD + MORE).format(count=count, dead=dead, promises=promises, **named)
        for statement in statements.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("VACUUM ANALYZE")


def remember(dsn: str) -> None:
    """Write a week of snapshots; to be done once one is collected."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(PAST.format(minutes=WEEK_MINUTES))
        connection.execute("VACUUM ANALYZE snapshots")
