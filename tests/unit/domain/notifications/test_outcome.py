"""What becomes of a notification, by its handovers: a line for each case."""

import pytest

from domain.notifications.outcome import Try, settle_tries
from domain.tables.handovers import HandoverState as State
from domain.tables.notifications import NotificationStatus as Status

GONE = "DeviceNotRegistered"


@pytest.mark.parametrize(
    ("tries", "status", "reason"),
    [
        ([Try(1, State.SENDING)], Status.SENDING, None),
        ([Try(1, State.SENT)], Status.SENT, None),
        ([Try(1, State.DELIVERED)], Status.DELIVERED, None),
        ([Try(1, State.FAILED, GONE)], Status.FAILED, GONE),
        ([Try(1, State.UNKNOWN, "timeout")], Status.UNKNOWN, "timeout"),
        ([Try(1, State.PUT_BACK, "http_429")], Status.SCHEDULED, "http_429"),
        # Two phones: told on one is told.
        ([Try(1, State.FAILED, GONE), Try(1, State.SENT)], Status.SENT, None),
        ([Try(1, State.DELIVERED), Try(1, State.SENT)], Status.DELIVERED, None),
        ([Try(1, State.FAILED, GONE), Try(1, State.FAILED, GONE)], Status.FAILED, GONE),
        # Perhaps told on one is not told again on the other.
        (
            [Try(1, State.UNKNOWN, "timeout"), Try(1, State.PUT_BACK, "b")],
            Status.UNKNOWN,
            "timeout",
        ),
        ([Try(1, State.PUT_BACK, "b"), Try(1, State.SENT)], Status.SENT, None),
        ([Try(1, State.PUT_BACK, "b"), Try(1, State.FAILED, GONE)], Status.SCHEDULED, "b"),
        # As long as one is on its way nothing is decided.
        ([Try(1, State.DELIVERED), Try(1, State.SENDING)], Status.SENDING, None),
        # Of earlier attempts only what may have told somebody counts.
        ([Try(1, State.PUT_BACK, "b"), Try(2, State.FAILED, "c")], Status.FAILED, "c"),
        ([Try(1, State.FAILED, GONE), Try(2, State.PUT_BACK, "b")], Status.SCHEDULED, "b"),
        ([Try(1, State.SENT), Try(2, State.FAILED, "c")], Status.SENT, None),
        ([Try(1, State.UNKNOWN, "u"), Try(2, State.SENT)], Status.SENT, None),
    ],
)
def test_outcome(tries: list[Try], status: Status, reason: str | None) -> None:
    assert settle_tries(tries) == (status, reason)
    assert settle_tries(reversed(tries)) == (status, reason)
