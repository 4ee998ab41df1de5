"""Who came: check-ins, reports and what follows from them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Double, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from domain.tables.base import FALSE, created, instant, one_of, word


class AttendanceStatus(StrEnum):
    """Whether somebody came."""

    CONFIRMED = "confirmed"
    ATTENDED = "attended"
    LATE = "late"
    CANCELLED_LATE = "cancelled_late"
    NO_SHOW = "no_show"
    CHECK_IN_ABANDONED = "check_in_abandoned"


class Attendance(SQLModel, table=True):
    """Somebody got a seat and didn't give it up early. Its id is the invitation's."""

    __tablename__ = "attendance"
    __table_args__ = (
        one_of("status", AttendanceStatus),
        UniqueConstraint("event_id", "user_id"),
        # Somebody's events in order; and those few that they show in their Event DNA.
        Index("attendance_user_id_ends_at_event_id_idx", "user_id", "ends_at", "event_id"),
        Index(
            "attendance_showcased_idx",
            "user_id",
            "ends_at",
            "event_id",
            postgresql_where=text("is_showcased"),
        ),
    )

    id: UUID = Field(primary_key=True, foreign_key="invitations.id")
    event_id: UUID = Field(foreign_key="events.id")
    user_id: UUID = Field(foreign_key="users.id")
    status: str = word(AttendanceStatus.CONFIRMED)
    is_showcased: bool = Field(sa_column_kwargs={"server_default": FALSE})
    # The event's end as it finally stands, kept here as well: a person's events are read in its
    # order, a page at a time, however many there are (domain/queries/events.py).
    ends_at: datetime | None = instant()
    checked_in_at: datetime | None = instant()
    check_in_latitude: float | None = Field(default=None, sa_type=Double)
    check_in_longitude: float | None = Field(default=None, sa_type=Double)
    reported_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    created_at: datetime = created()
    updated_at: datetime = created()


class AttendanceCheckIn(SQLModel, table=True):
    """One try to check in; several are possible, the earliest that counts stands."""

    __tablename__ = "attendance_check_ins"
    __table_args__ = (ForeignKeyConstraint(["event_id"], ["events.id"]),)

    event_id: UUID = Field(primary_key=True)
    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    latitude: float = Field(sa_type=Double)
    longitude: float = Field(sa_type=Double)
    checked_in_at: datetime = instant(nullable=False)
    created_at: datetime = created()


class AttendanceReport(SQLModel, table=True):
    """What one person reports about another: the newest of a reporter stands."""

    __tablename__ = "attendance_reports"
    __table_args__ = (one_of("status", AttendanceStatus),)

    event_id: UUID = Field(primary_key=True, foreign_key="events.id")
    user_id: UUID = Field(primary_key=True, foreign_key="users.id")
    reporter_id: UUID = Field(primary_key=True, foreign_key="users.id")
    status: str = word()
    reported_at: datetime = instant(nullable=False)
    stamp_id: str
    stamp_source: str
    created_at: datetime = created()
