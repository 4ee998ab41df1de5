"""Rules, "Duos": which proposals make one, and what becomes of those that don't."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from domain.envelope import Envelope
from domain.users.payloads import UserDeleted
from tests.helpers.diary import Diary
from tests.helpers.ledger import ask, drift
from tests.helpers.pages import DAY, HOUR, START, an_id
from tests.helpers.telling import tell

PROPOSED = START - 6 * DAY


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Four people, all told; what is noted from here on is yet to be."""
    diary = Diary()
    diary.people("Ada", "Bo", "Dan", "Eve")
    tell(engine, diary.pages)
    return diary


def tell_new(engine: Engine, diary: Diary, *pages: Envelope) -> None:
    """Tell what was noted last, in one batch."""
    tell(engine, pages or diary.pages[-1:])


def became(engine: Engine, page: Envelope) -> tuple[str, str | None]:
    """(state, reason code or note) of a domain event in the duos topic."""
    statement = """
        SELECT state, split_part(reason, ':', 1) FROM deliveries JOIN domain_events USING (seq)
        WHERE domain_events.id = :id AND handler LIKE 'duos.%'
    """
    with engine.connect() as connection:
        state, reason = connection.execute(text(statement), {"id": page.id}).one()
    return state, reason


def statuses(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT id::text, status FROM duos")).tuples().all())


class TestProposals:
    def test_one_makes_a_pending_duo_of_two_for_seven_days(
        self, engine: Engine, diary: Diary
    ) -> None:
        tell_new(engine, diary, diary.paired("one", "Ada", "Bo"))
        with engine.connect() as connection:
            (row,) = connection.execute(
                text("SELECT id::text, status, expires_at, opened_at, open_until FROM duos")
            )
            members = connection.execute(text("SELECT user_id::text, role FROM duo_participants"))
            roles = dict(members.tuples().all())
        over = PROPOSED + 7 * DAY
        assert tuple(row) == (an_id("one"), "pending", over, PROPOSED, over)
        assert roles == {an_id("Ada"): "initiator", an_id("Bo"): "participant"}

    def test_with_oneself_it_is_rejected_and_what_refers_to_it(
        self, engine: Engine, diary: Diary
    ) -> None:
        alone, agreed = diary.paired("one", "Ada", "Ada"), diary.agreed("one")
        tell_new(engine, diary, alone, agreed)
        assert became(engine, alone) == ("rejected", "self")
        assert became(engine, agreed) == ("rejected", "refers_to_rejected")

    def test_one_that_is_over_before_it_begins_is_rejected(
        self, engine: Engine, diary: Diary
    ) -> None:
        page = diary.paired("one", "Ada", "Bo", expires_at=PROPOSED - HOUR)
        tell_new(engine, diary, page)
        assert became(engine, page) == ("rejected", "expires_at_once")

    def test_told_twice_it_is_one(self, engine: Engine, diary: Diary) -> None:
        first = diary.paired("one", "Ada", "Bo")
        second = diary.paired("one", "Ada", "Bo", at=PROPOSED + HOUR)
        tell_new(engine, diary, first, second)
        assert became(engine, second) == ("done", "already_proposed")
        assert ask(engine, "SELECT count(*) FROM duo_participants") == 2

    @pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "one by one"])
    def test_the_id_of_others_is_taken(
        self, engine: Engine, diary: Diary, *, at_once: bool
    ) -> None:
        first = diary.paired("one", "Ada", "Bo")
        second = diary.paired("one", "Dan", "Eve", at=PROPOSED + HOUR)
        third = diary.paired("two", "Dan", "Eve", at=PROPOSED + 2 * HOUR)
        for batch in [[first, second, third]] if at_once else [[first], [second], [third]]:
            tell(engine, batch)
        assert became(engine, second) == ("rejected", "id_taken")
        assert statuses(engine) == {an_id("one"): "pending", an_id("two"): "pending"}


