"""What is embedded of whom, who fits, and how a match is put into words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import age_on
from domain.constants import METRES_PER_MILE, TEXT_LIMIT_CHARACTERS
from domain.matching.rules import (
    Liking,
    Persona,
    birth_dates,
    days_left,
    event_text,
    local_start,
    match_reason,
    persona_text,
    price_level,
    profile_text,
    taste_text,
)

LAST = "from your last gathering"
FRIDAY = datetime(2026, 3, 13, 22, tzinfo=UTC)


class TestTexts:
    def test_an_event_is_its_title_its_description_and_its_stops(self) -> None:
        assert event_text("Drinks", description=" In company ", stops=["Bar", "Club"]) == (
            "Drinks\nIn company\nBar\nClub"
        )

    def test_a_profile_is_bio_occupation_and_persona(self) -> None:
        person = Persona(
            career="Nurse", mood="curious", interests=["Jazz"], bio="Hi", occupation=""
        )
        assert profile_text(person) == "Hi\nNurse\ncurious\njazz"
        assert persona_text(person) == "Nurse\ncurious\njazz"

    def test_a_taste_is_what_was_ticked_and_what_the_persona_names_in_one_order(self) -> None:
        one = Persona(selected=["Jazz", "chess"], interests=["wine", "jazz "])
        other = Persona(selected=["chess"], interests=["Wine", "JAZZ"])
        assert taste_text(one) == taste_text(other) == "chess\njazz\nwine"

    @pytest.mark.parametrize("person", [Persona(), Persona(interests=[], bio=" ", mood="!?")])
    def test_who_says_nothing_has_no_text(self, person: Persona) -> None:
        assert (taste_text(person), persona_text(person), profile_text(person)) == (None,) * 3

    def test_what_is_no_name_is_no_interest(self) -> None:
        assert taste_text(Persona(interests=["jazz", 7, None, {"a": 1}])) == "jazz"

    def test_a_text_is_cut_at_its_limit(self) -> None:
        text = event_text("Title", description="word " * TEXT_LIMIT_CHARACTERS)
        assert text is not None
        assert len(text) == TEXT_LIMIT_CHARACTERS


class TestPriceLevel:
    """`range` as the host estimates it, and the fee in cents: the greater counts."""

    @pytest.mark.parametrize(
        ("cost", "fee", "level"),
        [
            (None, 0, 1),
            (None, 500, 1),
            (None, 1_000, 1),
            (None, 1_001, 2),
            (None, 2_500, 2),
            (None, 5_000, 3),
            (None, 5_001, 4),
            ({"range": "$"}, 500, 1),
            ({"range": "$$", "details": "for food"}, 500, 2),
            ({"range": " $$$ "}, 500, 3),
            ({"range": "$$$$"}, 0, 4),
            ({"range": "$"}, 9_000, 4),
            ({"range": "$$$$$"}, 500, 1),
            ({"range": "cheap"}, 500, 1),
            ({"range": 4}, 500, 1),
            ({"details": "$$$$"}, 500, 1),
            (["$$$$"], 500, 1),
        ],
    )
    def test_table(self, *, cost: Any, fee: int, level: int) -> None:
        assert price_level(cost, fee) == level


class TestLocalStart:
    @pytest.mark.parametrize(
        ("zone", "weekday", "part"),
        [
            ("UTC", "fri", "evening"),
            ("America/New_York", "fri", "evening"),
            ("America/Los_Angeles", "fri", "daytime"),
            ("Europe/Berlin", "fri", "evening"),
            ("Asia/Tokyo", "sat", "daytime"),
            ("Nowhere/Unheard_Of", "fri", "evening"),
            ("/etc/passwd", "fri", "evening"),
            ("America", "fri", "evening"),
        ],
    )
    def test_the_day_and_its_part_are_those_of_the_persons_own_clock(
        self, zone: str, weekday: str, part: str
    ) -> None:
        start = local_start(FRIDAY, zone)
        assert (start.weekday, start.part) == (weekday, part)

    @pytest.mark.parametrize(("hour", "part"), [(16, "daytime"), (17, "evening"), (0, "daytime")])
    def test_the_evening_begins_at_five(self, hour: int, part: str) -> None:
        assert local_start(FRIDAY.replace(hour=hour), "UTC").part == part


class TestBirthDates:
    @given(
        born=st.dates(date(1930, 1, 1), date(2010, 1, 1)),
        day=st.dates(date(2026, 1, 1), date(2032, 12, 31)),
        low=st.none() | st.integers(18, 90),
        high=st.none() | st.integers(18, 90),
    )
    def test_they_say_what_counting_years_says(
        self, *, born: date, day: date, low: int | None, high: int | None
    ) -> None:
        age = age_on(born, day)
        found = birth_dates(
            datetime(day.year, day.month, day.day, 23, tzinfo=UTC), age_min=low, age_max=high
        )
        fits = born <= found.until and (found.after is None or born > found.after)
        assert fits == (age >= max(18, low or 0) and (high is None or age <= high))

    def test_who_was_born_on_29_february_is_18_on_1_march(self) -> None:
        born = date(2008, 2, 29)
        assert (
            born > birth_dates(datetime(2026, 2, 28, tzinfo=UTC), age_min=None, age_max=None).until
        )
        assert (
            born <= birth_dates(datetime(2026, 3, 1, tzinfo=UTC), age_min=None, age_max=None).until
        )


class TestDaysLeft:
    def test_a_day_and_a_half(self) -> None:
        assert days_left(FRIDAY, FRIDAY - timedelta(hours=36)) == 1.5


class TestMatchReason:
    @pytest.mark.parametrize(
        ("liking", "reason"),
        [
            (
                Liking(shared_with_host="bouldering", interest="jazz", metres=2 * METRES_PER_MILE),
                f"You and the host both like bouldering, and it is 2 miles {LAST}.",
            ),
            (Liking(interest="jazz", interest_likeness=0.5), "You like jazz."),
            (
                Liking(interest="jazz", interest_likeness=0.1, taste_likeness=0.4, metres=1_700.0),
                f"It is close to what you like, and it is 1 mile {LAST}.",
            ),
            (
                Liking(interest="jazz", interest_likeness=0.1, taste_likeness=0.1, metres=300.0),
                f"It fits your preferences, and it is less than a mile {LAST}.",
            ),
            (Liking(), "It fits your preferences."),
        ],
    )
    def test_it_says_the_best_there_is(self, liking: Liking, reason: str) -> None:
        assert match_reason(liking) == reason
