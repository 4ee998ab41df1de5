"""What may be said of a profile: formats and bounds are refused before any rule is asked."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from domain.payload import Payload
from domain.profiles.payloads import (
    HostPhotoAdded,
    InterestsSelected,
    PersonaUpdated,
    ProfilePhotoAdded,
    PushTokenRegistered,
    SocialLinkAdded,
)
from domain.users.payloads import PresenceChanged, SubscriptionChanged

A, B = (f"00000000-0000-4000-8000-00000000000{letter}" for letter in "ab")
URL = "https://photos.example/1"
PHOTO = {"photo_id": A, "user_id": B, "url": URL, "is_authentic": True}
VENUE = {"photo_id": A, "host_id": B, "url": URL, "photo_type": "venue"}
PICKED = {"user_id": A, "interests": ["Hiking"]}
LINK = {"link_id": A, "user_id": B, "platform": "instagram", "url": URL}
TOKEN = {"token_id": A, "user_id": B, "token": "ExponentPushToken[abc-_:1]", "platform": "ios"}
PAID = {"user_id": A, "subscription_status": "premium"}


def faults(payload: type[Payload], said: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        payload.parse(json.dumps(said))
    return [f"{error['loc'][0]}: {error['msg']}" for error in caught.value.errors()]


class TestAccepted:
    @pytest.mark.parametrize(
        ("payload", "said"),
        [
            pytest.param(ProfilePhotoAdded, PHOTO, id="photo"),
            pytest.param(HostPhotoAdded, {**VENUE, "caption": None}, id="no caption"),
            pytest.param(InterestsSelected, {"user_id": A, "interests": []}, id="no interest"),
            pytest.param(InterestsSelected, {**PICKED, "interests": [" Jazz "]}, id="untrimmed"),
            pytest.param(PersonaUpdated, {"user_id": A, "mood": None}, id="mood cleared"),
            pytest.param(PushTokenRegistered, TOKEN, id="an older app's token"),
            pytest.param(PushTokenRegistered, {**TOKEN, "token": "ExpoPushToken[x]"}, id="newer"),
            pytest.param(SocialLinkAdded, LINK, id="link"),
            pytest.param(PresenceChanged, {"user_id": A, "is_online": False}, id="away"),
            pytest.param(SubscriptionChanged, {**PAID, "subscription_ends": None}, id="no end"),
        ],
    )
    def test_what_keeps_to_the_form_is_read(
        self, payload: type[Payload], said: dict[str, Any]
    ) -> None:
        assert payload.parse(json.dumps(said)).subject == A


class TestControlCharacters:
    """They turn what is shown in a terminal or a log into something else."""

    @pytest.mark.parametrize("said", ["a\x1b[2Jb", "a\nb", "a\tb", "a\x7f", "\x9bb"])
    @pytest.mark.parametrize("field", ["mood", "interests"])
    def test_nobody_may_publish_them_and_what_is_published_stays_readable(
        self, field: str, said: str
    ) -> None:
        whole = {"user_id": A, field: said if field == "mood" else [said]}
        assert faults(PersonaUpdated, whole) == [
            f"{field}: Value error, must not hold control characters"
        ]
        assert PersonaUpdated.read(json.dumps(whole)).given() == whole


class TestRefused:
    @pytest.mark.parametrize(
        ("payload", "said", "fault"),
        [
            pytest.param(
                ProfilePhotoAdded, {**PHOTO, "url": "javascript:1"}, "url: ", id="not http"
            ),
            pytest.param(
                ProfilePhotoAdded,
                {**PHOTO, "url": URL + "x" * 2_000},
                "url: String should have at most 2000",
                id="a long url",
            ),
            pytest.param(
                ProfilePhotoAdded, {**PHOTO, "is_authentic": "yes"}, "is_authentic: ", id="no word"
            ),
            pytest.param(HostPhotoAdded, {**VENUE, "photo_type": "cat"}, "photo_type: ", id="type"),
            pytest.param(HostPhotoAdded, {**VENUE, "caption": ""}, "caption: ", id="empty caption"),
            pytest.param(
                InterestsSelected,
                {**PICKED, "interests": [str(number) for number in range(51)]},
                "interests: List should have at most 50 items after validation, not 51",
                id="51 interests",
            ),
            pytest.param(
                InterestsSelected, {**PICKED, "interests": [" \t"]}, "interests: ", id="a blank"
            ),
            pytest.param(
                InterestsSelected, {**PICKED, "interests": ["x" * 101]}, "interests: ", id="a tale"
            ),
            pytest.param(
                PersonaUpdated, {"user_id": A, "career": "x" * 201}, "career: ", id="career"
            ),
            pytest.param(PushTokenRegistered, {**TOKEN, "token": "abc"}, "token: ", id="no token"),
            pytest.param(
                PushTokenRegistered, {**TOKEN, "token": "ExpoPushToken[]"}, "token: ", id="empty"
            ),
            pytest.param(
                PushTokenRegistered,
                {**TOKEN, "token": "ExponentPushToken[a]\n"},
                "token: ",
                id="a line too many",
            ),
            pytest.param(PushTokenRegistered, {**TOKEN, "platform": "web"}, "platform: ", id="web"),
            pytest.param(SocialLinkAdded, {**LINK, "platform": "My Space"}, "platform: ", id="no"),
            pytest.param(
                SubscriptionChanged, {**PAID, "subscription_status": None}, "subscription_", id="?"
            ),
        ],
    )
    def test_what_does_not_is_refused_with_the_field(
        self, payload: type[Payload], said: dict[str, Any], fault: str
    ) -> None:
        (found,) = faults(payload, said)
        assert found.startswith(fault)
