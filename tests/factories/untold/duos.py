"""Duos: newcomers whom the city knows nothing of try everything, and some of its guests pair up.

Nobody is ever in two whose time overlaps, said or not, and no block stands at a proposal: which of
two came first, and whether a block barred one, is decided once, when it is applied.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from random import Random
from uuid import UUID

from domain.attendance.payloads import AttendeeCheckedIn
from domain.constants import DUO_LIFE
from domain.duos.payloads import DuoAccepted, DuoDeclined, DuoExpired, DuoProposed
from domain.envelope import Envelope
from domain.gatherings.payloads import EventPublished
from domain.invitations.payloads import InvitationSent
from domain.payload import Payload
from domain.safety.payloads import UserBlocked, UserUnblocked
from domain.users.payloads import UserDeleted, UserRegistered
from domain.users.rules import judge_registration
from tests.factories.untold.safety import blocked_pairs
from tests.factories.untold.saying import say

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEWCOMERS, ROUNDS = 10, 4
# Longer than any duo of theirs lasts.
ROUND = DUO_LIFE + 2 * DAY

Said = tuple[Payload, datetime]


@dataclass(frozen=True, slots=True)
class Pair:
    """A duo and its people."""

    duo: str
    initiator: str
    partner: str
    at: datetime
    expires_at: datetime | None = None

    @property
    def over_at(self) -> datetime:
        """Until when it may last."""
        return self.expires_at or self.at + DUO_LIFE

    def proposed(self, *, sooner: timedelta = timedelta(0)) -> Said:
        """The one asks the other."""
        said = DuoProposed(
            duo_id=self.duo,
            initiator_id=self.initiator,
            partner_id=self.partner,
            expires_at=self.expires_at,
        )
        return said, self.at - sooner

    def accepted(self, after: timedelta) -> Said:
        """The other agrees."""
        return DuoAccepted(duo_id=self.duo), self.at + after

    def declined(self, after: timedelta) -> Said:
        """Somebody doesn't want to."""
        return DuoDeclined(duo_id=self.duo), self.at + after

    def expired(self, late: timedelta) -> Said:
        """The clock strikes, by so much too late."""
        return DuoExpired(duo_id=self.duo), self.over_at + late

    def blocked(self, after: timedelta) -> Said:
        """The one who was asked blocks the other."""
        said = UserBlocked(blocker_id=self.partner, blocked_id=self.initiator)
        return said, self.at + after

    def unblocked(self, after: timedelta) -> Said:
        """And ends that."""
        said = UserUnblocked(blocker_id=self.partner, blocked_id=self.initiator)
        return said, self.at + after


def _silent(pair: Pair) -> list[Said]:
    return [pair.proposed()]


def _agreed(pair: Pair) -> list[Said]:
    return [pair.proposed(), pair.accepted(HOUR)]


def _refused(pair: Pair) -> list[Said]:
    return [pair.proposed(), pair.declined(HOUR), pair.accepted(2 * HOUR)]


def _parted(pair: Pair) -> list[Said]:
    return [pair.proposed(), pair.accepted(HOUR), pair.declined(5 * HOUR), pair.expired(HOUR)]


def _too_late(pair: Pair) -> list[Said]:
    return [pair.proposed(), pair.accepted(pair.over_at - pair.at + MINUTE)]


def _lapsed(pair: Pair) -> list[Said]:
    return [pair.proposed(), pair.accepted(HOUR), pair.expired(0 * HOUR), pair.declined(ROUND)]


def _lapsed_too_soon(pair: Pair) -> list[Said]:
    return [pair.proposed(), pair.expired(-HOUR), pair.accepted(HOUR)]


def _blocked(pair: Pair) -> list[Said]:
    over = [pair.blocked(3 * HOUR), pair.unblocked(4 * HOUR)]
    return [pair.proposed(), pair.accepted(HOUR), *over, pair.declined(5 * HOUR)]


def _made_up(pair: Pair) -> list[Said]:
    return [pair.blocked(-2 * HOUR), pair.unblocked(-HOUR), pair.proposed(), pair.accepted(HOUR)]


def _said_twice(pair: Pair) -> list[Said]:
    return [pair.proposed(), pair.proposed(sooner=MINUTE), pair.accepted(HOUR)]


def _over_at_once(pair: Pair) -> list[Said]:
    said = pair.proposed()[0].model_copy(update={"expires_at": pair.at - HOUR})
    return [(said, pair.at), pair.accepted(HOUR)]


def _alone(pair: Pair) -> list[Said]:
    said = pair.proposed()[0].model_copy(update={"partner_id": pair.initiator})
    return [(said, pair.at), pair.accepted(HOUR)]


STORIES: tuple[Callable[[Pair], list[Said]], ...] = (
    _silent,
    _agreed,
    _refused,
    _parted,
    _too_late,
    _lapsed,
    _lapsed_too_soon,
    _blocked,
    _made_up,
    _said_twice,
    _over_at_once,
    _alone,
)


