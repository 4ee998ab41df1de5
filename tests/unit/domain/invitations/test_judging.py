"""Rules, "Invitations and seats": whom no invitation may be sent, and what has no effect."""

from typing import Any

import pytest

from domain.invitations.rules import Entry, judge_invitation, refuse_foreign
from domain.verdict import Rejected
from tests.factories.facts import DAY, START
from tests.factories.invitations import PAID, entry, paid, payment_failed, refunds, settled


def judged(**known: Any) -> Rejected | None:
    """What is said to an invitation in which all is well but for what is known."""
    well = {"is_host": False, "is_blocked": False, "status": "active", "age": 30}
    return judge_invitation(**{**well, "ages": (None, None), **known})


class TestJudgeInvitation:
    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            ("active", None),
            ("pending_onboarding", None),
            ("verification_pending", None),
            ("suspended", "user_barred"),
            ("banned", "user_barred"),
            ("paused", "user_barred"),
            ("archived_for_recycling", "user_barred"),
        ],
    )
    def test_some_statuses_bar(self, status: str, reason: str | None) -> None:
        refusal = judged(status=status)
        assert (refusal.reason if refusal else None) == reason

    @pytest.mark.parametrize(
        ("age", "ages", "reason"),
        [
            pytest.param(20, (21, None), "age", id="under age_min"),
            pytest.param(21, (21, 35), None, id="age_min"),
            pytest.param(35, (21, 35), None, id="age_max"),
            pytest.param(36, (None, 35), "age", id="over age_max"),
            pytest.param(90, (None, None), None, id="no limits"),
        ],
    )
    def test_the_ages_of_the_event_bar(
        self, age: int, ages: tuple[int | None, int | None], reason: str | None
    ) -> None:
        refusal = judged(age=age, ages=ages)
        assert (refusal.reason if refusal else None) == reason

    def test_the_host_is_not_invited(self) -> None:
        refusal = judged(is_host=True)
        assert refusal is not None
        assert refusal.reason == "host"

    def test_nobody_is_invited_across_a_block(self) -> None:
        refusal = judged(is_blocked=True)
        assert refusal is not None
        assert refusal.reason == "blocked"


class TestNotes:
    @pytest.mark.parametrize("kind", ["invitation.cancelled", "invitation.reconfirmed"])
    @pytest.mark.parametrize(
        ("before", "note"),
        [
            pytest.param([], "no_seat_yet", id="sent"),
            pytest.param([payment_failed()], "no_seat_yet", id="payment_failed"),
            pytest.param(
                [entry("invitation.declined", PAID)], "invitation_declined", id="declined"
            ),
        ],
    )
    def test_who_has_no_seat_can_neither_give_it_up_nor_confirm_it(
        self, kind: str, before: list[Entry], note: str
    ) -> None:
        said = entry(kind, START - 2 * DAY)
        assert settled(*before, said).notes[said.stamp] == note

    def test_what_had_no_seat_yet_counts_once_the_payment_before_it_is_known(self) -> None:
        gone = entry("invitation.cancelled", START - 2 * DAY)
        course = settled(paid(), gone)
        assert (course.status, gone.stamp in course.notes) == ("cancelled_early", False)

    @pytest.mark.parametrize(
        ("before", "note"),
        [
            pytest.param([], "not_due", id="open"),
            pytest.param(
                [entry("invitation.declined", PAID)], "invitation_declined", id="declined"
            ),
            pytest.param([paid()], "invitation_confirmed", id="confirmed"),
        ],
    )
    def test_only_what_is_open_can_be_due(self, before: list[Entry], note: str) -> None:
        lapsed = entry("invitation.expired", START - 2 * DAY)
        assert settled(*before, lapsed).notes[lapsed.stamp] == note

    @pytest.mark.parametrize(
        ("kind", "back"),
        [
            ("payment.succeeded", {"theirs": "not_this_invitation"}),
            ("payment.failed", {}),
        ],
    )
    def test_what_names_anothers_invitation_touches_nothing(
        self, kind: str, back: dict[str, str]
    ) -> None:
        foreign = entry(kind, PAID, payment="theirs")
        course = settled()
        refuse_foreign(course, foreign)
        assert (course.status, refunds(course)) == ("sent", back)
        assert course.notes == {foreign.stamp: "not_this_invitation"}
