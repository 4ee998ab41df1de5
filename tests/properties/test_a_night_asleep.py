"""G14: however the scheduler's clock goes, what becomes due happens once, and all is the same."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import pairwise
from typing import Final

import pytest
from sqlalchemy import Engine, text

from tests.factories.night import LASTS, Night
from tests.helpers.clock import Said, drain, live_through, newest, ring, said_since
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.postgres import PostgresServer
from tests.helpers.state import differences, snapshot
from tests.helpers.telling import publish, settle
from workers.database import make_engine

END: Final = START + LASTS
HOURS: Final = [START + hour * HOUR for hour in range(25)]
LIMIT: Final = 4_000
REMINDERS: Final = {
    "event.reminder_due",
    "invitation.expiry_near",
    "duo.expiry_near",
    "photo_badge.end_near",
    "subscription.end_near",
}

# What a scheduler that wakes up at :now should have reminded of by then, whatever it slept through.
STILL_AHEAD: Final = """
    WITH ahead (name, subject, moment, before, until) AS (
        SELECT 'event.reminder_due', id, starts_at, lead, until FROM events
        CROSS JOIN (VALUES (interval '24 hours', interval '2 hours'), ('2 hours', '0 hours'))
            AS reminding (lead, until)
        WHERE status = 'published'
        UNION ALL
        SELECT 'invitation.expiry_near', id, expires_at, '6 hours', '0 hours' FROM invitations
        WHERE status IN ('sent', 'payment_failed')
        UNION ALL
        SELECT 'duo.expiry_near', id, expires_at, '24 hours', '0 hours' FROM duos
        WHERE status IN ('pending', 'active')
        UNION ALL
        SELECT 'photo_badge.end_near', id, authentic_expires_at, '336 hours', '0 hours'
        FROM profile_photos
        UNION ALL
        SELECT 'subscription.end_near', id, subscription_ends, '72 hours', '0 hours' FROM users
        WHERE subscription_status = 'premium'
    )
    SELECT name, subject::text, moment - before FROM ahead WHERE moment - until > :now
"""
# What was made with less time than its reminder has.
TOO_LATE: Final = ("dinner Fay", "pair 6", "Di", "brunch Cy")
NOTES: Final = """
    SELECT told.subject, told.time FROM deliveries JOIN domain_events AS told USING (seq)
    WHERE handler = 'invitations.apply_invitation_expired' AND reason = :note
