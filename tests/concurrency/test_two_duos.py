"""Two batches about one duo, or about one person's duos: one waits, and what comes out is right."""

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS, Handler
from domain.gatherings.payloads import EventCompleted
from domain.users.payloads import UserDeleted
from tests.concurrency.race import apply_alone, both_ways, publish_last, race
from tests.helpers.diary import Diary
from tests.helpers.ledger import deliveries, drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import settle, tell

PROPOSED = HANDLERS["duos.apply_duo_proposed"]
ACCEPTED = HANDLERS["duos.apply_duo_accepted"]
DECLINED = HANDLERS["duos.apply_duo_declined"]
KEPT = HANDLERS["safety.apply_user_blocked"]
BLOCKED = HANDLERS["duos.apply_block_settled"]
DELETED = HANDLERS["users.apply_user_deleted"]
EVENT_COMPLETED = HANDLERS["gatherings.apply_event_completed"]
EVENT_SETTLED = HANDLERS["duos.apply_event_settled"]
AT = START - 6 * DAY


@pytest.fixture
def diary(engine: Engine) -> Diary:
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan", "Eve")
    tell(engine, diary.pages)
    return diary


def statuses(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return dict(connection.execute(text("SELECT id::text, status FROM duos")).tuples().all())


class TestTwoProposals:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(("Ada", "Bo"), ("Ada", "Dan"), id="by one person"),
            pytest.param(("Ada", "Bo"), ("Dan", "Bo"), id="to one person"),
            pytest.param(("Ada", "Bo"), ("Bo", "Ada"), id="to one another"),
        ],
    )
    @pytest.mark.parametrize("first", ["older", "newer"])
    def test_of_two_at_once_exactly_one_wins(
        self,
        engine: Engine,
        diary: Diary,
        *,
        one: tuple[str, str],
        other: tuple[str, str],
        first: str,
    ) -> None:
        apart = HOUR if first == "older" else -HOUR
        diary.paired("one", *one, at=AT)
        diary.paired("two", *other, at=AT + apart)
        publish_last(engine, diary, 2)
        race(engine, PROPOSED, PROPOSED, limit=1)
        settle(engine)
        assert statuses(engine) == {an_id("one"): "pending"}
        became = [row.state for row in deliveries(engine, PROPOSED).values()]
        assert sorted(became) == ["done", "rejected"]
        assert drift(engine) == []

    def test_of_two_with_one_id_the_second_has_none(self, engine: Engine, diary: Diary) -> None:
        diary.paired("one", "Ada", "Bo", at=AT)
        diary.paired("one", "Dan", "Eve", at=AT)
        publish_last(engine, diary, 2)
        race(engine, PROPOSED, PROPOSED, limit=1)
        settle(engine)
        reasons = [row.reason or "" for row in deliveries(engine, PROPOSED).values()]
        assert sorted(reason.partition(":")[0] for reason in reasons) == ["", "id_taken"]
        assert drift(engine) == []


class TestWhatEndsOne:
    @both_ways(PROPOSED, BLOCKED)
    def test_a_block_and_a_proposal_between_two_leave_no_open_duo(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """Expired in both orders, since the block is the newer: nothing barred the proposal."""
        diary.paired("one", "Ada", "Bo", at=AT)
        diary.blocked("Bo", "Ada", at=AT + HOUR)
        publish_last(engine, diary, 2)
        apply_alone(engine, KEPT)
        race(engine, first, second)
        settle(engine)
        assert statuses(engine) == {an_id("one"): "expired"}
        assert drift(engine) == []

    @both_ways(PROPOSED, DECLINED)
    def test_a_proposal_after_a_no_stands(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """Refused and judged again, or made at once."""
        diary.paired("one", "Ada", "Bo", at=AT)
        tell(engine, diary.pages[-1:])
        diary.parted("one", at=AT + HOUR)
        diary.paired("two", "Ada", "Dan", at=AT + 2 * HOUR)
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        assert statuses(engine) == {an_id("one"): "declined", an_id("two"): "pending"}
        assert drift(engine) == []

    @both_ways(PROPOSED, DELETED)
    def test_who_is_deleted_is_in_no_open_one(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        diary.paired("one", "Ada", "Bo", at=AT)
        diary.note(UserDeleted(user_id=an_id("Bo")), AT + HOUR)
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        assert statuses(engine) == {an_id("one"): "expired"}
        assert drift(engine) == []


class TestCompletion:
    @both_ways(ACCEPTED, EVENT_SETTLED)
    def test_an_answer_and_the_completion_find_one_another(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        diary.event("drinks", host="Hanna", seats=5)
        diary.paired("one", "Ada", "Bo", at=AT, expires_at=END)
        diary.attended("drinks", "Ada", "Bo", duo="one")
        tell(engine, diary.pages)
        diary.note(EventCompleted(event_id=an_id("drinks")), END + HOUR)
        diary.agreed("one")
        publish_last(engine, diary, 2)
        apply_alone(engine, EVENT_COMPLETED)
        race(engine, first, second)
        settle(engine)
        assert statuses(engine) == {an_id("one"): "completed"}
        assert drift(engine) == []
