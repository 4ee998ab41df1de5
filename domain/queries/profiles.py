"""Somebody as others see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from domain.constants import PHOTOS_SHOWN
from domain.sql import fetch_dicts


class Photo(NamedTuple):
    """A photo of somebody; `is_authentic` while its badge is valid."""

    photo_id: str
    url: str
    is_authentic: bool


class SocialSide(NamedTuple):
    """What other guests see of somebody."""

    first_name: str | None
    preferred_name: str | None
    bio: str | None
    vibe_summary: str | None
    gender: str | None
    pronouns: str | None
    interested_in: Sequence[str] | None
    occupation: str | None
    location: str | None


class HostPicture(NamedTuple):
    """A photo of a host's place or brand."""

    photo_id: str
    url: str
    photo_type: str
    caption: str | None


class Link(NamedTuple):
    """Where else a host is to be found, for everybody to see."""

    platform: str
    url: str


class HostSide(NamedTuple):
    """What guests see of somebody as a host; the street address is for verification alone."""

    host_type: str
    host_name: str | None
    host_bio: str | None
    location_id: str | None
    website_url: str | None
    average_rating: float | None
    rating_count: int
    photos: Sequence[HostPicture]
    links: Sequence[Link]


class Profile(NamedTuple):
    """A person as others see them: a guest, a host, or both.

    The face card's photo is the one chosen for it, else the current one; `stylized_face_card_url`
    is the card made of it, once there is one.
    """

    user_id: str
    is_verified: bool
    # Whether the current photo's badge is valid.
    is_authentic: bool
    social: SocialSide | None
    host: HostSide | None
    current_photo_url: str | None
    face_card_photo_url: str | None
    stylized_face_card_url: str | None
    photos: Sequence[Photo]
    interests: Sequence[str]


def profile(
    session: Session, user_id: str, *, now: datetime, asker_id: str | None = None
) -> Profile | None:
    """Give somebody's profile as it stands at `now`.

    None if there is nobody, if they were deleted or banned, or when a block stands between them
    and the asker. Of photos the 100 newest are shown, the newest first. Primary and unique keys,
    and the indexes on whose photos and links they are. Cost: what belongs to the person.
    """
    rows = fetch_dicts(
        session, _PROFILE, user=user_id, now=now, asker=asker_id, photos=PHOTOS_SHOWN
    )
    if not rows:
        return None
    (row,) = rows
    social, host = row.pop("social"), row.pop("host")
    return Profile(
        social=SocialSide(*social) if social else None,
        host=_host_side(host, photos=row.pop("host_photos"), links=row.pop("links")),
        photos=[Photo(*photo) for photo in row.pop("photos")],
        **row,
    )


def _host_side(host: list[Any] | None, *, photos: list[Any], links: list[Any]) -> HostSide | None:
    if host is None:
        return None
    pictures = [HostPicture(*each) for each in photos]
    return HostSide._make([*host, pictures, [Link(*each) for each in links]])


# A badge is valid until it expires, and at that moment still.
_PROFILE: Final = """
SELECT users.id AS user_id, users.is_verified,
    CASE WHEN social.id IS NOT NULL THEN jsonb_build_array(social.first_name,
        social.preferred_name, social.bio, social.vibe_summary, social.gender, social.pronouns,
        social.interested_in, social.occupation, social.location) END AS social,
    CASE WHEN host.id IS NOT NULL THEN jsonb_build_array(host.host_type, host.host_name,
        host.host_bio, host.location_id, host.website_url, host.average_rating, host.rating_count)
        END AS host,
    social.current_photo_url,
    coalesce(social.face_card_source_photo_url, social.current_photo_url) AS face_card_photo_url,
    social.current_face_card_photo_url AS stylized_face_card_url,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(shown.id, shown.url,
            shown.is_authentic AND coalesce(shown.authentic_expires_at >= %(now)s, false))
            ORDER BY shown.stamp_time DESC, shown.id DESC), '[]')
     FROM (SELECT * FROM profile_photos AS photo WHERE photo.user_id = users.id
           ORDER BY photo.stamp_time DESC, photo.id DESC LIMIT %(photos)s) AS shown) AS photos,
    EXISTS (SELECT FROM profile_photos AS photo
        WHERE photo.user_id = users.id AND photo.url = social.current_photo_url
            AND photo.is_authentic AND photo.authentic_expires_at >= %(now)s) AS is_authentic,
    ARRAY(SELECT interests.name FROM profile_interests AS chosen
        JOIN interests ON interests.id = chosen.interest_id
        WHERE chosen.user_id = users.id ORDER BY interests.name) AS interests,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(shown.id, shown.url, shown.photo_type,
            shown.caption) ORDER BY shown.stamp_time DESC, shown.id DESC), '[]')
     FROM (SELECT * FROM host_photos AS photo WHERE photo.host_id = users.id
           ORDER BY photo.stamp_time DESC, photo.id DESC LIMIT %(photos)s) AS shown) AS host_photos,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(link.platform, link.url)
            ORDER BY link.platform, link.id), '[]')
     FROM user_social_links AS link
     WHERE link.user_id = users.id AND link.is_public_on_host_profile) AS links
FROM users
LEFT JOIN social_profiles AS social ON social.user_id = users.id
LEFT JOIN host_profiles AS host ON host.user_id = users.id
WHERE users.id = %(user)s AND users.status NOT IN ('banned', 'archived_for_recycling')
    AND NOT EXISTS (
        SELECT FROM blocked_users AS block WHERE block.unblocked_at IS NULL
            AND (block.blocker_id, block.blocked_id)
            IN ((users.id, %(asker)s::uuid), (%(asker)s::uuid, users.id)))
"""
