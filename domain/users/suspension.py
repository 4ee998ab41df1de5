"""A person's status: what was set last, with a suspension by reports laid over it."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence

from domain.constants import REPORTS_WINDOW, SUSPENDING_REPORTERS
from domain.facts import Fact
from domain.tables.safety import ReportOutcome
from domain.tables.users import UserStatus

# The status that a report's outcome sets; the others only close it.
OUTCOME_STATUSES: Mapping[str, str] = {
    ReportOutcome.SUSPENSION: UserStatus.SUSPENDED,
    ReportOutcome.BAN: UserStatus.BANNED,
}
# What no suspension hides.
LASTING_STATUSES = (UserStatus.BANNED, UserStatus.ARCHIVED_FOR_RECYCLING)


def explicit_status(fact: Fact) -> str | None:
    """Give the status that was set by what was said, if it sets one."""
    if fact.kind == "user.status_changed":
        status: str = fact.data["status"]
        return status
    return OUTCOME_STATUSES.get(fact.data["outcome"]) if fact.kind == "report.resolved" else None


def account_status(facts: Sequence[Fact]) -> str:
    """Give the newest explicit status, with a suspension laid over it while one holds."""
    said = [status for status in map(explicit_status, facts) if status is not None]
    status = said[-1] if said else UserStatus.PENDING_ONBOARDING
    if status not in LASTING_STATUSES and suspending_report(facts) is not None:
        return UserStatus.SUSPENDED
    return status


def is_banned_by(report: str, facts: Sequence[Fact]) -> bool:
    """Say whether a report about a person was resolved with a ban."""
    return any(
        fact.data["report_id"] == report and explicit_status(fact) == UserStatus.BANNED
        for fact in facts
        if fact.kind == "report.resolved"
    )


def suspending_report(facts: Sequence[Fact]) -> str | None:
    """Give the report that suspends a person, by what was said in order; the first if several do.

    It is open and newer than the last explicit status; with the open ones of the 30 days before
    it, it comes from three different people.
    """
    explicit = [fact.stamp for fact in facts if explicit_status(fact) is not None]
    window: deque[Fact] = deque()
    reporters: Counter[str] = Counter()
    for filed in _open_reports(facts):
        window.append(filed)
        reporters[filed.data["reporter_id"]] += 1
        while window[0].stamp.time < filed.stamp.time - REPORTS_WINDOW:
            reporter = window.popleft().data["reporter_id"]
            reporters[reporter] -= 1
            if not reporters[reporter]:
                del reporters[reporter]
        is_newer = not explicit or explicit[-1] < filed.stamp
        if is_newer and len(reporters) >= SUSPENDING_REPORTERS:
            report: str = filed.data["report_id"]
            return report
    return None


def _open_reports(facts: Sequence[Fact]) -> list[Fact]:
    """Give the reports that nobody has decided about; of two filings of one the earlier."""
    resolved = {fact.data["report_id"] for fact in facts if fact.kind == "report.resolved"}
    filed: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind == "report.filed" and fact.data["report_id"] not in resolved:
            filed.setdefault(fact.data["report_id"], fact)
    return list(filed.values())