"""

Copies = Callable[[int, int], list[Engine]]


@pytest.fixture
def copies(postgres_server: PostgresServer) -> Iterator[Copies]:
    """Make databases in which the same night lies ahead of so many people."""
    urls: list[str] = []
    engines: list[Engine] = []

    def connected(url: str) -> Engine:
        urls.append(url)
        engines.append(make_engine(url, process="test", pool_size=5))
        return engines[-1]

    def make(people: int, count: int) -> list[Engine]:
        first = connected(postgres_server.create())
        publish(first, Night(people).tell())
        settle(first, limit=LIMIT)
        first.dispose()
        others = [connected(postgres_server.copy(urls[0])) for _ in range(count - 1)]
        return [first, *others]

    yield make
    for engine in engines:
        engine.dispose()
    for url in urls:
        postgres_server.drop(url)


def twice(said: Sequence[Said]) -> list[Said]:
    """What was said more than once; both reminders of a start are of one type, at two times."""
    return [each for each, count in Counter(said).items() if count > 1]


def in_due_order(said: Sequence[Said]) -> bool:
    times = [each.time for each in said]
    return times == sorted(times)


def without_effect(engine: Engine, said: AbstractSet[Said]) -> bool:
    """Say whether nothing came of any of these, since the event of an invitation was cancelled."""
    with engine.connect() as connection:
        rows = connection.execute(text(NOTES), {"note": "invitation_cancelled"})
        return said <= {Said("invitation.expired", subject, time) for subject, time in rows}


def assert_same(
    right: Engine, on_time: Sequence[Said], wrong: Engine, said: Sequence[Said]
) -> None:
    """Nothing is lost, doubled or done otherwise.

    Who is late may say more: that an invitation expired whose event was to be cancelled before.
    Nothing comes of it; that it was said is kept.
    """
    assert twice(on_time) == twice(said) == []
    assert lasting(on_time) <= lasting(said)
    in_vain = lasting(said) - lasting(on_time)
    assert without_effect(wrong, in_vain)
    kept = tuple(f"invitation_facts {each.subject} /workers" for each in in_vain)
    found = differences(snapshot(right), snapshot(wrong))
    assert [line for line in found if not line.startswith(kept)] == []
    assert len(found) == len(in_vain)


def reminders(engine: Engine, said: Sequence[Said], now: datetime) -> set[Said]:
    """What was reminded of, but for what is past, has changed since, or has a later reminder."""
    with engine.connect() as connection:
        ahead = {Said(*row) for row in connection.execute(text(STILL_AHEAD), {"now": now})}
    return ahead.intersection(said)


def lasting(said: Sequence[Said]) -> set[Said]:
    """What changes something, of what was said."""
    return {each for each in said if each.name not in REMINDERS}


def test_who_slept_through_a_day_says_and_does_the_same(copies: Copies) -> None:
    """10,000 things become due while it sleeps; the other one was awake in every hour."""
    awake, asleep = copies(2_000, 2)
    on_time = live_through(awake, HOURS, limit=LIMIT)
    before = newest(asleep)
    counts = drain(asleep, END, limit=700)
    at_once = said_since(asleep, before)
    assert sum(counts.values()) == len(at_once) >= 10_000
    assert all(counts.values()), counts
    assert in_due_order(at_once)
    assert all(each.time <= END for each in at_once)
    settle(asleep, limit=LIMIT)
    after = live_through(asleep, [END], limit=LIMIT)
    late = [*at_once, *after]
    assert_same(awake, on_time, asleep, late)
    assert reminders(awake, on_time, END) == reminders(asleep, late, END)


@pytest.mark.parametrize("workers_first", [True, False])
def test_when_the_workers_slept_too_all_is_the_same(copies: Copies, *, workers_first: bool) -> None:
    """What people did in that night is heard of when it is over; it is decided by when it was."""
    awake, asleep = copies(60, 2)
    told = Night(60).meanwhile()
    on_time: list[Said] = []
    for before, hour in pairwise([START - HOUR, *HOURS]):
        publish(awake, [each for each in told if before < each.time <= hour])
        on_time += live_through(awake, [hour])
    publish(asleep, told)
    said = [] if workers_first else ring(asleep, END)
    said += live_through(asleep, [END])
    assert_same(awake, on_time, asleep, said)
    right = reminders(awake, on_time, END)
    assert reminders(asleep, said, END) == right
    by_name = Counter(each.name for each in right)
    assert by_name.keys() == REMINDERS
    too_late = set(map(an_id, TOO_LATE))
    assert [each for each in right if each.subject in too_late] == []
    if workers_first:
        assert {each for each in said if each.name in REMINDERS} == right


@pytest.mark.parametrize(
    "moments",
    [
        # An hour back, in the midst of it.
        [START, START + 6 * HOUR, START + 5 * HOUR, START + 6 * HOUR, END],
        # A day ahead for a moment, then right again.
        [START, START + HOUR, START + 3 * HOUR + DAY, *HOURS[4:]],
        # Both, and then asleep.
        [START - HOUR, END, START, END - HOUR, END],
    ],
)
def test_a_clock_that_is_set_does_no_harm(copies: Copies, moments: Sequence[datetime]) -> None:
    right, wrong = copies(60, 2)
    last = max(moments)
    on_time = live_through(right, [moment for moment in [*HOURS, last] if moment <= last])
    said = live_through(wrong, moments)
    assert_same(right, on_time, wrong, said)
    assert reminders(right, on_time, last) == reminders(wrong, said, last)


def test_two_schedulers_of_which_one_lags_behind_do_what_one_does(copies: Copies) -> None:
    alone, shared = copies(60, 2)
    on_time = live_through(alone, HOURS)
    both = sorted([*HOURS, *(moment + 2 * HOUR for moment in HOURS[3:20])])
    lagging = [moment - HOUR if place % 3 == 0 else moment for place, moment in enumerate(both)]
    said = live_through(shared, [*lagging, END])
    assert_same(alone, on_time, shared, said)
    assert reminders(alone, on_time, END) == reminders(shared, said, END)
