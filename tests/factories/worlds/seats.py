"""Duos, invitations, payments and what becomes of seats and money."""

from typing import Any

from tests.factories.worlds.world import DAY, END, FANS, GUESTS, HOUR, START, World


def pair_up(world: World) -> None:
    for initiator, partner in (("Ada", "Gil"), ("Bo", "Dan"), ("Hanna", "Eve")):
        world.say(
            "duo.proposed",
            START - 25 * DAY,
            duo_id=world.id(f"duo {initiator}"),
            initiator_id=world.id(initiator),
            partner_id=world.id(partner),
            expires_at=END + DAY if initiator == "Ada" else None,
        )


def agree(world: World) -> None:
    for initiator, answer in (("Ada", "accepted"), ("Bo", "declined")):
        world.say(f"duo.{answer}", START - 24 * DAY, duo_id=world.id(f"duo {initiator}"))
    world.say("duo.expired", START - 18 * DAY, duo_id=world.id("duo Hanna"))


def invite(world: World) -> None:
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


def answer(world: World) -> None:
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


def fail_to_pay(world: World) -> None:
    world.say("payment.failed", START - 19 * DAY, **_charge(world, "Ada"))


def pay(world: World) -> None:
    for guest in ("Ada", "Bo", "Gil", *FANS):
        charge = world.id(f"charge {guest}")
        said = {**_charge(world, guest), "stripe_charge_id": charge}
        world.say("payment.succeeded", START - 19 * DAY + HOUR, **said)


def reconfirm(world: World) -> None:
    for guest in ("Ada", "Bo", "Gil", *FANS):
        invitation = world.id(f"invitation {guest}")
        world.say("invitation.reconfirmed", START - 8 * DAY, invitation_id=invitation)


def give_up(world: World) -> None:
    world.say("invitation.cancelled", START, invitation_id=world.id("invitation Bo"))


def trouble(world: World) -> None:
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
