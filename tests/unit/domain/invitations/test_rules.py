"""Rules, "Invitations and seats": what the text says beside its table."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invitations.facts import Seats
from domain.invitations.rules import (
    Decision,
    Entry,
    default_expiry,
    judge_invitation,
    reconfirmation_deadline,
    refuse_foreign,
)
from domain.verdict import Rejected
from tests.factories.facts import DAY, HOUR, INSTANT, MINUTE, START
from tests.factories.invitations import (
    PAID,
    SENT,
    Story,
    entry,
    paid,
    payment_failed,
    refunds,
    settled,
    settled_story,
)

GRANTED = {"first": Decision(granted=True)}


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


class TestPayments:
    def test_confirmed_at_is_the_time_of_the_payment_that_took_the_seat(self) -> None:
        course = settled(payment_failed(SENT + HOUR), paid(), paid(PAID + HOUR, "second"))
        assert (course.status, course.confirmed_at, course.paid_by) == ("confirmed", PAID, "first")
        assert refunds(course) == {"second": "already_paid"}

    def test_confirmed_at_is_not_cleared_when_the_seat_is_given_up(self) -> None:
        course = settled(paid(), entry("invitation.cancelled", START - 2 * DAY))
        assert (course.status, course.confirmed_at) == ("cancelled_early", PAID)

    def test_who_found_it_full_is_refused_for_good_also_when_a_seat_frees_up_later(self) -> None:
        refused = settled(paid(), seat_free=False)
        assert (refused.status, refunds(refused)) == ("cancelled", {"first": "event_full"})
        later = settled(paid(), paid(PAID + HOUR, "second"), decisions=refused.decisions)
        assert (later.status, later.confirmed_at) == ("cancelled", None)
        assert set(refunds(later)) == {"first", "second"}

    def test_who_was_given_a_seat_keeps_it_when_the_event_is_full_by_now(self) -> None:
        course = settled(paid(), seat_free=False, holds_seat=True, decisions=GRANTED)
        assert (course.status, refunds(course)) == ("confirmed", {})

    @pytest.mark.parametrize(
        ("reason", "back"),
        [
            pytest.param(None, {"first": "already_paid"}, id="it stands"),
            pytest.param(
                "event_cancelled",
                {"first": "already_paid", "second": "event_cancelled"},
                id="the event's cancellation may be taken back",
            ),
            pytest.param(
                "invitation_declined", {"second": "invitation_declined"}, id="it went back"
            ),
        ],
    )
    def test_a_payment_is_the_second_only_if_the_other_stands(
        self, reason: str | None, back: dict[str, str]
    ) -> None:
        """The second was applied first, and got the seat."""
        decided = {"second": Decision(granted=True, refund_reason=reason)}
        course = settled(paid(), paid(PAID + HOUR, "second"), decisions=decided, holds_seat=True)
        assert (course.status, refunds(course)) == ("confirmed", back)

    def test_a_refund_once_requested_stands(self) -> None:
        decided = {"first": Decision(refund_reason="too_late")}
        course = settled(paid(), decisions=decided)
        assert (course.status, refunds(course)) == ("sent", {"first": "too_late"})

    def test_what_something_older_takes_away_goes_back(self) -> None:
        declined = entry("invitation.declined", PAID - HOUR)
        course = settled(declined, paid(), decisions=GRANTED, holds_seat=True)
        assert (course.status, set(refunds(course))) == ("declined", {"first"})

    def test_after_completion_nobody_takes_a_seat(self) -> None:
        late = START + DAY
        course = settled(paid(late), completed_at=late, expires_at=late)
        assert (course.status, refunds(course)) == ("sent", {"first": "event_over"})


class TestEventCancelled:
    @pytest.mark.parametrize(
        "cancelled_at",
        [
            pytest.param(SENT - DAY, id="before it was sent"),
            pytest.param(SENT + DAY / 2, id="before it was paid"),
        ],
    )
    def test_an_invitation_to_a_cancelled_event_is_cancelled_whenever_it_was_sent(
        self, cancelled_at: datetime
    ) -> None:
        course = settled(paid(), cancelled_at=cancelled_at)
        assert (course.status, course.confirmed_at) == ("cancelled", None)
        assert refunds(course) == {"first": "invitation_cancelled"}

    def test_what_was_over_before_stays_as_it_was(self) -> None:
        gone = entry("invitation.cancelled", START - 2 * DAY)
        course = settled(paid(), gone, cancelled_at=START - DAY)
        assert (course.status, refunds(course)) == ("cancelled_early", {})


class TestUserDeleted:
    @pytest.mark.parametrize(
        ("entries", "deleted_at", "status"),
        [
            pytest.param([], START - DAY, "cancelled", id="sent"),
            pytest.param([payment_failed()], START - DAY, "cancelled", id="payment_failed"),
            pytest.param(
                [entry("invitation.declined", PAID)], START - DAY, "declined", id="declined"
            ),
            pytest.param([paid()], START - DAY, "cancelled_early", id="24 h before the start"),
            pytest.param([paid()], START - HOUR, "cancelled_late", id="later"),
            pytest.param([paid()], START, "confirmed", id="once it has started"),
        ],
    )
    def test_seats_are_given_up_as_if_cancelled_then_and_the_rest_is_cancelled(
        self, entries: list[Entry], deleted_at: datetime, status: str
    ) -> None:
        course = settled(*entries, deleted_at=deleted_at)
        assert (course.status, refunds(course)) == (status, {})


class TestSeats:
    @pytest.mark.parametrize(
        ("free", "is_free"),
        [
            pytest.param(1, True, id="one is left"),
            pytest.param(0, False, id="full"),
            pytest.param(-2, False, id="max_attendees was lowered below the holders"),
        ],
    )
    def test_none_is_given_until_there_are_fewer_holders(self, free: int, *, is_free: bool) -> None:
        assert Seats({"drinks": free}).is_free("drinks") is is_free

    def test_taking_and_giving_back_changes_what_is_free(self) -> None:
        seats = Seats({"drinks": 1})
        seats.take("drinks")
        assert not seats.is_free("drinks")
        seats.give_back("drinks")
        assert seats.is_free("drinks")

    def test_who_holds_a_seat_keeps_it_when_max_attendees_is_lowered(self) -> None:
        holder = Story([paid()], decisions=GRANTED, holds_seat=True, seat_free=False)
        assert settled_story(holder).status == "confirmed"

    def test_a_seat_that_was_given_up_and_taken_by_another_is_not_had_back(self) -> None:
        was_holder = Story([paid()], decisions=GRANTED, holds_seat=False, seat_free=False)
        course = settled_story(was_holder)
        assert (course.status, refunds(course)) == ("cancelled", {"first": "event_full"})


KINDS = ("invitation.declined", "invitation.expired", "invitation.cancelled")
A_TIME = st.integers(-240, 12).map(lambda hours: START + hours * HOUR)
ENTRIES = st.lists(
    st.builds(entry, st.sampled_from([*KINDS, "invitation.reconfirmed"]), A_TIME)
    | st.builds(paid, A_TIME, st.sampled_from(["first", "second"])),
    max_size=6,
    unique_by=lambda each: each.stamp,
)


class TestFold:
    @given(ENTRIES, st.lists(A_TIME, max_size=2), st.randoms(use_true_random=False))
    def test_the_order_of_arrival_has_no_meaning(
        self, entries: list[Entry], changes: list[datetime], draw: Random
    ) -> None:
        shuffled = list(entries)
        draw.shuffle(shuffled)
        assert settled(*shuffled, changes=changes) == settled(*entries, changes=changes)

    @given(ENTRIES, st.lists(A_TIME, max_size=2))
    def test_money_that_took_no_seat_goes_back(
        self, entries: list[Entry], changes: list[datetime]
    ) -> None:
        course = settled(*entries, changes=changes, cancelled_at=None)
        payments = {each.payment for each in entries if each.payment is not None}
        assert payments - {course.paid_by} <= set(refunds(course))
