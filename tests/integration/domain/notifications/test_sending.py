"""The moment of sending: who is still concerned, what became one, and what waits or is over."""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlmodel import Session

from domain.gatherings.payloads import EventCancelled, EventReminderDue
from domain.invitations.payloads import InvitationReconfirmed
from domain.notifications.concern import UNCONCERNED, still_concerned
from domain.tables.kudos import Kudo
from domain.tables.notifications import Template
from domain.users.payloads import NotificationSettingsUpdated, UserStatusChanged
from tests.helpers.ears import AFTER, BEFORE, DRINKS, INVITED, Ears, came, seats
from tests.helpers.pages import DAY, END, HOUR, START, an_id

MINUTE: Final = timedelta(minutes=1)
NIGHT: Final = END + 10 * HOUR


def cancel(ears: Ears) -> None:
    said = {"event_id": DRINKS, "cancelled_by": "host"}
    ears.diary.note(EventCancelled.model_validate(said), BEFORE)


class TestNoLongerConcerned:
    def test_every_text_says_when(self) -> None:
        assert UNCONCERNED.keys() == set(Template)

    def test_an_invitation_that_was_answered(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada", at=INVITED)
        ears.diary.declined("drinks", "Ada", at=INVITED + HOUR)
        ears.hear(at=INVITED + HOUR)
        assert ears.send(at=INVITED + HOUR) == []
        assert ears.told("invitation") == [
            "Ada push suppressed answered",
            "Ada sms suppressed answered",
        ]

    def test_an_event_that_was_cancelled_between_scheduling_and_sending(self, ears: Ears) -> None:
        seats(ears, "Ada")
        ears.diary.posted("drinks", "Hanna", at=BEFORE)
        ears.hear(at=BEFORE)
        cancel(ears)
        ears.hear(at=BEFORE)
        assert ears.send(at=BEFORE) == [
            "Ada: Cancelled | Drinks, Sat, Mar 14, 2:00 PM, won't take place.",
            "Ada: Cancelled | Drinks, Sat, Mar 14, 2:00 PM, won't take place.",
        ]
        assert ears.told("event_post") == ["Ada push suppressed event_cancelled"]
        assert ears.told("seat_confirmed") == ["Ada push suppressed event_cancelled"]

    def test_a_message_that_was_answered(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.diary.talked("Ada", "Bo", at=AFTER)
        ears.hear(at=AFTER)
        ears.send(at=AFTER)
        for minute, person in enumerate(("Ada", "Bo")):
            ears.diary.said("talk Ada Bo", person, f"I am {person}", at=AFTER + minute * MINUTE)
        ears.hear(at=AFTER + MINUTE)
        assert ears.send(at=AFTER + MINUTE) == ["Ada: Bo | sent you a message."]
        assert "Bo push suppressed read" in ears.told("message")

    def test_a_plan_that_was_confirmed_again(self, ears: Ears) -> None:
        seats(ears, "Ada")
        ears.diary.moved("drinks", at=BEFORE, starts_at=START + HOUR)
        ears.hear(at=BEFORE)
        again = InvitationReconfirmed(invitation_id=an_id("drinks Ada"))
        ears.diary.note(again, BEFORE + HOUR)
        ears.hear(at=BEFORE + HOUR)
        ears.send(at=BEFORE + HOUR)
        assert ears.told("plan_changed") == ["Ada push suppressed answered"]

    def test_a_reminder_of_a_start_that_has_moved(self, ears: Ears) -> None:
        seats(ears, "Ada")
        ears.diary.note(EventReminderDue(event_id=DRINKS, hours_before=24), START - DAY)
        ears.hear(at=START - DAY)
        ears.diary.moved("drinks", at=START - DAY, starts_at=START + 10 * MINUTE)
        ears.hear(at=START - DAY)
        ears.send(at=START - DAY)
        assert set(ears.told("starts_tomorrow")) == {
            "Ada push suppressed moved",
            "Ada sms suppressed moved",
        }

    @pytest.mark.parametrize(
        ("meanwhile", "reason"),
        [
            (
                UserStatusChanged.model_validate({"user_id": an_id("Bo"), "status": "paused"}),
                "paused",
            ),
            (NotificationSettingsUpdated(user_id=an_id("Bo"), push_social=False), "switched_off"),
        ],
        ids=["paused", "switched off"],
    )
    def test_who_may_not_be_told_any_more(self, ears: Ears, meanwhile: Any, reason: str) -> None:
        ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        ears.diary.note(meanwhile, BEFORE)
        ears.hear(at=BEFORE)
        assert ears.send(at=BEFORE) == []
        assert ears.told("duo_proposed") == [f"Bo push suppressed {reason}"]

    def test_across_a_block_that_came_in_between(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        for owner, other in (("Ada", "Bo"), ("Bo", "Ada")):
            ears.diary.remembered("drinks", owner, other, at=AFTER, wants_to_connect_again=True)
        ears.hear(at=AFTER)
        ears.diary.blocked("Ada", "Bo", at=AFTER)
        ears.hear(at=AFTER)
        assert not [line for line in ears.send(at=AFTER) if "both said yes" in line]
        assert ears.told("connection_mutual") == [
            "Ada push suppressed blocked",
            "Bo push suppressed blocked",
        ]

    def test_what_has_expired_meanwhile(self, ears: Ears) -> None:
        ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        assert ears.send(at=BEFORE + 7 * DAY) == []
        assert ears.told("duo_proposed") == ["Bo push expired too_late"]

    def test_what_comes_late_to_be_sent_waits_for_the_morning(self, ears: Ears) -> None:
        ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        night = BEFORE.replace(hour=4) + DAY
        assert ears.send(at=night) == []
        assert ears.told("duo_proposed") == ["Bo push scheduled"]
        assert ears.goes_at("duo_proposed") == {night.replace(hour=12)}

    def test_what_is_sent_already_is_left_alone(self, ears: Ears) -> None:
        ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        due = ears.due(at=BEFORE)
        ears.send(at=BEFORE)
        with Session(ears.engine) as session, session.begin():
            assert still_concerned(session, due, now=BEFORE) == []
        assert ears.told("duo_proposed") == ["Bo push sent"]


class TestBecomingOne:
    def test_unsent_messages_of_a_conversation(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.diary.talked("Ada", "Bo", at=AFTER)
        for number in range(3):
            ears.diary.said("talk Ada Bo", "Ada", f"Hi {number}", at=AFTER + number * MINUTE)
            ears.hear(at=AFTER + number * MINUTE)
        said = [line for line in ears.send(at=AFTER + HOUR) if "message" in line]
        assert said == ["Bo: Ada | sent you 3 messages."]
        ears.diary.said("talk Ada Bo", "Ada", "One more", at=AFTER + 2 * HOUR)
        ears.hear(at=AFTER + 2 * HOUR)
        assert ears.send(at=AFTER + 2 * HOUR) == ["Bo: Ada | sent you a message."]
        assert ears.told("message") == ["Bo push sent", "Bo push sent"]

    def test_what_joined_lives_as_long_as_it_would_alone(self, ears: Ears) -> None:
        """Push is down for a day: the first message is too old by then, the second isn't."""
        came(ears, "Ada", "Bo")
        ears.diary.talked("Ada", "Bo", at=AFTER)
        ears.hear(at=AFTER)
        ears.send(at=AFTER)
        for words, moment in (("Hi", AFTER + HOUR), ("Hi again", AFTER + DAY)):
            ears.diary.said("talk Ada Bo", "Ada", words, at=moment)
            ears.hear(at=moment)
        assert ears.send(at=AFTER + DAY + 2 * HOUR) == ["Bo: Ada | sent you 2 messages."]

    def test_unsent_posts_of_an_event_but_not_those_of_whom_one_blocks(self, ears: Ears) -> None:
        seats(ears, "Ada", "Bo", "Dan")
        ears.diary.blocked("Dan", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        for person in ("Bo", "Ada", "Hanna"):
            ears.diary.posted("drinks", person, at=BEFORE)
        ears.hear(at=BEFORE)
        said = [line for line in ears.send(at=BEFORE) if "post" in line]
        assert said == [
            "Ada: Drinks | 2 new posts.",
            "Bo: Drinks | 2 new posts.",
            "Dan: Drinks | 2 new posts.",
            "Hanna: Drinks | 2 new posts.",
        ]

    def test_kudos_within_a_quarter_of_an_hour(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo", "Dan")
        ears.hear(at=AFTER)
        ears.send(at=AFTER)
        for minutes, giver in ((0, "Ada"), (14, "Bo")):
            moment = AFTER + minutes * MINUTE
            ears.diary.thanked("drinks", giver, "Dan", Kudo.HELPFUL, at=moment)
            ears.hear(at=moment)
            assert ears.send(at=moment) == []
        assert ears.send(at=AFTER + 15 * MINUTE) == [
            "Dan: Kudos | 2 people you met gave you kudos."
        ]
        ears.diary.thanked("drinks", "Ada", "Dan", Kudo.INSPIRING, at=AFTER + 16 * MINUTE)
        ears.hear(at=AFTER + 16 * MINUTE)
        assert ears.send(at=AFTER + HOUR) == ["Dan: Kudos | Somebody you met gave you kudos."]

    def test_kudos_of_an_evening_are_told_in_the_morning(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo", "Dan")
        ears.hear(at=NIGHT)
        for giver in ("Ada", "Bo"):
            ears.diary.thanked("drinks", giver, "Dan", Kudo.HELPFUL, at=NIGHT)
            ears.hear(at=NIGHT)
        assert ears.told("kudos") == ["Dan push scheduled"]
        assert ears.goes_at("kudos") == {(NIGHT).replace(hour=12)}
