"""The table of notifications: which domain event tells whom what, and until when."""

from collections.abc import Mapping
from typing import Final

from domain.constants import (
    DUO_REMINDER,
    INVITATION_REMINDER,
    NEWS_LIFE,
    PAYMENT_NEWS_LIFE,
    START_REMINDERS,
)
from domain.notifications.recipients import (
    ANSWER_BY,
    BADGE,
    CANCELLED,
    COMPLETED,
    DEADLINE,
    FINALIZED,
    KUDOS,
    MESSAGE,
    MUTUAL,
    NOBODY,
    POST,
    SUBSCRIPTION,
    SUSPENDED,
    TICKET,
    Occasion,
    duo,
    epoch,
    invited,
    lasting,
    payment,
    reminder,
    report,
    still,
)
from domain.tables.notifications import Template

DAY_AHEAD, HOURS_AHEAD = START_REMINDERS

# What a handler of another topic has applied, and without a note: then it had an effect. Dispatch
# tells of it in the same transaction. What follows from more than one of them has a handler here.
TOLD_BY: Final[Mapping[str, tuple[Template, ...]]] = {
    "invitations.apply_invitation_sent": (Template.INVITATION,),
    "invitations.apply_payment_failed": (Template.PAYMENT_FAILED,),
    "payments.apply_payment_refunded": (Template.PAYMENT_REFUNDED,),
    "kudos.apply_kudos_given": (Template.KUDOS,),
    "messaging.apply_message_sent": (Template.MESSAGE,),
    "boards.apply_event_post_created": (Template.EVENT_POST,),
    "duos.apply_duo_proposed": (Template.DUO_PROPOSED,),
    "duos.apply_duo_accepted": (Template.DUO_ACCEPTED,),
    "safety.apply_report_filed": (Template.REPORT_FILED,),
    "safety.apply_report_resolved": (Template.REPORT_RESOLVED,),
    "support.apply_support_ticket_updated": (Template.TICKET_UPDATED,),
}


OCCASIONS: Final[Mapping[Template, Occasion]] = {
    Template.INVITATION: invited(
        "invited.user_id", "events.host_id", ANSWER_BY, "'invitation:' || invited.id"
    ),
    Template.INVITATION_ENDS_SOON: invited(
        "invited.user_id",
        NOBODY,
        ANSWER_BY,
        f"'invitation_ends_soon:' || invited.id || ':' || {epoch(ANSWER_BY)}",
        only=still("invited.expires_at", INVITATION_REMINDER),
    ),
    Template.SEAT_CONFIRMED: invited(
        "invited.user_id", NOBODY, "events.starts_at", "'seat_confirmed:' || invited.id"
    ),
    Template.GUEST_CONFIRMED: invited(
        "events.host_id", "invited.user_id", "events.starts_at", "'guest_confirmed:' || invited.id"
    ),
    Template.PLAN_CHANGED: invited(
        "invited.user_id",
        "events.host_id",
        DEADLINE,
        f"'plan_changed:' || invited.id || ':' || {epoch(DEADLINE)}",
        fields=("deadline",),
    ),
    Template.SEAT_REFUSED: payment(
        Template.SEAT_REFUSED, (), lasting(PAYMENT_NEWS_LIFE), "paid.id"
    ),
    Template.PAYMENT_FAILED: payment(
        Template.PAYMENT_FAILED,
        (),
        f"coalesce(invited.expires_at, {lasting(PAYMENT_NEWS_LIFE)})",
        "paid.id",
    ),
    Template.PAYMENT_REFUNDED: payment(
        Template.PAYMENT_REFUNDED,
        ("stripe_refund_id", "amount_in_cents"),
        lasting(NEWS_LIFE),
        "paid.id || ':' || (asked.data->>'stripe_refund_id')",
        more=", 'amount_in_cents', asked.data->'amount_in_cents'",
    ),
    Template.EVENT_CANCELLED: Occasion(("event_id",), CANCELLED),
    Template.STARTS_TOMORROW: reminder(DAY_AHEAD),
    Template.STARTS_SOON: reminder(HOURS_AHEAD),
    Template.EVENT_COMPLETED: Occasion(("event_id",), COMPLETED),
    Template.EVENT_FINALIZED: Occasion(("event_id",), FINALIZED),
    Template.KUDOS: Occasion(("event_id", "giver_id", "receiver_id", "kudo"), KUDOS),
    Template.MESSAGE: Occasion(("message_id",), MESSAGE),
    Template.EVENT_POST: Occasion(("post_id",), POST),
    Template.DUO_PROPOSED: Occasion(("duo_id",), duo("participant", Template.DUO_PROPOSED)),
    Template.DUO_ACCEPTED: Occasion(("duo_id",), duo("initiator", Template.DUO_ACCEPTED)),
    Template.DUO_ENDS_SOON: Occasion(
        ("duo_id",),
        duo(
            "%%",
            Template.DUO_ENDS_SOON,
            f"':' || {epoch('duos.expires_at')}",
            still("duos.expires_at", DUO_REMINDER),
        ),
    ),
    Template.CONNECTION_MUTUAL: Occasion(("user_id", "other_user_id"), MUTUAL),
    Template.REPORT_FILED: report(Template.REPORT_FILED),
    Template.REPORT_RESOLVED: report(Template.REPORT_RESOLVED),
    Template.SUSPENDED: Occasion(("user_id", "report_id"), SUSPENDED),
    Template.BADGE_ENDS_SOON: Occasion(("photo_id",), BADGE),
    Template.SUBSCRIPTION_ENDS_SOON: Occasion(("user_id",), SUBSCRIPTION),
    Template.TICKET_UPDATED: Occasion(("ticket_id", "status"), TICKET),
}
