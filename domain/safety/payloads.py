"""What a domain event about people's safety carries."""

from domain.payload import EventId, Id, Name, Payload, ReportId, Text, UserId
from domain.personal import PrivateText
from domain.tables.safety import HostFlagReason, ReportOutcome


class UserBlocked(Payload, name="user.blocked"):
    """Somebody wants nothing more to do with somebody else."""

    blocker_id: UserId
    blocked_id: UserId


class UserUnblocked(Payload, name="user.unblocked"):
    """Somebody takes back their block of somebody else."""

    blocker_id: UserId
    blocked_id: UserId


class BlockSettled(Payload, name="block.settled", follow_up=True):
    """When one person blocked another was decided anew: what lies between them is judged again."""

    blocker_id: UserId
    blocked_id: UserId


class ReportFiled(Payload, name="report.filed", creates="report", person="reporter_id"):
    """Somebody says that somebody else broke the rules; the photo may be of any kind."""

    report_id: ReportId
    reporter_id: UserId
    reported_id: UserId
    category: Name
    comments: PrivateText[Text]
    event_id: EventId | None = None
    photo_id: Id | None = None


class ReportResolved(Payload, name="report.resolved"):
    """Momento's own people decided about a report."""

    report_id: ReportId
    outcome: ReportOutcome


class ReportSettled(Payload, name="report.settled", follow_up=True):
    """A report was filed or decided about: the status of whom it is about is judged again."""

    report_id: Id
    reported_id: UserId


class UserSuspended(Payload, name="user.suspended", follow_up=True):
    """Reports of three people, of which this is the last, suspended somebody."""

    user_id: UserId
    report_id: Id


class HostFlagged(Payload, name="host.flagged", follow_up=True):
    """Somebody should look at a host, and why."""

    host_id: UserId
    reason: HostFlagReason
