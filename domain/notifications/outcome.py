"""What became of a notification, by what became of the tries to hand it over. Pure."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from domain.tables.handovers import HandoverState
from domain.tables.notifications import NotificationStatus


class Try(NamedTuple):
    """A handover, as far as it decides: the how-manieth, how far it has come, and why no further.

    Several of one attempt are for several phones.
    """

    attempt: int
    state: HandoverState
    reason: str | None = None


# The first of these that one phone has come to says how far the person has been told. What was put
# back is tried again only if nobody was told and nothing is unclear.
_FURTHEST: Final = (
    (HandoverState.SENDING, NotificationStatus.SENDING),
    (HandoverState.DELIVERED, NotificationStatus.DELIVERED),
    (HandoverState.SENT, NotificationStatus.SENT),
    (HandoverState.UNKNOWN, NotificationStatus.UNKNOWN),
    (HandoverState.PUT_BACK, NotificationStatus.SCHEDULED),
    (HandoverState.FAILED, NotificationStatus.FAILED),
)
_PASSED: Final = frozenset({HandoverState.PUT_BACK, HandoverState.FAILED})


def settle_tries(tries: Iterable[Try]) -> tuple[NotificationStatus, str | None]:
    """Give the status of a notification that was tried at least once, and why it is no better.

    Of earlier attempts only what may have reached somebody still says something.
    """
    listed = list(tries)
    last = max(each.attempt for each in listed)
    telling = [each for each in listed if each.attempt == last or each.state not in _PASSED]
    for state, status in _FURTHEST:
        reached = [each for each in telling if each.state is state]
        if reached:
            return status, min((each.reason for each in reached if each.reason), default=None)
    raise AssertionError
