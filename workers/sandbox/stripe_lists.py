"""Stripe's lists: newest first, a page at a time.

https://docs.stripe.com/api/pagination
"""

from collections.abc import Mapping
from typing import Any, Final

from workers.sandbox.stripe_books import Books, RefusedError
from workers.sandbox.stripe_shapes import Said

PAGE, MOST_A_PAGE = 10, 100
MOST_TYPES: Final = 20


def list_refunds(books: Books, form: Mapping[str, Any]) -> Said:
    """List refunds, all or of one payment."""
    listed = [each for each in books.objects.values() if each["object"] == "refund"]
    for name in ("payment_intent", "charge"):
        if name in form:
            books.find(form[name], name, param=name)
            listed = [each for each in listed if each[name] == form[name]]
    return _page(listed[::-1], form, url="/v1/refunds")


def list_events(books: Books, form: Mapping[str, Any]) -> Said:
    """List events of some types and of a span of time."""
    types, span = form.get("types"), form.get("created", {})
    if types is not None and len(types) > MOST_TYPES:
        raise RefusedError("parameter_invalid", "types")
    since, until = int(span.get("gte", 0)), int(span.get("lt", 10**12))
    found = [
        each
        for each in books.events
        if (types is None or each["type"] in types) and since <= each["created"] < until
    ]
    return _page(found[::-1], form, url="/v1/events")


def _page(newest_first: list[Said], form: Mapping[str, Any], *, url: str) -> Said:
    """Give a page of a list: at most `limit` after `starting_after`."""
    limit = max(1, min(int(form.get("limit", PAGE)), MOST_A_PAGE))
    names = [each["id"] for each in newest_first]
    after = form.get("starting_after")
    if after is not None and after not in names:
        raise RefusedError("resource_missing", "starting_after")
    begin = 0 if after is None else names.index(after) + 1
    shown = newest_first[begin : begin + limit]
    more = len(newest_first) > begin + limit
    return {"object": "list", "data": shown, "has_more": more, "url": url}
