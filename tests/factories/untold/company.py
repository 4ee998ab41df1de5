"""Who of the city was surely where, in whatever order it is heard of; and who surely wasn't.

What is decided at the moment of applying (whether a conversation, a post or a photo is accepted)
is told only of those of whom nothing else was ever true, or ever will be.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, combinations_with_replacement
from typing import Any

from domain.attendance.payloads import AttendanceReported, AttendeeCheckedIn
from domain.attendance.rules import CheckIn, Occasion, Place, judge_check_in
from domain.envelope import Envelope
from domain.gatherings.payloads import EventCancelled, EventPublished, EventUpdated, LocationAdded
from domain.gatherings.rules import ends_at, starts_at
from domain.invitations.payloads import InvitationSent
from domain.payload import Payload, Stamp
from domain.payments.payloads import PaymentSucceeded
from domain.users.payloads import UserDeleted, UserRegistered, UserStatusChanged

Pair = tuple[str, str]
Said = list[tuple[Envelope, dict[str, Any]]]
POSITIVE = ("attended", "late")


@dataclass(slots=True)
class Evening:
    """An event of the city; `seated` and `came` name those of whom it is sure."""

    id: str
    host: str
    starts_at: datetime
    ends_at: datetime
    calm: bool
    invited: list[str] = field(default_factory=list)
    # Whoever paid, and may have had a seat for a while.
    paid: set[str] = field(default_factory=set)
    seated: list[str] = field(default_factory=list)
    came: list[str] = field(default_factory=list)


class Company:
    """The city, asked who met whom."""

    def __init__(self, city: Sequence[Envelope]) -> None:
        self._told: defaultdict[str, Said] = defaultdict(list)
        self._told_of: defaultdict[tuple[str, str | None], Said] = defaultdict(list)
        self._answered: set[str] = set()
        for page in city:
            said = json.loads(page.data)
            self._told[page.type].append((page, said))
            self._told_of[page.type, said.get("event_id")].append((page, said))
            if ".invitation." in page.type and page.type != InvitationSent.TYPE:
                self._answered.add(page.subject)
        self.until = max(page.time for page in city)
        self.people = sorted(page.subject for page, _ in self._of(UserRegistered))
        self.left = {page.subject: page.time for page, _ in self._of(UserDeleted)}
        self._wheres = {page.subject: said for page, said in self._of(LocationAdded)}
        self.evenings = [self._evening(said) for _, said in self._of(EventPublished)]

    def met(self) -> list[Pair]:
        """Give pairs who surely came to the same event, or hosted it."""
        return sorted(
            {
                (min(pair), max(pair))
                for evening in self.evenings
                if evening.calm
                for pair in combinations({*evening.came, evening.host}, 2)
            }
        )

    def strangers(self) -> list[Pair]:
        """Give pairs who surely never did."""
        together = {
            pair
            for evening in self.evenings
            for pair in combinations_with_replacement(sorted({*evening.paid, evening.host}), 2)
        }
        return [pair for pair in combinations(self.people, 2) if pair not in together]

    def _of(self, payload: type[Payload]) -> Said:
        return self._told[payload.TYPE]

    def _about(self, payload: type[Payload], event: str) -> Said:
        return self._told_of[payload.TYPE, event]

    def _evening(self, said: dict[str, Any]) -> Evening:
        plan, event = said["itinerary"], said["event_id"]
        evening = Evening(
            event, said["host_id"], starts_at(plan), ends_at(plan), calm=self._is_calm(said)
        )
        evening.invited = [sent["user_id"] for _, sent in self._about(InvitationSent, event)]
        evening.paid = {paid["user_id"] for _, paid in self._about(PaymentSucceeded, event)}
        if evening.calm:
            sent = self._about(InvitationSent, event)
            evening.seated = sorted(
                each["user_id"] for _, each in sent if self._sits(evening, each)
            )
            evening.came = [user for user in evening.seated if self._came(evening, plan, user)]
        return evening

    def _is_calm(self, said: dict[str, Any]) -> bool:
        """Say whether it surely takes place, as it was planned."""
        event, host = said["event_id"], said["host_id"]
        moved = any("itinerary" in update for _, update in self._about(EventUpdated, event))
        gone = host in self.left or any(
            page.subject == host and change["status"] == "banned"
            for page, change in self._of(UserStatusChanged)
        )
        return not (moved or gone or self._about(EventCancelled, event))

    def _sits(self, evening: Evening, sent: dict[str, Any]) -> bool:
        """Say whether an invitation was paid for in time, and nothing else happened to it."""
        invitation = sent["invitation_id"]
        twice = evening.invited.count(sent["user_id"]) > 1 or sent["user_id"] == evening.host
        if (
            invitation in self._answered
            or twice
            or sent["user_id"] in self.left
            or sent.get("expires_at") is None
        ):
            return False
        expires_at = datetime.fromisoformat(sent["expires_at"])
        return any(
            page.time <= expires_at and page.time < evening.starts_at
            for page, paid in self._about(PaymentSucceeded, evening.id)
            if (paid["invitation_id"], paid["user_id"]) == (invitation, sent["user_id"])
        )

    def _came(self, evening: Evening, plan: list[dict[str, Any]], user: str) -> bool:
        """Say whether a check-in counts and nobody denies it."""
        stops = [self._wheres[stop["location_id"]] for stop in plan]
        places = [Place(stop["latitude"], stop["longitude"]) for stop in stops]
        occasion = Occasion(evening.starts_at, evening.ends_at, places, finalized=False)
        arrivals = [
            CheckIn(
                Stamp(page.time, page.id, page.source), Place(said["latitude"], said["longitude"])
            )
            for page, said in self._about(AttendeeCheckedIn, evening.id)
            if said["user_id"] == user
        ]
        reports = self._about(AttendanceReported, evening.id)
        denied = any(
            said["user_id"] == user and said["status"] not in POSITIVE for _, said in reports
        )
        return not denied and any(judge_check_in(each, occasion) is None for each in arrivals)
