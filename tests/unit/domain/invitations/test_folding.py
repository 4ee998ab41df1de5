"""Rules, "Invitations and seats": what holds for any history of an invitation."""

from datetime import datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.invitations.rules import Entry
from tests.factories.facts import HOUR, START
from tests.factories.invitations import entry, paid, refunds, settled

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
