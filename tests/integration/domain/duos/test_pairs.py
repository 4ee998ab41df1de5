"""Rules, "Duos": two who are invited as a pair, and come."""

import pytest
from sqlalchemy import Engine, text

from domain.duos.payloads import DuoCompleted
from domain.gatherings.payloads import CancelledBy, EventCancelled, EventCompleted
from domain.users.payloads import UserDeleted
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask, drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell

PACT = "ada and bo"


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Bo have agreed to go to the next event together; all of it is told."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=5)
    diary.paired(PACT, "Ada", "Bo", expires_at=END + DAY)
    diary.agreed(PACT)
    tell(engine, diary.pages)
    return diary


def go(diary: Diary, *people: str, **rest: str | None) -> None:
    """Have people be invited, pay and come."""
    for person in people:
        diary.invited("drinks", person, duo=rest.get(person, PACT))
        diary.paid("drinks", person)
        diary.reported("drinks", person, by="Hanna", status="attended")


def status(engine: Engine) -> str:
    found: str = ask(engine, "SELECT status FROM duos WHERE id = :id", id=an_id(PACT))
    return found


def complete(diary: Diary) -> None:
    diary.note(EventCompleted(event_id=an_id("drinks")), END + 2 * HOUR)


def completions(engine: Engine) -> list[str]:
    """The events of which a completion of a duo was told."""
    statement = "SELECT data->>'event_id' FROM domain_events WHERE type = :type ORDER BY seq"
    with engine.connect() as connection:
        rows = connection.execute(text(statement), {"type": DuoCompleted.TYPE})
        return [event for (event,) in rows]


class TestCompletion:
    def test_two_who_come_as_a_pair_complete_their_duo(self, engine: Engine, diary: Diary) -> None:
        go(diary, "Ada", "Bo")
        complete(diary)
        tell(engine, diary.pages)
        assert status(engine) == "completed"
        assert completions(engine) == [an_id("drinks")]

    @pytest.mark.parametrize(
        ("people", "rest"),
        [
            pytest.param(["Ada"], {}, id="one stays away"),
            pytest.param(["Ada", "Bo"], {"Bo": None}, id="one was invited alone"),
            pytest.param(["Ada", "Dan"], {}, id="somebody else was invited with it"),
        ],
    )
    def test_one_alone_completes_nothing(
        self, engine: Engine, diary: Diary, *, people: list[str], rest: dict[str, None]
    ) -> None:
        go(diary, *people, **rest)
        complete(diary)
        tell(engine, diary.pages)
        assert status(engine) == "active"
        assert completions(engine) == []

    def test_it_is_told_once_though_it_is_taken_back_and_comes_true_again(
        self, engine: Engine, diary: Diary
    ) -> None:
        go(diary, "Ada", "Bo")
        complete(diary)
        tell(engine, diary.pages)
        for there, becomes in (("no_show", "active"), ("late", "completed")):
            at = END + (DAY if there == "no_show" else 2 * DAY)
            diary.reported("drinks", "Bo", by="Hanna", status=there, at=at)
            tell(engine, diary.pages[-1:])
            assert status(engine) == becomes
        assert completions(engine) == [an_id("drinks")]

    def test_a_cancelled_event_takes_it_back(self, engine: Engine, diary: Diary) -> None:
        go(diary, "Ada", "Bo")
        complete(diary)
        by_host = EventCancelled(event_id=an_id("drinks"), cancelled_by=CancelledBy.HOST)
        diary.note(by_host, START - HOUR)
        for page in diary.pages:
            tell(engine, [page])
        assert status(engine) == "active"

    def test_a_duo_that_was_made_since_stays_when_it_is_taken_back(
        self, engine: Engine, diary: Diary
    ) -> None:
        """Which came first was decided when the second was applied, and is no drift."""
        go(diary, "Ada", "Bo")
        complete(diary)
        tell(engine, diary.pages)
        told = len(diary.pages)
        diary.paired("ada and dan", "Ada", "Dan", at=END + 3 * HOUR)
        diary.reported("drinks", "Bo", by="Hanna", status="no_show", at=END + DAY)
        for page in diary.pages[told:]:
            tell(engine, [page])
        assert status(engine) == "active"
        assert ask(engine, "SELECT count(*) FROM duos WHERE status = 'pending'") == 1
        assert drift(engine) == []

    def test_who_is_deleted_afterwards_has_completed_it(self, engine: Engine, diary: Diary) -> None:
        go(diary, "Ada", "Bo")
        complete(diary)
        tell(engine, diary.pages)
        diary.note(UserDeleted(user_id=an_id("Bo")), END + 3 * HOUR)
        tell(engine, diary.pages[-1:])
        assert status(engine) == "completed"


class TestInvitations:
    def test_one_waits_for_its_duo(self, engine: Engine, diary: Diary) -> None:
        diary.invited("drinks", "Dan", duo="dan and cleo")
        tell(engine, diary.pages[-1:])
        assert ask(engine, "SELECT count(*) FROM invitations") == 0
        tell(engine, [diary.paired("dan and cleo", "Dan", "Cleo")])
        assert ask(engine, "SELECT duo_id::text FROM invitations") == an_id("dan and cleo")

    def test_one_with_a_duo_that_was_refused_is_refused(self, engine: Engine, diary: Diary) -> None:
        diary.invited("drinks", "Dan", duo="dan alone")
        diary.paired("dan alone", "Dan", "Dan")
        tell(engine, diary.pages)
        found = ask(
            engine,
            "SELECT split_part(reason, ':', 1) FROM deliveries"
            " WHERE handler = 'invitations.apply_invitation_sent'",
        )
        assert found == "refers_to_rejected"

    def test_a_later_word_with_which_duo_changes_nothing_and_an_older_one_does(
        self, engine: Engine, diary: Diary
    ) -> None:
        duo_id = "SELECT duo_id::text FROM invitations"
        diary.invited("drinks", "Ada")
        diary.invited("drinks", "Ada", duo=PACT, at=START - 3 * DAY)
        tell(engine, diary.pages)
        assert ask(engine, duo_id) is None
        diary.invited("drinks", "Ada", duo=PACT, at=START - 5 * DAY)
        tell(engine, diary.pages[-1:])
        assert ask(engine, duo_id) == an_id(PACT)
