"""Who is found for an event: everybody who fits, nobody else, the most promising first."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from domain.matching import ClosedEventError, UnknownEventError, candidates
from tests.factories.town import CLIMBING, DAY, HALL, NOW, STARTS, Town
from tests.helpers.pages import an_id

HOUR = timedelta(hours=1)
MILE = 1 / 69.09


@pytest.fixture
def town(engine: Engine) -> Town:
    """Hanna's event, and Ada, whom nothing keeps from it."""
    town = Town(engine)
    town.person("Hanna")
    town.event("drinks")
    town.person("Ada", likes="bouldering")
    return town


class TestWhoFits:
    @pytest.mark.parametrize(
        ("columns", "fits"),
        [
            ({}, True),
            *(
                ({"status": status}, False)
                for status in (
                    "paused",
                    "suspended",
                    "banned",
                    "archived_for_recycling",
                    "pending_onboarding",
                    "verification_pending",
                )
            ),
            # The event's day is 13 March 2026.
            ({"birth_date": date(2008, 3, 13)}, True),
            ({"birth_date": date(2008, 3, 14)}, False),
            # It starts in twelve days and ten hours.
            ({"min_lead_time_days": 12}, True),
            ({"min_lead_time_days": 13}, False),
            ({"price_sensitivity": 1}, True),
        ],
    )
    def test_by_what_they_are_and_want(
        self, town: Town, columns: dict[str, Any], *, fits: bool
    ) -> None:
        town.person("Bo", likes="bouldering", **columns)
        assert ("Bo" in town.match()) == fits

    @pytest.mark.parametrize(
        ("born", "fits"),
        [
            (date(1996, 3, 13), True),
            (date(1996, 3, 14), False),
            (date(1985, 3, 14), True),
            (date(1985, 3, 13), False),
        ],
    )
    def test_by_the_ages_of_the_event(self, town: Town, born: date, *, fits: bool) -> None:
        town.event("brunch", age_min=30, age_max=40, starts_at=STARTS)
        town.person("Bo", birth_date=born)
        assert ("Bo" in town.match("brunch")) == fits

    @pytest.mark.parametrize(
        ("comfort", "fits"), [(None, True), (1, False), (2, False), (3, True), (4, True)]
    )
    def test_by_the_price(self, town: Town, comfort: int | None, *, fits: bool) -> None:
        town.event("dinner", estimated_event_cost=json.dumps({"range": "$$$"}))
        town.person("Bo", price_sensitivity=comfort)
        assert ("Bo" in town.match("dinner")) == fits

    @pytest.mark.parametrize(
        ("zone", "preferences", "fits"),
        [
            ("America/New_York", None, True),
            ("America/New_York", {}, True),
            ("America/New_York", {"fri": "any"}, True),
            ("America/New_York", {"fri": "evening"}, True),
            ("America/New_York", {"fri": "daytime"}, False),
            ("America/New_York", {"fri": "unavailable"}, False),
            ("America/New_York", {"sat": "unavailable"}, True),
            # Three in the afternoon there; and already seven on Saturday morning.
            ("America/Los_Angeles", {"fri": "daytime"}, True),
            ("America/Los_Angeles", {"fri": "evening"}, False),
            ("Asia/Tokyo", {"fri": "unavailable", "sat": "daytime"}, True),
            # Postgres knows no such zone: it counts as UTC, and spoils nobody's match.
            ("Nowhere/Unheard_Of", {"fri": "evening"}, True),
        ],
    )
    def test_by_their_week_on_their_own_clock(
        self, town: Town, zone: str, preferences: dict[str, str] | None, *, fits: bool
    ) -> None:
        said = None if preferences is None else json.dumps(preferences)
        town.person("Bo", timezone=zone, availability_preferences=said)
        found = town.match()
        assert ("Bo" in found, "Ada" in found) == (fits, True)

    @pytest.mark.parametrize(
        ("miles", "preference", "fits"),
        [(9.9, 10, True), (10.1, 10, False), (None, 0, True), (0, 0, True), (3_000, 25_000, True)],
    )
    def test_by_the_way_from_where_they_were_last(
        self, town: Town, miles: float | None, preference: int, *, fits: bool
    ) -> None:
        town.person("Bo", distance_preference=preference)
        if miles is not None:
            town.was_at("Bo", HALL[0] + miles * MILE)
        assert ("Bo" in town.match()) == fits

    def test_an_event_without_a_place_is_near_to_all(self, town: Town) -> None:
        town.run("DELETE FROM event_itinerary_stops")
        town.was_at("Ada", -40.0, 100.0)
        assert town.match() == ["Ada"]

    def test_the_other_side_of_the_world_is_too_far(self, town: Town) -> None:
        town.was_at("Ada", -HALL[0], HALL[1] + 180)
        assert town.match() == []


