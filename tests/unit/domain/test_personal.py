"""What is personal in a payload is found, whoever's it is, and can be erased and still be read."""

from typing import ClassVar

import pytest
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from domain.catalogue import PUBLIC_TYPES, TYPES
from domain.constants import ERASED_TEXT
from domain.payload import Id, Name, Payload, Text
from domain.personal import Private, PrivateText, erase, is_personal, shape, spots
from tests.factories.worlds import phases

ADA, BO, DRINKS = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(3))


class Friend(BaseModel):
    """Somebody who is spoken of, by account or only by name."""

    PERSON: ClassVar[str] = "user_id"

    user_id: Id | None = None
    name: PrivateText[Name]


class Told(Payload, name="test.told", person="teller_id"):
    """Somebody tells of friends."""

    event_id: Id
    teller_id: Id
    secret: Private[Text | None] = None
    secrets: Private[list[Name] | None] = None
    friends: list[Friend] | None = None


def what_is_told() -> dict[str, object]:
    return {
        "event_id": DRINKS,
        "teller_id": ADA,
        "secret": "she sings",
        "secrets": ["in the bath"],
        "friends": [{"user_id": BO, "name": "Bo"}, {"name": "Cy"}],
    }


class TestSpots:
    def test_each_names_its_person(self) -> None:
        found = [(spot.field, spot.person, spot.value) for spot in spots(Told, what_is_told())]
        assert found == [
            ("secret", ADA, "she sings"),
            ("secrets", ADA, ["in the bath"]),
            ("name", BO, "Bo"),
            ("name", ADA, "Cy"),
        ]

    def test_what_was_not_said_is_none(self) -> None:
        said = {"event_id": DRINKS, "teller_id": ADA, "secret": None, "friends": None}
        assert list(spots(Told, said)) == []

    def test_a_class_that_does_not_say_whose_is_refused(self) -> None:
        class Gossip(BaseModel):
            name: Private[Name]

        with pytest.raises(TypeError, match="person="):
            shape(Gossip)


class TestErase:
    def test_takes_only_what_is_theirs(self) -> None:
        data = what_is_told()
        assert erase(Told, data, people={ADA})
        assert data == {
            "event_id": DRINKS,
            "teller_id": ADA,
            "secret": None,
            "secrets": None,
            "friends": [{"user_id": BO, "name": "Bo"}, {"name": ERASED_TEXT}],
        }

    def test_a_second_time_changes_nothing(self) -> None:
        data = what_is_told()
        erase(Told, data, people={ADA, BO})
        assert not erase(Told, data, people={ADA, BO})


class TestTheCatalogue:
    def test_says_what_is_personal_of_those_who_sign_up(self) -> None:
        registered = PUBLIC_TYPES["app.momento.user.registered.v1"]
        fields = {field for field, _ in shape(registered).marked}
        assert fields >= {"phone_number", "email", "last_name", "first_name", "birth_date"}

    def test_tells_readers_of_the_schema(self) -> None:
        schema = PUBLIC_TYPES["app.momento.rating.submitted.v1"].model_json_schema()
        assert schema["properties"]["comment"]["x-personal"] is True
        assert "x-personal" not in schema["properties"]["host_rating_value"]

    def test_whatever_is_erased_can_still_be_read(self) -> None:
        """A domain event that waited, or is retried, after the erasure."""
        told = [page for _, pages in phases(1) for page in pages]
        erased = 0
        for page in told:
            payload = TYPES[page.type]
            data = from_json(page.data)
            everybody = {spot.person for spot in spots(payload, data)}
            erased += erase(payload, data, people=everybody)
            payload.parse(to_json(data))
        assert erased

    def test_every_personal_payload_is_told_in_the_worlds(self) -> None:
        """Else the test above, and that of erasure, would leave it out."""
        told = {
            page.type
            for _, pages in phases(1)
            for page in pages
            if list(spots(TYPES[page.type], from_json(page.data)))
        }
        assert {name for name, each in PUBLIC_TYPES.items() if is_personal(each)} - told == set()
