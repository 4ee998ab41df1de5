"""Guests write on the board, show photos, talk, and remember one another."""

from tests.factories.worlds.world import DAY, END, HOUR, World


def post(world: World) -> None:
    for person in ("Hanna", "Ada"):
        said = {"event_id": world.id("drinks"), "user_id": world.id(person), "content": "Hi"}
        world.say("event_post.created", END, **said, post_id=world.id(f"post {person}"))


def show(world: World) -> None:
    for person in ("Hanna", "Ada"):
        said = {"event_id": world.id("drinks"), "image_url": "https://momento.app/1.jpg"}
        photo = {"photo_id": world.id(f"photo {person}"), "uploader_id": world.id(person)}
        world.say("event_photo.uploaded", END + HOUR, **said, **photo)


def hide(world: World) -> None:
    said = {"photo_id": world.id("photo Ada"), "moderator_id": world.id("Hanna")}
    for status in ("pending_review", "hidden_by_host"):
        world.say("event_photo.moderated", END + DAY, **said, status=status)


def talk(world: World) -> None:
    for one, other in (("Ada", "Gil"), ("Hanna", "Ada")):
        people = [world.id(one), world.id(other)]
        talk = world.id(f"talk {one} {other}")
        world.say("conversation.started", END + DAY, conversation_id=talk, user_ids=people)


def chat(world: World) -> None:
    talk = world.id("talk Ada Gil")
    for person in ("Ada", "Gil"):
        said = {"conversation_id": talk, "sender_id": world.id(person), "content": "Hi"}
        world.say("message.sent", END + DAY, **said, message_id=world.id(f"message {person}"))


def remember(world: World) -> None:
    # Gil, of whose leaving nobody knows yet, as well.
    for owner, other in (("Ada", "Gil"), ("Gil", "Ada"), ("Ada", "Bo")):
        people = {"owner_id": world.id(owner), "connected_user_id": world.id(other)}
        notes = f"{other} knows soup"
        wish = {"wants_to_connect_again": True, "private_notes": notes}
        said = {"event_id": world.id("drinks"), **wish}
        world.say("connection.updated", END + DAY, **people, **said)
