"""Cases of safety that matter, in every order; and that the told histories hit its rules."""

from collections import Counter

import pytest
from sqlalchemy import Engine

from domain.envelope import Envelope
from domain.gatherings.payloads import EventCompleted, EventUpdated
from domain.tables.kudos import Kudo
from domain.users.payloads import UserDeleted
from tests.helpers.agree import Agree
from tests.helpers.apply import Application
from tests.helpers.diary import Diary
from tests.helpers.ledger import drift
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.safety import answer, ask_for_help, call_off, report, resolve, set_status
from tests.helpers.said import rows
from tests.helpers.state import State
from tests.properties.test_order_does_not_matter import SEEDS, later_stop, small_city


class Tale:
    """A diary in two parts: what was before, and what is then told in every order."""

    def __init__(self, *people: str) -> None:
        self.diary = Diary()
        self.diary.people("Hanna", "Cleo", *people)
        self._before = 0

    def begin(self) -> Diary:
        """What is noted from now on comes in every order."""
        self._before = len(self.diary.pages)
        return self.diary

    @property
    def parts(self) -> tuple[list[Envelope], list[Envelope]]:
        """What was before, and the rest."""
        return self.diary.pages[: self._before], self.diary.pages[self._before :]


def drinks_with(*guests: str) -> Tale:
    """An event of Hanna's to which these came."""
    tale = Tale(*guests)
    tale.diary.event("drinks", host="Hanna", seats=5)
    for guest in guests:
        tale.diary.invited("drinks", guest)
        tale.diary.paid("drinks", guest)
        tale.diary.reported("drinks", guest, by="Hanna", status="attended")
    return tale


def status_of(state: State, person: str) -> str:
    (row,) = [row for row in state["users"] if row["id"] == an_id(person)]
    return str(row["status"])


# Kudos that count but for a block: both came, and they lie in the window of what took place.
PARTED_KUDOS = """
    SELECT FROM attendee_kudos AS kudos JOIN events ON events.id = kudos.event_id
    JOIN attendance AS one ON one.event_id = events.id AND one.user_id = giver_id
    JOIN attendance AS other ON other.event_id = events.id AND other.user_id = receiver_id
    WHERE NOT counts AND cancelled_at IS NULL AND given_at BETWEEN starts_at
            AND events.ends_at + interval '14 days'
        AND one.status IN ('attended', 'late') AND other.status IN ('attended', 'late')
"""
AT_ONCE = pytest.mark.parametrize("at_once", [True, False], ids=["at once", "follow-ups late"])


