"""A person is erased while what they were told is being recorded: neither waits in a circle."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from domain.notifications.hearing import Heard, hear
from domain.tables.handovers import HandoverState
from tests.helpers.ledger import until
from tests.helpers.pages import an_id

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
# In the order of keys, which isn't that of ids.
TOLD = {"a": str(UUID(int=2)), "b": str(UUID(int=1))}
_TOLD = """
INSERT INTO notifications (id, user_id, category, template, channel, dedupe_key, status, attempts,
    send_after, expires_at, domain_event_id)
VALUES (:id, :ada, 'push_social', 'kudos', 'push', :key, 'sending', 1, :now, :now, 1)
"""
_HANDOVER = """
INSERT INTO handovers (id, notification_id, channel, attempt, handed_over_at)
VALUES (:id, :id, 'push', 1, :now)
"""
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def eraser(engine: Engine) -> Iterator[Connection]:
    """Somebody who has just locked the first of two that Ada is being told."""
    with engine.begin() as connection:
        for key, identity in TOLD.items():
            values = {"id": identity, "ada": an_id("Ada"), "key": key, "now": NOW}
            connection.execute(text(_TOLD), values)
            connection.execute(text(_HANDOVER), values)
    with engine.connect() as connection:
        connection.execute(
            text("SELECT FROM notifications WHERE id = :id FOR UPDATE"), {"id": TOLD["a"]}
        )
        yield connection
        connection.rollback()


def test_both_lock_in_the_order_of_keys(engine: Engine, eraser: Connection) -> None:
    def record() -> None:
        with Session(engine) as session, session.begin():
            sent = [Heard(each, HandoverState.SENT) for each in TOLD.values()]
            hear(session, sent, now=NOW)

    def waits() -> bool:
        with engine.connect() as connection:
            return bool(connection.exec_driver_sql(_WAITS).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        recorded = pool.submit(record)
        try:
            until(waits, "the sender waits for the eraser")
            # Were this one locked by who waits, it would be a circle.
            free = text("SELECT FROM notifications WHERE id = :id FOR UPDATE NOWAIT")
            eraser.execute(free, {"id": TOLD["b"]})
        finally:
            eraser.rollback()
        recorded.result()
