"""Rows are locked in key order: who has to wait for the first of many holds none of the others.

Else two batches about the same rows could each hold what the other wants.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from domain.dispatch import Report, apply_due
from domain.envelope import Envelope
from domain.payload import Payload
from domain.tables.kudos import Kudo
from domain.users.payloads import HostProfileUpdated, SocialProfileUpdated, UserDeleted
from tests.concurrency.race import WAITING
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, drift, publish, route_all, until
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import settle, tell
from workers.database import make_engine
from workers.desk import WorkDesk

PEOPLE = tuple(f"person {number}" for number in range(20))
# Half of them are hosts: their profiles are cleared on deletion, and those of the others removed.
HOSTS = PEOPLE[::2]


@contextmanager
def beside(engine: Engine, handler: str, told: list[Envelope]) -> Iterator[Future[Report]]:
    """Apply a batch, which is going to wait for a lock of ours."""
    publish(engine, *told)
    route_all(engine)

    def apply() -> Report:
        with WorkDesk(engine) as desk:
            return apply_due(desk.desk, HANDLERS[handler], limit=500, now=datetime.now(UTC))

    with ThreadPoolExecutor(1) as pool:
        applied = pool.submit(apply)
        yield applied


def waits_for_the_first_alone(
    engine: Engine, handler: str, told: list[Envelope], *, table: str, order: str
) -> Report:
    """Hold the first row; the batch waits for it, and all others are free."""
    first = text(f"SELECT FROM {table} ORDER BY {order} LIMIT 1 FOR UPDATE")
    free = text(f"SELECT 1 FROM {table} FOR UPDATE SKIP LOCKED")
    with engine.connect() as holder, beside(engine, handler, told) as applied:
        try:
            holder.execute(first)
            until(lambda: applied.done() or ask(engine, WAITING) > 0, "the batch waits for us")
            assert not applied.done()
            count = ask(engine, f"SELECT count(*) FROM {table}")
            with engine.connect() as other:
                assert len(other.execute(free).all()) == count - 1
        finally:
            holder.rollback()
        return applied.result(PATIENCE.total_seconds())


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """People of whom each has both profiles; half of them host something."""
    diary = Diary()
    diary.people("Cleo", *PEOPLE)
    for person in PEOPLE:
        diary.note(HostProfileUpdated(user_id=an_id(person), host_bio="b"), START - 50 * DAY)
        diary.note(SocialProfileUpdated(user_id=an_id(person), bio="b"), START - 50 * DAY)
    for host in HOSTS:
        diary.event(f"event of {host}", host=host, seats=8)
    tell(engine, diary.pages)
    diary.pages = diary.pages[len(diary.pages) :]
    return diary


class TestProfiles:
    @pytest.mark.parametrize(
        ("handler", "payload", "table"),
        [
            ("users.apply_host_profile_updated", HostProfileUpdated, "host_profiles"),
            ("users.apply_social_profile_updated", SocialProfileUpdated, "social_profiles"),
            ("users.apply_user_deleted", UserDeleted, "host_profiles"),
        ],
    )
    def test_are_locked_in_key_order(
        self, engine: Engine, diary: Diary, handler: str, payload: type[Payload], table: str
    ) -> None:
        for person in PEOPLE:
            diary.note(payload.model_validate({"user_id": an_id(person)}), START - DAY)
        report = waits_for_the_first_alone(
            engine, handler, diary.pages, table=table, order="user_id"
        )
        assert report.claimed == len(PEOPLE)
        settle(engine)
        assert drift(engine) == []


class TestKudos:
    @pytest.fixture
    def hashing(self, database_url: str) -> Iterator[Engine]:
        """Connections on which rows are met as they lie, as in a large table."""
        mark = "&" if "?" in database_url else "?"
        url = f"{database_url}{mark}options=-c%20enable_nestloop%3Doff"
        engine = make_engine(url, process="test", pool_size=5)
        yield engine
        engine.dispose()

    def test_said_again_are_locked_in_key_order(self, engine: Engine, hashing: Engine) -> None:
        diary = Diary()
        diary.people("Hanna", "Cleo", *PEOPLE)
        diary.event("drinks", host="Hanna", seats=30)
        for person in PEOPLE:
            diary.invited("drinks", person)
            diary.paid("drinks", person)
            diary.reported("drinks", person, by="Hanna", status="attended")
        diary.ended("drinks")
        tell(engine, diary.pages)
        for person in sorted(PEOPLE, key=an_id, reverse=True):
            tell(engine, [diary.thanked("drinks", "Hanna", person, Kudo.HELPFUL)])
        again = [
            diary.thanked("drinks", "Hanna", person, Kudo.HELPFUL, at=END + 2 * HOUR)
            for person in PEOPLE
        ]
        report = waits_for_the_first_alone(
            hashing,
            "kudos.apply_kudos_given",
            again,
            table="attendee_kudos",
            order="receiver_id, giver_id, event_id, kudo",
        )
        assert report.outcomes == {"done": len(PEOPLE)}
        assert drift(engine) == []
