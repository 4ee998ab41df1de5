"""What a field may hold, in words."""

import pytest

from domain.catalogue import TYPES
from domain.field_words import field_types

WEEK = "mon / tue / wed / thu / fri / sat / sun"
WHEN = "any / evening / daytime / unavailable"


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("kudos.given", "event_id", "id"),
        ("user.registered", "birth_date", "date"),
        (
            "user.registered",
            "email",
            "text, at most 320 characters, like `^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$`",
        ),
        ("invitation.sent", "expires_at", "time"),
        ("user.updated", "price_sensitivity", "integer, 1 to 4"),
        ("user.updated", "active_role", "social / host"),
        (
            "user.updated",
            "availability_preferences",
            f"object: {WEEK} → {WHEN}",
        ),
        ("event.cancelled", "reason", "text, 1 to 20000 characters"),
        ("event.published", "estimated_event_cost", "object"),
        ("notification_settings.updated", "push_social", "boolean"),
    ],
)
def test_a_field_is_described_as_its_schema_has_it(name: str, field: str, words: str) -> None:
    assert field_types(TYPES[f"app.momento.{name}.v1"])[field] == words


def test_a_list_says_what_each_of_it_holds() -> None:
    words = field_types(TYPES["app.momento.event.published.v1"])["itinerary"]
    assert words.startswith("list of {location_id: id; order: integer, 1 to 1000; ")
    assert "description?: text, at most 20000 characters" in words
    assert words.endswith("}, 1 to 50 of them")
