"""Two batches about talk, posts, photos or the memory book, of which one hasn't committed yet."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS, Handler
from domain.users.payloads import UserDeleted
from tests.concurrency.race import both_ways, in_the_midst, publish_last, race
from tests.helpers.diary import Diary
from tests.helpers.ledger import PATIENCE, ask, deliveries, drift
from tests.helpers.pages import DAY, END, HOUR, an_id
from tests.helpers.telling import settle, tell

STARTED = HANDLERS["messaging.apply_conversation_started"]
SENT = HANDLERS["messaging.apply_message_sent"]
POSTED = HANDLERS["boards.apply_event_post_created"]
UPLOADED = HANDLERS["boards.apply_event_photo_uploaded"]
MODERATED = HANDLERS["boards.apply_event_photo_moderated"]
REMEMBERED = HANDLERS["connections.apply_connection_updated"]
REPORTED = HANDLERS["attendance.apply_attendance_reported"]
PAID = HANDLERS["payments.apply_payment_succeeded"]
SEAT_TAKEN = HANDLERS["invitations.apply_payment_succeeded"]
DELETED = HANDLERS["users.apply_user_deleted"]
TALK = "talk Ada Dan"


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada and Dan came to two events of Hanna's; Bo is invited to one, and Eve has a seat."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan", "Eve")
    for event in ("drinks", "brunch"):
        diary.event(event, host="Hanna", seats=8)
        diary.attended(event, "Ada", "Dan")
        diary.ended(event)
    diary.invited("drinks", "Bo")
    diary.invited("drinks", "Eve")
    diary.paid("drinks", "Eve")
    tell(engine, diary.pages)
    return diary


def reasons(engine: Engine, handler: Handler) -> list[str]:
    return sorted(
        (row.reason or row.state).partition(":")[0] for row in deliveries(engine, handler).values()
    )


class TestTalk:
    def test_two_conversations_of_one_pair_are_one(self, engine: Engine, diary: Diary) -> None:
        """G3: which of the two depends on who was first; the other is refused."""
        diary.talked("Ada", "Dan")
        diary.talked("Dan", "Ada")
        publish_last(engine, diary, 2)
        race(engine, STARTED, STARTED, limit=1)
        assert reasons(engine, STARTED) == ["already_started", "done"]
        assert ask(engine, "SELECT count(*) FROM conversations") == 1
        assert ask(engine, "SELECT count(*) FROM conversation_participants") == 2

    def test_one_conversation_that_is_told_of_twice_began_when_it_did_first(
        self, engine: Engine, diary: Diary
    ) -> None:
        """G3, G4."""
        diary.talked("Ada", "Dan", at=END + 2 * DAY)
        diary.talked("Ada", "Dan", at=END + DAY)
        publish_last(engine, diary, 2)
        race(engine, STARTED, STARTED, limit=1)
        assert reasons(engine, STARTED) == ["done", "done"]
        assert ask(engine, "SELECT updated_at FROM conversations") == END + DAY

    @pytest.mark.parametrize("days", [(2, 3), (3, 2)], ids=["older first", "newer first"])
    def test_of_two_messages_at_once_the_newer_is_the_last(
        self, engine: Engine, diary: Diary, days: tuple[int, int]
    ) -> None:
        """G3, G4."""
        diary.talked("Ada", "Dan")
        tell(engine, diary.pages[-1:])
        for sender, day in zip(("Ada", "Dan"), days, strict=True):
            diary.said(TALK, sender, f"day {day}", at=END + day * DAY)
        publish_last(engine, diary, 2)
        race(engine, SENT, SENT, limit=1)
        with engine.connect() as connection:
            row = connection.execute(
                text("SELECT last_message_id::text, updated_at FROM conversations")
            ).one()
        assert tuple(row) == (an_id("day 3"), END + 3 * DAY)
        assert drift(engine) == []

    def test_whose_first_meeting_is_just_being_noted_begins_at_the_next_look(
        self, engine: Engine, diary: Diary
    ) -> None:
        """Nothing is locked of events at which two might have met: a look a second later heals."""
        diary.talked("Ada", "Eve")
        publish_last(engine, diary, 1)
        with in_the_midst(engine, STARTED) as going:
            diary.reported("drinks", "Eve", by="Hanna", status="late")
            publish_last(engine, diary, 1)
            assert going.join(REPORTED).result(PATIENCE.total_seconds()).claimed == 1
            going.go_on.set()
            assert going.first.result(PATIENCE.total_seconds()).outcomes == {"deferred": 1}
        settle(engine, now=datetime.now(UTC) + HOUR)
        assert reasons(engine, STARTED) == ["done"]


class TestTheBoard:
    @both_ways(POSTED, SEAT_TAKEN)
    def test_a_post_by_somebody_who_is_just_getting_a_seat_is_not_forgotten(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G2."""
        diary.paid("drinks", "Bo")
        publish_last(engine, diary, 1)
        with in_the_midst(engine, PAID) as going:
            going.go_on.set()
        diary.posted("drinks", "Bo")
        publish_last(engine, diary, 1)
        race(engine, first, second)
        settle(engine)
        assert reasons(engine, POSTED) == ["done"]

    @both_ways(UPLOADED, REPORTED)
    def test_a_photo_by_somebody_who_is_just_said_to_have_come_is_not_forgotten(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G2."""
        diary.photographed("drinks", "Eve")
        diary.reported("drinks", "Eve", by="Hanna", status="late")
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        assert reasons(engine, UPLOADED) == ["done"]

    def test_of_two_decisions_at_once_the_newer_stands(self, engine: Engine, diary: Diary) -> None:
        """G3, G4."""
        diary.photographed("drinks", "Ada")
        tell(engine, diary.pages[-1:])
        diary.moderated("drinks", "Ada", "hidden_by_host", by="Hanna", at=END + 2 * DAY)
        diary.moderated("drinks", "Ada", "pending_review", by="Hanna", at=END + DAY)
        publish_last(engine, diary, 2)
        race(engine, MODERATED, MODERATED, limit=1)
        assert ask(engine, "SELECT status FROM event_photos") == "hidden_by_host"


class TestTheMemoryBook:
    def wish(self, diary: Diary, event: str, owner: str, other: str) -> None:
        diary.remembered(event, owner, other, wants_to_connect_again=True)

    @pytest.mark.parametrize("event", ["drinks", "brunch"], ids=["one event", "two events"])
    def test_two_who_wish_at_once_to_connect_again_are_heard(
        self, engine: Engine, diary: Diary, event: str
    ) -> None:
        """G3: once, not twice and not never."""
        self.wish(diary, "drinks", "Ada", "Dan")
        self.wish(diary, event, "Dan", "Ada")
        publish_last(engine, diary, 2)
        race(engine, REMEMBERED, REMEMBERED, limit=1)
        statement = "SELECT count(*) FROM domain_events WHERE type LIKE '%connection.mutual%'"
        assert ask(engine, statement) == 1

    @both_ways(REMEMBERED, DELETED)
    def test_what_somebody_wrote_who_was_just_being_deleted_is_gone(
        self, engine: Engine, diary: Diary, first: Handler, second: Handler
    ) -> None:
        """G4."""
        diary.remembered("drinks", "Ada", "Dan", at=END + 3 * DAY, private_notes="Call")
        diary.note(UserDeleted(user_id=an_id("Ada")), END + 2 * DAY)
        publish_last(engine, diary, 2)
        race(engine, first, second)
        settle(engine)
        assert ask(engine, "SELECT count(*) FROM connection_facts") == 0
        assert ask(engine, "SELECT count(private_notes) FROM connections") == 0
        assert drift(engine) == []
