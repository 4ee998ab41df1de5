"""The rows of one kudos.given with its ledger, written by hand: the statements of the limit.

On our own tables (see scene.py), so only what is here has to follow them. Nothing is
judged and nothing can fail: this is what it costs to write the same rows, no more.
"""

import psycopg

# Parameters: the columns of the kudos, as arrays.
PUBLISH = """
WITH said AS MATERIALIZED (
    SELECT nextval('domain_events_seq') AS seq, statement_timestamp() AS received_at,
        given.kudos_id, to_jsonb(given) AS data
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS given (kudos_id, event_id, giver_id, receiver_id, kudo)
), keyed AS (
    INSERT INTO domain_event_keys (source, id, seq, received_at)
    SELECT '/services/bench', kudos_id, seq, received_at FROM said
), lined_up AS (
    INSERT INTO outbox (seq, received_at, type)
    SELECT seq, received_at, 'app.momento.kudos.given.v1' FROM said
)
INSERT INTO domain_events (seq, received_at, source, id, type, subject, time, data)
SELECT seq, received_at, '/services/bench', kudos_id, 'app.momento.kudos.given.v1', kudos_id,
    now(), data
FROM said
"""

# Parameter: how many at most.
ROUTE = """
WITH taken AS (
    DELETE FROM outbox WHERE seq = ANY(ARRAY(
        SELECT seq FROM outbox ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED
    ))
    RETURNING seq, received_at
)
INSERT INTO deliveries (seq, handler, lane, received_at, due_at)
SELECT seq, 'kudos.apply_kudos_given', 'afterwards', received_at, statement_timestamp()
FROM taken ORDER BY seq
"""

# Parameter: how many at most.
CLAIM = """
WITH held AS MATERIALIZED (
    SELECT seq, received_at FROM deliveries
    WHERE handler = 'kudos.apply_kudos_given' AND due_at <= now()
    ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
)
SELECT seq, time, data->>'kudos_id', data->>'event_id', data->>'giver_id', data->>'receiver_id',
    data->>'kudo'
FROM held JOIN domain_events USING (seq, received_at)
"""

# Parameters: the columns that CLAIM answers, as arrays, without seq.
WRITE_KUDOS = """
INSERT INTO attendee_kudos
    (id, event_id, giver_id, receiver_id, kudo, counts, given_at, given_times)
SELECT id, event_id, giver_id, receiver_id, kudo, true, time, ARRAY[time]
FROM unnest(%s::timestamptz[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[])
    AS given (time, id, event_id, giver_id, receiver_id, kudo)
"""

# Parameter: the seqs.
SETTLE = """
UPDATE deliveries SET state = 'done', due_at = NULL, settled_at = clock_timestamp()
WHERE handler = 'kudos.apply_kudos_given' AND seq = ANY(%s::bigint[])
"""

# Parameter: the receivers. In key order: two processes want the same rows.
LOCK_SCORES = """
SELECT FROM user_internal_metrics WHERE user_id = ANY(%s::uuid[])
ORDER BY user_id FOR NO KEY UPDATE
"""

# Parameters: givers, receivers and kudos as arrays. A pair's kudos are counted afresh, and
# what these add to (2 - 2 ** (1 - n)) is added to the sum, in units of 2 ** -40.
WRITE_SCORES = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS g (giver_id, receiver_id, kudo)
), pairs AS (
    SELECT receiver_id, giver_id, fresh, (
        SELECT count(*) FROM attendee_kudos AS k
        WHERE k.receiver_id = p.receiver_id AND k.giver_id = p.giver_id AND k.counts
    ) AS total
    FROM (
        SELECT receiver_id, giver_id, count(*) AS fresh FROM given GROUP BY 1, 2
    ) AS p
), worth AS (
    SELECT receiver_id, sum(2 ^ (1 - (total - fresh)) - 2 ^ (1 - total)) AS gained
    FROM pairs GROUP BY receiver_id
), tallies AS (
    SELECT receiver_id, jsonb_object_agg(kudo, fresh) AS tally
    FROM (SELECT receiver_id, kudo, count(*) AS fresh FROM given GROUP BY 1, 2) AS k
    GROUP BY receiver_id
)
UPDATE user_internal_metrics AS m SET
    gratitude = gratitude + (gained * 2 ^ 40)::bigint,
    aggregated_kudos = aggregated_kudos || (
        SELECT jsonb_object_agg(
            key, value::integer + coalesce((m.aggregated_kudos ->> key)::integer, 0)
        )
        FROM jsonb_each_text(tally)
    ),
    updated_at = now()
FROM worth JOIN tallies USING (receiver_id)
WHERE m.user_id = receiver_id
"""

SETTLED = "SELECT xmin AS xid FROM deliveries WHERE state = 'done'"


def route(connection: psycopg.Connection, size: int) -> int:
    """Routes a batch; answers how many there were."""
    return connection.execute(ROUTE, (size,)).rowcount


def apply(connection: psycopg.Connection, size: int) -> int:
    """Claims, writes and settles a batch in one transaction; answers how many there were."""
    with connection.transaction():
        rows = connection.execute(CLAIM, (size,)).fetchall()
        if not rows:
            return 0
        seqs, *columns = (list(column) for column in zip(*rows, strict=True))
        _, _, _, givers, receivers, kudos = columns
        connection.execute(WRITE_KUDOS, columns)
        connection.execute(SETTLE, (seqs,))
        # Last, since all wait here for one another until the commit.
        connection.execute(LOCK_SCORES, (receivers,))
        connection.execute(WRITE_SCORES, (givers, receivers, kudos))
        return len(rows)
