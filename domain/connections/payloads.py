"""What a domain event about the memory book carries."""

from domain.payload import EventId, Id, Payload, Text, UserId
from domain.personal import Private


class ConnectionUpdated(Payload, name="connection.updated", person="owner_id"):
    """Somebody wrote about somebody they met; what is left out stays, null clears."""

    owner_id: UserId
    connected_user_id: UserId
    event_id: EventId
    is_favorite: bool | None = None
    wants_to_connect_again: bool | None = None
    does_not_want_to_connect_again: bool | None = None
    private_notes: Private[Text | None] = None


class ConnectionMutual(Payload, name="connection.mutual", follow_up=True):
    """Two people both want to connect again, wherever they met; said once of a pair.

    The subject is the one with the smaller id.
    """

    user_id: Id
    other_user_id: Id