class TestBlocks:
    @AT_ONCE
    def test_kudos_said_twice_of_which_one_lies_in_a_block(
        self, agree: Agree, *, at_once: bool
    ) -> None:
        tale = drinks_with("Ada", "Bo")
        tale.diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END + 2 * DAY)
        diary = tale.begin()
        diary.blocked("Bo", "Ada", at=END)
        diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END + HOUR)
        diary.unblocked("Bo", "Ada", at=END + DAY)
        state = agree.on(*tale.parts, follow_ups_at_once=at_once)
        (kudo,) = state["attendee_kudos"]
        assert (kudo["counts"], kudo["given_at"]) == (True, "2026-03-16T21:00:00+00:00")

    def test_kudos_in_a_block_at_an_event_of_which_somebody_missed_a_part(
        self, agree: Agree
    ) -> None:
        tale = drinks_with("Ada", "Bo")
        tale.diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END + HOUR)
        diary = tale.begin()
        diary.blocked("Ada", "Bo", at=END)
        diary.reported("drinks", "Bo", by="Hanna", status="no_show", at=END + DAY)
        diary.thanked("drinks", "Ada", "Bo", Kudo.HELPFUL, at=END - HOUR)
        state = agree.on(*tale.parts)
        (kudo,) = state["attendee_kudos"]
        assert (kudo["counts"], kudo["given_at"]) == (False, "2026-03-14T20:00:00+00:00")

    @AT_ONCE
    def test_a_block_around_completion(self, agree: Agree, *, at_once: bool) -> None:
        tale = drinks_with("Ada", "Bo", "Dan")
        diary = tale.begin()
        diary.blocked("Ada", "Bo", at=END)
        diary.note(EventCompleted(event_id=an_id("drinks")), END + 2 * HOUR)
        diary.blocked("Bo", "Dan", at=END + 3 * HOUR)
        state = agree.on(*tale.parts, follow_ups_at_once=at_once)
        assert len(state["connections"]) == 4

    def test_blocks_of_somebody_who_is_deleted_in_between(self, agree: Agree) -> None:
        tale = drinks_with("Ada", "Bo")
        tale.diary.thanked("drinks", "Bo", "Ada", Kudo.HELPFUL, at=END + 3 * DAY)
        diary = tale.begin()
        diary.blocked("Ada", "Bo", at=END + DAY)
        diary.note(UserDeleted(user_id=an_id("Ada")), END + 2 * DAY)
        diary.unblocked("Ada", "Bo", at=END + 2 * DAY + HOUR)
        state = agree.on(*tale.parts)
        assert [row["unblocked_at"] for row in state["blocked_users"]] == [None]
        assert [kudo["counts"] for kudo in state["attendee_kudos"]] == [False]


class TestReports:
    def test_three_with_a_status_in_between(self, agree: Agree) -> None:
        tale = Tale("Ada", "Bo", "Dan")
        report(tale.diary, "a", by="Ada", about="Cleo", at=START)
        diary = tale.begin()
        report(diary, "b", by="Bo", about="Cleo", at=START + DAY)
        set_status(diary, "Cleo", "paused", at=START + 2 * DAY)
        report(diary, "c", by="Dan", about="Cleo", at=START + 30 * DAY)
        assert status_of(agree.on(*tale.parts), "Cleo") == "suspended"

    def test_one_closed_one_new_and_an_older_status(self, agree: Agree) -> None:
        tale = Tale("Ada", "Bo", "Dan", "Eve")
        report(tale.diary, "a", by="Ada", about="Cleo", at=START)
        report(tale.diary, "b", by="Bo", about="Cleo", at=START + DAY)
        report(tale.diary, "c", by="Dan", about="Cleo", at=START + 2 * DAY)
        diary = tale.begin()
        resolve(diary, "a", "warning", at=START + 3 * DAY)
        set_status(diary, "Cleo", "paused", at=START - DAY)
        report(diary, "d", by="Ada", about="Cleo", at=START + 31 * DAY)
        assert status_of(agree.on(*tale.parts), "Cleo") == "suspended"

    def test_one_filed_twice_and_decided_twice(self, agree: Agree) -> None:
        tale = Tale("Ada")
        resolve(tale.diary, "a", "no_action", at=START + HOUR)
        diary = tale.begin()
        report(diary, "a", by="Ada", about="Cleo", at=START + DAY)
        report(diary, "a", by="Ada", about="Cleo", at=START)
        resolve(diary, "a", "suspension", at=START + 2 * DAY)
        state = agree.on(*tale.parts)
        assert [row["reported_at"] for row in state["reports"]] == ["2026-03-14T18:00:00+00:00"]
        assert status_of(state, "Cleo") == "suspended"

    @AT_ONCE
    def test_a_host_banned_by_a_report_before_and_after_being_deleted(
        self, agree: Agree, *, at_once: bool
    ) -> None:
        tale = Tale("Ada")
        tale.diary.event("drinks", host="Hanna", seats=5)
        report(tale.diary, "a", by="Ada", about="Hanna", at=START - 20 * DAY)
        resolve(tale.diary, "a", "ban", at=START - 15 * DAY)
        diary = tale.begin()
        diary.event("walk", host="Hanna", seats=5, starts_at=START + 35 * DAY)
        del diary.pages[-2]
        diary.note(UserDeleted(user_id=an_id("Hanna")), START - 10 * DAY)
        resolve(diary, "a", "ban", at=START - DAY)
        state = agree.on(*tale.parts, follow_ups_at_once=at_once)
        cancelled = {row["id"]: row["cancelled_at"] for row in state["events"]}
        assert cancelled[an_id("drinks")] == "2026-02-27T18:00:00+00:00"
        # It was published after both, so that the second ban, which has no effect, leaves it.
        assert cancelled[an_id("walk")] is None


