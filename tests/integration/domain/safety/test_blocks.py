"""Rules, "Safety": blocks are kept with their times, and part what lies between two people."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.tables.kudos import Kudo
from domain.users.payloads import UserDeleted
from tests.helpers.diary import Diary
from tests.helpers.ledger import drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.safety import set_status
from tests.helpers.said import outcome, rows
from tests.helpers.telling import tell

COMPLETED = END + 2 * HOUR


@pytest.fixture
def diary(engine: Engine) -> Diary:
    """Ada, Bo and Dan were at an event of Hanna's; Ada thanked Bo an hour after it."""
    diary = Diary()
    diary.people("Hanna", "Cleo", "Ada", "Bo", "Dan", "Eve")
    diary.event("drinks", host="Hanna", seats=8)
    diary.attended("drinks", "Ada", "Bo", "Dan")
    diary.ended("drinks")
    diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL)
    tell(engine, diary.pages)
    return diary


def tell_all(engine: Engine, diary: Diary) -> None:
    """Have everything heard that wasn't yet."""
    tell(engine, diary.pages)
    assert drift(engine) == []


def standing(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, "SELECT blocked_at, unblocked_at FROM blocked_users")


def kudos_of(engine: Engine, person: str) -> dict[str, int]:
    ((found,),) = rows(
        engine,
        "SELECT aggregated_kudos FROM user_internal_metrics WHERE user_id = :id",
        id=an_id(person),
    )
    kudos: dict[str, int] = found
    return kudos


def memory_book(engine: Engine) -> set[tuple[str, str]]:
    names = {an_id(name): name for name in ("Hanna", "Ada", "Bo", "Dan")}
    found = rows(engine, "SELECT owner_id::text, connected_user_id::text FROM connections")
    return {(names[owner], names[other]) for owner, other in found}


class TestRows:
    def test_a_block_stands_until_it_is_taken_back(self, engine: Engine, diary: Diary) -> None:
        diary.blocked("Ada", "Bo", at=END + DAY)
        tell_all(engine, diary)
        assert standing(engine) == [(END + DAY, None)]
        diary.unblocked("Ada", "Bo", at=END + 2 * DAY)
        tell_all(engine, diary)
        assert standing(engine) == [(END + DAY, END + 2 * DAY)]

    def test_every_block_and_its_end_is_kept(self, engine: Engine, diary: Diary) -> None:
        for day in (1, 3):
            diary.blocked("Ada", "Bo", at=END + day * DAY)
            diary.unblocked("Ada", "Bo", at=END + (day + 1) * DAY)
        tell_all(engine, diary)
        assert rows(engine, "SELECT at, blocks FROM block_facts ORDER BY at") == [
            (END + DAY, True),
            (END + 2 * DAY, False),
            (END + 3 * DAY, True),
            (END + 4 * DAY, False),
        ]
        assert standing(engine) == [(END + 3 * DAY, END + 4 * DAY)]

    def test_the_end_of_what_never_began_leaves_no_row(self, engine: Engine, diary: Diary) -> None:
        said = diary.unblocked("Ada", "Bo", at=END)
        tell_all(engine, diary)
        assert standing(engine) == []
        assert outcome(engine, said) == ("done", "not_blocked")

    def test_a_second_block_changes_nothing_and_says_so(self, engine: Engine, diary: Diary) -> None:
        diary.blocked("Ada", "Bo", at=END)
        said = diary.blocked("Ada", "Bo", at=END + DAY)
        tell_all(engine, diary)
        assert standing(engine) == [(END, None)]
        assert outcome(engine, said) == ("done", "already_blocked")

    def test_nobody_blocks_themselves(self, engine: Engine, diary: Diary) -> None:
        said = [diary.blocked("Ada", "Ada", at=END), diary.unblocked("Ada", "Ada", at=END)]
        tell_all(engine, diary)
        assert [outcome(engine, each) for each in said] == [("rejected", "self")] * 2
        assert rows(engine, "SELECT FROM block_facts") == []


class TestDeletion:
    @pytest.mark.parametrize("deleted_first", [True, False])
    def test_what_somebody_said_after_being_deleted_has_no_effect(
        self, engine: Engine, diary: Diary, *, deleted_first: bool
    ) -> None:
        diary.blocked("Ada", "Bo", at=END)
        tell_all(engine, diary)
        if deleted_first:
            diary.note(UserDeleted(user_id=an_id("Ada")), END + 2 * DAY)
            tell_all(engine, diary)
        diary.unblocked("Ada", "Bo", at=END + 3 * DAY)
        tell_all(engine, diary)
        diary.note(UserDeleted(user_id=an_id("Ada")), END + 2 * DAY)
        tell_all(engine, diary)
        assert standing(engine) == [(END, None)]
        assert kudos_of(engine, "Bo") == {}

    def test_it_is_refused_once_the_deletion_is_known(self, engine: Engine, diary: Diary) -> None:
        diary.note(UserDeleted(user_id=an_id("Ada")), END)
        tell_all(engine, diary)
        early, late = (diary.blocked("Ada", "Bo", at=at) for at in (END, END + HOUR))
        tell_all(engine, diary)
        assert outcome(engine, early) == ("done", None)
        assert outcome(engine, late) == ("rejected", "user_deleted")


