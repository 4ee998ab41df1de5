"""Rules, "Safety": while three people's open reports suspend somebody, and what decisions do."""

from datetime import datetime

import pytest

from domain.facts import Fact
from domain.users.rules import settle_account
from domain.users.suspension import is_banned_by, suspending_report
from tests.factories.facts import DAY, HOUR, INSTANT, START, a_fact, in_order

JOINED = START - 100 * DAY
MONTH = 30 * DAY


def report(name: str, time: datetime = START, *, by: str | None = None, id_: str = "m") -> Fact:
    return a_fact("report.filed", time, id_=id_, report_id=name, reporter_id=by or name)


def resolved(name: str, outcome: str, time: datetime = START + DAY) -> Fact:
    return a_fact("report.resolved", time, report_id=name, outcome=outcome)


def status(word: str, time: datetime, *, id_: str = "m") -> Fact:
    return a_fact("user.status_changed", time, id_=id_, status=word)


def status_after(*facts: Fact) -> str:
    signed_up = a_fact("user.registered", JOINED, birth_date="1990-05-01")
    active = status("active", JOINED + HOUR)
    said: str = settle_account(in_order([signed_up, active, *facts])).columns["status"]
    return said


THREE = (report("a"), report("b", START + HOUR), report("c", START + 2 * HOUR))


class TestSuspension:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            pytest.param([], "active", id="no reports"),
            pytest.param(THREE[:2], "active", id="of two people"),
            pytest.param(THREE, "suspended", id="of three people"),
            pytest.param(
                [report("a", by="x"), report("b", by="y"), report("c", by="x")],
                "active",
                id="three reports of two people",
            ),
            pytest.param(
                [report("a"), report("b"), report("c", START + MONTH)],
                "suspended",
                id="the last exactly 30 days after the first",
            ),
            pytest.param(
                [report("a"), report("b"), report("c", START + MONTH + INSTANT)],
                "active",
                id="the last longer after it",
            ),
            pytest.param(
                [report("a"), report("b", START + 20 * DAY), report("c", START + 40 * DAY)],
                "active",
                id="never three within 30 days",
            ),
            pytest.param(
                [
                    report("a"),
                    report("b", START + 20 * DAY),
                    report("c", START + 40 * DAY),
                    report("d", START + 50 * DAY),
                ],
                "suspended",
                id="the last three within 30 days",
            ),
            pytest.param(
                [report("a", id_="c"), report("b", id_="b"), report("c", id_="a")],
                "suspended",
                id="three at one time",
            ),
        ],
    )
    def test_three_different_people_within_30_days(self, facts: list[Fact], expected: str) -> None:
        assert status_after(*facts) == expected

    @pytest.mark.parametrize("place", [0, 1, 2])
    @pytest.mark.parametrize("outcome", ["no_action", "warning"])
    def test_a_report_that_is_closed_no_longer_counts(self, place: int, outcome: str) -> None:
        closed = resolved("abc"[place], outcome)
        assert status_after(*THREE, closed) == "active"
        assert status_after(*THREE, closed, report("d", START + DAY)) == "suspended"

    def test_it_counts_no_more_whenever_it_was_closed(self) -> None:
        assert status_after(*THREE, resolved("a", "warning", START - DAY)) == "active"

    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            pytest.param([status("active", START + DAY)], "active", id="set afterwards"),
            pytest.param([status("paused", START + DAY)], "paused", id="to something else"),
            pytest.param(
                [status("paused", START - DAY)], "suspended", id="set before, hidden for a while"
            ),
            pytest.param(
                [status("paused", START + 2 * HOUR, id_="n")], "paused", id="at one time by id"
            ),
            pytest.param(
                [status("paused", START + 2 * HOUR, id_="l")], "suspended", id="just before by id"
            ),
            pytest.param(
                [status("active", START + DAY), report("d", START + 2 * DAY)],
                "suspended",
                id="a newer report brings the older ones back",
            ),
            pytest.param(
                [status("active", START + DAY), report("d", START + HOUR)],
                "active",
                id="an older one heard of later doesn't",
            ),
        ],
    )
    def test_an_explicit_status_newer_than_the_last_report_ends_it(
        self, facts: list[Fact], expected: str
    ) -> None:
        assert status_after(*THREE, *facts) == expected

    def test_what_was_set_returns_when_it_ends(self) -> None:
        paused = status("paused", START - DAY)
        assert status_after(paused, *THREE) == "suspended"
        assert status_after(paused, *THREE, resolved("b", "no_action")) == "paused"

    def test_it_lies_over_somebody_whose_status_was_never_set(self) -> None:
        signed_up = a_fact("user.registered", JOINED, birth_date="1990-05-01")
        account = settle_account(in_order([signed_up, *THREE]))
        assert account.columns["status"] == "suspended"

    @pytest.mark.parametrize("lasting", ["banned", "archived_for_recycling"])
    def test_it_hides_neither_banned_nor_archived(self, lasting: str) -> None:
        assert status_after(status(lasting, START - DAY), *THREE) == lasting

    def test_it_brings_nobody_back_who_was_deleted(self) -> None:
        deleted = a_fact("user.deleted", START - DAY)
        assert status_after(deleted, *THREE) == "archived_for_recycling"

    def test_a_report_filed_twice_counts_once_and_from_the_earlier(self) -> None:
        again = report("a", START + 29 * DAY, id_="z")
        late = report("c", START + 31 * DAY)
        assert status_after(report("a"), again, report("b", START + DAY), late) == "active"


