"""An event is published, moved, reminded of, completed, finalised, or called off after all."""

from tests.factories.worlds.world import DAY, END, HOUR, START, World


def publish(world: World) -> None:
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


def move(world: World) -> None:
    helpers = [{"role": "Instructor", "first_name": "Yul", "last_name": "Yu"}]
    changed = {"itinerary": world.itinerary(HOUR), "collaborators": helpers}
    world.say("event.updated", START - 9 * DAY, event_id=world.id("drinks"), **changed)


def complete(world: World) -> None:
    world.say("event.completed", END + 3 * HOUR, event_id=world.id("drinks"))


def finalize(world: World) -> None:
    world.say("event.finalized", END + 2 * DAY, event_id=world.id("drinks"))


def call_off(world: World) -> None:
    by = {"cancelled_by": "host", "reason": "The bar has closed"}
    world.say("event.cancelled", START - HOUR, event_id=world.id("drinks"), **by)


def remind(world: World) -> None:
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
