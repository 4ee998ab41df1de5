"""Every line of the table of notifications, from the domain event to whom it tells what."""

from datetime import UTC, datetime

import pytest

from domain.duos.payloads import DuoExpiryNear
from domain.gatherings.payloads import (
    EventCancelled,
    EventFinalized,
    EventReminderDue,
    EventUpdated,
)
from domain.invitations.payloads import InvitationExpiryNear
from domain.payments.payloads import PaymentFailed, PaymentRefunded
from domain.profiles.payloads import PhotoBadgeEndNear, ProfilePhotoAdded
from domain.safety.payloads import ReportFiled, ReportResolved
from domain.support.payloads import SupportTicketOpened, SupportTicketUpdated
from domain.tables.kudos import Kudo
from domain.users.payloads import SubscriptionChanged, SubscriptionEndNear
from tests.helpers.ears import AFTER, BEFORE, DRINKS, INVITED, Ears, came, seats
from tests.helpers.pages import DAY, END, HOUR, START, an_id


class TestInvitations:
    def test_invitation_sent(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada", at=INVITED)
        ears.hear(at=INVITED)
        assert ears.told("invitation") == ["Ada push scheduled", "Ada sms scheduled"]
        assert ears.until("invitation") == {INVITED + 2 * DAY}

    def test_six_hours_before_it_expires(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada", at=INVITED)
        said = InvitationExpiryNear(invitation_id=an_id("drinks Ada"))
        ears.diary.note(said, INVITED + 42 * HOUR)
        ears.hear(at=INVITED + 42 * HOUR)
        assert ears.told("invitation_ends_soon") == ["Ada push scheduled"]
        assert ears.until("invitation_ends_soon") == {INVITED + 2 * DAY}

    def test_invitation_confirmed(self, ears: Ears) -> None:
        seats(ears, "Ada")
        assert ears.told("seat_confirmed") == ["Ada push scheduled"]
        assert ears.told("guest_confirmed") == ["Hanna push scheduled"]
        assert ears.until("seat_confirmed") == ears.until("guest_confirmed") == {START}

    def test_invitation_refused(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada")
        ears.diary.declined("drinks", "Ada", at=BEFORE - HOUR)
        ears.diary.paid("drinks", "Ada", at=BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("seat_refused") == ["Ada push scheduled"]
        assert ears.until("seat_refused") == {BEFORE + 2 * DAY}

    def test_reconfirmation_requested_by_sms_too_near_the_start(self, ears: Ears) -> None:
        seats(ears, "Ada")
        ears.diary.moved("drinks", at=START - 47 * HOUR, starts_at=START + HOUR)
        ears.hear(at=START - 46 * HOUR)
        assert ears.told("plan_changed") == ["Ada push scheduled", "Ada sms scheduled"]
        assert ears.until("plan_changed") == {START - 11 * HOUR}

    def test_reconfirmation_requested_long_before_the_start(self, ears: Ears) -> None:
        seats(ears, "Ada")
        ears.diary.moved("drinks", at=BEFORE, starts_at=START + HOUR)
        ears.hear(at=BEFORE)
        assert ears.told("plan_changed") == ["Ada push scheduled"]


class TestPayments:
    @staticmethod
    def fail(ears: Ears) -> None:
        ears.diary.note(
            PaymentFailed(
                payment_id=an_id("payment drinks Ada"),
                user_id=an_id("Ada"),
                event_id=DRINKS,
                invitation_id=an_id("drinks Ada"),
                amount_in_cents=500,
                currency="usd",
                stripe_payment_intent_id="pi",
            ),
            BEFORE,
        )

    def test_payment_failed(self, ears: Ears) -> None:
        ears.diary.invited("drinks", "Ada", at=INVITED)
        self.fail(ears)
        ears.hear(at=BEFORE)
        assert ears.told("payment_failed") == ["Ada push scheduled"]
        assert ears.until("payment_failed") == {INVITED + 2 * DAY}

    def test_payment_refunded(self, ears: Ears) -> None:
        seats(ears, "Ada")
        refund = {"stripe_refund_id": "re", "amount_in_cents": 250}
        said = {"payment_id": an_id("payment drinks Ada"), **refund}
        ears.diary.note(PaymentRefunded.model_validate(said), BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("payment_refunded") == ["Ada email scheduled", "Ada push scheduled"]
        assert ears.until("payment_refunded") == {BEFORE + 7 * DAY}
        assert "Ada: Your refund | 2.50 USD went back to the card that you paid with." in (
            ears.send(at=BEFORE)
        )


class TestEvents:
    @pytest.mark.parametrize("by", ["host", "system"])
    def test_event_cancelled(self, ears: Ears, by: str) -> None:
        seats(ears, "Ada", "Bo")
        ears.diary.invited("drinks", "Dan")
        said = {"event_id": DRINKS, "cancelled_by": by}
        ears.diary.note(EventCancelled.model_validate(said), BEFORE + HOUR)
        ears.hear(at=BEFORE + HOUR)
        assert ears.told("event_cancelled") == [
            f"{person} {channel} scheduled"
            for person in ("Ada", "Bo")
            for channel in ("push", "sms")
        ]
        assert ears.until("event_cancelled") == {START}

    @pytest.mark.parametrize(
        ("hours", "template", "channels"),
        [(24, "starts_tomorrow", ["push", "sms"]), (2, "starts_soon", ["push"])],
    )
    def test_before_the_start(
        self, ears: Ears, hours: int, template: str, channels: list[str]
    ) -> None:
        seats(ears, "Ada", "Bo")
        ears.diary.invited("drinks", "Dan")
        ears.diary.cancelled("drinks", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        reminder = EventReminderDue(event_id=DRINKS, hours_before=hours)
        ears.diary.note(reminder, START - hours * HOUR)
        ears.hear(at=START - hours * HOUR)
        assert ears.told(template) == [f"Ada {channel} scheduled" for channel in channels]
        assert ears.until(template) == {START}
        other = {"starts_tomorrow", "starts_soon"} - {template}
        assert ears.told(other.pop()) == []

    def test_two_hours_before_with_the_signpost(self, ears: Ears) -> None:
        seats(ears, "Ada")
        changed = EventUpdated(event_id=DRINKS, arrival_signpost="Ask for Hanna")
        ears.diary.note(changed, BEFORE)
        reminder = EventReminderDue(event_id=DRINKS, hours_before=2)
        ears.diary.note(reminder, START - 2 * HOUR)
        ears.hear(at=START - 2 * HOUR)
        said = [line for line in ears.send(at=START - 2 * HOUR) if "Starting soon" in line]
        assert said == [
            "Ada: Starting soon | Drinks starts Sat, Mar 14, 2:00 PM. How to find us: Ask for Hanna"
        ]

    def test_event_completed(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.diary.reported("drinks", "Bo", by="Hanna", status="no_show", at=END)
        ears.hear(at=AFTER)
        assert ears.told("event_completed") == ["Ada push scheduled"]
        assert ears.until("event_completed") == {END + 14 * DAY}

    def test_event_finalized(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.diary.note(EventFinalized(event_id=DRINKS), END + 26 * HOUR)
        ears.hear(at=END + 26 * HOUR)
        assert ears.told("event_finalized") == ["Hanna push scheduled"]
        assert ears.until("event_finalized") == {END + 26 * HOUR + 7 * DAY}
        assert "Hanna: Your event in figures | Drinks: 2 guests came. See what they say." in (
            ears.send(at=AFTER + DAY)
        )

    def test_event_post_created(self, ears: Ears) -> None:
        seats(ears, "Ada", "Bo")
        ears.diary.invited("drinks", "Dan")
        ears.diary.posted("drinks", "Ada", at=BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("event_post") == ["Bo push scheduled", "Hanna push scheduled"]
        assert ears.until("event_post") == {END}


class TestPeople:
    def test_kudos_given_never_naming_the_giver(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo", "Dan")
        for giver in ("Ada", "Bo"):
            ears.diary.thanked("drinks", giver, "Dan", Kudo.HELPFUL, at=AFTER)
        ears.hear(at=AFTER)
        assert ears.told("kudos") == ["Dan push scheduled"]
        assert ears.until("kudos") == {AFTER + 7 * DAY}
        said = [line for line in ears.send(at=AFTER + HOUR) if "Kudos" in line]
        assert said == ["Dan: Kudos | 2 people you met gave you kudos."]

    def test_message_sent(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        ears.diary.talked("Ada", "Bo", at=AFTER)
        ears.diary.said("talk Ada Bo", "Ada", "Hello", at=AFTER)
        ears.hear(at=AFTER)
        assert ears.told("message") == ["Bo push scheduled"]
        assert ears.until("message") == {AFTER + DAY}
        assert "Bo: Ada | sent you a message." in ears.send(at=AFTER)

    def test_duo_proposed_and_accepted(self, ears: Ears) -> None:
        ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("duo_proposed") == ["Bo push scheduled"]
        assert ears.until("duo_proposed") == {BEFORE + 7 * DAY}
        ears.diary.agreed("duo", at=BEFORE + HOUR)
        ears.hear(at=BEFORE + HOUR)
        assert ears.told("duo_accepted") == ["Ada push scheduled"]
        assert ears.until("duo_accepted") == {BEFORE + 7 * DAY}

    def test_a_day_before_a_duo_ends(self, ears: Ears) -> None:
        ears.diary.paired("duo", "Ada", "Bo", at=BEFORE)
        ears.diary.note(DuoExpiryNear(duo_id=an_id("duo")), BEFORE + 6 * DAY)
        ears.hear(at=BEFORE + 6 * DAY)
        assert ears.told("duo_ends_soon") == ["Ada push scheduled", "Bo push scheduled"]
        assert ears.until("duo_ends_soon") == {BEFORE + 7 * DAY}

    def test_connection_mutual(self, ears: Ears) -> None:
        came(ears, "Ada", "Bo")
        for owner, other in (("Ada", "Bo"), ("Bo", "Ada")):
            ears.diary.remembered("drinks", owner, other, at=AFTER, wants_to_connect_again=True)
        ears.hear(at=AFTER)
        assert ears.told("connection_mutual") == ["Ada push scheduled", "Bo push scheduled"]
        assert ears.until("connection_mutual") == {AFTER + 7 * DAY}
        said = [line for line in ears.send(at=AFTER) if "both said yes" in line]
        assert said == [
            "Ada: You both said yes | Bo would like to meet you again, too.",
            "Bo: You both said yes | Ada would like to meet you again, too.",
        ]


class TestAccounts:
    @staticmethod
    def report(ears: Ears, reporter: str) -> None:
        ears.diary.note(
            ReportFiled(
                report_id=an_id(f"report {reporter}"),
                reporter_id=an_id(reporter),
                reported_id=an_id("Eve"),
                category="spam",
                comments="Sells things",
            ),
            BEFORE,
        )

    def test_report_filed_and_resolved(self, ears: Ears) -> None:
        self.report(ears, "Ada")
        ears.hear(at=BEFORE)
        assert ears.told("report_filed") == ["Ada push scheduled"]
        said = {"report_id": an_id("report Ada"), "outcome": "warning"}
        ears.diary.note(ReportResolved.model_validate(said), BEFORE + HOUR)
        ears.hear(at=BEFORE + HOUR)
        assert ears.told("report_resolved") == ["Ada push scheduled"]
        assert ears.until("report_resolved") == {BEFORE + HOUR + 7 * DAY}

    def test_user_suspended(self, ears: Ears) -> None:
        for reporter in ("Ada", "Bo", "Dan"):
            self.report(ears, reporter)
        ears.hear(at=BEFORE)
        assert ears.told("suspended") == ["Eve email scheduled", "Eve push scheduled"]
        assert ears.until("suspended") == {BEFORE + 7 * DAY}

    def test_two_weeks_before_a_badge_ends(self, ears: Ears) -> None:
        photo = {"photo_id": an_id("photo"), "user_id": an_id("Ada")}
        shown = {**photo, "url": "https://momento.app/1.jpg", "is_authentic": True}
        ends = datetime(2026, 3, 25, 16, tzinfo=UTC)
        ears.diary.note(ProfilePhotoAdded.model_validate(shown), ends.replace(year=2025))
        ears.diary.note(PhotoBadgeEndNear.model_validate(photo), ends - 14 * DAY)
        ears.hear(at=ends - 14 * DAY)
        assert ears.told("badge_ends_soon") == ["Ada push scheduled"]
        assert ears.until("badge_ends_soon") == {ends}

    def test_three_days_before_a_subscription_ends(self, ears: Ears) -> None:
        ends = BEFORE + 3 * DAY
        said = {"subscription_status": "premium", "subscription_ends": ends}
        paid = SubscriptionChanged.model_validate({"user_id": an_id("Ada"), **said})
        ears.diary.note(paid, BEFORE - 27 * DAY)
        ears.diary.note(SubscriptionEndNear(user_id=an_id("Ada")), BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("subscription_ends_soon") == ["Ada push scheduled"]
        assert ears.until("subscription_ends_soon") == {ends}

    def test_support_ticket_updated(self, ears: Ears) -> None:
        ears.diary.note(
            SupportTicketOpened(
                ticket_id=an_id("ticket"),
                submitter_id=an_id("Ada"),
                reply_to_email="ada@example.org",
                category="technical_issue",
                body="It won't start",
            ),
            BEFORE - HOUR,
        )
        answered = {"ticket_id": an_id("ticket"), "status": "resolved"}
        ears.diary.note(SupportTicketUpdated.model_validate(answered), BEFORE)
        ears.hear(at=BEFORE)
        assert ears.told("ticket_updated") == ["Ada push scheduled"]
        assert ears.until("ticket_updated") == {BEFORE + 7 * DAY}
