"""Worlds that know nothing of one another, in each of which the same things happen.

Told side by side, phase by phase, they make batches of any size that are all alike.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from domain.catalogue import TYPES
from domain.envelope import Envelope, enclose
from tests.helpers.evening import an_id

START: Final = datetime(2026, 3, 14, 18, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END: Final = START + 3 * HOUR
# Who come, and thank Ada: with Gil and the host enough that she is widely thanked.
FANS: Final = ("Kim", "Lou", "Max")
GUESTS: Final = ("Ada", "Bo", "Gil", "Dan", "Eve", *FANS)


@dataclass(slots=True)
class World:
    """A host, eight guests and one event."""

    name: str
    told: list[Envelope] = field(default_factory=list)

    def id(self, of: str) -> str:
        """The id of somebody or something in this world."""
        return an_id(f"{self.name} {of}")

    def say(self, name: str, time: datetime, /, **data: Any) -> None:
        """Have something happen."""
        payload = TYPES[f"app.momento.{name}.v1"].model_validate(data)
        number = self.id(f"{len(self.told)} {name} {time}")
        self.told.append(enclose(payload, source="/test", time=time, id=number))

    def itinerary(self, shift: timedelta) -> list[dict[str, Any]]:
        """One stop."""
        return [
            {
                "location_id": self.id("bar"),
                "order": 1,
                "title": "Bar",
                "start_time": START + shift,
                "end_time": END + shift,
            }
        ]


def _sign_up(world: World) -> None:
    for person in ("Hanna", *GUESTS):
        user = {"user_id": world.id(person)}
        world.say(
            "user.registered",
            START - 90 * DAY,
            **user,
            clerk_id=world.id(person),
            birth_date="1990-05-01",
            first_name=person,
            phone_number="+12025550100",
        )


def _settle_in(world: World) -> None:
    host = {"user_id": world.id("Hanna")}
    world.say("user.updated", START - 80 * DAY, **host, email="a@b.c")
    world.say("user.verified", START - 80 * DAY, **host)
    world.say("user.status_changed", START - 80 * DAY, **host, status="active", reason="Settled in")
    world.say("social_profile.updated", START - 80 * DAY, **host, bio="Hi")
    world.say("host_profile.updated", START - 80 * DAY, **host, host_name="Hanna")
    world.say("notification_settings.updated", START - 80 * DAY, **host, sms_reminders=False)
    bar = {"location_id": world.id("bar"), "latitude": 40.0, "longitude": -74.0}
    world.say("location.added", START - 80 * DAY, **bar, name="Bar")


def _show_themselves(world: World) -> None:
    ada = {"user_id": world.id("Ada")}
    early, late = START - 80 * DAY, START - 79 * DAY
    url = "https://pictures.example/1"
    photo = {"photo_id": world.id("photo"), "url": url}
    world.say("profile_photo.added", early, **photo, **ada, is_authentic=True)
    host = {"host_id": world.id("Hanna"), "photo_type": "logo"}
    world.say("host_photo.added", early, **{**photo, "photo_id": world.id("logo")}, **host)
    world.say("interests.selected", early, **ada, interests=["Hiking", world.id("something new")])
    world.say("interests.selected", late, **ada, interests=["Soup", "Hiking"])
    world.say("persona.updated", early, **ada, career="Baker")
    world.say("presence.changed", early, **ada, is_online=True)
    world.say("presence.changed", late, **ada, is_online=False)
    ends = {"subscription_ends": START - 57 * DAY}
    premium = {"subscription_status": "premium", **ends}
    world.say("subscription.changed", early, **ada, **premium)
    world.say("profile.liked", early, liker_id=world.id("Ada"), liked_id=world.id("Bo"))
    phone = {"token": f"ExponentPushToken[{world.id('phone')}]"}
    for guest, at in (("Ada", early), ("Bo", late)):
        said = {"token_id": world.id(f"token {guest}"), "platform": "ios", **phone}
        world.say("push_token.registered", at, **said, user_id=world.id(guest))
    world.say("push_token.removed", late, **phone, **ada)
    link = {"link_id": world.id("link"), "platform": "instagram", "url": url}
    world.say("social_link.added", early, **link, **ada)


def _share(world: World) -> None:
    pair = {"sharer_id": world.id("Ada"), "receiver_id": world.id("Gil")}
    world.say("social_link.shared", START - 70 * DAY, **pair, platform="instagram")


def _publish(world: World) -> None:
    world.say(
        "event.published",
        START - 60 * DAY,
        event_id=world.id("drinks"),
        host_id=world.id("Hanna"),
        title="Drinks",
        description="In company",
        min_attendees=1,
        max_attendees=8,
        confirmation_fee=500,
        itinerary=world.itinerary(0 * HOUR),
        collaborators=[
            {"role": "Co-host", "user_id": world.id("Gil"), "first_name": "Gil"},
            {"role": "Photographer", "first_name": "Zoe", "phone_number": "+12025550111"},
        ],
    )


def _pair_up(world: World) -> None:
    for initiator, partner in (("Ada", "Gil"), ("Bo", "Dan"), ("Hanna", "Eve")):
        world.say(
            "duo.proposed",
            START - 25 * DAY,
            duo_id=world.id(f"duo {initiator}"),
            initiator_id=world.id(initiator),
            partner_id=world.id(partner),
            expires_at=END + DAY if initiator == "Ada" else None,
        )


def _agree(world: World) -> None:
    for initiator, answer in (("Ada", "accepted"), ("Bo", "declined")):
        world.say(f"duo.{answer}", START - 24 * DAY, duo_id=world.id(f"duo {initiator}"))
    world.say("duo.expired", START - 18 * DAY, duo_id=world.id("duo Hanna"))


def _invite(world: World) -> None:
    for guest in GUESTS:
        world.say(
            "invitation.sent",
            START - 20 * DAY,
            invitation_id=world.id(f"invitation {guest}"),
            event_id=world.id("drinks"),
            user_id=world.id(guest),
            match_reason="You both like bouldering",
            duo_id=world.id("duo Ada") if guest in {"Ada", "Gil"} else None,
        )


def _answer(world: World) -> None:
    for guest, answer in (("Dan", "declined"), ("Eve", "expired")):
        invitation = world.id(f"invitation {guest}")
        why = {"decline_reason": "not_interested"} if answer == "declined" else {}
        world.say(f"invitation.{answer}", START - 10 * DAY, invitation_id=invitation, **why)


def _charge(world: World, guest: str) -> dict[str, Any]:
    return {
        "payment_id": world.id(f"payment {guest}"),
        "user_id": world.id(guest),
        "event_id": world.id("drinks"),
        "invitation_id": world.id(f"invitation {guest}"),
        "amount_in_cents": 500,
        "currency": "usd",
        "stripe_payment_intent_id": "pi",
    }


def _fail_to_pay(world: World) -> None:
    world.say("payment.failed", START - 19 * DAY, **_charge(world, "Ada"))


def _pay(world: World) -> None:
    for guest in ("Ada", "Bo", "Gil", *FANS):
        charge = world.id(f"charge {guest}")
        said = {**_charge(world, guest), "stripe_charge_id": charge}
        world.say("payment.succeeded", START - 19 * DAY + HOUR, **said)


def _move(world: World) -> None:
    helpers = [{"role": "Instructor", "first_name": "Yul", "last_name": "Yu"}]
    changed = {"itinerary": world.itinerary(HOUR), "collaborators": helpers}
    world.say("event.updated", START - 9 * DAY, event_id=world.id("drinks"), **changed)


def _reconfirm(world: World) -> None:
    for guest in ("Ada", "Bo", "Gil", *FANS):
        invitation = world.id(f"invitation {guest}")
        world.say("invitation.reconfirmed", START - 8 * DAY, invitation_id=invitation)


def _give_up(world: World) -> None:
    world.say("invitation.cancelled", START, invitation_id=world.id("invitation Bo"))


def _come(world: World) -> None:
    at = {"event_id": world.id("drinks"), "latitude": 40.0, "longitude": -74.0}
    for guest in ("Ada", "Gil", *FANS):
        world.say("attendee.checked_in", START + HOUR, **at, user_id=world.id(guest))


def _report(world: World) -> None:
    said = {"event_id": world.id("drinks"), "reporter_id": world.id("Hanna")}
    world.say("attendance.reported", END, **said, user_id=world.id("Ada"), status="late")


def _complete(world: World) -> None:
    world.say("event.completed", END + 3 * HOUR, event_id=world.id("drinks"))


def _thank(world: World) -> None:
    said = {"event_id": world.id("drinks"), "giver_id": world.id("Ada"), "kudo": "helpful"}
    receiver = world.id("Gil")
    world.say("kudos.given", END, **said, kudos_id=world.id("kudos"), receiver_id=receiver)
    for giver in ("Hanna", "Gil", *FANS):
        for kudo in ("helpful", "inspiring"):
            number = world.id(f"kudos {giver} {kudo}")
            said = {"event_id": world.id("drinks"), "giver_id": world.id(giver), "kudo": kudo}
            world.say("kudos.given", END, **said, kudos_id=number, receiver_id=world.id("Ada"))


def _rate(world: World) -> None:
    stars = {"host_rating_value": 5, "event_rating_value": 4, "comment": "Lovely people"}
    said = {"event_id": world.id("drinks"), "rater_id": world.id("Ada"), **stars}
    world.say("rating.submitted", END + DAY, rating_id=world.id("rating"), **said)


def _fall_out(world: World) -> None:
    """Two who came, before the kudos and the completion: neither is left of what they had."""
    pair = {"blocker_id": world.id("Gil"), "blocked_id": world.id("Ada")}
    world.say("user.blocked", START + 2 * HOUR, **pair)


def _make_up(world: World) -> None:
    """As if there had been no block."""
    pair = {"blocker_id": world.id("Gil"), "blocked_id": world.id("Ada")}
    world.say("user.unblocked", START + 2 * HOUR + timedelta(minutes=1), **pair)


def _accuse(world: World) -> None:
    """Three report a fourth, who is suspended."""
    for guest in ("Ada", "Bo", "Gil"):
        world.say(
            "report.filed",
            END + DAY,
            report_id=world.id(f"report {guest}"),
            reporter_id=world.id(guest),
            reported_id=world.id("Eve"),
            category="spam",
            comments="Sells things",
        )


def _judge(world: World) -> None:
    for guest, outcome in (("Ada", "warning"), ("Bo", "suspension"), ("Gil", "ban")):
        report = world.id(f"report {guest}")
        world.say("report.resolved", END + 2 * DAY, report_id=report, outcome=outcome)


def _ask_for_help(world: World) -> None:
    world.say(
        "support_ticket.opened",
        END + DAY,
        ticket_id=world.id("ticket"),
        submitter_id=world.id("Ada"),
        reply_to_email="dan@example.org",
        category="technical_issue",
        body="It won't start",
    )


def _help(world: World) -> None:
    ticket = world.id("ticket")
    world.say("support_ticket.updated", END + 2 * DAY, ticket_id=ticket, status="resolved")


def _post(world: World) -> None:
    for person in ("Hanna", "Ada"):
        said = {"event_id": world.id("drinks"), "user_id": world.id(person), "content": "Hi"}
        world.say("event_post.created", END, **said, post_id=world.id(f"post {person}"))


def _show(world: World) -> None:
    for person in ("Hanna", "Ada"):
        said = {"event_id": world.id("drinks"), "image_url": "https://momento.app/1.jpg"}
        photo = {"photo_id": world.id(f"photo {person}"), "uploader_id": world.id(person)}
        world.say("event_photo.uploaded", END + HOUR, **said, **photo)


def _hide(world: World) -> None:
    said = {"photo_id": world.id("photo Ada"), "moderator_id": world.id("Hanna")}
    for status in ("pending_review", "hidden_by_host"):
        world.say("event_photo.moderated", END + DAY, **said, status=status)


def _talk(world: World) -> None:
    for one, other in (("Ada", "Gil"), ("Hanna", "Ada")):
        people = [world.id(one), world.id(other)]
        talk = world.id(f"talk {one} {other}")
        world.say("conversation.started", END + DAY, conversation_id=talk, user_ids=people)


def _chat(world: World) -> None:
    talk = world.id("talk Ada Gil")
    for person in ("Ada", "Gil"):
        said = {"conversation_id": talk, "sender_id": world.id(person), "content": "Hi"}
        world.say("message.sent", END + DAY, **said, message_id=world.id(f"message {person}"))


def _remember(world: World) -> None:
    # Gil, of whose leaving nobody knows yet, as well.
    for owner, other in (("Ada", "Gil"), ("Gil", "Ada"), ("Ada", "Bo")):
        people = {"owner_id": world.id(owner), "connected_user_id": world.id(other)}
        notes = f"{other} knows soup"
        wish = {"wants_to_connect_again": True, "private_notes": notes}
        said = {"event_id": world.id("drinks"), **wish}
        world.say("connection.updated", END + DAY, **people, **said)


def _finalize(world: World) -> None:
    world.say("event.finalized", END + 2 * DAY, event_id=world.id("drinks"))


def _trouble(world: World) -> None:
    # Who had declined pays after all, and gets it back.
    charge = {**_charge(world, "Dan"), "stripe_charge_id": world.id("charge Dan")}
    world.say("payment.succeeded", START - 5 * DAY, **charge)
    refund = {"stripe_refund_id": "re", "amount_in_cents": 100}
    world.say("payment.refunded", END, payment_id=world.id("payment Bo"), **refund)
    dispute = {"stripe_dispute_id": "dp", "reason": "unknown"}
    world.say("payment.disputed", END, payment_id=world.id("payment Ada"), **dispute)
    won = {"stripe_dispute_id": "dp", "outcome": "won"}
    world.say("payment.dispute_closed", END + DAY, payment_id=world.id("payment Ada"), **won)
    failed = {"stripe_refund_id": "re", "failure_code": "refund_failed", "was_requested": True}
    for name in ("Bo", "Dan"):
        world.say("payment.refund_failed", END, payment_id=world.id(f"payment {name}"), **failed)


def _remind(world: World) -> None:
    """What the clock says."""
    for hours in (24, 2):
        event = {"event_id": world.id("drinks"), "hours_before": hours}
        world.say("event.reminder_due", START + HOUR - hours * HOUR, **event)
    invitation = {"invitation_id": world.id("invitation Eve")}
    world.say("invitation.expiry_near", START - 18 * DAY - 6 * HOUR, **invitation)
    world.say("duo.expiry_near", END, duo_id=world.id("duo Ada"))
    photo = {"photo_id": world.id("photo"), "user_id": world.id("Ada")}
    world.say("photo_badge.end_near", START + 271 * DAY, **photo)
    world.say("subscription.end_near", START - 60 * DAY, user_id=world.id("Ada"))


def _leave(world: World) -> None:
    world.say("user.deleted", START - DAY, user_id=world.id("Gil"))


def _call_off(world: World) -> None:
    by = {"cancelled_by": "host", "reason": "The bar has closed"}
    world.say("event.cancelled", START - HOUR, event_id=world.id("drinks"), **by)


# Each meets a different state of the world; the last two are heard of late.
PHASES: Final[tuple[Callable[[World], None], ...]] = (
    _sign_up,
    _settle_in,
    _show_themselves,
    _share,
    _publish,
    _pair_up,
    _agree,
    _invite,
    _answer,
    _fail_to_pay,
    _pay,
    _move,
    _reconfirm,
    _give_up,
    _come,
    _report,
    _complete,
    _thank,
    _rate,
    _fall_out,
    _make_up,
    _accuse,
    _judge,
    _ask_for_help,
    _help,
    _post,
    _show,
    _hide,
    _talk,
    _chat,
    _remember,
    _finalize,
    _trouble,
    _remind,
    _leave,
    _call_off,
)


def phases(worlds: int) -> Iterator[tuple[str, list[Envelope]]]:
    """(name, what is said in all worlds) of each phase."""
    side_by_side = [World(f"world {number}") for number in range(worlds)]
    for phase in PHASES:
        said = []
        for world in side_by_side:
            before = len(world.told)
            phase(world)
            said += world.told[before:]
        yield phase.__name__.strip("_"), said
