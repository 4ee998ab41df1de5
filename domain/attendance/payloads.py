"""What a domain event about who came carries."""

from typing import Annotated, Literal

from pydantic import Field

from domain.payload import EventId, Payload, UserId
from domain.tables.attendance import AttendanceStatus

ReportedStatus = Literal[
    AttendanceStatus.ATTENDED,
    AttendanceStatus.LATE,
    AttendanceStatus.NO_SHOW,
    AttendanceStatus.CHECK_IN_ABANDONED,
]


class AttendeeCheckedIn(Payload, name="attendee.checked_in"):
    """Somebody says by their position that they have arrived."""

    event_id: EventId
    user_id: UserId
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class AttendanceReported(Payload, name="attendance.reported"):
    """Somebody who was there says whether somebody else came."""

    event_id: EventId
    user_id: UserId
    reporter_id: UserId
    status: ReportedStatus


class AttendanceSettled(Payload, name="attendance.settled", follow_up=True):
    """Whether somebody came was decided, or decided anew."""

    event_id: EventId
    user_id: UserId