class TestDecisions:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            pytest.param([resolved("a", "no_action")], "active", id="no action"),
            pytest.param([resolved("a", "warning")], "active", id="a warning"),
            pytest.param([resolved("a", "suspension")], "suspended", id="suspended"),
            pytest.param([resolved("a", "ban")], "banned", id="banned"),
            pytest.param(
                [resolved("a", "ban"), status("active", START + 2 * DAY)],
                "active",
                id="let in again afterwards",
            ),
            pytest.param(
                [resolved("a", "ban"), status("active", START)],
                "banned",
                id="something set before, heard of later",
            ),
            pytest.param(
                [resolved("a", "suspension"), resolved("a", "ban", START + 2 * DAY)],
                "banned",
                id="decided twice: the newer",
            ),
            pytest.param(
                [resolved("a", "ban"), resolved("a", "no_action", START + 2 * DAY)],
                "banned",
                id="closed once more",
            ),
        ],
    )
    def test_suspension_and_ban_set_the_status(self, facts: list[Fact], expected: str) -> None:
        assert status_after(report("a"), *facts) == expected

    def test_a_decided_suspension_stays_when_the_reports_are_closed(self) -> None:
        closed = [resolved("a", "warning"), resolved("b", "suspension"), resolved("c", "warning")]
        assert status_after(*THREE, *closed) == "suspended"

    def test_which_report_banned_is_known(self) -> None:
        facts = [*THREE, resolved("a", "ban"), resolved("b", "suspension")]
        assert [is_banned_by(name, facts) for name in "abc"] == [True, False, False]


class TestSuspendingReport:
    @pytest.mark.parametrize(
        ("facts", "trigger"),
        [
            pytest.param(THREE[:2], None, id="none"),
            pytest.param(THREE, "c", id="the third"),
            pytest.param([*THREE, report("d", START + DAY)], "c", id="a fourth changes nothing"),
            pytest.param(
                [*THREE, report("d", START + DAY), resolved("c", "warning", START + 2 * DAY)],
                "d",
                id="the next, once the third is closed",
            ),
            pytest.param(
                [*THREE, status("active", START + HOUR), report("d", START + DAY)],
                "c",
                id="newer than the last explicit status",
            ),
            pytest.param(
                [*THREE, status("active", START + 3 * HOUR), report("d", START + DAY)],
                "d",
                id="the next that is newer than it",
            ),
        ],
    )
    def test_it_is_the_first_by_which_the_condition_holds(
        self, facts: list[Fact], trigger: str | None
    ) -> None:
        assert suspending_report(in_order(facts)) == trigger
