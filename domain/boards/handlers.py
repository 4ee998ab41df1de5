"""Applies what is shown at an event: posts and photos are kept, hidden photos follow from facts."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from domain.batch import Batch, Effects
from domain.boards.payloads import EventPhotoModerated, EventPhotoUploaded, EventPostCreated
from domain.boards.rules import Part, judge_moderation, judge_photo, judge_post, settle_photo
from domain.facts import Fact, keep, load
from domain.once import keep_once, stamped
from domain.sql import array, fetch, update_rows
from domain.things import presence_of, seat_of
from domain.verdict import Accepted, Verdict

EventAndPerson = tuple[str, str]


def apply_event_post_created(
    session: Session, batch: Batch[EventPostCreated], now: datetime
) -> Effects:
    """Keep posts of the host and of those who have a seat; once accepted they stay."""
    del now
    who = {each.seq: (each.payload.event_id, each.payload.user_id) for each in batch}
    parts = _load_parts(session, who.values())
    verdicts: dict[int, Verdict] = {}
    for seq, pair in who.items():
        wait = judge_post(parts[pair], awaits=seat_of(*pair))
        if wait is not None:
            verdicts[seq] = wait
    rows = {
        each.seq: {
            "id": each.payload.post_id,
            **each.payload.model_dump(include={"event_id", "user_id", "content"}),
            **stamped(each),
        }
        for each in batch.without(verdicts)
    }
    verdicts |= keep_once(session, "event_posts", rows, owner=("event_id", "user_id"))
    return Effects(verdicts)


def apply_event_photo_uploaded(
    session: Session, batch: Batch[EventPhotoUploaded], now: datetime
) -> Effects:
    """Keep photos of the host and of those who came; once accepted they stay."""
    del now
    who = {each.seq: (each.payload.event_id, each.payload.uploader_id) for each in batch}
    parts = _load_parts(session, who.values())
    verdicts: dict[int, Verdict] = {}
    for seq, pair in who.items():
        wait = judge_photo(parts[pair], awaits=presence_of(*pair))
        if wait is not None:
            verdicts[seq] = wait
    rows = {
        each.seq: {
            "id": each.payload.photo_id,
            **each.payload.model_dump(include={"event_id", "uploader_id", "image_url"}),
            **stamped(each),
        }
        for each in batch.without(verdicts)
    }
    verdicts |= keep_once(session, "event_photos", rows, owner=("event_id", "uploader_id"))
    # An API service that wrote the row itself has no say in who may see it.
    _settle(session, (str(row["id"]) for row in rows.values()))
    return Effects(verdicts)


def apply_event_photo_moderated(
    session: Session, batch: Batch[EventPhotoModerated], now: datetime
) -> Effects:
    """Show and hide photos as their events' hosts say; the newest word stands."""
    del now
    hosts = dict(
        fetch(
            session,
            "SELECT photo.id, events.host_id FROM event_photos AS photo"
            " JOIN events ON events.id = photo.event_id WHERE photo.id = ANY(%(ids)s::uuid[])",
            ids=array(each.payload.photo_id for each in batch),
        )
    )
    verdicts: dict[int, Verdict] = {}
    for moderated in batch:
        said = moderated.payload
        refusal = judge_moderation(said.moderator_id, hosts[said.photo_id])
        if refusal is not None:
            verdicts[moderated.seq] = refusal
    accepted = batch.without(verdicts)
    keep(session, "event_photo_facts", "photo_id", accepted)
    facts = _settle(session, (each.payload.photo_id for each in accepted))
    for moderated in accepted:
        if facts[moderated.payload.photo_id][-1].stamp != moderated.stamp:
            verdicts[moderated.seq] = Accepted("another_stands")
    return Effects(verdicts)


def _load_parts(session: Session, people: Iterable[EventAndPerson]) -> dict[EventAndPerson, Part]:
    """Give each person's part in the event, which the caller has locked."""
    listed = sorted(set(people))
    rows = fetch(
        session,
        """
        SELECT asked.event_id, asked.user_id, events.host_id = asked.user_id, seat.id IS NOT NULL,
            coalesce(seat.status IN ('attended', 'late'), false)
        FROM unnest(%(events)s::uuid[], %(users)s::uuid[]) AS asked (event_id, user_id)
        JOIN events ON events.id = asked.event_id
        LEFT JOIN attendance AS seat
            ON seat.event_id = asked.event_id AND seat.user_id = asked.user_id
        """,
        events=array(event for event, _ in listed),
        users=array(user for _, user in listed),
    )
    return {(event, user): Part(*part) for event, user, *part in rows}


def _settle(session: Session, photos: Iterable[str]) -> dict[str, list[Fact]]:
    """Write who may see the locked photos; give what was decided about each, in order."""
    facts = load(session, "event_photo_facts", "photo_id", photos)
    update_rows(
        session,
        "event_photos",
        "id",
        [{"id": photo, "status": settle_photo(said)} for photo, said in facts.items()],
    )
    return facts
