"""A chore that writes meets whoever changes what it writes about: one waits, and both are right."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.catalogue import HANDLERS
from domain.matching.means import average_dislikes
from domain.matching.requests import Mark, mark
from domain.matching.sources import read_sources
from domain.matching.vectors import write_vectors
from domain.payload import Payload
from domain.ratings.feedback import take, write
from domain.ratings.payloads import RatingSubmitted
from domain.tables.matching import RequestKind
from domain.users.payloads import SocialProfileUpdated, UserDeleted
from tests.concurrency.race import WAITING, in_the_midst
from tests.factories.town import literal
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, route_all, until
from tests.helpers.pages import DAY, END, START, an_id
from tests.helpers.ports import ScriptedEmbedder, ScriptedSummariser
from tests.helpers.roles import as_scheduler
from tests.helpers.telling import publish, settle, tell
from workers.chores.summaries import make_summaries
from workers.chores.vectors import make_vectors

NOW = datetime.now(UTC) + timedelta(hours=1)
ADA = an_id("Ada")
DELETED = HANDLERS["users.apply_user_deleted"]
RATED = HANDLERS["ratings.apply_rating_submitted"]
GUESTS = ("Ada", "Bo", "Dan")
VECTORS = "SELECT count(social_profile_vector) FROM social_profiles"


DECLINED = """
    INSERT INTO invitation_facts (invitation_id, time, id, source, kind, data)
    SELECT id, now(), 'no', '/test', 'invitation.declined',
        '{"decline_reason": "not_interested"}' FROM invitations WHERE user_id = :ada
