"""Conversations of people who met: who may begin one, who may speak, and what is newest."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.catalogue import HANDLERS
from domain.envelope import Envelope
from domain.gatherings.payloads import EventCancelled
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.ledger import Row, ask, deliveries, drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.telling import tell

STARTED = HANDLERS["messaging.apply_conversation_started"]
SENT = HANDLERS["messaging.apply_message_sent"]
TALK = "talk Ada Dan"
ADA, DAN = an_id("Ada"), an_id("Dan")
MET = ":".join(["met", *sorted((ADA, DAN))])


@pytest.fixture
def diary() -> Diary:
    """Ada and Dan have seats at an event of Hanna's."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan")
    diary.event("drinks", host="Hanna", seats=8)
    diary.seated("drinks", "Ada", "Dan")
    return diary


@pytest.fixture
def met(engine: Engine, diary: Diary) -> Diary:
    """They came, and that is known."""
    for person in ("Ada", "Dan"):
        diary.checked_in("drinks", person, at=START + HOUR)
    tell_all(engine, diary)
    return diary


def tell_all(engine: Engine, diary: Diary) -> None:
    """Tell what is new; the rest was said before, and has no further effect."""
    tell(engine, diary.pages)


def became(engine: Engine, page: Envelope) -> Row:
    """What became of one domain event."""
    handler = STARTED if page.type == STARTED.payload.TYPE else SENT
    return deliveries(engine, handler)[page.id]


def reason(row: Row) -> str:
    return (row.reason or "").partition(":")[0]


def block(engine: Engine, blocker: str, blocked: str, *, lifted: bool = False) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO blocked_users (blocker_id, blocked_id, blocked_at, unblocked_at)"
                " VALUES (:blocker, :blocked, now(), CASE WHEN :lifted THEN now() END)"
            ),
            {"blocker": blocker, "blocked": blocked, "lifted": lifted},
        )


def newest(engine: Engine) -> tuple[str | None, str]:
    """(last_message_id, updated_at) of the only conversation."""
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT last_message_id::text, updated_at FROM conversations")
        ).one()
    return row[0], row[1].isoformat()


class TestConversationStarted:
    def test_by_two_who_checked_in_at_an_event_that_still_goes_on(
        self, engine: Engine, met: Diary
    ) -> None:
        page = met.talked("Ada", "Dan", at=START + 2 * HOUR)
        tell_all(engine, met)
        assert became(engine, page) == Row("done")
        assert newest(engine) == (None, (START + 2 * HOUR).isoformat())
        assert ask(engine, "SELECT count(*) FROM conversation_participants") == 2

    def test_with_the_host(self, engine: Engine, met: Diary) -> None:
        page = met.talked("Hanna", "Ada")
        tell_all(engine, met)
        assert became(engine, page) == Row("done")

    def test_before_they_met_it_waits_and_begins_as_soon_as_they_have(
        self, engine: Engine, diary: Diary
    ) -> None:
        diary.checked_in("drinks", "Ada", at=START + HOUR)
        page = diary.talked("Ada", "Dan")
        tell_all(engine, diary)
        waiting = became(engine, page)
        assert (waiting.state, waiting.awaits) == ("deferred", MET)
        diary.checked_in("drinks", "Dan", at=START + HOUR)
        tell_all(engine, diary)
        assert became(engine, page).state == "done"

    def test_who_never_meet_are_refused_after_seven_days_with_all_they_said(
        self, engine: Engine, diary: Diary
    ) -> None:
        page = diary.talked("Ada", "Dan")
        diary.said(TALK, "Ada", "Anybody there?")
        application = Application(engine)
        application.run(diary.pages)
        assert became(engine, page).state == "deferred"
        application.now += timedelta(days=8)
        application.settle()
        assert reason(became(engine, page)) == "not_attended"
        (message,) = deliveries(engine, SENT).values()
        assert (message.state, reason(message)) == ("rejected", "refers_to_rejected")

    def test_a_cancelled_event_is_no_meeting(self, engine: Engine, diary: Diary) -> None:
        for person in ("Ada", "Dan"):
            diary.checked_in("drinks", person, at=START + HOUR)
        said = {"event_id": an_id("drinks"), "cancelled_by": "host"}
        diary.note(EventCancelled.model_validate(said), END - HOUR)
        page = diary.talked("Ada", "Dan")
        tell_all(engine, diary)
        assert became(engine, page).state == "deferred"

    def test_once_begun_it_stays(self, engine: Engine, met: Diary) -> None:
        met.talked("Ada", "Dan")
        tell_all(engine, met)
        met.reported("drinks", "Dan", by="Hanna", status="no_show")
        again = met.talked("Dan", "Ada", at=END + HOUR, name=TALK)
        met.said(TALK, "Ada", "You weren't there?")
        tell_all(engine, met)
        assert became(engine, again) == Row("done")
        assert newest(engine)[0] == an_id("You weren't there?")

    @pytest.mark.parametrize(("blocker", "blocked"), [(ADA, DAN), (DAN, ADA)])
    def test_not_across_a_block_in_either_direction(
        self, engine: Engine, met: Diary, blocker: str, blocked: str
    ) -> None:
        block(engine, blocker, blocked)
        page = met.talked("Ada", "Dan")
        tell_all(engine, met)
        assert reason(became(engine, page)) == "blocked"
        assert ask(engine, "SELECT count(*) FROM conversations") == 0

    def test_a_block_that_was_lifted_bars_nobody(self, engine: Engine, met: Diary) -> None:
        block(engine, ADA, DAN, lifted=True)
        page = met.talked("Ada", "Dan")
        tell_all(engine, met)
        assert became(engine, page) == Row("done")

    @pytest.mark.parametrize("at_once", [True, False])
    def test_a_second_one_of_the_same_pair_is_refused_with_all_that_is_said_in_it(
        self, engine: Engine, met: Diary, *, at_once: bool
    ) -> None:
        met.talked("Ada", "Dan")
        if not at_once:
            tell_all(engine, met)
        second = met.talked("Dan", "Ada", at=END + 2 * DAY)
        met.said("talk Dan Ada", "Ada", "Lost")
        tell_all(engine, met)
        assert reason(became(engine, second)) == "already_started"
        assert ask(engine, "SELECT count(*) FROM conversations") == 1
        assert [reason(row) for row in deliveries(engine, SENT).values()] == ["refers_to_rejected"]

    def test_an_id_under_which_others_talk_is_refused(self, engine: Engine, met: Diary) -> None:
        met.talked("Ada", "Dan")
        other = met.talked("Ada", "Hanna", at=END + 2 * DAY, name=TALK)
        tell_all(engine, met)
        assert reason(became(engine, other)) == "id_taken"
        assert ask(engine, "SELECT count(*) FROM conversation_participants") == 2


