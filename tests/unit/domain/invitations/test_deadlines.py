"""Rules, "Invitations and seats": until when something may be done, and what comes too late."""

from datetime import datetime, timedelta

import pytest

from domain.invitations.rules import Entry, default_expiry, reconfirmation_deadline
from tests.factories.facts import DAY, HOUR, INSTANT, MINUTE, START
from tests.factories.invitations import GRANTED, PAID, SENT, entry, paid, refunds, settled


class TestDefaultExpiry:
    @pytest.mark.parametrize(
        ("before_start", "expires"),
        [
            pytest.param(10 * DAY, START - 8 * DAY, id="48 h after it was sent"),
            pytest.param(54 * HOUR, START - 6 * HOUR, id="both at once"),
            pytest.param(53 * HOUR, START - 6 * HOUR, id="6 h before the start"),
            pytest.param(2 * HOUR, START - 6 * HOUR, id="before it was even sent"),
        ],
    )
    def test_it_is_the_earlier_of_48_h_after_sending_and_6_h_before_the_start(
        self, before_start: timedelta, expires: datetime
    ) -> None:
        assert default_expiry(START - before_start, START) == expires

    def test_it_follows_the_start_as_it_finally_stands(self) -> None:
        course = settled(expires_at=None, starts_at=SENT + 20 * HOUR)
        assert course.expires_at == SENT + 14 * HOUR


class TestReconfirmationDeadline:
    @pytest.mark.parametrize(
        ("before_start", "deadline"),
        [
            pytest.param(10 * DAY, START - 8 * DAY, id="48 h after the change"),
            pytest.param(60 * HOUR, START - 12 * HOUR, id="both at once"),
            pytest.param(20 * HOUR, START - 12 * HOUR, id="12 h before the start"),
            pytest.param(14 * HOUR, START - 12 * HOUR, id="2 h after the change, at once"),
            pytest.param(13 * HOUR, START - 11 * HOUR, id="at least 2 h after the change"),
            pytest.param(MINUTE, START - MINUTE + 2 * HOUR, id="even after the start"),
        ],
    )
    def test_it_leaves_at_least_two_hours(
        self, before_start: timedelta, deadline: datetime
    ) -> None:
        assert reconfirmation_deadline(START - before_start, START) == deadline

    @pytest.mark.parametrize(
        ("late_by", "status"),
        [
            pytest.param(-INSTANT, "pending_reconfirmation", id="before the deadline: no effect"),
            pytest.param(0 * HOUR, "cancelled_early", id="at the deadline"),
        ],
    )
    def test_a_reconfirmation_lapses_at_its_deadline(self, late_by: timedelta, status: str) -> None:
        change = START - 5 * DAY
        lapse = entry("invitation.expired", change + 48 * HOUR + late_by)
        course = settled(paid(), lapse, changes=[change], decisions=GRANTED, holds_seat=True)
        assert course.status == status
        assert refunds(course) == (
            {"first": "reconfirmation_lapsed"} if status == "cancelled_early" else {}
        )


class TestExpiry:
    @pytest.mark.parametrize(
        ("late_by", "status"),
        [
            pytest.param(-INSTANT, "sent", id="before expires_at: no effect"),
            pytest.param(0 * HOUR, "expired", id="at expires_at"),
        ],
    )
    def test_an_invitation_expires_at_expires_at(self, late_by: timedelta, status: str) -> None:
        expired = entry("invitation.expired", START - DAY + late_by)
        assert settled(expired, expires_at=START - DAY).status == status

    @pytest.mark.parametrize(
        ("late_by", "status", "back"),
        [
            pytest.param(0 * HOUR, "confirmed", {}, id="at expires_at"),
            pytest.param(INSTANT, "sent", {"first": "too_late"}, id="after expires_at"),
        ],
    )
    def test_a_payment_takes_a_seat_until_expires_at(
        self, late_by: timedelta, status: str, back: dict[str, str]
    ) -> None:
        course = settled(paid(START - DAY + late_by), expires_at=START - DAY)
        assert (course.status, refunds(course)) == (status, back)


class TestCancellation:
    @pytest.mark.parametrize(
        ("before_start", "status", "note"),
        [
            pytest.param(24 * HOUR, "cancelled_early", None, id="exactly 24 h before"),
            pytest.param(24 * HOUR - INSTANT, "cancelled_late", None, id="a moment less"),
            pytest.param(INSTANT, "cancelled_late", None, id="a moment before the start"),
            pytest.param(0 * HOUR, "confirmed", "event_started", id="at the start"),
            pytest.param(-HOUR, "confirmed", "event_started", id="after the start"),
        ],
    )
    def test_it_is_early_late_or_has_no_effect(
        self, before_start: timedelta, status: str, note: str | None
    ) -> None:
        gone = entry("invitation.cancelled", START - before_start)
        course = settled(paid(), gone)
        assert (course.status, course.notes.get(gone.stamp), refunds(course)) == (status, note, {})

    def test_it_is_judged_again_when_the_start_moves(self) -> None:
        gone = entry("invitation.cancelled", START)
        assert settled(paid(), gone, starts_at=START + DAY).status == "cancelled_early"
        assert settled(paid(), gone, starts_at=START + HOUR).status == "cancelled_late"


class TestMaterialChange:
    @pytest.mark.parametrize(
        ("entries", "changes", "status"),
        [
            pytest.param([paid()], [PAID - HOUR], "confirmed", id="older than the payment"),
            pytest.param(
                [paid()], [PAID + HOUR], "pending_reconfirmation", id="newer than the payment"
            ),
            pytest.param(
                [paid(), entry("invitation.reconfirmed", PAID + 2 * HOUR)],
                [PAID + HOUR],
                "confirmed",
                id="older than the reconfirmation",
            ),
            pytest.param(
                [paid(), entry("invitation.reconfirmed", PAID + 2 * HOUR)],
                [PAID + HOUR, PAID + 3 * HOUR],
                "pending_reconfirmation",
                id="newer than the newest reconfirmation",
            ),
            pytest.param([], [SENT + HOUR], "sent", id="nobody has paid"),
        ],
    )
    def test_it_asks_those_who_knew_the_old_plan(
        self, entries: list[Entry], changes: list[datetime], status: str
    ) -> None:
        assert settled(*entries, changes=changes).status == status
