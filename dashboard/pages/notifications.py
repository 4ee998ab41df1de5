"""`/notifications`: what people were told, or deliberately not, and why; and one of them."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.asking import asked_of, identity
from dashboard.context import context_of
from dashboard.filtering import moment_cursor, telling_filter
from dashboard.rendering import Page
from domain.notifications.log import Logged, LoggedHandover, find_notification
from domain.ops.reasons import WHY_NOT
from domain.ops.tellings import LOOKED_AT, FoundTellings, list_tellings
from domain.tables.notifications import Channel, NotificationStatus, Template

# What became of a notification, for who doesn't know the words.
MEANINGS: Final = {
    NotificationStatus.SCHEDULED: "It waits for its time, or for a sender.",
    NotificationStatus.SENDING: "A sender is just handing it over.",
    NotificationStatus.SENT: "The provider has taken it, and has said no more yet.",
    NotificationStatus.DELIVERED: "The provider says that it has arrived.",
    NotificationStatus.FAILED: "The provider has refused it for good.",
    NotificationStatus.SUPPRESSED: "It was deliberately not sent.",
    NotificationStatus.EXPIRED: "It would have come too late, and was not sent.",
    NotificationStatus.UNKNOWN: "It was handed over, and nobody knows yet whether it was taken.",
}


async def show_notifications(request: Request) -> Page:
    """A page of the log, the newest first."""
    asked = asked_of(request)
    values = {
        "asked": {name: value for name, value in asked.items() if name != "after"},
        "found": await look_at_notifications(request),
        "is_first": not asked.get("after"),
        "channels": list(Channel),
        "templates": list(Template),
        "states": list(NotificationStatus),
        "reasons": WHY_NOT,
        "looked_at": LOOKED_AT,
        "has_sandbox": context_of(request).journal is not None,
    }
    return Page("Notifications", "notifications.html", values, live=True)


async def look_at_notifications(request: Request) -> FoundTellings:
    """Read the page of the log that the query asks for."""
    context, asked = context_of(request), asked_of(request)
    wanted, after = telling_filter(asked, context.clock()), moment_cursor(asked)
    return await context.look(lambda session: list_tellings(session, wanted, after=after))


async def show_notification(request: Request) -> Page:
    """One: why it was made, when it goes out, and each try to hand it over."""
    told, handovers = await look_at_notification(request)
    values = {
        "told": told,
        "handovers": handovers,
        "meaning": MEANINGS[NotificationStatus(told.status)],
        "reasons": WHY_NOT,
    }
    return Page(f"{told.template} by {told.channel}", "notification.html", values, live=True)


async def look_at_notification(request: Request) -> tuple[Logged, list[LoggedHandover]]:
    """Read the notification that the path names, with each try to hand it over, or answer 404."""
    told_id = str(identity(request.path_params, "id"))
    found = await context_of(request).look(lambda session: find_notification(session, told_id))
    if found is None:
        raise HTTPException(404, "There is no such notification; after 90 days they are forgotten.")
    return found
