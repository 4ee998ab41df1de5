"""How something is said: with an id that the same seed gives again."""

from datetime import datetime

from domain.envelope import Envelope, enclose
from domain.payload import Payload
from tests.helpers.pages import an_id

SOURCE = "/services/api"


def say(payload: Payload, *, at: datetime, name: str) -> Envelope:
    """Have something said; `name` tells it from whatever else is said about the same subject."""
    identity = an_id(f"untold {name} {payload.NAME} {payload.subject}")
    return enclose(payload, source=SOURCE, time=at, id=identity)
