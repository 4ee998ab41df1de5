"""Every line of the table of notifications, from the domain event to what reached a provider."""

# ruff: noqa: E501 - what people read stands in one line.

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

import pytest

from domain.gatherings.payloads import EventFinalized
from domain.payments.payloads import PaymentRefunded
from domain.tables.kudos import Kudo
from domain.tables.notifications import Template
from tests.helpers.ears import AFTER, BEFORE, DRINKS, INVITED, Ears, came, seats
from tests.helpers.pages import DAY, END, HOUR, START, an_id
from tests.helpers.post import Post
from tests.integration.domain.notifications import test_table as table

INVITATIONS: Final = table.TestInvitations()
PAYMENTS: Final = table.TestPayments()
EVENTS: Final = table.TestEvents()
PEOPLE: Final = table.TestPeople()
ACCOUNTS: Final = table.TestAccounts()
INVITATION_LINK: Final = f"https://momento.app/invitations/{an_id('drinks Ada')}"
EVENT_LINK: Final = f"https://momento.app/events/{DRINKS}"


class Story(NamedTuple):
    """How a line of the table comes about, when it is sent, and what people then have."""

    tell: Callable[[Ears], object]
    at: datetime
    reached: tuple[str, ...]


def _reminded(hours: int, template: str, *channels: str) -> Callable[[Ears], None]:
    def tell(ears: Ears) -> None:
        EVENTS.test_before_the_start(ears, hours, template, list(channels))

    return tell


def _refunded(ears: Ears) -> None:
    seats(ears, "Ada")
    refund = {"stripe_refund_id": "re", "amount_in_cents": 250}
    said = {"payment_id": an_id("payment drinks Ada"), **refund}
    ears.diary.note(PaymentRefunded.model_validate(said), BEFORE)


def _finalized(ears: Ears) -> None:
    came(ears, "Ada", "Bo")
    ears.diary.note(EventFinalized(event_id=DRINKS), END + 26 * HOUR)


def _thanked(ears: Ears) -> None:
    came(ears, "Ada", "Bo", "Dan")
    for giver in ("Ada", "Bo"):
        ears.diary.thanked("drinks", giver, "Dan", Kudo.HELPFUL, at=AFTER)
    ears.hear(at=AFTER)


def _written(ears: Ears) -> None:
    came(ears, "Ada", "Bo")
    ears.diary.talked("Ada", "Bo", at=AFTER)
    ears.diary.said("talk Ada Bo", "Ada", "Hello", at=AFTER)


def _wanted(ears: Ears) -> None:
    came(ears, "Ada", "Bo")
    for owner, other in (("Ada", "Bo"), ("Bo", "Ada")):
        ears.diary.remembered("drinks", owner, other, at=AFTER, wants_to_connect_again=True)


