"""What people do with one another, as a diary tells it: duos, blocks, thanks, talk and photos."""

from dataclasses import dataclass
from datetime import datetime

from domain.boards.payloads import EventPhotoModerated, EventPhotoUploaded, EventPostCreated
from domain.connections.payloads import ConnectionUpdated
from domain.duos.payloads import DuoAccepted, DuoDeclined, DuoExpired, DuoProposed
from domain.envelope import Envelope
from domain.kudos.payloads import KudosGiven
from domain.messaging.payloads import ConversationStarted, MessageSent
from domain.ratings.payloads import RatingSubmitted
from domain.safety.payloads import UserBlocked, UserUnblocked
from domain.tables.kudos import Kudo
from domain.tables.messaging import EventPhotoStatus
from tests.helpers.pages import DAY, END, HOUR, START, Pages, an_id


@dataclass(slots=True)
class Company(Pages):
    """Collects what people do with one another."""

    def paired(
        self,
        duo: str,
        *people: str,
        at: datetime = START - 6 * DAY,
        expires_at: datetime | None = None,
    ) -> Envelope:
        """Have the first of two ask the second to come along to the next event."""
        initiator, partner = people
        return self.note(
            DuoProposed(
                duo_id=an_id(duo),
                initiator_id=an_id(initiator),
                partner_id=an_id(partner),
                expires_at=expires_at,
            ),
            at,
        )

    def agreed(self, duo: str, *, at: datetime = START - 5 * DAY) -> Envelope:
        """Have the other one agree."""
        return self.note(DuoAccepted(duo_id=an_id(duo)), at)

    def parted(self, duo: str, *, at: datetime) -> Envelope:
        """Have one of the two decline."""
        return self.note(DuoDeclined(duo_id=an_id(duo)), at)

    def lapsed(self, duo: str, *, at: datetime) -> Envelope:
        """Have the clock say that a duo's time is over."""
        return self.note(DuoExpired(duo_id=an_id(duo)), at)

    def blocked(self, blocker: str, blocked: str, *, at: datetime) -> Envelope:
        """Have somebody block somebody."""
        return self.note(UserBlocked(blocker_id=an_id(blocker), blocked_id=an_id(blocked)), at)

    def unblocked(self, blocker: str, blocked: str, *, at: datetime) -> Envelope:
        """Have somebody end a block."""
        return self.note(UserUnblocked(blocker_id=an_id(blocker), blocked_id=an_id(blocked)), at)

    def thanked(
        self, event: str, giver: str, receiver: str, kudo: Kudo, *, at: datetime = END + HOUR
    ) -> Envelope:
        """Have somebody thank somebody."""
        return self.note(
            KudosGiven(
                kudos_id=an_id(f"kudos {len(self.pages)}"),
                event_id=an_id(event),
                giver_id=an_id(giver),
                receiver_id=an_id(receiver),
                kudo=kudo,
            ),
            at,
        )

    def rated(self, event: str, rater: str, host_stars: int, event_stars: int) -> None:
        """Have somebody rate an event and its host."""
        self.note(
            RatingSubmitted(
                rating_id=an_id(f"rating {event} {rater}"),
                event_id=an_id(event),
                rater_id=an_id(rater),
                host_rating_value=host_stars,
                event_rating_value=event_stars,
                comment="Lovely",
            ),
            END + DAY,
        )

    def talked(
        self, one: str, other: str, *, at: datetime = END + DAY, name: str | None = None
    ) -> Envelope:
        """Have two people begin to talk; by default under an id that is made of their names."""
        return self.note(
            ConversationStarted(
                conversation_id=an_id(name or f"talk {one} {other}"),
                user_ids=[an_id(one), an_id(other)],
            ),
            at,
        )

    def said(self, talk: str, sender: str, message: str, *, at: datetime = END + 2 * DAY) -> None:
        """Have somebody say something; the message is its own name."""
        self.note(
            MessageSent(
                message_id=an_id(message),
                conversation_id=an_id(talk),
                sender_id=an_id(sender),
                content=message,
            ),
            at,
        )

    def posted(self, event: str, person: str, *, at: datetime = START - DAY) -> None:
        """Have somebody write on an event's board."""
        self.note(
            EventPostCreated(
                post_id=an_id(f"post {event} {person}"),
                event_id=an_id(event),
                user_id=an_id(person),
                content="See you!",
            ),
            at,
        )

    def photographed(self, event: str, person: str, *, at: datetime = END + HOUR) -> None:
        """Have somebody show a photo."""
        self.note(
            EventPhotoUploaded(
                photo_id=an_id(f"photo {event} {person}"),
                event_id=an_id(event),
                uploader_id=an_id(person),
                image_url="https://momento.app/photos/1.jpg",
            ),
            at,
        )

    def moderated(
        self, event: str, person: str, status: str, *, by: str, at: datetime = END + DAY
    ) -> None:
        """Have somebody decide who may see somebody's photo."""
        self.note(
            EventPhotoModerated(
                photo_id=an_id(f"photo {event} {person}"),
                status=EventPhotoStatus(status),
                moderator_id=an_id(by),
            ),
            at,
        )

    def remembered(
        self, event: str, owner: str, other: str, *, at: datetime = END + DAY, **said: object
    ) -> Envelope:
        """Have somebody write in their memory book."""
        return self.note(
            ConnectionUpdated.model_validate(
                {
                    "owner_id": an_id(owner),
                    "connected_user_id": an_id(other),
                    "event_id": an_id(event),
                    **said,
                }
            ),
            at,
        )