class TestHosts:
    @AT_ONCE
    def test_a_cancellation_between_the_system_s_and_a_change_of_plan(
        self, agree: Agree, *, at_once: bool
    ) -> None:
        tale = drinks_with("Ada")
        call_off(tale.diary, "drinks", at=START - 2 * DAY + HOUR)
        diary = tale.begin()
        call_off(diary, "drinks", at=START - 2 * DAY)
        call_off(diary, "drinks", at=START - DAY, by="system")
        diary.note(
            EventUpdated(event_id=an_id("drinks"), itinerary=[later_stop()]), START - 3 * DAY
        )
        but_for = {"payments"}
        state = agree.on(*tale.parts, but_for=but_for, follow_ups_at_once=at_once)
        (row,) = state["host_reliability_log"]
        assert (row["action_type"], row["occurred_at"]) == (
            "cancelled",
            "2026-03-12T18:00:00+00:00",
        )

    def test_three_cancellations_leave_the_same_tables(self, agree: Agree) -> None:
        tale = Tale()
        names = ("a", "b", "c")
        for name in names:
            tale.diary.event(name, host="Hanna", seats=5)
        diary = tale.begin()
        for day, name in enumerate(names):
            call_off(diary, name, at=START - day * DAY)
        assert len(agree.on(*tale.parts)["host_reliability_log"]) == 3


class TestTickets:
    def test_opened_twice_and_updated_twice(self, agree: Agree) -> None:
        tale = Tale("Ada")
        ask_for_help(tale.diary, "Ada", "ticket", at=START + HOUR)
        diary = tale.begin()
        ask_for_help(diary, "Ada", "ticket", at=START)
        answer(diary, "ticket", "resolved", at=START + 2 * DAY)
        answer(diary, "ticket", "open", at=START + DAY)
        state = agree.on(*tale.parts)
        assert [ticket["status"] for ticket in state["support_tickets"]] == ["resolved"]


class TestTheHistories:
    """What is told beside the city is there to hit the rules, and does."""

    @pytest.fixture
    def told(self, engine: Engine) -> Engine:
        Application(engine).run([said for seed in SEEDS for said in small_city(seed)])
        return engine

    def count(self, engine: Engine, column: str, table: str) -> Counter[str]:
        found = rows(engine, f"SELECT {column}::text, count(*) FROM {table} GROUP BY 1")
        return Counter({str(word): number for word, number in found})

    def test_hit_every_rule_of_safety(self, told: Engine) -> None:
        notes = self.count(told, "split_part(reason, ':', 1)", "deliveries")
        expected = {"already_blocked", "another_stands", "not_blocked", "self", "user_deleted"}
        assert expected <= notes.keys()
        assert self.count(told, "unblocked_at IS NULL", "blocked_users").keys() == {"true", "false"}
        assert self.count(told, "status", "reports").keys() == {"new", "resolved"}
        assert self.count(told, "action_type", "host_reliability_log").keys() == {
            "cancelled",
            "cancelled_late",
        }
        assert self.count(told, "status", "support_tickets").total() >= 20
        assert rows(told, PARTED_KUDOS) != []
        types = self.count(told, "type", "domain_events")
        assert types["app.momento.user.suspended.v1"] >= 1
        assert types["app.momento.host.flagged.v1"] >= 1
        assert drift(told) == []
