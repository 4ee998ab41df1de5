"""`/domain-events/{seq}`: one domain event, from its publishing to the phones that it reached."""

from collections.abc import Sequence
from typing import Any, Final

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard.asking import whole
from dashboard.context import context_of
from dashboard.rendering import Page
from dashboard.words import short
from domain.ledger_queries import Traced
from domain.notifications.tracing import ToldTrace
from domain.ops.acting import can_be_discarded
from domain.ops.circumstances import prospects
from domain.ops.tracing import Story, tell_story

NO_DOMAIN_EVENT: Final = "There is no such domain event, or it is no longer kept."
# Of so many it is told what a try would be worth.
MOST_WEIGHED: Final = 50
# Of a domain event that tells thousands a page shows so many; and what is looked at first.
TOLD_SHOWN: Final = 100
AMISS: Final = frozenset({"failed", "unknown", "suppressed", "expired"})


async def show_domain_event(request: Request) -> Page:
    """Its story, and for what is dead whether a try would still be worth it."""
    context = context_of(request)
    seq = whole(request.path_params, "seq")
    now = context.clock()

    def read(session: Session) -> tuple[Story, Any] | None:
        story = tell_story(session, seq or 0)
        if story is None:
            return None
        dead = [
            (node.seq, each.handler)
            for node in _all(story.traced)
            for each in node.deliveries
            if can_be_helped(each.handler, each.state)
        ]
        return story, prospects(session, dead[:MOST_WEIGHED], now)

    if (found := await context.look(read)) is None:
        raise HTTPException(404, NO_DOMAIN_EVENT)
    story, prospect = found
    title = f"{short(story.traced.type)} #{story.traced.seq}"
    values = {"story": story, "prospect": prospect, "can_be_helped": can_be_helped}
    more = {"first_told": first_told, "told_shown": TOLD_SHOWN}
    return Page(title, "domain_event.html", values | more, live=True)


def can_be_helped(handler: str, state: str) -> bool:
    """Say whether a delivery stands so that somebody may do something about it."""
    return state == "discarded" or can_be_discarded(handler, state)


def first_told(told: Sequence[ToldTrace]) -> list[ToldTrace]:
    """Give those of a domain event's notifications that are shown: what didn't go well first."""
    return sorted(told, key=lambda each: each.status not in AMISS)[:TOLD_SHOWN]


def _all(traced: Traced) -> list[Traced]:
    return [traced, *(each for node in traced.follow_ups for each in _all(node))]
