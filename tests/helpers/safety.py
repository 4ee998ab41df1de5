"""Blocks, reports, cancellations and questions in a diary."""

from collections.abc import Sequence
from datetime import datetime

from domain.envelope import Envelope
from domain.gatherings.payloads import CancelledBy, EventCancelled
from domain.safety.payloads import ReportFiled, ReportResolved
from domain.support.payloads import SupportTicketOpened, SupportTicketUpdated
from domain.tables.safety import ReportOutcome
from domain.tables.support import TicketStatus
from domain.tables.users import UserStatus
from domain.users.payloads import UserStatusChanged
from tests.helpers.diary import Diary
from tests.helpers.evening import an_evening
from tests.helpers.pages import DAY, END, HOUR, START, an_id


def report(diary: Diary, name: str, *, by: str, about: str, at: datetime) -> Envelope:
    """Have somebody reported; the report goes by a name."""
    filed = ReportFiled(
        report_id=an_id(name),
        reporter_id=an_id(by),
        reported_id=an_id(about),
        category="harassment",
        comments="Rude",
    )
    return diary.note(filed, at)


def resolve(diary: Diary, name: str, outcome: str, *, at: datetime) -> Envelope:
    """Have a report decided."""
    decided = ReportResolved(report_id=an_id(name), outcome=ReportOutcome(outcome))
    return diary.note(decided, at)


def set_status(diary: Diary, person: str, status: str, *, at: datetime) -> Envelope:
    """Have somebody's status set."""
    said = UserStatusChanged(user_id=an_id(person), status=UserStatus(status))
    return diary.note(said, at)


def call_off(diary: Diary, event: str, *, at: datetime, by: str = "host") -> Envelope:
    """Have an event cancelled, for a reason that is a code."""
    said = EventCancelled(event_id=an_id(event), cancelled_by=CancelledBy(by), reason="weather")
    return diary.note(said, at)


def ask_for_help(diary: Diary, person: str, name: str, *, at: datetime) -> Envelope:
    """Have somebody ask Momento's people; the ticket goes by a name."""
    opened = SupportTicketOpened(
        ticket_id=an_id(name),
        submitter_id=an_id(person),
        reply_to_email="ada@example.org",
        category="technical_issue",
        body="It won't start",
        metadata={"os": "iOS 17.1"},
    )
    return diary.note(opened, at)


def answer(diary: Diary, name: str, status: str, *, at: datetime) -> Envelope:
    """Have a ticket move on."""
    updated = SupportTicketUpdated(ticket_id=an_id(name), status=TicketStatus(status))
    return diary.note(updated, at)


def an_evening_with_trouble() -> Sequence[Envelope]:
    """The evening, after which some fall out, one is suspended, one event is called off.

    Dan blocked Ada for an hour during the evening, and Eve has blocked Dan for good since. Cleo is
    suspended by the reports of three.
    """
    diary = Diary(an_evening())
    diary.blocked("Dan", "Ada", at=START + HOUR)
    diary.unblocked("Dan", "Ada", at=START + 2 * HOUR)
    diary.blocked("Eve", "Dan", at=END + 5 * DAY)
    for place, person in enumerate(("Ada", "Dan", "Eve")):
        report(diary, f"report by {person}", by=person, about="Cleo", at=END + place * DAY)
    report(diary, "report by Bo", by="Bo", about="Cleo", at=END)
    resolve(diary, "report by Bo", "no_action", at=END + 9 * DAY)
    diary.event("walk", host="Hanna", seats=4, starts_at=START + 20 * DAY)
    call_off(diary, "walk", at=START + 19 * DAY)
    ask_for_help(diary, "Flo", "ticket", at=END)
    answer(diary, "ticket", "open", at=END + DAY)
    return diary.pages