def tell(city: Sequence[Envelope], draw: Random) -> list[Envelope]:
    """Have newcomers form duos in rounds, and guests of the city be invited as pairs."""
    said = [*_newcomers(city[0].time, draw), *_guests(city, draw)]
    end = max(page.time for page in city)
    return [
        say(payload, at=at, name=f"duos {place}")
        for place, (payload, at) in enumerate(said)
        if at <= end
    ]


def _an_id(draw: Random) -> str:
    return str(UUID(int=draw.getrandbits(128), version=4))


def _newcomers(since: datetime, draw: Random) -> Iterator[Said]:
    """Every story is told, and one of a couple leaves in the end; one asks a stranger."""
    people = [_an_id(draw) for _ in range(NEWCOMERS)]
    for person in people:
        said = UserRegistered(user_id=person, clerk_id=person, birth_date=date(1990, 5, 1))
        yield said, since
    stories = [*STORIES, *draw.choices(STORIES, k=ROUNDS * NEWCOMERS // 2 - len(STORIES))]
    draw.shuffle(stories)
    for place, story in enumerate(stories):
        turn, seat = divmod(place, NEWCOMERS // 2)
        if seat == 0:
            draw.shuffle(people)
        initiator, partner = people[2 * seat : 2 * seat + 2]
        at = since + DAY + turn * ROUND + draw.randrange(1, 12) * HOUR
        yield from story(_pair(initiator, partner, at=at, draw=draw))
    leaving = _pair(*people[:2], at=since + DAY + ROUNDS * ROUND, draw=draw)
    yield from _agreed(leaving)
    yield UserDeleted(user_id=leaving.partner), leaving.at + 5 * HOUR
    stranger = _pair(people[2], _an_id(draw), at=since + DAY + ROUNDS * ROUND, draw=draw)
    yield from _agreed(stranger)


def _pair(initiator: str, partner: str, *, at: datetime, draw: Random) -> Pair:
    lasts = draw.choice([None, 2 * DAY, DUO_LIFE + DAY])
    return Pair(_an_id(draw), initiator, partner, at, None if lasts is None else at + lasts)


def _guests(city: Sequence[Envelope], draw: Random) -> Iterator[Said]:
    """Have guests of each gathering pair up, those who will come first, nobody twice.

    The city's own invitations say nothing of duos: an older word on the same ones does.
    """
    starts = {page.subject: _start(page) for page in city if page.type == EventPublished.TYPE}
    came = {_who(page) for page in city if page.type == AttendeeCheckedIn.TYPE}
    invited: dict[tuple[str, str], tuple[InvitationSent, datetime]] = {}
    for page in city:
        if page.type == InvitationSent.TYPE:
            sent = InvitationSent.parse(page.data)
            invited.setdefault((sent.event_id, sent.user_id), (sent, page.time))
    # Who is refused makes no pair: what names it is refused too, or not, as the order has it.
    taken = {page.subject for page in city if _is_refused(page)}
    apart = {frozenset(pair) for pair in blocked_pairs(city)}
    for event, one, other in [*_couples(came & invited.keys()), *_couples(invited.keys())]:
        if event in starts and not {one, other} & taken and {one, other} not in apart:
            taken |= {one, other}
            yield from _go_together(invited[event, one], invited[event, other], starts[event], draw)


def _is_refused(page: Envelope) -> bool:
    """Whether somebody registers who is too young."""
    if page.type != UserRegistered.TYPE:
        return False
    said = UserRegistered.parse(page.data)
    return judge_registration(said.birth_date, page.time) is not None


def _couples(guests: AbstractSet[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Any two at one gathering, in the order of their ids."""
    for (event, one), (other_event, other) in combinations(sorted(guests), 2):
        if event == other_event:
            yield event, one, other


def _go_together(
    one: tuple[InvitationSent, datetime],
    other: tuple[InvitationSent, datetime],
    start: datetime,
    draw: Random,
) -> Iterator[Said]:
    at = min(one[1], other[1]) - DAY
    people = one[0].user_id, other[0].user_id
    pair = Pair(_an_id(draw), *people, at, start + draw.choice([-DAY, DAY, DAY, 3 * DAY]))
    after = start - at
    yield from draw.choice(
        [
            _agreed(pair),
            _agreed(pair),
            [pair.proposed(), pair.accepted(HOUR), pair.expired(HOUR)],
            [pair.proposed(), pair.accepted(HOUR), pair.declined(after + HOUR)],
            [pair.proposed(), pair.accepted(after + HOUR)],
        ]
    )
    for sent, sent_at in (one, other):
        yield sent.model_copy(update={"duo_id": pair.duo}), sent_at - MINUTE


def _who(checked_in: Envelope) -> tuple[str, str]:
    said = AttendeeCheckedIn.parse(checked_in.data)
    return said.event_id, said.user_id


def _start(published: Envelope) -> datetime:
    stops = json.loads(published.data)["itinerary"]
    return datetime.fromisoformat(min(stops, key=lambda stop: stop["order"])["start_time"])
