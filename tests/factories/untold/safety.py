"""Who of the city falls out with whom, who is reported, and which plans hosts drop.

Blocks lie between guests alone, never between a host and somebody invited; reports are about
people whom nobody invites. Else who is invited would depend on what was heard first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from domain.attendance.payloads import AttendeeCheckedIn
from domain.envelope import Envelope
from domain.gatherings.payloads import CancelledBy, EventCancelled, EventPublished, EventUpdated
from domain.invitations.payloads import InvitationSent
from domain.kudos.payloads import KudosGiven
from domain.payload import Payload
from domain.safety.payloads import ReportFiled, ReportResolved, UserBlocked, UserUnblocked
from domain.tables.safety import ReportOutcome
from domain.tables.users import UserStatus
from domain.users.payloads import UserDeleted, UserRegistered, UserStatusChanged
from tests.factories.untold.saying import say
from tests.helpers.pages import an_id

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH: Final = 30 * DAY
INSTANT: Final = timedelta(microseconds=1)
PAIRS_IN: Final = 2
Told = list[Envelope]


def tell(city: Sequence[Envelope], draw: Random) -> Told:
    """Have people block one another, report, be judged, and hosts call off what they planned."""
    cast = Cast(city, draw)
    thanked: defaultdict[tuple[str, str], list[tuple[Envelope, KudosGiven]]] = defaultdict(list)
    for page, said in _payloads(city, KudosGiven):
        thanked[said.giver_id, said.receiver_id].append((page, said))
    for pair in blocked_pairs(city):
        _fall_out(cast, pair, thanked[pair])
    for gone, time in cast.deleted:
        _block_around_a_deletion(cast, gone, time)
    _block_oneself(cast)
    for place, person in enumerate(cast.uninvited):
        _be_reported(cast, person, place)
    for banned, time in cast.banned:
        _be_banned_twice(cast, banned, time)
    _call_off_often(cast)
    return cast.told


def blocked_pairs(city: Sequence[Envelope]) -> list[tuple[str, str]]:
    """Give the pairs between whom blocks are told: what blocks bar at the moment avoids them."""
    hosts = {said.subject: said.host_id for _, said in _payloads(city, EventPublished)}
    asked = {
        frozenset((hosts[said.event_id], said.user_id))
        for _, said in _payloads(city, InvitationSent)
        if said.event_id in hosts
    }
    here = {(said.event_id, said.user_id) for _, said in _payloads(city, AttendeeCheckedIn)}
    pairs = {
        (said.giver_id, said.receiver_id)
        for _, said in _payloads(city, KudosGiven)
        if {(said.event_id, said.giver_id), (said.event_id, said.receiver_id)} <= here
    }
    return sorted(pair for pair in pairs if frozenset(pair) not in asked)[::PAIRS_IN]


def _payloads(city: Sequence[Envelope], kind: type[Any]) -> Iterator[tuple[Envelope, Any]]:
    """Everything of one type that is told."""
    return ((page, kind.parse(page.data)) for page in city if page.type == kind.TYPE)


@dataclass
class Cast:
    """Who lives in the city, and what is told of them."""

    city: Sequence[Envelope]
    draw: Random
    told: Told = field(default_factory=list)

    def __post_init__(self) -> None:
        invited = {said.user_id for _, said in _payloads(self.city, InvitationSent)}
        self.latest = max(page.time for page in self.city)
        self.people = sorted(
            {page.subject for page in self.city if page.type == UserRegistered.TYPE}
        )
        self.events = [page.subject for page in self.city if page.type == EventPublished.TYPE]
        self.uninvited = [person for person in self.people if person not in invited]
        self.deleted = [(page.subject, page.time) for page, _ in _payloads(self.city, UserDeleted)]
        self.banned = [
            (page.subject, page.time)
            for page, said in _payloads(self.city, UserStatusChanged)
            if said.status is UserStatus.BANNED
        ]

    def say(self, payload: Payload, at: datetime) -> None:
        """Have something said, today at the latest."""
        self.told.append(say(payload, at=min(at, self.latest), name=f"safety {len(self.told)}"))


def _fall_out(
    cast: Cast, pair: tuple[str, str], thanked: Sequence[tuple[Envelope, KudosGiven]]
) -> None:
    """Block around each kudos between the two, take some back, and thank again afterwards."""
    draw = cast.draw
    for page, thanks in thanked:
        by, of = draw.choice([pair, pair[::-1]])
        began = page.time + draw.choice([-HOUR, INSTANT * 0, INSTANT, HOUR])
        cast.say(UserBlocked(blocker_id=by, blocked_id=of), began)
        if draw.random() < 2 / 3:
            ended = began + draw.choice([INSTANT * 0, HOUR, HOUR, 9 * DAY])
            cast.say(UserUnblocked(blocker_id=by, blocked_id=of), ended)
            cast.say(thanks, ended + draw.choice([-INSTANT, INSTANT * 0, HOUR]))
        if draw.random() < 1 / 3:
            cast.say(
                UserBlocked(blocker_id=of, blocked_id=by), began - draw.choice([HOUR, 3 * DAY])
            )


def _block_around_a_deletion(cast: Cast, person: str, deleted_at: datetime) -> None:
    """Say before and after being deleted what holds only if it was said before."""
    for other in [other for other in cast.uninvited if other != person][:3]:
        for at in (-DAY, INSTANT * 0, INSTANT, DAY):
            kind = cast.draw.choice([UserBlocked, UserUnblocked])
            cast.say(kind(blocker_id=person, blocked_id=other), deleted_at + at)


def _block_oneself(cast: Cast) -> None:
    """Say what is refused, and what takes back nothing."""
    person, other = cast.draw.sample(cast.people, 2)
    cast.say(UserBlocked(blocker_id=person, blocked_id=person), cast.latest - DAY)
    cast.say(UserUnblocked(blocker_id=person, blocked_id=other), cast.latest - DAY)


def _be_reported(cast: Cast, person: str, place: int) -> None:
    """Be reported by a few, the last at the edge of 30 days; some of it is decided."""
    draw = cast.draw
    first = cast.latest - draw.choice([40, 50, 60]) * DAY
    times = [first, first + 9 * DAY, first + MONTH, first + MONTH + INSTANT]
    for number, at in enumerate(draw.sample(times, 3 + place % 2)):
        report = an_id(f"untold report {person} {number}")
        reporter = cast.people[(place + number) % len(cast.people)]
        filed = _a_report(cast, report, reporter, person)
        cast.say(filed, at)
        if draw.random() < 1 / 4:
            cast.say(filed, at + draw.choice([-DAY, DAY]))
        if draw.random() < 1 / 3:
            outcome = draw.choice([*ReportOutcome])
            cast.say(
                ReportResolved(report_id=report, outcome=outcome), at + draw.randint(1, 40) * DAY
            )
    if draw.random() < 1 / 3:
        status = draw.choice([UserStatus.ACTIVE, UserStatus.PAUSED])
        cast.say(UserStatusChanged(user_id=person, status=status), draw.choice(times))


def _a_report(cast: Cast, report: str, reporter: str, person: str) -> ReportFiled:
    return ReportFiled(
        report_id=report,
        reporter_id=reporter,
        reported_id=person,
        category=cast.draw.choice(["harassment", "spam"]),
        comments="Not nice",
        event_id=cast.draw.choice([None, None, cast.draw.choice(cast.events)]),
        photo_id=cast.draw.choice([None, report]),
    )


def _be_banned_twice(cast: Cast, person: str, time: datetime) -> None:
    """Have a ban follow from a report too, a moment before the other."""
    report = an_id(f"untold report ban {person}")
    reporter = next(other for other in cast.people if other != person)
    cast.say(_a_report(cast, report, reporter, person), time - DAY)
    ban = ReportResolved(report_id=report, outcome=ReportOutcome.BAN)
    cast.say(ban, time - timedelta(minutes=30))
    stranger = an_id(f"untold report nobody filed {person}")
    cast.say(ReportResolved(report_id=stranger, outcome=ReportOutcome.BAN), time)


def _call_off_often(cast: Cast) -> None:
    """Plan five evenings to which nobody is asked, and drop them, early, late and at the edge."""
    plans = [said for _, said in _payloads(cast.city, EventPublished)]
    host = next((said.host_id for said in plans if said.host_id in cast.uninvited), None)
    if host is None:
        return
    plan = cast.draw.choice(plans)
    for number, notice in enumerate((2 * DAY, 2 * DAY + INSTANT, HOUR, -HOUR, 9 * DAY)):
        starts = cast.latest - (60 - 10 * number) * DAY
        event = an_id(f"untold evening {host} {number}")
        moved = [_at(plan.itinerary[0], starts)]
        said = {**plan.given(), "event_id": event, "host_id": host, "itinerary": moved}
        cast.say(EventPublished(**said), starts - 20 * DAY)
        by = CancelledBy.SYSTEM if number == 0 else CancelledBy.HOST
        cast.say(EventCancelled(event_id=event, cancelled_by=by), starts - notice)
        off = EventCancelled(event_id=event, cancelled_by=CancelledBy.HOST, reason="too_few")
        cast.say(off, starts - 2 * DAY)
        later = [_at(plan.itinerary[0], starts + HOUR)]
        cast.say(EventUpdated(event_id=event, itinerary=later), starts - 5 * DAY)


def _at(stop: Any, starts: datetime) -> Any:
    """The same stop at another time."""
    ends = starts + (stop.end_time - stop.start_time)
    return stop.model_copy(update={"start_time": starts, "end_time": ends})
