"""Rules, "People" and "Photos": what follows from what people show of themselves."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from domain.facts import Fact
from domain.profiles.rules import (
    Photo,
    TokenFact,
    TokenHeld,
    badge_end,
    interest_names,
    judge_pair,
    settle_faces,
    settle_interests,
    settle_persona,
    settle_token,
    settle_unlocks,
)
from tests.factories.facts import DAY, HOUR, INSTANT, START, a_fact, a_stamp, in_order

LATER = START + DAY


def photo(
    url: str, time: datetime = START, *, authentic: bool = False, id_: str = "m", source: str = "/s"
) -> Photo:
    return Photo(a_stamp(time, id_, source), url, authentic)


class TestFaces:
    @pytest.mark.parametrize(
        ("photos", "current", "source", "face_card"),
        [
            pytest.param([], None, None, None, id="no photo"),
            pytest.param([photo("a")], "a", None, "a", id="none authentic: the current one"),
            pytest.param([photo("a", authentic=True)], "a", "a", "a", id="one, authentic"),
            pytest.param(
                [photo("b", LATER, authentic=True), photo("a")],
                "a",
                "b",
                "b",
                id="the authentic one before the first",
            ),
            pytest.param(
                [photo("b", LATER), photo("a"), photo("c", START - DAY)],
                "c",
                None,
                "c",
                id="an older one that arrives later",
            ),
            pytest.param(
                [photo("b", LATER, authentic=True), photo("a", START + HOUR, authentic=True)],
                "a",
                "a",
                "a",
                id="the first authentic one",
            ),
            pytest.param(
                [photo("b", id_="b"), photo("a", id_="a")], "a", None, "a", id="one time, by id"
            ),
            pytest.param(
                [photo("b", source="/b"), photo("a", source="/a")],
                "a",
                None,
                "a",
                id="one time and id, by source",
            ),
        ],
    )
    def test_first_means_least_in_the_order(
        self,
        photos: list[Photo],
        *,
        current: str | None,
        source: str | None,
        face_card: str | None,
    ) -> None:
        assert settle_faces(photos) == {
            "current_photo_url": current,
            "face_card_source_photo_url": source,
            "current_face_card_photo_url": face_card,
        }


class TestBadge:
    @pytest.mark.parametrize(
        ("added_at", "ends_at"),
        [
            pytest.param(
                datetime(2026, 3, 14, 18, 30, tzinfo=UTC),
                datetime(2027, 3, 14, 18, 30, tzinfo=UTC),
                id="twelve months later",
            ),
            pytest.param(
                datetime(2028, 2, 29, tzinfo=UTC), datetime(2029, 2, 28, tzinfo=UTC), id="leap day"
            ),
            pytest.param(
                datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=9))),
                datetime(2027, 2, 28, 16, tzinfo=UTC),
                id="months are those of UTC",
            ),
        ],
    )
    def test_an_authentic_photos_ends_after_12_calendar_months(
        self, added_at: datetime, ends_at: datetime
    ) -> None:
        assert badge_end(added_at, is_authentic=True) == ends_at
        assert badge_end(added_at, is_authentic=False) is None


class TestPairs:
    def test_nobody_likes_or_shares_with_themselves(self) -> None:
        refusal = judge_pair("ada", "ada")
        assert refusal is not None
        assert refusal.reason == "self"
        assert judge_pair("ada", "bo") is None


def selected(time: datetime, *names: str, id_: str = "m") -> Fact:
    return a_fact("interests.selected", time, id_=id_, interests=list(names))


class TestInterests:
    @pytest.mark.parametrize(
        ("said", "names"),
        [
            pytest.param([" Soup", "Jazz\t"], ["Soup", "Jazz"], id="trimmed"),
            pytest.param(["Soup", "Soup "], ["Soup"], id="each once"),
            pytest.param(["soup", "Soup"], ["soup", "Soup"], id="case matters"),
            pytest.param(["Hip  hop"], ["Hip  hop"], id="within, as given"),
        ],
    )
    def test_names_are_compared_as_given_after_trimming(
        self, said: list[str], names: list[str]
    ) -> None:
        assert interest_names(said) == names

    @pytest.mark.parametrize(
        ("facts", "names"),
        [
            pytest.param([], [], id="nothing said"),
            pytest.param([selected(START, "Soup", "Jazz")], ["Soup", "Jazz"], id="once"),
            pytest.param(
                [selected(LATER, "Chess"), selected(START, "Soup", "Jazz")], ["Chess"], id="newest"
            ),
            pytest.param([selected(START, "Soup"), selected(LATER)], [], id="none any more"),
            pytest.param(
                [selected(START, "Soup", id_="b"), selected(START, "Jazz", id_="a")],
                ["Soup"],
                id="one time, by id",
            ),
            pytest.param([a_fact("persona.updated", START, interests=["x"])], [], id="no persona"),
        ],
    )
    def test_what_was_selected_last_replaces_the_rest(
        self, facts: list[Fact], names: list[str]
    ) -> None:
        assert settle_interests(in_order(facts)) == names


def persona(time: datetime, /, **said: Any) -> Fact:
    return a_fact("persona.updated", time, **said)


class TestPersona:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            pytest.param([], (None, None, None), id="nothing said"),
            pytest.param(
                [persona(START, career="Baker", interests=["Soup "], mood="calm")],
                ("Baker", ["Soup"], "calm"),
                id="all at once",
            ),
            pytest.param(
                [persona(LATER, mood="bold"), persona(START, career="Baker", mood="calm")],
                ("Baker", None, "bold"),
                id="newest wins per field",
            ),
            pytest.param(
                [persona(START, career="Baker", interests=["Soup"]), persona(LATER, career=None)],
                (None, ["Soup"], None),
                id="null clears, a field left out is unchanged",
            ),
            pytest.param([persona(START, interests=[])], (None, [], None), id="an empty list"),
        ],
    )
    def test_each_field_is_what_was_said_last(
        self, facts: list[Fact], expected: tuple[Any, Any, Any]
    ) -> None:
        settled = settle_persona(in_order(facts))
        assert (settled["career"], settled["interests"], settled["mood"]) == expected


def registered(
    who: str, time: datetime, *, gone: datetime | None = None, id_: str = "m"
) -> TokenFact:
    return TokenFact(a_stamp(time, id_), who, gone, f"id of {who}", "token", "ios")


def removed(who: str, time: datetime, *, gone: datetime | None = None) -> TokenFact:
    return TokenFact(a_stamp(time), who, gone)


T1, T2, T3, T4 = (START + hours * HOUR for hours in range(4))


class TestTokens:
    @pytest.mark.parametrize(
        ("facts", "holder", "disabled_at"),
        [
            pytest.param([], None, None, id="nothing said"),
            pytest.param([registered("ada", T1)], "ada", None, id="registered"),
            pytest.param([removed("ada", T1)], None, None, id="removed and never registered"),
            pytest.param([registered("ada", T1), registered("bo", T2)], "bo", None, id="moved on"),
            pytest.param(
                [registered("ada", T1, id_="b"), registered("bo", T1, id_="a")],
                "ada",
                None,
                id="one time, by id",
            ),
            pytest.param([registered("ada", T1), removed("ada", T2)], "ada", T2, id="removed"),
            pytest.param(
                [registered("ada", T2), removed("ada", T1)],
                "ada",
                None,
                id="removed before it was registered",
            ),
            pytest.param(
                [registered("ada", T1), removed("ada", T2), removed("ada", T3)],
                "ada",
                T2,
                id="removed twice",
            ),
            pytest.param(
                [registered("ada", T1), removed("ada", T2), registered("ada", T3)],
                "ada",
                None,
                id="registered again",
            ),
            pytest.param(
                [registered("ada", T1), removed("ada", T2), registered("bo", T3)],
                "bo",
                None,
                id="removed, then another's",
            ),
            pytest.param(
                [registered("ada", T1), registered("bo", T2), removed("ada", T3)],
                "bo",
                None,
                id="removed by who no longer has it",
            ),
            pytest.param(
                [registered("ada", T1), registered("bo", T2, gone=T3)],
                None,
                None,
                id="its last holder was deleted: it doesn't fall back",
            ),
            pytest.param(
                [registered("ada", T1), registered("bo", T3, gone=T2)],
                "ada",
                None,
                id="registered after a deletion",
            ),
            pytest.param(
                [registered("ada", T1, gone=T4), registered("bo", T2, gone=T3), removed("bo", T2)],
                None,
                None,
                id="nobody is left",
            ),
        ],
    )
    def test_who_registered_last_has_it_until_they_remove_it(
        self, facts: list[TokenFact], *, holder: str | None, disabled_at: datetime | None
    ) -> None:
        for order in (facts, facts[::-1]):
            held = settle_token(order)
            if holder is None:
                assert held is None
            else:
                assert held is not None
                assert (held.by.user_id, held.disabled_at) == (holder, disabled_at)

    def test_a_removal_is_the_reason(self) -> None:
        first = registered("ada", T1)
        assert settle_token([first, removed("ada", T2)]) == TokenHeld(first, T2, "removed")

    def test_at_the_moment_of_the_deletion_it_still_counts(self) -> None:
        facts = [registered("ada", T1), registered("bo", T2, gone=T2)]
        assert settle_token(facts) is None
        later = [registered("ada", T1), registered("bo", T2 + INSTANT, gone=T2)]
        assert settle_token(later) is not None


class TestUnlocks:
    @pytest.mark.parametrize(
        ("events", "thanked", "looks"),
        [
            pytest.param(0, False, set(), id="nothing yet"),
            pytest.param(2, False, set(), id="2 events"),
            pytest.param(3, False, {"style:vintage"}, id="3 events"),
            pytest.param(9, False, {"style:vintage"}, id="9 events"),
            pytest.param(10, False, {"style:vintage", "style:golden"}, id="10 events"),
            pytest.param(0, True, {"frame:kind"}, id="widely thanked"),
            pytest.param(12, True, {"style:vintage", "style:golden", "frame:kind"}, id="all"),
        ],
    )
    def test_a_look_is_earned_by_coming_or_being_thanked(
        self, *, events: int, thanked: bool, looks: set[str]
    ) -> None:
        assert settle_unlocks(events=events, is_widely_thanked=thanked) == looks
