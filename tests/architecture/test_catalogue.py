"""The catalogue holds every payload and every handler, as the list of domain events has them."""

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Final

import pytest

from domain.catalogue import CATALOGUE, HANDLERS, PUBLIC_TYPES
from domain.payload import Payload
from tests.architecture.source import ROOT

# Name and data of what may be published, the subject's id first; `?` marks an optional field.
PUBLISHED: Final = {
    # People
    "user.registered": "user_id, clerk_id, phone_number?, email?, last_name?, birth_date,"
    " timezone?, first_name?, gender?, interested_in?",
    "user.updated": "user_id, phone_number?, email?, last_name?, timezone?, min_lead_time_days?,"
    " distance_preference?, price_sensitivity?, availability_preferences?, active_role?",
    "user.verified": "user_id",
    "user.status_changed": "user_id, status, reason?",
    "user.deleted": "user_id",
    "social_profile.updated": "user_id, first_name?, preferred_name?, bio?, gender?, pronouns?,"
    " interested_in?, occupation?, location?",
    "host_profile.updated": "user_id, host_type?, host_name?, host_bio?, location_id?, address?,"
    " website_url?",
    "notification_settings.updated": "user_id, sms_invitations?, sms_reminders?,"
    " push_event_invitations?, push_event_updates?, push_event_reminders?, push_direct_messages?,"
    " push_social?, push_account_and_safety?, email_account_and_safety?",
    "profile_photo.added": "photo_id, user_id, url, is_authentic",
    "host_photo.added": "photo_id, host_id, url, photo_type, caption?",
    "interests.selected": "user_id, interests",
    "persona.updated": "user_id, career?, interests?, mood?",
    "presence.changed": "user_id, is_online",
    "profile.liked": "liker_id, liked_id",
    "push_token.registered": "token_id, user_id, token, platform",
    "push_token.removed": "user_id, token",
    "social_link.added": "link_id, user_id, platform, url, is_public_on_host_profile?",
    # Gatherings
    "location.added": "location_id, name, address?, latitude, longitude, google_place_id?",
    "event.published": "event_id, host_id, title, description, min_attendees, max_attendees,"
    " age_min?, age_max?, arrival_signpost?, confirmation_fee, estimated_event_cost?, itinerary,"
    " collaborators?",
    "event.updated": "event_id, title?, description?, min_attendees?, max_attendees?, age_min?,"
    " age_max?, arrival_signpost?, confirmation_fee?, estimated_event_cost?, itinerary?,"
    " collaborators?",
    "event.cancelled": "event_id, cancelled_by, reason?",
    "event.completed": "event_id",
    "event.finalized": "event_id",
    "event_post.created": "post_id, event_id, user_id, content",
    "event_photo.uploaded": "photo_id, event_id, uploader_id, image_url",
    "event_photo.moderated": "photo_id, status, moderator_id",
    # Invitations, payment, attendance
    "invitation.sent": "invitation_id, event_id, user_id, match_reason?, duo_id?, expires_at?",
    "invitation.declined": "invitation_id, decline_reason?",
    "invitation.cancelled": "invitation_id",
    "invitation.reconfirmed": "invitation_id",
    "invitation.expired": "invitation_id",
    # Event and invitation are optional only where the purpose is subscription.
    "payment.succeeded": "payment_id, user_id, purpose?, event_id?, invitation_id?,"
    " amount_in_cents, currency, stripe_payment_intent_id, stripe_charge_id",
    "payment.failed": "payment_id, user_id, purpose?, event_id?, invitation_id?, amount_in_cents,"
    " currency, stripe_payment_intent_id, failure_code?",
    "payment.refunded": "payment_id, stripe_refund_id, amount_in_cents",
    "payment.disputed": "payment_id, stripe_dispute_id, reason",
    "payment.dispute_closed": "payment_id, stripe_dispute_id, outcome",
    "payment.refund_failed": "payment_id, stripe_refund_id, failure_code, was_requested?",
    "subscription.changed": "user_id, subscription_status, subscription_ends?,"
    " stripe_subscription_id?",
    "attendee.checked_in": "event_id, user_id, latitude, longitude",
    "attendance.reported": "event_id, user_id, reporter_id, status",
    # Afterwards
    "rating.submitted": "rating_id, event_id, rater_id, host_rating_value, event_rating_value,"
    " comment?",
    "kudos.given": "kudos_id, event_id, giver_id, receiver_id, kudo",
    "social_link.shared": "sharer_id, receiver_id, platform",
    # Duos, safety, support
    "duo.proposed": "duo_id, initiator_id, partner_id, expires_at?",
    "duo.accepted": "duo_id",
    "duo.declined": "duo_id",
    "duo.expired": "duo_id",
    "user.blocked": "blocker_id, blocked_id",
    "user.unblocked": "blocker_id, blocked_id",
    "report.filed": "report_id, reporter_id, reported_id, category, comments, event_id?, photo_id?",
    "report.resolved": "report_id, outcome",
    "support_ticket.opened": "ticket_id, submitter_id, reply_to_email, category, body,"
    " associated_event_id?, associated_payment_id?, metadata?",
    "support_ticket.updated": "ticket_id, status",
    "connection.updated": "owner_id, connected_user_id, event_id, is_favorite?,"
    " wants_to_connect_again?, does_not_want_to_connect_again?, private_notes?",
    "conversation.started": "conversation_id, user_ids",
    "message.sent": "message_id, conversation_id, sender_id, content, type?, storage_id?",
}
# What follows from an effect, and others may subscribe to.
FOLLOW_UPS: Final = {
    "invitation.confirmed",
    "invitation.refused",
    "event.reconfirmation_requested",
    "duo.completed",
    "refund.requested",
    "attendance.settled",
    "host_rating.changed",
    "user.suspended",
    "host.flagged",
    "connection.mutual",
    # What the scheduler says besides.
    "event.reminder_due",
    "invitation.expiry_near",
    "duo.expiry_near",
    "photo_badge.ended",
    "photo_badge.end_near",
    "subscription.end_near",
}


