"""Who is to be found."""

import pytest

from domain.constants import SEARCH_LIMIT_CHARACTERS
from domain.queries.search import search_people
from tests.factories.rows import Rows
from tests.helpers.pages import an_id


@pytest.fixture
def town(rows: Rows) -> Rows:
    """People with careers, interests and moods."""
    rows.person("Ada", career="Software Engineer", interests=["Hiking", "Vintage Film"])
    rows.person("Bo", career="Baker", interests=["Software", "Chess"], mood="Curious")
    rows.person("Cleo", career="Chef", mood="Thinking about software")
    return rows


def names(rows: Rows, words: str, asker: str | None = None) -> list[str | None]:
    found = search_people(rows.session, words, asker_id=asker and an_id(asker))
    return [each.name for each in found.items]


class TestSearchPeople:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("engineer", ["Ada"]),
            ("engineering", ["Ada"]),
            ("chess", ["Bo"]),
            ("curious", ["Bo"]),
            ('"vintage film"', ["Ada"]),
            ('"film vintage"', []),
            ("software -hiking", ["Bo", "Cleo"]),
            ("baker or chef", {"Bo", "Cleo"}),
            ("astronaut", []),
        ],
    )
    def test_career_interests_and_mood_are_searched(
        self, town: Rows, words: str, expected: list[str] | set[str]
    ) -> None:
        found = names(town, words)
        assert (set(found) if isinstance(expected, set) else found) == expected

    def test_a_career_weighs_more_than_interests_and_those_more_than_a_mood(
        self, town: Rows
    ) -> None:
        assert names(town, "software") == ["Ada", "Bo", "Cleo"]

    def test_what_was_found_says_who_it_is(self, town: Rows) -> None:
        (found,) = search_people(town.session, "chess").items
        assert (found.user_id, found.career, found.mood) == (an_id("Bo"), "Baker", "Curious")
        assert found.interests == ["Software", "Chess"]
        assert found.rank > 0

    @pytest.mark.parametrize(
        "words", ["", "   ", "the", "-engineer", "the -engineer", "'!&|(", "\0"]
    )
    def test_what_names_nothing_to_look_for_finds_nobody(self, town: Rows, words: str) -> None:
        assert names(town, words) == []

    def test_a_search_has_a_length_within_reason(self, town: Rows) -> None:
        with pytest.raises(ValueError, match="at most 200"):
            names(town, "x" * (SEARCH_LIMIT_CHARACTERS + 1))

    @pytest.mark.parametrize(
        "status",
        ["paused", "suspended", "banned", "archived_for_recycling", "pending_onboarding"],
    )
    def test_only_active_people_are_found(self, town: Rows, status: str) -> None:
        town.person("Dan", career="Engineer", status=status)
        assert names(town, "engineer") == ["Ada"]

    def test_nobody_finds_themselves(self, town: Rows) -> None:
        assert names(town, "software", asker="Ada") == ["Bo", "Cleo"]

    @pytest.mark.parametrize("pair", [("Ada", "Bo"), ("Bo", "Ada")])
    def test_nobody_is_found_across_a_block(self, town: Rows, pair: tuple[str, str]) -> None:
        town.block(*pair)
        assert names(town, "software", asker="Bo") == ["Cleo"]

    def test_a_block_that_has_ended_hides_nobody(self, town: Rows) -> None:
        town.block("Ada", "Bo", ended=True)
        assert names(town, "software", asker="Bo") == ["Ada", "Cleo"]

    def test_page_by_page_each_comes_once_even_those_of_one_rank(self, town: Rows) -> None:
        for name in "abcdefg":
            town.person(name, career="Sailor")
        seen: list[str | None] = []
        cursor = None
        while True:
            found = search_people(town.session, "sailor", after=cursor, limit=3)
            seen += [each.name for each in found.items]
            cursor = found.next
            if cursor is None:
                break
        assert len(seen) == 7
        assert set(seen) == set("abcdefg")
