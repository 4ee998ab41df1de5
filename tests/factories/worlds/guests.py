"""Guests come, thank and rate; some fall out, accuse one another, or ask for help."""

from datetime import timedelta

from tests.factories.worlds.world import DAY, END, FANS, HOUR, START, World


def come(world: World) -> None:
    at = {"event_id": world.id("drinks"), "latitude": 40.0, "longitude": -74.0}
    for guest in ("Ada", "Gil", *FANS):
        world.say("attendee.checked_in", START + HOUR, **at, user_id=world.id(guest))


def report(world: World) -> None:
    said = {"event_id": world.id("drinks"), "reporter_id": world.id("Hanna")}
    world.say("attendance.reported", END, **said, user_id=world.id("Ada"), status="late")


def thank(world: World) -> None:
    said = {"event_id": world.id("drinks"), "giver_id": world.id("Ada"), "kudo": "helpful"}
    receiver = world.id("Gil")
    world.say("kudos.given", END, **said, kudos_id=world.id("kudos"), receiver_id=receiver)
    for giver in ("Hanna", "Gil", *FANS):
        for kudo in ("helpful", "inspiring"):
            number = world.id(f"kudos {giver} {kudo}")
            said = {"event_id": world.id("drinks"), "giver_id": world.id(giver), "kudo": kudo}
            world.say("kudos.given", END, **said, kudos_id=number, receiver_id=world.id("Ada"))


def rate(world: World) -> None:
    stars = {"host_rating_value": 5, "event_rating_value": 4, "comment": "Lovely people"}
    said = {"event_id": world.id("drinks"), "rater_id": world.id("Ada"), **stars}
    world.say("rating.submitted", END + DAY, rating_id=world.id("rating"), **said)


def fall_out(world: World) -> None:
    """Two who came, before the kudos and the completion: neither is left of what they had."""
    pair = {"blocker_id": world.id("Gil"), "blocked_id": world.id("Ada")}
    world.say("user.blocked", START + 2 * HOUR, **pair)


def make_up(world: World) -> None:
    """As if there had been no block."""
    pair = {"blocker_id": world.id("Gil"), "blocked_id": world.id("Ada")}
    world.say("user.unblocked", START + 2 * HOUR + timedelta(minutes=1), **pair)


def accuse(world: World) -> None:
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


def judge(world: World) -> None:
    for guest, outcome in (("Ada", "warning"), ("Bo", "suspension"), ("Gil", "ban")):
        report = world.id(f"report {guest}")
        world.say("report.resolved", END + 2 * DAY, report_id=report, outcome=outcome)


def ask_for_help(world: World) -> None:
    world.say(
        "support_ticket.opened",
        END + DAY,
        ticket_id=world.id("ticket"),
        submitter_id=world.id("Ada"),
        reply_to_email="dan@example.org",
        category="technical_issue",
        body="It won't start",
    )


def be_helped(world: World) -> None:
    ticket = world.id("ticket")
    world.say("support_ticket.updated", END + 2 * DAY, ticket_id=ticket, status="resolved")
