"""Photos, and the photo columns of social profiles that follow from them."""

from collections.abc import Iterable
from typing import Final

from sqlmodel import Session

from domain.batch import Batch
from domain.payload import Stamp
from domain.profiles.payloads import HostPhotoAdded, ProfilePhotoAdded
from domain.profiles.rows import Kind, keep_none, keep_rows
from domain.profiles.rules import Photo, badge_end, settle_faces
from domain.sql import array, fetch, insert_missing, update_rows
from domain.verdict import Verdict

# A photo was added when it was first said.
PROFILE_PHOTOS: Final = Kind("profile_photos", owner="user_id", newest_stands=False)
HOST_PHOTOS: Final = Kind("host_photos", owner="host_id", newest_stands=False)


def add_profile_photos(session: Session, batch: Batch[ProfilePhotoAdded]) -> dict[int, Verdict]:
    """Keep photos of people and write what follows for their profiles."""
    verdicts = keep_none(session, PROFILE_PHOTOS, batch=batch)
    accepted = batch.without(verdicts)
    rows = {
        each.seq: {
            **each.payload.model_dump(exclude={"photo_id"}),
            "authentic_expires_at": badge_end(each.time, is_authentic=each.payload.is_authentic),
        }
        for each in accepted
    }
    verdicts |= keep_rows(session, PROFILE_PHOTOS, batch=accepted, rows=rows)
    _settle_faces(session, {each.payload.user_id for each in accepted.without(verdicts)})
    return verdicts


def add_host_photos(session: Session, batch: Batch[HostPhotoAdded]) -> dict[int, Verdict]:
    """Keep photos of hosts' places and brands."""
    verdicts = keep_none(session, HOST_PHOTOS, batch=batch)
    accepted = batch.without(verdicts)
    rows = {each.seq: each.payload.model_dump(exclude={"photo_id"}) for each in accepted}
    return verdicts | keep_rows(session, HOST_PHOTOS, batch=accepted, rows=rows)


def _settle_faces(session: Session, people: Iterable[str]) -> None:
    """Write the photo columns of people's social profiles, made when there is none."""
    photos: dict[str, list[Photo]] = {person: [] for person in people}
    if not photos:
        return
    for person, *stamp, url, is_authentic in fetch(
        session,
        "SELECT user_id, stamp_time, stamp_id, stamp_source, url, is_authentic"
        " FROM profile_photos WHERE user_id = ANY(%(people)s::uuid[]) AND stamp_time IS NOT NULL",
        people=array(photos),
    ):
        photos[person].append(Photo(Stamp(*stamp), url, is_authentic))
    # A profile has its person's id, so that it is the same whoever makes it first.
    made = [{"id": person, "user_id": person} for person in sorted(photos)]
    insert_missing(session, "social_profiles", made)
    faces = [{"user_id": person, **settle_faces(each)} for person, each in sorted(photos.items())]
    update_rows(session, "social_profiles", "user_id", faces)