"""


def give_vector(engine: Engine, said: str) -> None:
    """Give all events the vector of a text."""
    with engine.begin() as connection:
        statement = text("UPDATE events SET event_vector = cast(:vector AS vector)")
        connection.execute(statement, {"vector": literal(said)})


@contextmanager
def uncommitted(engine: Engine) -> Iterator[Session]:
    """A transaction that commits when left; what is done in it others have to wait for."""
    with Session(engine) as session, session.begin():
        yield session


@contextmanager
def meanwhile(engine: Engine, does: Callable[[], object]) -> Iterator[Future[object]]:
    """Have somebody do something who has to wait for the transaction that the block is in."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(does)
        until(lambda: ask(engine, WAITING) > 0, "somebody waits")
        assert not future.done()
        yield future


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Three guests of an evening that is over; Ada says something of herself."""
    diary = Diary()
    diary.people("Hanna", "Cleo", *GUESTS)
    diary.event("drinks", host="Hanna", seats=8)
    for guest in GUESTS:
        diary.invited("drinks", guest)
        diary.paid("drinks", guest)
        diary.reported("drinks", guest, by="Hanna", status="attended")
    diary.ended("drinks")
    diary.note(SocialProfileUpdated(user_id=ADA, bio="I climb"), START - 40 * DAY)
    tell(engine, diary.pages)
    return diary


def say(engine: Engine, diary: Diary, payload: Payload, time: datetime) -> None:
    """Have something published and routed, and not applied yet."""
    publish(engine, [diary.note(payload, time)])
    route_all(engine)


class TestDeletion:
    def test_the_chore_waits_for_a_deletion_and_then_writes_nothing(
        self, engine: Engine, diary: Diary
    ) -> None:
        say(engine, diary, UserDeleted(user_id=ADA), START - 2 * DAY)
        with in_the_midst(engine, DELETED, limit=9) as going:
            chore = ScriptedEmbedder()
            with meanwhile(
                engine, lambda: make_vectors(as_scheduler(engine), chore, now=NOW)
            ) as done:
                going.go_on.set()
            done.result(PATIENCE.total_seconds())
        settle(engine)
        assert chore.asked
        assert ask(engine, VECTORS) == 0

    def test_a_deletion_waits_for_the_chore_and_then_leaves_nothing(
        self, engine: Engine, diary: Diary
    ) -> None:
        say(engine, diary, UserDeleted(user_id=ADA), START - 2 * DAY)
        key = (RequestKind.PROFILE, ADA)
        with uncommitted(engine) as session:
            read = read_sources(session, [key])
            vectors = {"I climb": [1.0] + [0.0] * 383}
            assert write_vectors(session, read, vectors, model="m", now=NOW) == set()
            with meanwhile(engine, lambda: settle(engine)) as done:
                session.commit()
            done.result(PATIENCE.total_seconds())
        assert ask(engine, VECTORS) == 0
        assert ask(engine, "SELECT count(*) FROM embeddings WHERE kind = 'profile'") == 0


class TestMeans:
    def test_the_later_of_two_has_read_the_newer_vectors(
        self, engine: Engine, diary: Diary
    ) -> None:
        with engine.begin() as connection:
            connection.execute(text(DECLINED), {"ada": ADA})
        give_vector(engine, "a")
        with uncommitted(engine) as session:
            average_dislikes(session, [ADA])
            give_vector(engine, "b")

            def again() -> None:
                with uncommitted(engine) as other:
                    average_dislikes(other, [ADA])

            with meanwhile(engine, again) as done:
                session.commit()
            done.result(PATIENCE.total_seconds())
        distance = "SELECT vector <-> cast(:vector AS vector) FROM user_interest_vectors"
        assert ask(engine, distance, vector=literal("b")) < 1e-6


class TestSummaries:
    @pytest.fixture
    def rated(self, engine: Engine, diary: Diary) -> Diary:
        for guest in GUESTS:
            diary.note(a_rating(guest, "Great food."), END + DAY)
        tell(engine, diary.pages)
        return diary

    def test_a_rating_waits_for_the_summary_and_then_takes_it_back(
        self, engine: Engine, rated: Diary
    ) -> None:
        with uncommitted(engine) as session:
            (wanted,) = take(session, limit=1, now=NOW)
        say(engine, rated, a_rating("Ada", "Awful."), END + 2 * DAY)
        with uncommitted(engine) as session:
            assert write(session, wanted, summary="Great.")
            with meanwhile(engine, lambda: settle(engine)) as done:
                session.commit()
            done.result(PATIENCE.total_seconds())
        assert ask(engine, "SELECT event_summary->>'feedback_summary_ai' FROM events") is None
        summariser = ScriptedSummariser()
        assert make_summaries(as_scheduler(engine), summariser, now=NOW) == 1
        assert "Awful." in summariser.asked[0]

    def test_the_summary_waits_for_a_rating_and_then_isn_t_written(
        self, engine: Engine, rated: Diary
    ) -> None:
        with uncommitted(engine) as session:
            (wanted,) = take(session, limit=1, now=NOW)
        say(engine, rated, a_rating("Ada", "Awful."), END + 2 * DAY)

        def write_late() -> bool:
            with uncommitted(engine) as other:
                return write(other, wanted, summary="Great.")

        with in_the_midst(engine, RATED, limit=9) as going:
            with meanwhile(engine, write_late) as done:
                going.go_on.set()
            assert done.result(PATIENCE.total_seconds()) is False
        Application(engine).catch_up()
        feedback = ask(engine, "SELECT event_summary->>'feedback_summary_ai' FROM events")
        assert "Awful." in feedback


def a_rating(guest: str, comment: str) -> RatingSubmitted:
    return RatingSubmitted(
        rating_id=an_id(f"rating {guest}"),
        event_id=an_id("drinks"),
        rater_id=an_id(guest),
        host_rating_value=4,
        event_rating_value=4,
        comment=comment,
    )


class TestTwoChores:
    def test_many_at_once_make_everything_once_and_leave_nothing(
        self, engine: Engine, diary: Diary
    ) -> None:
        """G14."""
        with uncommitted(engine) as session:
            events = [row for (row,) in session.connection().execute(text("SELECT id FROM events"))]
            marks = [Mark(RequestKind.EVENT, str(event), None) for event in events] * 3
            for each in marks:
                mark(session, [each], now=NOW)
        embedders = [ScriptedEmbedder() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            tasks = [pool.submit(make_vectors, engine, each, now=NOW) for each in embedders]
            for task in tasks:
                task.result(PATIENCE.total_seconds())
        Application(engine).catch_up()
        assert ask(engine, "SELECT count(*) FROM events WHERE event_vector IS NULL") == 0
