"""Rules, "Invitations and seats": who has a seat, who loses it, and whose money goes back."""

from datetime import datetime

import pytest

from domain.invitations.facts import Seats
from domain.invitations.rules import Decision, Entry
from tests.factories.facts import DAY, HOUR, START
from tests.factories.invitations import (
    GRANTED,
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
