"""`momento match`: who could be invited, for people and for programs."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from tests.factories.town import CLIMBING, Town
from tests.helpers.command import Momento
from tests.helpers.pages import an_id

SOON = datetime.now(UTC) + timedelta(days=9)


@pytest.fixture
def town(engine: Engine) -> Town:
    """An event to come, and two who may want to come as a duo."""
    town = Town(engine)
    town.person("Hanna")
    town.event("drinks", starts_at=SOON)
    town.person("Ada", likes=CLIMBING)
    town.person("Bo", likes="opera")
    return town


class TestMatch:
    def test_the_best_comes_first_with_the_reason(self, momento: Momento, town: Town) -> None:
        said = momento("match", an_id("drinks"))
        assert (said.code, said.err) == (0, "")
        head, first, second = said.out.splitlines()
        assert head == f"drinks, {SOON:%Y-%m-%d %H:%M}Z"
        assert first.split()[0] == "1"
        assert an_id("Ada") in first
        assert first.endswith("It is close to what you like.")
        assert an_id("Bo") in second

    def test_people_are_shown_by_their_ids_only(self, momento: Momento, town: Town) -> None:
        town.run("UPDATE users SET last_name = 'Canary', phone_number = '+12025550188'")
        said = momento("match", an_id("drinks"))
        assert "Canary" not in said.out + said.err
        assert "+1202" not in said.out + said.err

    def test_programs_get_the_same_as_json(self, momento: Momento, town: Town) -> None:
        town.duo("Ada", "Bo", open_until=SOON)
        said = momento("match", an_id("drinks"), "--json")
        assert said.json["event_id"] == an_id("drinks")
        found = {each["user_id"]: each for each in said.json["candidates"]}
        assert found.keys() == {an_id("Ada"), an_id("Bo")}
        assert found[an_id("Ada")]["partner_id"] == an_id("Bo")
        assert found[an_id("Ada")]["duo_id"] == an_id("Ada and Bo")
        assert found[an_id("Ada")]["match_reason"]

    def test_a_duo_is_said_to_be_one(self, momento: Momento, town: Town) -> None:
        town.duo("Ada", "Bo", open_until=SOON)
        said = momento("match", an_id("drinks"))
        assert f"(as a duo with {an_id('Bo')})" in said.out

    def test_no_more_are_given_than_asked_for(self, momento: Momento, town: Town) -> None:
        assert len(momento("match", an_id("drinks"), "--limit", "1").out.splitlines()) == 2

    def test_nothing_is_kept(self, momento: Momento, town: Town, engine: Engine) -> None:
        momento("match", an_id("drinks"))
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM event_candidates").scalar() == 0

    def test_nobody_is_an_answer(self, momento: Momento, town: Town) -> None:
        town.run("UPDATE users SET status = 'paused'")
        said = momento("match", an_id("drinks"))
        assert said.code == 0
        assert "nobody fits" in said.out

    def test_then_it_says_how_many_each_filter_left(self, momento: Momento, town: Town) -> None:
        town.run("UPDATE events SET confirmation_fee = 9000")
        town.run("UPDATE users SET price_sensitivity = 1")
        town.person("Cleo", status="paused")
        left = momento("match", an_id("drinks"), "--json").json["left_by_filters"]
        assert list(left.values()) == [3, 3, 3, 0, 0, 0, 0]
        rows = momento("match", an_id("drinks")).out.splitlines()[1:]
        assert [row.split(maxsplit=1) for row in rows] == [
            [str(count), words] for words, count in left.items()
        ]

    def test_it_says_that_only_duos_are_left(self, momento: Momento, town: Town) -> None:
        town.duo("Ada", "Bo", open_until=SOON)
        said = momento("match", an_id("drinks"), "--limit", "1")
        assert said.out.endswith("in duos: the partner doesn't fit, or there is room for one.\n")

    def test_what_people_wrote_does_nothing_to_a_terminal(
        self, momento: Momento, town: Town
    ) -> None:
        wrote = "\x1b[2J\n  99  0.999  somebody"
        town.interested("Hanna", wrote)
        town.interested("Ada", wrote)
        town.run("UPDATE events SET title = :title", title=f"{wrote}\u202e\x9b")
        said = momento("match", an_id("drinks"))
        assert len(said.out.splitlines()) == 3
        assert all(each.isprintable() for each in said.out.splitlines())
        assert r"\x1b[2J\n  99  0.999  somebody\u202e\x9b, " in said.out

    def test_an_event_without_a_vector_is_matched_without_taste_and_says_so(
        self, momento: Momento, town: Town
    ) -> None:
        town.event("surprise", about=None, starts_at=SOON + timedelta(days=1))
        said = momento("match", an_id("surprise"))
        assert said.code == 0
        assert "no vector yet" in said.err
        assert len(said.out.splitlines()) == 3


class TestRefusals:
    @pytest.mark.parametrize(
        ("event", "complaint"),
        [("drinks", "'drinks' is no event's id"), (an_id("none"), "There is no event")],
    )
    def test_an_id_that_is_none_or_unknown(
        self, momento: Momento, town: Town, event: str, complaint: str
    ) -> None:
        said = momento("match", event)
        assert (said.code, said.out) == (1, "")
        assert complaint in said.err

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ("status = 'draft', starts_at = NULL, ends_at = NULL", "it is a draft"),
            ("status = 'completed'", "it is over"),
            ("status = 'cancelled'", "it is cancelled"),
            ("starts_at = NULL", "it has no schedule"),
            ("status = 'cancelled_by_host'", "its host has cancelled it"),
            ("starts_at = now() - interval '1 minute'", "it has started"),
        ],
    )
    def test_an_event_that_nobody_can_be_invited_to(
        self, momento: Momento, town: Town, change: str, complaint: str
    ) -> None:
        town.run(f"UPDATE events SET {change}")
        said = momento("match", an_id("drinks"))
        assert said.code == 1
        assert complaint in said.err

    @pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "1.5"])
    def test_a_limit_that_is_none(self, momento: Momento, town: Town, limit: str) -> None:
        said = momento("match", an_id("drinks"), "--limit", limit)
        assert said.code == 2
        assert "must be a whole number from 1 to 1000" in said.err
