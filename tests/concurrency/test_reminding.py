"""G14: what changes while it is looked at is reminded of for the moment that then stands."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine, text

from domain.tables.users import SubscriptionStatus
from domain.users.payloads import SubscriptionChanged
from scheduler.due import Kind
from tests.helpers.clock import Said, named, ring
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, until
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import publish, settle, tell

# The number is arbitrary.
GATE: Final = 77
WAITING: Final = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = 77 AND NOT granted
"""


def held_at_the_gate(kind: Kind) -> Kind:
    """Have its statement wait after it began, before it locks a row."""
    gate = f" AND pg_advisory_xact_lock_shared({GATE}) IS NOT NULL"
    return replace(kind, further=kind.further + gate)


def ring_while_it_changes(engine: Engine, name: str, *, before: timedelta) -> list[Said]:
    """Look for what is due; what was published meanwhile is applied before a row is locked."""
    (kind,) = named(name)
    now = START - before
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:gate)"), {"gate": GATE})
            looking = pool.submit(ring, engine, now, kinds=[held_at_the_gate(kind)])
            until(lambda: ask(engine, WAITING) > 0, "its statement has begun")
            settle(engine)
        said = looking.result(PATIENCE.total_seconds())
    said += ring(engine, now, kinds=[kind])
    # The ledger has what settling published, too.
    return [each for each in said if each.name in {"event.reminder_due", "subscription.end_near"}]


def test_an_event_that_moves_while_it_is_looked_at(engine: Engine) -> None:
    diary = Diary()
    diary.people("Hanna", "Cleo")
    diary.event("drinks", host="Hanna", seats=5)
    tell(engine, diary.pages)
    moved = diary.moved("drinks", at=START - 2 * DAY, starts_at=START - HOUR, ends_at=END)
    publish(engine, [moved])
    said = ring_while_it_changes(engine, "events.remind_24h", before=10 * HOUR)
    assert said == [Said("event.reminder_due", an_id("drinks"), START - 25 * HOUR)]


def test_a_subscription_whose_end_changes_while_it_is_looked_at(engine: Engine) -> None:
    def paying(ends: timedelta, *, at: timedelta) -> None:
        said = SubscriptionChanged(
            user_id=an_id("Ada"),
            subscription_status=SubscriptionStatus.PREMIUM,
            subscription_ends=START + ends,
        )
        diary.note(said, START - at)

    diary = Diary()
    diary.people("Ada")
    paying(DAY, at=30 * DAY)
    tell(engine, diary.pages)
    before = len(diary.pages)
    paying(HOUR, at=20 * DAY)
    publish(engine, diary.pages[before:])
    said = ring_while_it_changes(engine, "subscriptions.remind", before=10 * HOUR)
    assert said == [Said("subscription.end_near", an_id("Ada"), START + HOUR - 3 * DAY)]
