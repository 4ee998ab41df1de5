"""People sign up, settle in, show themselves, and one leaves."""

from tests.factories.worlds.world import DAY, GUESTS, START, World


def sign_up(world: World) -> None:
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


def settle_in(world: World) -> None:
    host = {"user_id": world.id("Hanna")}
    world.say("user.updated", START - 80 * DAY, **host, email="a@b.c")
    world.say("user.verified", START - 80 * DAY, **host)
    world.say("user.status_changed", START - 80 * DAY, **host, status="active", reason="Settled in")
    world.say("social_profile.updated", START - 80 * DAY, **host, bio="Hi")
    world.say("host_profile.updated", START - 80 * DAY, **host, host_name="Hanna")
    world.say("notification_settings.updated", START - 80 * DAY, **host, sms_reminders=False)
    bar = {"location_id": world.id("bar"), "latitude": 40.0, "longitude": -74.0}
    world.say("location.added", START - 80 * DAY, **bar, name="Bar")


def show_themselves(world: World) -> None:
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


def share(world: World) -> None:
    pair = {"sharer_id": world.id("Ada"), "receiver_id": world.id("Gil")}
    world.say("social_link.shared", START - 70 * DAY, **pair, platform="instagram")


def leave(world: World) -> None:
    world.say("user.deleted", START - DAY, user_id=world.id("Gil"))
