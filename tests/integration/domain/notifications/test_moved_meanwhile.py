"""A reminder is of the moment that was near: what has moved meanwhile has another one to come.

Else somebody would hear "tomorrow" of what is days ahead, under the key of the new moment, so that
its own reminder would count as told.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import pytest

from domain.gatherings.payloads import EventReminderDue
from domain.invitations.payloads import InvitationExpiryNear, InvitationReconfirmed
from domain.tables.users import SubscriptionStatus
from domain.users.payloads import SubscriptionChanged, SubscriptionEndNear
from tests.helpers.ears import Ears
from tests.helpers.pages import DAY, END, HOUR, START, an_id

DRINKS: Final = an_id("drinks")
LATER: Final = 5 * DAY
Scene = Callable[[Ears, datetime], None]


def _paid_until(ears: Ears, ends: datetime, *, at: datetime) -> None:
    said = SubscriptionChanged(
        user_id=an_id("Ada"),
        subscription_status=SubscriptionStatus.PREMIUM,
        subscription_ends=ends,
    )
    ears.diary.note(said, at)


def _subscribed(ears: Ears, _: datetime) -> None:
    _paid_until(ears, START, at=START - 30 * DAY)


def _renewed(ears: Ears, at: datetime) -> None:
    _paid_until(ears, START + LATER, at=at)


def _subscription_near(ears: Ears, at: datetime) -> None:
    ears.diary.note(SubscriptionEndNear(user_id=an_id("Ada")), at)


def _seated(ears: Ears, _: datetime) -> None:
    ears.diary.invited("drinks", "Ada")
    ears.diary.paid("drinks", "Ada")


def _put_off(ears: Ears, at: datetime) -> None:
    ears.diary.moved("drinks", at=at, starts_at=START + LATER, ends_at=END + LATER)
    ears.diary.note(InvitationReconfirmed(invitation_id=an_id("drinks Ada")), at + HOUR)


def _start_near(hours: int) -> Scene:
    def say(ears: Ears, at: datetime) -> None:
        ears.diary.note(EventReminderDue(event_id=DRINKS, hours_before=hours), at)

    return say


@pytest.mark.parametrize(
    ("scenes", "before", "template"),
    [
        ((_subscribed, _renewed, _subscription_near), 3 * DAY, "subscription_ends_soon"),
        ((_seated, _put_off, _start_near(24)), DAY, "starts_tomorrow"),
        ((_seated, _put_off, _start_near(2)), 2 * HOUR, "starts_soon"),
    ],
    ids=["subscription", "24 hours", "2 hours"],
)
def test_what_was_put_off_meanwhile_is_told_when_it_is_near(
    ears: Ears, scenes: tuple[Scene, Scene, Scene], before: timedelta, template: str
) -> None:
    """The reminder was published, and applied after what moved it, as after a night."""
    scene, change, remind = scenes
    near, then = START - before, START + LATER - before
    scene(ears, near)
    ears.hear(at=near - HOUR)
    change(ears, near)
    ears.hear(at=near + HOUR)
    remind(ears, near)
    ears.hear(at=near + HOUR)
    ears.send(at=near + HOUR)
    assert ears.told(template) == []
    remind(ears, then)
    ears.hear(at=then)
    assert "Ada push scheduled" in ears.told(template)
    assert ears.until(template) == {START + LATER}


def test_an_invitation_whose_expiry_has_moved(ears: Ears) -> None:
    """It is to be answered before the start, which was put forward."""
    sent = START - 3 * DAY
    ears.diary.invited("drinks", "Ada", at=sent)
    ears.diary.moved("drinks", at=sent + HOUR, starts_at=START - DAY, ends_at=END - DAY)
    ears.hear(at=sent + HOUR)
    ears.diary.note(InvitationExpiryNear(invitation_id=an_id("drinks Ada")), sent + 43 * HOUR)
    ears.hear(at=sent + 43 * HOUR)
    assert ears.told("invitation_ends_soon") == []