STORIES: Final[dict[Template, Story]] = {
    Template.INVITATION: Story(
        INVITATIONS.test_invitation_sent,
        INVITED,
        (
            "Ada push: You're invited | Drinks, Sat, Mar 14, 2:00 PM. Answer by Fri, Mar 13, 2:00 PM.",
            f"Ada sms: Momento: You're invited to Drinks, Sat, Mar 14, 2:00 PM. {INVITATION_LINK}",
        ),
    ),
    Template.INVITATION_ENDS_SOON: Story(
        INVITATIONS.test_six_hours_before_it_expires,
        INVITED + 43 * HOUR,
        (
            "Ada push: Your invitation ends soon | Drinks keeps a place for you until Fri, Mar 13, 2:00 PM.",
        ),
    ),
    Template.SEAT_CONFIRMED: Story(
        INVITATIONS.test_invitation_confirmed,
        BEFORE,
        ("Ada push: You have a seat | See you at Drinks, Sat, Mar 14, 2:00 PM.",),
    ),
    Template.GUEST_CONFIRMED: Story(
        INVITATIONS.test_invitation_confirmed,
        BEFORE,
        ("Hanna push: A guest confirmed | Ada is coming to Drinks.",),
    ),
    Template.SEAT_REFUSED: Story(
        INVITATIONS.test_invitation_refused,
        BEFORE,
        (
            "Ada push: No seat this time | Drinks couldn't take your payment. Your money is on its way back.",
        ),
    ),
    Template.PAYMENT_FAILED: Story(
        PAYMENTS.test_payment_failed,
        BEFORE,
        (
            "Ada push: Your payment failed | Your card was refused. Please try again by Fri, Mar 13, 2:00 PM.",
        ),
    ),
    Template.PAYMENT_REFUNDED: Story(
        _refunded,
        BEFORE,
        (
            "Ada email: Your refund | 2.50 USD went back to the card that you paid with.",
            "Ada push: Your refund | 2.50 USD went back to the card that you paid with.",
        ),
    ),
    Template.PLAN_CHANGED: Story(
        INVITATIONS.test_reconfirmation_requested_by_sms_too_near_the_start,
        START - 46 * HOUR,
        (
            "Ada push: The plan changed | Drinks is now Sat, Mar 14, 3:00 PM. Please say by Sat, Mar 14, 3:00 AM whether you'll come.",
            f"Ada sms: Momento: Drinks changed, now Sat, Mar 14, 3:00 PM. Still coming? {INVITATION_LINK}",
        ),
    ),
    Template.EVENT_CANCELLED: Story(
        lambda ears: EVENTS.test_event_cancelled(ears, "host"),
        BEFORE + HOUR,
        (
            "Ada push: Cancelled | Drinks, Sat, Mar 14, 2:00 PM, won't take place.",
            f"Ada sms: Momento: Drinks, Sat, Mar 14, 2:00 PM, is cancelled. {EVENT_LINK}",
            "Bo push: Cancelled | Drinks, Sat, Mar 14, 2:00 PM, won't take place.",
            f"Bo sms: Momento: Drinks, Sat, Mar 14, 2:00 PM, is cancelled. {EVENT_LINK}",
        ),
    ),
    Template.STARTS_TOMORROW: Story(
        _reminded(24, "starts_tomorrow", "push", "sms"),
        START - 24 * HOUR,
        (
            "Ada push: Coming up | Drinks starts Sat, Mar 14, 2:00 PM.",
            f"Ada sms: Momento: Drinks starts Sat, Mar 14, 2:00 PM. {EVENT_LINK}",
        ),
    ),
    Template.STARTS_SOON: Story(
        _reminded(2, "starts_soon", "push"),
        START - 2 * HOUR,
        (
            "Ada push: Starting soon | Drinks starts Sat, Mar 14, 2:00 PM. How to find us: see the app",
        ),
    ),
    Template.EVENT_COMPLETED: Story(
        EVENTS.test_event_completed,
        AFTER,
        ("Ada push: How was it? | Rate Drinks, and thank the people you enjoyed meeting.",),
    ),
    Template.EVENT_FINALIZED: Story(
        _finalized,
        AFTER + DAY,
        ("Hanna push: Your event in figures | Drinks: 2 guests came. See what they say.",),
    ),
    Template.KUDOS: Story(
        _thanked, AFTER + HOUR, ("Dan push: Kudos | 2 people you met gave you kudos.",)
    ),
    Template.MESSAGE: Story(_written, AFTER, ("Bo push: Ada | sent you a message.",)),
    Template.EVENT_POST: Story(
        EVENTS.test_event_post_created,
        BEFORE,
        (
            "Bo push: Drinks | A new post.",
            "Hanna push: Drinks | A new post.",
        ),
    ),
    Template.DUO_PROPOSED: Story(
        lambda ears: ears.diary.paired("duo", "Ada", "Bo", at=BEFORE),
        BEFORE,
        (
            "Bo push: Come as a duo? | Ada would like to be invited with you. Answer by Thu, Mar 19, 2:00 PM.",
        ),
    ),
    Template.DUO_ACCEPTED: Story(
        PEOPLE.test_duo_proposed_and_accepted,
        BEFORE + HOUR,
        ("Ada push: You're a duo | Bo will come along to your next event.",),
    ),
    Template.DUO_ENDS_SOON: Story(
        PEOPLE.test_a_day_before_a_duo_ends,
        BEFORE + 6 * DAY,
        (
            "Ada push: Your duo ends soon | Your duo with Bo ends Thu, Mar 19, 2:00 PM.",
            "Bo push: Your duo ends soon | Your duo with Ada ends Thu, Mar 19, 2:00 PM.",
        ),
    ),
    Template.CONNECTION_MUTUAL: Story(
        _wanted,
        AFTER,
        (
            "Ada push: You both said yes | Bo would like to meet you again, too.",
            "Bo push: You both said yes | Ada would like to meet you again, too.",
        ),
    ),
    Template.REPORT_FILED: Story(
        lambda ears: ACCOUNTS.report(ears, "Ada"),
        BEFORE,
        (
            "Ada push: We have your report | Thank you. We look into every report, and will tell you.",
        ),
    ),
    Template.REPORT_RESOLVED: Story(
        ACCOUNTS.test_report_filed_and_resolved,
        BEFORE + HOUR,
        ("Ada push: We looked into your report | Thank you for telling us. It's settled now.",),
    ),
    Template.SUSPENDED: Story(
        ACCOUNTS.test_user_suspended,
        BEFORE,
        (
            "Eve email: Your account is suspended | We have to look into several reports. Support can tell more.",
            "Eve push: Your account is suspended | We have to look into several reports. Support can tell more.",
        ),
    ),
    Template.BADGE_ENDS_SOON: Story(
        ACCOUNTS.test_two_weeks_before_a_badge_ends,
        datetime.fromisoformat("2026-03-11T16:00:00Z"),
        (
            "Ada push: Time for a new photo | The badge of your authentic photo ends Wed, Mar 25, 12:00 PM.",
        ),
    ),
    Template.SUBSCRIPTION_ENDS_SOON: Story(
        ACCOUNTS.test_three_days_before_a_subscription_ends,
        BEFORE,
        (
            "Ada push: Your subscription ends soon | It ends Sun, Mar 15, 2:00 PM. Renew it to keep what it gives you.",
        ),
    ),
    Template.TICKET_UPDATED: Story(
        ACCOUNTS.test_support_ticket_updated,
        BEFORE,
        ("Ada push: News from support | There is news about your question.",),
    ),
}


def test_no_line_is_left_out() -> None:
    assert STORIES.keys() == set(Template)


@pytest.mark.parametrize("template", STORIES)
def test_it_reaches_whom_it_concerns(template: Template, ears: Ears, post: Post) -> None:
    story = STORIES[template]
    story.tell(ears)
    ears.hear(at=story.at)
    reached = post.deliver(at=story.at)
    assert [line for line in reached if line in story.reached] == sorted(story.reached)
    assert len(story.reached) == sum("sent" in line for line in post.statuses(template))
    assert {line.split()[2] for line in post.statuses(template)} <= {"sent", "suppressed"}