class TestWhoIsBarred:
    def test_the_host_and_co_hosts(self, town: Town) -> None:
        for person, role in (("Cleo", "CO-host"), ("Dan", "Instructor")):
            town.person(person)
            town.run(
                "INSERT INTO event_collaborators (id, event_id, user_id, role)"
                " VALUES (gen_random_uuid(), :event, :person, :role)",
                event=town.id("drinks"),
                person=town.id(person),
                role=role,
            )
        assert sorted(town.match()) == ["Ada", "Dan"]

    @pytest.mark.parametrize("status", ["sent", "confirmed", "declined", "expired", "cancelled"])
    def test_who_is_or_was_invited(self, town: Town, status: str) -> None:
        town.invite("drinks", "Ada", status=status)
        assert town.match() == []

    @pytest.mark.parametrize("company", ["Hanna", "Bo"])
    @pytest.mark.parametrize("mutual", [False, True])
    def test_across_a_block_with_anybody_in_the_company(
        self, town: Town, company: str, *, mutual: bool
    ) -> None:
        town.person("Bo")
        town.invite("drinks", "Bo", status="pending_reconfirmation")
        one, other = ("Ada", company) if mutual else (company, "Ada")
        town.run(
            "INSERT INTO blocked_users (blocker_id, blocked_id, blocked_at)"
            " VALUES (:one, :other, now())",
            one=town.id(one),
            other=town.id(other),
        )
        assert town.match() == []
        town.run("UPDATE blocked_users SET unblocked_at = now()")
        assert town.match() == ["Ada"]

    @pytest.mark.parametrize("owner", ["Ada", "Bo"])
    @pytest.mark.parametrize(("status", "found"), [("confirmed", []), ("sent", ["Ada"])])
    def test_who_doesn_t_want_to_meet_a_guest_again(
        self, town: Town, owner: str, *, status: str, found: list[str]
    ) -> None:
        town.person("Bo")
        town.invite("drinks", "Bo", status=status)
        other = "Bo" if owner == "Ada" else "Ada"
        town.event("last year", starts_at=STARTS - 300 * DAY)
        town.run(
            "INSERT INTO connections (owner_id, connected_user_id, event_id,"
            " does_not_want_to_connect_again) VALUES (:owner, :other, :event, true)",
            owner=town.id(owner),
            other=town.id(other),
            event=town.id("last year"),
        )
        assert town.match() == found

    @pytest.mark.parametrize(
        ("starts_at", "status", "found"),
        [
            (STARTS, "confirmed", []),
            (STARTS + 2 * HOUR, "pending_reconfirmation", []),
            (STARTS - 2 * HOUR, "confirmed", []),
            (STARTS - 3 * HOUR, "confirmed", ["Ada"]),
            (STARTS + 3 * HOUR, "confirmed", ["Ada"]),
            (STARTS, "sent", ["Ada"]),
            (STARTS, "cancelled_early", ["Ada"]),
        ],
    )
    def test_who_is_elsewhere_at_that_time(
        self, town: Town, *, starts_at: datetime, status: str, found: list[str]
    ) -> None:
        town.event("concert", starts_at=starts_at)
        town.invite("concert", "Ada", status=status)
        assert town.match() == found

    def test_who_hosts_elsewhere_at_that_time_unless_it_was_called_off(self, town: Town) -> None:
        town.event("concert", host="Ada")
        assert town.match() == []
        town.run("UPDATE events SET cancelled_at = now() WHERE id = :id", id=town.id("concert"))
        assert town.match() == ["Ada"]


class TestOrder:
    def test_who_likes_it_more_comes_first_and_who_says_nothing_last(self, town: Town) -> None:
        town.person("Bo", likes=CLIMBING)
        town.person("Cleo", likes="opera")
        town.person("Dan")
        found = town.match()
        assert found[:2] == ["Bo", "Ada"]
        assert sorted(found) == ["Ada", "Bo", "Cleo", "Dan"]

    def test_who_declined_the_like_comes_later(self, town: Town) -> None:
        town.person("Bo", likes="bouldering", dislikes="bouldering with burgers")
        town.person("Cleo", likes="bouldering", dislikes="opera")
        assert town.match()[-1] == "Bo"

    @pytest.mark.parametrize(
        "better", ["absentee_rating = 1.0", "outcomes_present = 20", "gratitude = 9 * 2^40"]
    )
    def test_of_two_alike_the_more_reliable_and_the_more_liked_comes_first(
        self, town: Town, better: str
    ) -> None:
        town.person("Bo", likes="bouldering")
        for name in ("Ada", "Bo"):
            town.run(
                f"UPDATE user_internal_metrics SET {better} WHERE user_id = :id", id=town.id(name)
            )
            assert town.match()[0] == name
            town.run(
                "UPDATE user_internal_metrics SET absentee_rating = NULL, outcomes_present = 0,"
                " gratitude = 0"
            )

    def test_of_two_alike_the_lesser_id_comes_first_each_time(self, town: Town) -> None:
        for name in ("Bo", "Cleo", "Dan"):
            town.person(name, likes="bouldering")
        found = [each.user_id for each in town.candidates()]
        assert found == sorted(found)
        assert [each.user_id for each in town.candidates()] == found

    def test_an_event_without_a_vector_is_matched_by_the_rest(self, town: Town) -> None:
        town.event("surprise", about=None, starts_at=STARTS + DAY)
        town.person("Bo", likes="opera")
        town.run(
            "UPDATE user_internal_metrics SET outcomes_present = 9 WHERE user_id = :id",
            id=town.id("Bo"),
        )
        assert town.match("surprise") == ["Bo", "Ada"]

    def test_no_more_are_given_than_asked_for(self, town: Town) -> None:
        town.person("Bo", likes=CLIMBING)
        assert town.match(limit=1) == ["Bo"]