def topic_modules(name: str) -> Iterator[ModuleType]:
    """The module of that name of each topic."""
    for path in sorted((ROOT / "domain").glob(f"*/{name}.py")):
        yield importlib.import_module(f"domain.{path.parent.name}.{name}")


def payload_classes(base: type[Payload] = Payload) -> Iterator[type[Payload]]:
    """Every class that names a domain event, wherever it is written."""
    for payload in base.__subclasses__():
        if payload.NAME and payload.__module__.startswith("domain."):
            yield payload
        yield from payload_classes(payload)


def fields(payload: type[Payload]) -> list[str]:
    """A payload's fields as the list writes them."""
    return [
        name if field.is_required() else f"{name}?" for name, field in payload.model_fields.items()
    ]


class TestComplete:
    def test_every_payload_is_in_the_catalogue(self) -> None:
        assert len(list(topic_modules("payloads"))) >= 7
        missing = {payload.NAME for payload in payload_classes() if payload not in CATALOGUE}
        assert missing == set()

    def test_every_handler_is_in_the_catalogue(self) -> None:
        written = {
            function
            for module in topic_modules("handlers")
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if name.startswith("apply_") and function.__module__ == module.__name__
        }
        assert written == {handler.apply for handler in HANDLERS.values()}

    def test_every_domain_event_that_may_be_published_is_listed(self) -> None:
        assert {payload.NAME for payload in PUBLIC_TYPES.values()} == PUBLISHED.keys()

    def test_what_others_may_subscribe_to_is_there_and_nobody_else_publishes_it(self) -> None:
        follow_ups = {payload.NAME for payload in CATALOGUE if payload.FOLLOW_UP}
        assert follow_ups >= FOLLOW_UPS

    def test_every_domain_event_that_may_be_published_has_an_effect(self) -> None:
        idle = [name for name, payload in PUBLIC_TYPES.items() if not CATALOGUE[payload]]
        assert idle == []


class TestFields:
    @pytest.mark.parametrize("name", PUBLISHED)
    def test_a_payload_has_the_fields_of_the_list(self, name: str) -> None:
        payload = PUBLIC_TYPES[f"app.momento.{name}.v1"]
        listed = PUBLISHED[name].split(", ")
        assert sorted(fields(payload)) == sorted(listed)

    @pytest.mark.parametrize("name", PUBLISHED)
    def test_the_first_field_is_the_subject(self, name: str) -> None:
        payload = PUBLIC_TYPES[f"app.momento.{name}.v1"]
        assert fields(payload)[0] == PUBLISHED[name].split(", ")[0]

    @pytest.mark.parametrize("payload", CATALOGUE)
    def test_handlers_are_named_after_what_they_apply(self, payload: type[Payload]) -> None:
        for handler in CATALOGUE[payload]:
            assert handler.apply.__name__ == f"apply_{payload.NAME.replace('.', '_')}"
