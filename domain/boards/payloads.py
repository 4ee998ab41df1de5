"""What a domain event about an event's posts and photos carries."""

from domain.payload import EventId, EventPhotoId, Id, Payload, Text, UserId
from domain.personal import PrivateText, PrivateUrl
from domain.tables.messaging import EventPhotoStatus
from domain.users.payloads import Url


class EventPostCreated(Payload, name="event_post.created", person="user_id"):
    """The host or a guest wrote on an event's board."""

    post_id: Id
    event_id: EventId
    user_id: UserId
    content: PrivateText[Text]


class EventPhotoUploaded(
    Payload, name="event_photo.uploaded", creates="event_photo", person="uploader_id"
):
    """Somebody who was there added a photo to an event's gallery."""

    photo_id: EventPhotoId
    event_id: EventId
    uploader_id: UserId
    image_url: PrivateUrl[Url]


class EventPhotoModerated(Payload, name="event_photo.moderated"):
    """The host decided who may see a photo."""

    photo_id: EventPhotoId
    status: EventPhotoStatus
    moderator_id: UserId
