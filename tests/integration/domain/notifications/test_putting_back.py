"""What wasn't taken by a provider is tried again; what comes meanwhile is told apart."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from domain.notifications.concern import still_concerned
from domain.notifications.sending import Again, claim, hand_over, put_back
from domain.tables.notifications import Channel
from tests.helpers.ears import AFTER, BEFORE, INVITED, Ears, came, seats
from tests.helpers.pages import HOUR
from tests.helpers.said import rows
from tests.integration.domain.notifications.test_sending import MINUTE


def take(ears: Ears, *, at: datetime) -> list[str]:
    """Claim what is due of push and hand it over."""
    with Session(ears.engine) as session, session.begin():
        go = still_concerned(session, claim(session, Channel.PUSH, now=at, limit=100), now=at)
        hand_over(session, go)
    return go


def back(ears: Ears, ids: list[str], *, at: datetime) -> int:
    with Session(ears.engine) as session, session.begin():
        return put_back(session, dict.fromkeys(ids, Again(at)))


def talked(ears: Ears) -> None:
    """Have Ada and Bo talk, and all that they are told of the evening be done with."""
    came(ears, "Ada", "Bo")
    ears.diary.talked("Ada", "Bo", at=AFTER)
    ears.hear(at=AFTER)
    ears.send(at=AFTER)


def say(ears: Ears, minute: int) -> None:
    moment = AFTER + minute * MINUTE
    ears.diary.said("talk Ada Bo", "Ada", f"Hi {minute}", at=moment)
    ears.hear(at=moment)


def planned(ears: Ears, template: str) -> list[float]:
    """How long news by push was first to wait, in seconds."""
    found = rows(
        ears.engine,
        "SELECT extract(epoch FROM planned_at - created_at)::float8 FROM notifications"
        " WHERE template = :template AND channel = 'push'",
        template=template,
    )
    return [seconds for (seconds,) in found]


class TestPlans:
    """The clock of whoever tells is far from the database's here: plans are by the database's."""

    def test_what_goes_at_once_was_planned_when_its_row_was_made(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada", at=INVITED)
        ears.hear(at=INVITED)
        assert planned(ears, "invitation") == [0.0]
        assert back(ears, take(ears, at=INVITED), at=INVITED + HOUR) == 1
        assert planned(ears, "invitation") == [0.0]

    def test_what_waits_for_the_morning_was_to_wait(self, ears: Ears) -> None:
        night = INVITED.replace(hour=5)
        ears.diary.invited("drinks", "Ada", at=night)
        ears.hear(at=night)
        ((goes_at,),) = (ears.goes_at("invitation"),)
        assert planned(ears, "invitation") == [(goes_at - night).total_seconds()]
        assert goes_at > night

    def test_what_joins_leaves_the_plan_as_it_was(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        say(ears, 2)
        assert planned(ears, "message") == [0.0]


class TestPuttingBack:
    def test_it_is_sent_later(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        taken = take(ears, at=AFTER + MINUTE)
        assert ears.told("message") == ["Bo push sending"]
        assert back(ears, taken, at=AFTER + 5 * MINUTE) == 1
        assert ears.send(at=AFTER + 4 * MINUTE) == []
        assert ears.send(at=AFTER + 5 * MINUTE) == ["Bo: Ada | sent you a message."]

    def test_what_came_meanwhile_is_told_apart_and_once(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        say(ears, 2)
        taken = take(ears, at=AFTER + 2 * MINUTE)
        say(ears, 3)
        back(ears, taken, at=AFTER + 4 * MINUTE)
        say(ears, 4)
        say(ears, 5)
        assert ears.told("message") == ["Bo push scheduled"] * 2
        assert ears.send(at=AFTER + HOUR) == [
            "Bo: Ada | sent you 2 messages.",
            "Bo: Ada | sent you 3 messages.",
        ]

    def test_what_a_block_kept_back_meanwhile_leaves_the_others(self, ears: Ears) -> None:
        seats(ears, "Ada", "Bo", "Dan")
        ears.diary.blocked("Dan", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        ears.send(at=BEFORE)
        for minute, person in enumerate(("Ada", "Bo", "Hanna")):
            ears.diary.posted("drinks", person, at=BEFORE + minute * MINUTE)
            ears.hear(at=BEFORE + minute * MINUTE)
        back(ears, take(ears, at=BEFORE + HOUR), at=BEFORE + HOUR)
        assert "Dan: Drinks | 2 new posts." in ears.send(at=BEFORE + HOUR)

    def test_nothing_joins_it_any_more(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        back(ears, take(ears, at=AFTER + MINUTE), at=AFTER + 5 * MINUTE)
        say(ears, 2)
        assert ears.told("message") == ["Bo push scheduled"] * 2

    def test_only_what_is_in_hand(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        taken = take(ears, at=AFTER + MINUTE)
        with ears.engine.begin() as connection:
            connection.execute(
                text("UPDATE notifications SET status = 'delivered' WHERE id = ANY(:ids)"),
                {"ids": taken},
            )
        assert back(ears, taken, at=AFTER + HOUR) == 0
        assert ears.told("message") == ["Bo push delivered"]

    def test_an_attempt_is_counted_each_time(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        for minute in (1, 2):
            back(ears, take(ears, at=AFTER + minute * MINUTE), at=AFTER + (minute + 1) * MINUTE)
        attempts = "SELECT attempts FROM notifications WHERE template = 'message'"
        assert rows(ears.engine, attempts) == [(2,)]


class TestClaiming:
    def test_what_another_has_claimed_is_left_to_them(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        now = AFTER + MINUTE
        with Session(ears.engine) as one, Session(ears.engine) as other:
            assert len(claim(one, Channel.PUSH, now=now, limit=10)) == 1
            assert claim(other, Channel.PUSH, now=now, limit=10) == []

    def test_only_what_is_due_on_the_channel(self, ears: Ears) -> None:
        talked(ears)
        say(ears, 1)
        with Session(ears.engine) as session:
            assert claim(session, Channel.SMS, now=AFTER + HOUR, limit=10) == []
            assert claim(session, Channel.PUSH, now=AFTER - HOUR, limit=10) == []