class TestKudos:
    @pytest.mark.parametrize(("blocker", "blocked"), [("Ada", "Bo"), ("Bo", "Ada")])
    def test_given_while_a_block_stood_they_do_not_count(
        self, engine: Engine, diary: Diary, blocker: str, blocked: str
    ) -> None:
        assert kudos_of(engine, "Bo") == {"helpful": 1}
        diary.blocked(blocker, blocked, at=END)
        tell_all(engine, diary)
        assert kudos_of(engine, "Bo") == {}
        said = diary.thanked("drinks", "Ada", "Bo", Kudo.INSPIRING, at=END + DAY)
        tell_all(engine, diary)
        assert kudos_of(engine, "Bo") == {}
        assert outcome(engine, said) == ("done", "blocked")

    def test_a_block_later_leaves_them(self, engine: Engine, diary: Diary) -> None:
        diary.blocked("Ada", "Bo", at=END + 2 * HOUR)
        tell_all(engine, diary)
        assert kudos_of(engine, "Bo") == {"helpful": 1}

    def test_a_block_that_turns_out_to_have_ended_before_gives_them_back(
        self, engine: Engine, diary: Diary
    ) -> None:
        diary.blocked("Ada", "Bo", at=END)
        tell_all(engine, diary)
        diary.unblocked("Ada", "Bo", at=END + HOUR)
        tell_all(engine, diary)
        assert kudos_of(engine, "Bo") == {"helpful": 1}

    def test_said_again_when_none_stands_they_count_from_then(
        self, engine: Engine, diary: Diary
    ) -> None:
        diary.blocked("Ada", "Bo", at=END)
        diary.unblocked("Ada", "Bo", at=END + DAY)
        diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END + 2 * DAY)
        tell_all(engine, diary)
        assert rows(engine, "SELECT counts, given_at FROM attendee_kudos") == [
            (True, END + 2 * DAY)
        ]

    def test_of_others_count_as_before(self, engine: Engine, diary: Diary) -> None:
        diary.thanked("drinks", "Dan", "Bo", Kudo.HELPFUL)
        diary.blocked("Ada", "Dan", at=START)
        tell_all(engine, diary)
        assert kudos_of(engine, "Bo") == {"helpful": 2}


class TestConnections:
    @pytest.mark.parametrize(
        ("at", "parted"),
        [
            pytest.param(START - DAY, True, id="long before completion"),
            pytest.param(COMPLETED, True, id="at completion"),
            pytest.param(COMPLETED + HOUR, False, id="later"),
        ],
    )
    def test_a_block_that_stood_at_completion_leaves_none_in_either_direction(
        self, engine: Engine, diary: Diary, at: datetime, *, parted: bool
    ) -> None:
        diary.blocked("Ada", "Bo", at=at)
        tell_all(engine, diary)
        both = {("Ada", "Bo"), ("Bo", "Ada")}
        others = {("Ada", "Dan"), ("Dan", "Ada"), ("Bo", "Dan"), ("Dan", "Bo")}
        assert memory_book(engine) == (others if parted else others | both)

    def test_they_are_made_when_the_block_turns_out_to_have_ended(
        self, engine: Engine, diary: Diary
    ) -> None:
        diary.blocked("Ada", "Bo", at=START)
        tell_all(engine, diary)
        assert ("Ada", "Bo") not in memory_book(engine)
        diary.unblocked("Ada", "Bo", at=COMPLETED)
        tell_all(engine, diary)
        assert ("Ada", "Bo") in memory_book(engine)


class TestInvitations:
    @pytest.mark.parametrize(("blocker", "blocked"), [("Hanna", "Eve"), ("Eve", "Hanna")])
    def test_the_host_and_somebody_blocked_are_not_brought_together(
        self, engine: Engine, diary: Diary, blocker: str, blocked: str
    ) -> None:
        diary.blocked(blocker, blocked, at=START - 9 * DAY)
        tell_all(engine, diary)
        diary.invited("drinks", "Eve")
        said = diary.pages[-1]
        tell_all(engine, diary)
        assert outcome(engine, said) == ("rejected", "blocked")

    def test_once_it_is_taken_back_they_may_be(self, engine: Engine, diary: Diary) -> None:
        diary.blocked("Hanna", "Eve", at=START - 9 * DAY)
        diary.unblocked("Hanna", "Eve", at=START - 8 * DAY)
        diary.blocked("Ada", "Eve", at=START - 8 * DAY)
        tell_all(engine, diary)
        diary.invited("drinks", "Eve")
        said = diary.pages[-1]
        tell_all(engine, diary)
        assert outcome(engine, said) == ("done", None)

    @pytest.mark.parametrize("status", ["suspended", "banned", "paused"])
    def test_somebody_barred_is_not_invited(
        self, engine: Engine, diary: Diary, status: str
    ) -> None:
        set_status(diary, "Eve", status, at=START - 9 * DAY)
        tell_all(engine, diary)
        diary.invited("drinks", "Eve")
        said = diary.pages[-1]
        tell_all(engine, diary)
        assert outcome(engine, said) == ("rejected", "user_barred")
