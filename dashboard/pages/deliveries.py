"""`/deliveries`: what became of each domain event in each handler, by filters that are the URL."""

from typing import Final
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.requests import Request

from dashboard.asking import asked_of
from dashboard.context import context_of
from dashboard.filtering import cursor, delivery_filter
from dashboard.links import with_query
from dashboard.rendering import Page
from domain.catalogue import CATALOGUE, HANDLERS
from domain.lanes import LANES
from domain.ops.filters import Cursor, DeliveryFilter, Found
from domain.ops.grouped import is_by_death, is_by_due
from domain.ops.listing import is_by_number, list_deliveries, looked_at
from domain.tables.ledger import DeliveryState

# However many look at the same page of it, it is read so often.
LIFE_S: Final = 1.0
# Of what has come since a page was shown, so many are counted.
MOST_NEW: Final = 100


async def show_deliveries(request: Request) -> Page:
    """A page of the list. Once shown, it stays what it is: what comes later waits to be asked for.

    `as_of` names the first row that it was shown with.
    """
    context, asked = context_of(request), asked_of(request)
    wanted, after = delivery_filter(asked, context.clock()), cursor(asked)
    keeps_still = after is None and is_by_number(wanted)
    as_of = Cursor.parse(asked.pop("as_of", ""))
    if not keeps_still:
        as_of = None

    def read(session: Session) -> Found:
        return list_deliveries(session, wanted, after=as_of.including() if as_of else after)

    def look_for_new(session: Session) -> Found:
        return list_deliveries(session, wanted, limit=MOST_NEW)

    of, new = urlencode(asked), 0
    found = await context.share(f"deliveries {of} {as_of or ''}", read, life_s=LIFE_S)
    if as_of is not None:
        newest = await context.share(f"newest {of}", look_for_new, life_s=LIFE_S)
        new = sum((row.seq, row.handler) > (as_of.seq, as_of.handler) for row in newest.rows)
    first = as_of or (found.rows[0].cursor if found.rows and keeps_still else None)
    kept = {name: value for name, value in asked.items() if name != "after"}
    values = {
        "asked": kept,
        "is_first": after is None,
        "found": found,
        "new": new,
        "most_new": MOST_NEW,
        "states": list(DeliveryState),
        "handlers": sorted(HANDLERS),
        "lanes": LANES,
        "order": order_of(wanted),
        "types": [payload.NAME for payload in CATALOGUE],
        "looked_at": looked_at(wanted),
    }
    live = with_query("/deliveries", kept, as_of=first) if first else True
    return Page("Deliveries", "deliveries.html", values, live=live)


def order_of(wanted: DeliveryFilter) -> str:
    """Say what comes first."""
    if is_by_due(wanted):
        return "by handler, the longest due first"
    return "what died last first" if is_by_death(wanted) else "the newest first"
