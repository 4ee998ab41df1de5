"""Applies what people show of themselves; each subject has a file of its own."""

from datetime import datetime

from sqlmodel import Session

from domain.attendance.payloads import AttendanceSettled
from domain.batch import Batch, Effects
from domain.kudos.payloads import KudosSettled
from domain.profiles import interests, likes, links, photos, tokens, unlocks
from domain.profiles.payloads import (
    HostPhotoAdded,
    InterestsSelected,
    PersonaUpdated,
    ProfileLiked,
    ProfilePhotoAdded,
    PushTokenRegistered,
    PushTokenRemoved,
    SocialLinkAdded,
    SocialLinkShared,
)
from domain.users.payloads import UserDeparted


def apply_profile_photo_added(
    session: Session, batch: Batch[ProfilePhotoAdded], now: datetime
) -> Effects:
    """Keep photos; the first becomes the current one, the first authentic one the face card's."""
    del now
    return Effects(photos.add_profile_photos(session, batch))


def apply_host_photo_added(
    session: Session, batch: Batch[HostPhotoAdded], now: datetime
) -> Effects:
    """Keep photos of hosts."""
    del now
    return Effects(photos.add_host_photos(session, batch))


def apply_interests_selected(
    session: Session, batch: Batch[InterestsSelected], now: datetime
) -> Effects:
    """Replace what people are interested in."""
    del now
    return Effects(interests.select_interests(session, batch))


def apply_persona_updated(session: Session, batch: Batch[PersonaUpdated], now: datetime) -> Effects:
    """Change what full-text search finds people by."""
    del now
    return Effects(interests.update_personas(session, batch))


def apply_profile_liked(session: Session, batch: Batch[ProfileLiked], now: datetime) -> Effects:
    """Keep likes."""
    del now
    return Effects(likes.like_profiles(session, batch))


def apply_push_token_registered(
    session: Session, batch: Batch[PushTokenRegistered], now: datetime
) -> Effects:
    """Give push tokens to who registered them last."""
    del now
    return Effects(tokens.register_tokens(session, batch))


def apply_push_token_removed(
    session: Session, batch: Batch[PushTokenRemoved], now: datetime
) -> Effects:
    """Disable push tokens."""
    del now
    return Effects(tokens.remove_tokens(session, batch))


def apply_social_link_added(
    session: Session, batch: Batch[SocialLinkAdded], now: datetime
) -> Effects:
    """Keep links; whatever waits for one to share is woken."""
    del now
    effects = Effects(links.add_links(session, batch))
    kept = batch.without(effects.verdicts)
    effects.arrived |= {links.links_of(each.payload.user_id) for each in kept}
    return effects


def apply_social_link_shared(
    session: Session, batch: Batch[SocialLinkShared], now: datetime
) -> Effects:
    """Let people see others' links; silent."""
    del now
    return Effects(links.share_links(session, batch))


def apply_user_departed(session: Session, batch: Batch[UserDeparted], now: datetime) -> Effects:
    """Judge again what hangs on people who left: their phones, and what waits for their links."""
    del now
    people = {each.payload.user_id for each in batch}
    tokens.settle_departed(session, people)
    return Effects(arrived={links.links_of(person) for person in people})


def apply_attendance_settled(
    session: Session, batch: Batch[AttendanceSettled], now: datetime
) -> Effects:
    """Judge again which looks of the face card people have earned by coming."""
    del now
    unlocks.settle(session, {each.payload.user_id for each in batch})
    return Effects()


def apply_kudos_settled(session: Session, batch: Batch[KudosSettled], now: datetime) -> Effects:
    """Judge again whether people have earned the frame of the kind."""
    del now
    unlocks.settle(session, {each.payload.user_id for each in batch})
    return Effects()