class TestOneAtATime:
    @pytest.mark.parametrize(
        ("people", "at", "reason"),
        [
            pytest.param(("Ada", "Dan"), PROPOSED + DAY, "already_in_a_duo", id="who asked"),
            pytest.param(("Dan", "Ada"), PROPOSED + DAY, "already_in_a_duo", id="who is asked"),
            pytest.param(("Bo", "Ada"), PROPOSED + DAY, "already_in_a_duo", id="the same two"),
            pytest.param(("Dan", "Eve"), PROPOSED + DAY, None, id="others"),
            pytest.param(("Ada", "Dan"), PROPOSED - DAY, "already_in_a_duo", id="an older one"),
            pytest.param(("Ada", "Dan"), PROPOSED - 7 * DAY, None, id="over when it began"),
            pytest.param(("Ada", "Dan"), PROPOSED + 7 * DAY, None, id="after its time, unheard of"),
        ],
    )
    def test_nobody_is_in_two_open_ones(
        self,
        engine: Engine,
        diary: Diary,
        *,
        people: tuple[str, str],
        at: datetime,
        reason: str | None,
    ) -> None:
        tell_new(engine, diary, diary.paired("one", "Ada", "Bo"))
        second = diary.paired("two", *people, at=at)
        tell_new(engine, diary, second)
        assert became(engine, second) == ("rejected" if reason else "done", reason)
        assert drift(engine) == []

    def test_of_two_in_one_batch_the_first_wins(self, engine: Engine, diary: Diary) -> None:
        later = diary.paired("two", "Ada", "Dan", at=PROPOSED + HOUR)
        first = diary.paired("one", "Ada", "Bo")
        tell_new(engine, diary, later, first)
        assert statuses(engine) == {an_id("one"): "pending"}
        assert became(engine, later) == ("rejected", "already_in_a_duo")

    def test_one_that_was_refused_bars_nobody(self, engine: Engine, diary: Diary) -> None:
        tell_new(engine, diary, diary.paired("one", "Ada", "Bo"))
        refused = diary.paired("two", "Ada", "Dan", at=PROPOSED + HOUR)
        other = diary.paired("three", "Dan", "Eve", at=PROPOSED + 2 * HOUR)
        tell_new(engine, diary, refused, other)
        assert statuses(engine) == {an_id("one"): "pending", an_id("three"): "pending"}

    def test_a_refused_one_is_made_once_the_other_turns_out_to_have_ended_before(
        self, engine: Engine, diary: Diary
    ) -> None:
        tell_new(engine, diary, diary.paired("one", "Ada", "Bo"))
        second = diary.paired("two", "Ada", "Dan", at=PROPOSED + 2 * HOUR)
        agreed = diary.agreed("two")
        tell_new(engine, diary, second, agreed)
        assert became(engine, agreed) == ("rejected", "refers_to_rejected")
        tell_new(engine, diary, diary.parted("one", at=PROPOSED + HOUR))
        assert became(engine, second) == ("done", None)
        assert statuses(engine) == {an_id("one"): "declined", an_id("two"): "active"}

    def test_it_stays_refused_when_the_other_ended_only_afterwards(
        self, engine: Engine, diary: Diary
    ) -> None:
        tell_new(engine, diary, diary.paired("one", "Ada", "Bo"))
        second = diary.paired("two", "Ada", "Dan", at=PROPOSED + 2 * HOUR)
        tell_new(engine, diary, second)
        tell_new(engine, diary, diary.parted("one", at=PROPOSED + 3 * HOUR))
        assert became(engine, second) == ("rejected", "already_in_a_duo")

    def test_a_duo_with_somebody_who_had_left_bars_nobody(
        self, engine: Engine, diary: Diary
    ) -> None:
        tell_new(engine, diary, diary.note(UserDeleted(user_id=an_id("Bo")), PROPOSED - HOUR))
        first = diary.paired("one", "Ada", "Bo")
        second = diary.paired("two", "Ada", "Dan", at=PROPOSED + HOUR)
        tell_new(engine, diary, first, second)
        assert statuses(engine) == {an_id("one"): "expired", an_id("two"): "pending"}
        assert drift(engine) == []


class TestBlocks:
    @pytest.mark.parametrize("people", [("Ada", "Bo"), ("Bo", "Ada")], ids=" asks ".join)
    def test_a_proposal_across_one_is_rejected_and_made_when_that_had_ended(
        self, engine: Engine, diary: Diary, people: tuple[str, str]
    ) -> None:
        tell_new(engine, diary, diary.blocked("Ada", "Bo", at=PROPOSED - DAY))
        page = diary.paired("one", *people)
        tell_new(engine, diary, page)
        assert became(engine, page) == ("rejected", "blocked")
        tell_new(engine, diary, diary.unblocked("Ada", "Bo", at=PROPOSED - HOUR))
        assert statuses(engine) == {an_id("one"): "pending"}

    def test_one_heard_of_late_expires_what_it_would_have_barred(
        self, engine: Engine, diary: Diary
    ) -> None:
        tell_new(engine, diary, diary.paired("one", "Ada", "Bo"))
        tell_new(engine, diary, diary.blocked("Bo", "Ada", at=PROPOSED - DAY))
        second = diary.paired("two", "Ada", "Dan", at=PROPOSED + HOUR)
        tell_new(engine, diary, second)
        assert statuses(engine) == {an_id("one"): "expired", an_id("two"): "pending"}
        assert drift(engine) == []
