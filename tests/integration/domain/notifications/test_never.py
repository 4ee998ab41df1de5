"""What nobody is told, and what is kept of it: why not."""

from datetime import datetime
from typing import Any

import pytest

from domain.gatherings.payloads import EventCancelled
from domain.profiles.payloads import SocialLinkAdded, SocialLinkShared
from domain.tables.kudos import Kudo
from domain.users.payloads import (
    NotificationSettingsUpdated,
    SubscriptionChanged,
    SubscriptionEndNear,
    UserDeleted,
    UserStatusChanged,
)
from tests.helpers.ears import AFTER, BEFORE, DRINKS, Ears, came, seats
from tests.helpers.pages import DAY, END, HOUR, START, an_id


def become(ears: Ears, person: str, status: str, *, at: datetime = BEFORE - HOUR) -> None:
    said = {"user_id": an_id(person), "status": status}
    ears.diary.note(UserStatusChanged.model_validate(said), at)


def chose(ears: Ears, person: str, **settings: bool) -> None:
    said: dict[str, Any] = {"user_id": an_id(person), **settings}
    ears.diary.note(NotificationSettingsUpdated.model_validate(said), BEFORE - HOUR)


class TestNever:
    def test_a_shared_link_tells_nobody(self, ears: Ears) -> None:
        before = len(ears.all_told())
        link = {"platform": "instagram", "url": "https://instagram.example/ada"}
        added = {"link_id": an_id("link"), "user_id": an_id("Ada"), **link}
        ears.diary.note(SocialLinkAdded.model_validate(added), BEFORE)
        pair = {"sharer_id": an_id("Ada"), "receiver_id": an_id("Bo")}
        said = SocialLinkShared.model_validate({**pair, "platform": "instagram"})
        ears.diary.note(said, BEFORE)
        ears.hear(at=BEFORE)
        assert len(ears.all_told()) == before == 0

    def test_nobody_is_told_of_their_own_doing(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.diary.posted("drinks", "Hanna", at=BEFORE)
        ears.diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=AFTER)
        ears.diary.talked("Ada", "Bo", at=AFTER)
        ears.diary.said("talk Ada Bo", "Ada", "Hello", at=AFTER)
        ears.diary.paired("duo", "Ada", "Bo", at=AFTER)
        ears.hear(at=AFTER)
        told = [
            line
            for name in ("event_post", "kudos", "message", "duo_proposed")
            for line in ears.told(name)
        ]
        assert [line.split()[0] for line in told] == ["Ada", "Bo", "Bo", "Bo", "Bo"]

    @pytest.mark.parametrize("pair", [("Ada", "Bo"), ("Bo", "Ada")], ids=["by her", "by him"])
    def test_nothing_across_a_block_in_either_direction(
        self, ears: Ears, pair: tuple[str, str]
    ) -> None:
        seats(ears, "Ada", "Bo", "Dan")
        ears.diary.blocked(*pair, at=BEFORE)
        ears.hear(at=BEFORE)
        ears.diary.posted("drinks", "Ada", at=BEFORE + HOUR)
        ears.hear(at=BEFORE + HOUR)
        assert ears.told("event_post") == [
            "Bo push suppressed blocked",
            "Dan push scheduled",
            "Hanna push scheduled",
        ]

    @pytest.mark.parametrize("status", ["paused", "suspended", "banned"])
    def test_only_account_and_safety_to_those_who_are_out(self, ears: Ears, status: str) -> None:
        came(ears, "Ada", "Bo")
        become(ears, "Ada", status, at=END + 3 * HOUR)
        said = {"subscription_status": "premium", "subscription_ends": AFTER + 3 * DAY}
        paid = SubscriptionChanged.model_validate({"user_id": an_id("Ada"), **said})
        ears.diary.note(paid, BEFORE - DAY)
        ears.hear(at=AFTER)
        ears.diary.thanked("drinks", "Bo", "Ada", Kudo.HELPFUL, at=AFTER)
        ears.diary.note(SubscriptionEndNear(user_id=an_id("Ada")), AFTER)
        ears.hear(at=AFTER)
        assert ears.told("kudos") == [f"Ada push suppressed {status}"]
        assert ears.told("subscription_ends_soon") == ["Ada push scheduled"]

    def test_nothing_at_all_to_the_deleted(self, ears: Ears) -> None:
        said = {"subscription_status": "premium", "subscription_ends": BEFORE + 3 * DAY}
        paid = SubscriptionChanged.model_validate({"user_id": an_id("Ada"), **said})
        ears.diary.note(paid, BEFORE - DAY)
        ears.diary.note(UserDeleted(user_id=an_id("Ada")), BEFORE - HOUR)
        ears.hear(at=BEFORE)
        ears.diary.note(SubscriptionEndNear(user_id=an_id("Ada")), BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("subscription_ends_soon") == []

    def test_what_the_deleted_were_told_goes_and_what_others_were_told_of_them_stays(
        self, ears: Ears
    ) -> None:
        seats(ears, "Bo")
        ears.diary.note(UserDeleted(user_id=an_id("Bo")), BEFORE + HOUR)
        assert ears.told("seat_confirmed") == ["Bo push scheduled"]
        ears.hear(at=BEFORE + HOUR)
        assert not [row for row in ears.all_told() if row[0] == an_id("Bo")]
        assert ears.told("guest_confirmed") == ["Hanna push scheduled"]
        ears.send(at=BEFORE + HOUR)
        assert ears.told("guest_confirmed") == ["Hanna push suppressed seat_given_up"]

    def test_not_on_a_channel_that_is_switched_off(self, ears: Ears) -> None:
        chose(ears, "Ada", sms_invitations=False)
        ears.diary.invited("drinks", "Ada", at=BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("invitation") == [
            "Ada push scheduled",
            "Ada sms suppressed switched_off",
        ]

    def test_an_sms_never_at_night_and_not_after_it_has_expired(self, ears: Ears) -> None:
        seats(ears, "Ada")
        # Three in the morning in New York; the start is at two in the afternoon.
        night = START - 11 * HOUR
        by = {"event_id": DRINKS, "cancelled_by": "host"}
        ears.diary.note(EventCancelled.model_validate(by), night)
        ears.hear(at=night)
        assert ears.goes_at("event_cancelled", "sms") == {night.replace(hour=12)}
        # By then it is within three hours of the start that the push may go; it goes at eight.
        assert ears.goes_at("event_cancelled", "push") == {night.replace(hour=12)}
        assert not [line for line in ears.send(at=night + HOUR) if "Cancelled" in line]

    def test_a_message_at_night(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        night = END + 10 * HOUR
        ears.diary.talked("Ada", "Bo", at=night)
        ears.diary.said("talk Ada Bo", "Ada", "Hello", at=night)
        ears.hear(at=night)
        assert ears.goes_at("message") == {night}
