"""What people of the city write about one another in their memory books."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

from domain.connections.payloads import ConnectionUpdated
from domain.connections.rules import BLANK
from domain.envelope import Envelope
from tests.factories.untold.company import Company, Evening
from tests.factories.untold.saying import say

HOUR = timedelta(hours=1)
ENTRIES = 8


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have whoever was invited write about others, before the end too, and about hosts."""
    company = Company(city)
    told = [page for evening in company.evenings for page in _write(evening, company, draw)]
    told += [page for evening in company.evenings for page in _agree(evening)]
    return [page for page in told if page.time <= company.until]


def _write(evening: Evening, company: Company, draw: Random) -> Iterator[Envelope]:
    """Write about a few, up to three times each; who left writes as well."""
    guests = sorted({*evening.invited, *evening.paid}) or [evening.host]
    owners = [*draw.choices(guests, k=ENTRIES), *sorted(company.left)]
    for place, owner in enumerate(owners):
        other = draw.choice([*guests, evening.host, draw.choice(company.people)])
        for time in range(draw.choice([1, 1, 2, 3])):
            # A few moments only, so that some of it is written at once.
            at = evening.ends_at + draw.choice([-30, 1, 2, 3, 30]) * HOUR
            yield say(
                _entry(evening, owner, other, draw), at=at, name=f"{evening.id} {place} {time}"
            )


def _agree(evening: Evening) -> Iterator[Envelope]:
    """Have the first two who came want to meet again."""
    pair = sorted(evening.came)[:2]
    if evening.calm and len(pair) > 1:
        wish = {"wants_to_connect_again": True, "does_not_want_to_connect_again": False}
        for owner, other in (pair, pair[::-1]):
            said = {"owner_id": owner, "connected_user_id": other, "event_id": evening.id, **wish}
            at = evening.ends_at + 40 * HOUR
            yield say(
                ConnectionUpdated.model_validate(said), at=at, name=f"{evening.id} wish {owner}"
            )


def _entry(evening: Evening, owner: str, other: str, draw: Random) -> ConnectionUpdated:
    said: dict[str, object] = {
        name: draw.choice(["soup", "jazz", None] if name == "private_notes" else [True, False])
        for name in draw.sample(list(BLANK), draw.randrange(4))
    }
    people = {"owner_id": owner, "connected_user_id": other}
    return ConnectionUpdated.model_validate({**people, "event_id": evening.id, **said})
