"""What a handler may publish and lock, read from its source."""

from domain.catalogue import HANDLERS
from domain.reach import reach
from domain.things import Hold


def of(handler: str) -> tuple[set[str], dict[str, Hold], set[str]]:
    """Follow-ups, things locked, tables of which rows are locked."""
    found = reach(HANDLERS[handler].apply)
    return found.follow_ups, found.things, found.rows


class TestReach:
    def test_follow_ups_of_functions_that_are_called_count(self) -> None:
        follow_ups, _, _ = of("invitations.apply_payment_succeeded")
        assert {"invitation.confirmed", "invitation.refused", "refund.requested"} <= follow_ups

    def test_what_a_handler_takes_does_not_follow_from_it(self) -> None:
        follow_ups, _, _ = of("attendance.apply_invitation_settled")
        assert follow_ups == {"attendance.settled"}

    def test_things_locked_on_the_way_are_seen(self) -> None:
        _, things, _ = of("invitations.apply_invitation_declined")
        assert things == {"event": Hold.CHANGE}

    def test_so_are_rows_that_sql_locks_by_an_alias_too(self) -> None:
        _, _, rows = of("kudos.apply_kudos_given")
        assert rows == {"attendee_kudos", "user_internal_metrics"}
