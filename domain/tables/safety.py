"""Blocks, reports and how reliable hosts are."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, PrimaryKeyConstraint, Text
from sqlmodel import Field, SQLModel

from domain.tables.base import FactBase, created, document, fact_key, instant, one_of, word


class ReportStatus(StrEnum):
    """How far a report has been looked into."""

    NEW = "new"
    UNDER_REVIEW = "under_review"
    RESOLVED = "resolved"


class ReportOutcome(StrEnum):
    """What came of a report."""

    NO_ACTION = "no_action"
    WARNING = "warning"
    SUSPENSION = "suspension"
    BAN = "ban"


class HostAction(StrEnum):
    """What speaks for or against a host's reliability."""

    CANCELLED = "cancelled"
    CANCELLED_LATE = "cancelled_late"


class HostFlagReason(StrEnum):
    """Why somebody should look at a host."""

    CANCELLATIONS = "cancellations"
    RATINGS = "ratings"


class BlockedUser(SQLModel, table=True):
    """Whether one person blocks another, as the newest word has it; `unblocked_at` null: yes.

    `blocked_at` and `unblocked_at` are the beginning and end of the newest block.
    """

    __tablename__ = "blocked_users"
    __table_args__ = (
        # Both ways round: one is asked about many, and some are blocked by many.
        Index("blocked_users_blocked_id_blocker_id_idx", "blocked_id", "blocker_id"),
    )

    blocker_id: UUID = Field(primary_key=True, foreign_key="users.id")
    blocked_id: UUID = Field(primary_key=True, foreign_key="users.id")
    blocked_at: datetime = instant(nullable=False)
    unblocked_at: datetime | None = instant()
    created_at: datetime = created()


class BlockFact(SQLModel, table=True):
    """A block (`blocks`) or its end: kudos and connections ask what stood when."""

    __tablename__ = "block_facts"
    __table_args__ = (
        PrimaryKeyConstraint("blocker_id", "blocked_id", "source", "id"),
        Index("block_facts_blocked_id_idx", "blocked_id"),
    )

    blocker_id: UUID = Field(foreign_key="users.id")
    blocked_id: UUID = Field(foreign_key="users.id")
    at: datetime = instant(nullable=False)
    id: str
    source: str
    blocks: bool
    created_at: datetime = created()


class Report(SQLModel, table=True):
    """Somebody says that somebody else broke the rules."""

    __tablename__ = "reports"
    __table_args__ = (
        one_of("status", ReportStatus),
        Index("reports_reported_id_idx", "reported_id"),
        # Whatever somebody left here, when they are erased.
        Index("reports_reporter_id_idx", "reporter_id"),
    )

    id: UUID = Field(primary_key=True)
    reporter_id: UUID = Field(foreign_key="users.id")
    reported_id: UUID = Field(foreign_key="users.id")
    event_id: UUID | None = Field(default=None, foreign_key="events.id")
    photo_id: UUID | None = None
    category: str
    comments: str
    status: str = word(ReportStatus.NEW)
    # Rule "safety": when it was said, for the 30 days in which reports add up.
    reported_at: datetime | None = instant()
    created_at: datetime = created()
    updated_at: datetime = created()


class ReportFact(FactBase, table=True):
    """What was said about a report, how it was decided included, and when."""

    __tablename__ = "report_facts"
    __table_args__ = (fact_key("report_id"),)

    report_id: UUID = Field(foreign_key="reports.id")


class HostReliabilityLog(SQLModel, table=True):
    """What a host did that guests should be able to rely on not happening."""

    __tablename__ = "host_reliability_log"
    __table_args__ = (one_of("action_type", HostAction),)

    host_id: UUID = Field(primary_key=True, foreign_key="users.id")
    event_id: UUID = Field(primary_key=True, foreign_key="events.id")
    action_type: str = word()
    occurred_at: datetime = instant(nullable=False)
    # Not called so in Python: SQLModel keeps the tables themselves under this name.
    details: dict[str, Any] | None = document(name="metadata")
    created_at: datetime = created()


class HostFlag(SQLModel, table=True):
    """What `host.flagged` said, and for when: rule "at most once per host, reason and 90 days".

    A memory of what was published on the way, which may depend on the order; no state.
    """

    __tablename__ = "host_flags"
    __table_args__ = (one_of("reason", HostFlagReason),)

    host_id: UUID = Field(primary_key=True, foreign_key="users.id")
    reason: str = Field(sa_type=Text, primary_key=True)
    flagged_at: datetime = instant(nullable=False, primary_key=True)
    created_at: datetime = created()
