"""`/audit`: who did what, when, why, and by which door."""

from starlette.requests import Request

from dashboard.asking import asked_of, moment, text, whole
from dashboard.context import context_of
from dashboard.rendering import Page
from domain.ops.audit import PAGE, AuditFilter, list_audit

ACTIONS = (
    "inbox.retry", "inbox.retry.all", "inbox.close",
    "refunds.retry", "refunds.retry.all", "refunds.close",
    "retry", "retry.all", "discard", "restore", "bulk.retry", "bulk.discard", "bulk.restore",
    "reveal", "erase", "key.create", "key.rotate", "key.revoke", "account.create", "account.role",
    "account.disable", "account.enable", "account.remove", "account.sign_out",
    "bulk.cancel", "bulk.done", "bulk.stopped", "pause", "resume", "schedule.run",
    "schedule.pause", "schedule.resume", "sign_in", "sign_out",
)  # fmt: skip


async def show_audit(request: Request) -> Page:
    """A page of the log, the newest first."""
    context, asked = context_of(request), asked_of(request)
    now = context.clock()
    before = whole(asked, "after")
    wanted = AuditFilter(
        actor=text(asked, "actor"),
        action=text(asked, "action"),
        since=moment(asked, "since", now),
        until=moment(asked, "until", now),
    )
    entries = await context.look(lambda session: list_audit(session, wanted, before=before))
    values = {
        "entries": entries,
        "asked": {name: value for name, value in asked.items() if name != "after"},
        "actions": ACTIONS,
        "is_first": before is None,
        "page": PAGE,
    }
    return Page("Audit log", "audit.html", values, live=True)