class TestEvent:
    def test_one_that_isn_t_there_is_refused(self, engine: Engine) -> None:
        with Session(engine) as session, pytest.raises(UnknownEventError):
            candidates(session, an_id("none"), limit=5, now=NOW)

    def test_so_is_one_to_which_nobody_can_be_invited_any_more(self, town: Town) -> None:
        with pytest.raises(ClosedEventError, match="it has started"):
            town.match(now=STARTS)


class TestDuos:
    def test_they_come_together_with_the_mean_of_their_scores(self, town: Town) -> None:
        town.person("Bo", likes=CLIMBING)
        town.person("Cleo", likes="opera")
        alone = {town.names[each.user_id]: each.score for each in town.candidates()}
        town.duo("Bo", "Cleo")
        found = town.candidates()
        names = [town.names[each.user_id] for each in found]
        assert abs(names.index("Bo") - names.index("Cleo")) == 1
        pair = [each for each in found if each.duo_id is not None]
        assert {each.score for each in pair} == {(alone["Bo"] + alone["Cleo"]) / 2}
        assert [each.partner_id for each in pair] == [each.user_id for each in pair[::-1]]

    def test_neither_comes_without_the_other(self, town: Town) -> None:
        town.person("Bo", likes=CLIMBING)
        town.person("Cleo", likes=CLIMBING, min_lead_time_days=365)
        town.duo("Bo", "Cleo")
        assert town.match() == ["Ada"]

    @pytest.mark.parametrize(
        "columns",
        [{"status": "pending"}, {"status": "completed"}, {"open_until": NOW}],
    )
    def test_only_while_the_duo_is_active(self, town: Town, columns: dict[str, Any]) -> None:
        town.person("Bo")
        town.person("Cleo", status="paused")
        town.duo("Bo", "Cleo", **columns)
        assert "Bo" in town.match()

    def test_half_a_pair_doesn_t_fill_the_last_place(self, town: Town) -> None:
        for name in ("Bo", "Cleo"):
            town.person(name, likes=CLIMBING)
        town.duo("Bo", "Cleo")
        assert town.match(limit=1) == ["Ada"]
        assert sorted(town.match(limit=2)) == ["Bo", "Cleo"]

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 9, 40])
    def test_however_many_fit_the_places_are_taken_by_who_has_room(
        self, town: Town, limit: int
    ) -> None:
        """Pairs that find no room keep nobody out: as if all were ranked and then seated."""
        for number in range(8):
            pair = f"one {number}", f"other {number}"
            for name in pair:
                town.person(name, likes=CLIMBING)
            town.duo(*pair)
        for number in range(3):
            town.person(f"single {number}", likes="chess")
        seated: list[str] = []
        for each in town.candidates(limit=500):
            partner = each.partner_id
            room = limit - len(seated)
            if partner is None or partner in seated or room >= 2:
                seated += [each.user_id] if room else []
        assert [each.user_id for each in town.candidates(limit=limit)] == seated
        assert len(seated) == min(limit, 20)

    def test_a_partner_whose_taste_is_far_off_is_found(self, town: Town) -> None:
        for number in range(30):
            town.person(f"person {number}", likes=CLIMBING)
        town.person("Bo", likes=CLIMBING)
        town.person("Cleo")
        town.run(
            "UPDATE user_internal_metrics SET outcomes_present = 90 WHERE user_id = ANY(:ids)",
            ids=[town.id("Bo"), town.id("Cleo")],
        )
        town.duo("Bo", "Cleo")
        assert {"Bo", "Cleo"} <= set(town.match(limit=40))


class TestReasons:
    def test_what_is_shared_with_the_host_is_named_and_how_far_it_is(self, town: Town) -> None:
        town.interested("Hanna", "bouldering", "chess")
        town.interested("Ada", "chess", "bouldering", "opera")
        town.was_at("Ada", HALL[0] + 2 * MILE)
        (found,) = town.candidates()
        assert found.match_reason == (
            "You and the host both like bouldering, and it is 2 miles from your last gathering."
        )

    def test_else_what_of_theirs_suits_the_event(self, town: Town) -> None:
        town.interested("Hanna", "opera")
        town.interested("Ada", "chess", "climbing hall")
        assert town.candidates()[0].match_reason == "You like climbing hall."

    def test_else_that_their_taste_is_near_else_that_they_fit(self, town: Town) -> None:
        town.person("Bo", likes="opera")
        assert [each.match_reason for each in town.candidates()] == [
            "It is close to what you like.",
            "It fits your preferences.",
        ]