class TestMessageSent:
    @pytest.fixture
    def talk(self, engine: Engine, met: Diary) -> Diary:
        met.talked("Ada", "Dan")
        tell_all(engine, met)
        return met

    def said(self, talk: Diary, *listed: tuple[str, str, float]) -> Sequence[Envelope]:
        """Have (sender, message, days after the end) said; the pages."""
        for sender, message, days in listed:
            talk.said(TALK, sender, message, at=END + days * DAY)
        return talk.pages[-len(listed) :]

    def test_the_newest_of_a_batch_stands_by_time_and_then_by_id(
        self, engine: Engine, talk: Diary
    ) -> None:
        self.said(talk, ("Ada", "one", 2), ("Dan", "two", 3), ("Ada", "three", 3))
        tell_all(engine, talk)
        last = max(an_id("two"), an_id("three"))
        assert newest(engine) == (last, (END + 3 * DAY).isoformat())

    def test_an_older_one_that_is_heard_of_later_changes_nothing(
        self, engine: Engine, talk: Diary
    ) -> None:
        self.said(talk, ("Ada", "new", 3))
        tell_all(engine, talk)
        self.said(talk, ("Dan", "old", 2))
        tell_all(engine, talk)
        assert newest(engine)[0] == an_id("new")
        assert drift(engine) == []

    def test_a_stranger_has_no_say(self, engine: Engine, talk: Diary) -> None:
        (page,) = self.said(talk, ("Bo", "May I?", 2))
        tell_all(engine, talk)
        assert reason(became(engine, page)) == "not_a_participant"
        assert ask(engine, "SELECT count(*) FROM messages") == 0

    @pytest.mark.parametrize(("blocker", "blocked"), [(ADA, DAN), (DAN, ADA)])
    def test_across_a_block_nothing_more_is_said_and_the_conversation_stays(
        self, engine: Engine, talk: Diary, blocker: str, blocked: str
    ) -> None:
        self.said(talk, ("Ada", "before", 2))
        tell_all(engine, talk)
        block(engine, blocker, blocked)
        (page,) = self.said(talk, ("Dan", "after", 3))
        tell_all(engine, talk)
        assert reason(became(engine, page)) == "blocked"
        assert newest(engine)[0] == an_id("before")

    def test_what_an_api_service_wrote_itself_is_found_and_counted(
        self, engine: Engine, talk: Diary
    ) -> None:
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO messages (id, conversation_id, sender_id, content)"
                    " VALUES (:id, :talk, :ada, 'mine')"
                ),
                {"id": an_id("mine"), "talk": an_id(TALK), "ada": ADA},
            )
        (page,) = self.said(talk, ("Ada", "mine", 2))
        tell_all(engine, talk)
        assert became(engine, page) == Row("done")
        assert newest(engine) == (an_id("mine"), (END + 2 * DAY).isoformat())

    def test_an_id_that_is_another_s_message_is_refused(self, engine: Engine, talk: Diary) -> None:
        self.said(talk, ("Ada", "mine", 2))
        tell_all(engine, talk)
        (page,) = self.said(talk, ("Dan", "mine", 1))
        tell_all(engine, talk)
        assert reason(became(engine, page)) == "id_taken"
        assert ask(engine, "SELECT sender_id::text FROM messages") == ADA

    def test_said_twice_under_one_id_the_earlier_stands(self, engine: Engine, talk: Diary) -> None:
        later, earlier = self.said(talk, ("Ada", "again", 3), ("Ada", "again", 2))
        tell_all(engine, talk)
        assert became(engine, later) == Row("done", looks=1, reason="another_stands")
        assert became(engine, earlier) == Row("done")
        assert newest(engine) == (an_id("again"), (END + 2 * DAY).isoformat())
