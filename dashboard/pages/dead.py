"""`/dead`: what is dead by handler and error, those of a group, and what to do with many."""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from sqlmodel import Session
from starlette.requests import Request

from dashboard.asking import asked_of, word
from dashboard.context import context_of
from dashboard.filtering import cursor, delivery_filter, selection
from dashboard.rendering import Page
from domain.constants import BULK_MOST, BULK_RATE, BULK_RATES
from domain.ops.circumstances import prospects
from domain.ops.listing import LOOKED_AT, list_deliveries
from domain.ops.previewing import preview_bulk
from domain.ops.triage import COUNTED, GROUPS, SPANS, count_selected, triage
from domain.tables.ledger import DeliveryState
from domain.tables.ops import BulkKind

SAMPLED: Final = 10
# However many look at them, the dead are counted and listed so often.
TRIAGE_LIFE_S: Final = 2.0
LIST_LIFE_S: Final = 1.0
# More than these aren't confirmed by a press alone.
TYPED_ABOVE: Final = 50


async def show_dead(request: Request) -> Page:
    """The groups, those with the most of late first."""
    context = context_of(request)
    now = context.clock()
    found = await context.share(
        "triage", lambda session: triage(session, now), life_s=TRIAGE_LIFE_S
    )
    values = {
        "groups": found.groups,
        "spans": list(SPANS),
        "counted": found.counted,
        "most": GROUPS,
    }
    return Page("Dead", "dead.html", values, live=True)


async def show_dead_list(request: Request) -> Page:
    """Dead deliveries, with whether each is still worth a try."""
    context, asked = context_of(request), asked_of(request) | {"state": DeliveryState.DEAD.value}
    now, after = context.clock(), cursor(asked)
    chosen = selection(asked, [], now)
    # Here an error that is empty means those that have kept none.
    wanted = replace(delivery_filter(asked, now), error=chosen.error)

    def read(session: Session) -> dict[str, Any]:
        found = list_deliveries(session, wanted, after=after)
        keys = [(row.seq, row.handler) for row in found.rows]
        return {
            "found": found,
            "prospect": prospects(session, keys, now),
            "count": count_selected(session, chosen, most=COUNTED),
        }

    narrow = {name: asked[name] for name in ("handler", "error", "died") if name in asked}
    of = f"dead {urlencode(asked)}"
    values = {
        **await context.share(of, read, life_s=LIST_LIFE_S),
        "asked": narrow,
        "words": chosen.in_words(),
        "counted": COUNTED,
        "looked_at": LOOKED_AT,
        "is_first": after is None,
    }
    return Page("Dead deliveries", "dead_list.html", values, live=True)


async def show_preview(request: Request) -> Page:
    """What would be done to how many, and to which, before anybody says yes."""
    return await preview(request, request.query_params.getlist("pick"))


async def preview(
    request: Request, picks: list[str], *, fault: str = "", status: int = 200
) -> Page:
    """The same, with what was wrong with the last try to confirm it."""
    context, asked = context_of(request), asked_of(request)
    now = context.clock()
    kind = word(asked, "kind", BulkKind) or BulkKind.RETRY
    chosen = selection(asked, picks, now)

    found = await context.look(lambda session: preview_bulk(session, chosen, now=now))
    values = {
        "count": found.count,
        "sample": found.sample,
        "words": found.words,
        "stale": found.stale,
        "kind": kind,
        "asked": {name: asked[name] for name in ("handler", "error", "died") if name in asked},
        "picks": picks,
        "most": BULK_MOST,
        "rates": BULK_RATES,
        "rate": BULK_RATE,
        "typed_above": TYPED_ABOVE,
        "fault": fault,
        # The same form sent twice begins one operation.
        "identity": uuid4(),
    }
    return Page(f"{kind.capitalize()} in bulk", "preview.html", values, status=status)
