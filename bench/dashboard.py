"""The dashboard's pages, timed, among millions of deliveries settled and dead.

Runs in the product's environment on an empty migrated database; `figures.py` starts it. Rows are
written by Postgres itself. Pages are asked for over HTTP, whole, as an operator's browser does.
Prints JSON: milliseconds by page.
"""

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime

import httpx
import psycopg
import uvicorn
from sqlmodel import Session

from dashboard.__main__ import server_config
from dashboard.app import make_app
from dashboard.collecting import Collector
from dashboard.sessions import open_session
from domain.tables.accounts import Role
from workers.accounts import create_account
from workers.database import make_engine

WARM_UPS = 3
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


def build(dsn: str, count: int, dead: int) -> None:
    """Write the rows; the longest part of this."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '256MB'")
        for statement in BUILD.format(count=count, dead=dead).split(";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(
            "VACUUM ANALYZE deliveries, domain_events, domain_event_keys, notifications"
        )


def places(count: int) -> dict[str, str]:
    """The pages, each as it is asked for where it is hardest."""
    middle = count // 2
    person = "f4b9ec30-ad9f-68f8-9b29-639786cb62ef"
    kind = "handler=kudos.apply_7&error=KeyError+%7C+kudos%2Frules.py+in+judge_7"
    return {
        "overview": "/",
        "lanes": "/lanes",
        "lane, an hour": "/lanes/afterwards",
        "lane, a day": "/lanes/afterwards?period=24h",
        "lane, a week": "/lanes/afterwards?period=7d",
        "schedules": "/schedules",
        "workers": "/workers",
        "outbox": "/outbox",
        "deliveries": "/deliveries",
        "deliveries, deep": f"/deliveries?after={middle}~x~",
        "deliveries, rejected": "/deliveries?state=rejected",
        "deliveries, pending (none)": "/deliveries?state=pending",
        "deliveries, failed (none)": "/deliveries?state=failed",
        "deliveries, rare handler": "/deliveries?handler=safety.apply_report_filed",
        "deliveries, type and time": "/deliveries?type=message.sent&since=12d&until=11d",
        "deliveries, subject": f"/deliveries?subject={person}",
        "deliveries, person": f"/deliveries?user={person}",
        "domain event": f"/domain-events/{middle}",
        "domain event, dead": f"/domain-events/{count}",
        "dead": "/dead",
        "dead, a kind": f"/dead/list?{kind}",
        "dead, a kind, 24h": f"/dead/list?{kind}&died=24h",
        "dead, preview of a kind": f"/dead/preview?{kind}",
        "dead, preview of all": "/dead/preview?kind=discard",
        "bulk operations": "/bulk",
        "audit log": "/audit",
        "catalogue": "/catalogue",
        "notifications": "/notifications",
        "notifications, suppressed": "/notifications?state=suppressed",
        "notifications, by SMS (none)": "/notifications?channel=sms",
        "notifications, person": f"/notifications?user={person}",
        "search": f"/search?q=bench-{middle}",
        "search, nothing": "/search?q=nothing",
    }


def main() -> None:
    """The arguments: how many samples a page, how many deliveries, how many of them dead."""
    samples, count, dead = map(int, sys.argv[1:4])
    url = os.environ["DATABASE_URL"]
    build(url, count, dead)
    engine = make_engine(url, process="dashboard", pool_size=4)
    assert Collector(make_engine(url, process="dashboard", pool_size=1), None).look()
    # Accounts are made by the command, which is more than the dashboard may.
    with Session(make_engine(url, process="bench", pool_size=1)) as session, session.begin():
        user_id = create_account(session, "ops", role=Role.OPERATOR, password="x" * 20)
        assert user_id is not None
        token = open_session(session, user_id, datetime.now(UTC))
    config = server_config(make_app(engine), host="127.0.0.1", port=0)
    socket = config.bind_socket()
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, args=([socket],), daemon=True).start()
    base_url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    taken = {}
    with httpx.Client(base_url=base_url, timeout=60) as client:
        client.cookies.set("momento-session", token, domain="127.0.0.1")
        for name, place in places(count).items():
            taken[name] = [ask(client, place) for _ in range(WARM_UPS + samples)][WARM_UPS:]
    server.should_exit = True
    json.dump(taken, sys.stdout)


def ask(client: httpx.Client, place: str) -> float:
    """Milliseconds until the whole page is there."""
    started = time.perf_counter()
    answer = client.get(place)
    if answer.status_code not in (200, 303):
        raise SystemExit(f"{place}: {answer.status_code}")
    return (time.perf_counter() - started) * 1_000


if __name__ == "__main__":
    main()
