"""For API services: a page of Stripe's on which somebody begins a subscription.

    till = open_till()                                  # STRIPE_API_KEY, once for a process
    if not is_subscription_active(session, user_id, now=now):
        page = begin_upgrade(till, Upgrade(user_id, price="price_...", ...))
        ... redirect to page.url

Nothing is written here: that they pay is told by Stripe's webhook, and `subscription_of` of
`domain.queries` says how they stand by it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from workers.errors import CommandError
from workers.providers.ports import Refused, Trouble
from workers.providers.senders import make_till
from workers.providers.stripe import StripeTill
from workers.settings import load_settings

NOT_SET_UP: Final = "STRIPE_API_KEY must be set to send people to Stripe's page."


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Who wants to begin which subscription.

    `price` is Stripe's id of it. `request_id` is the caller's for this wish: asked twice with one
    of them, by a double click for instance, it is one page. `customer` is Stripe's id of somebody
    who has paid before (users.payment_customer_id).
    """

    user_id: str
    price: str
    success_url: str
    cancel_url: str
    request_id: str
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Where somebody is to be sent, and until when that works."""

    id: str
    url: str
    expires_at: datetime


class CheckoutError(Exception):
    """There is no page. `code` is Stripe's or ours; if `later`, ask again with this request_id."""

    def __init__(self, code: str, *, later: bool) -> None:
        super().__init__(code)
        self.code = code
        self.later = later


def open_till() -> StripeTill:
    """Give the way to Stripe that the environment names; raises CommandError if it names none."""
    till = make_till(load_settings())
    if till is None:
        raise CommandError(NOT_SET_UP)
    return till


def begin_upgrade(till: StripeTill, upgrade: Upgrade) -> Page:
    """Open a page on which a subscription is begun; asks once. Raises CheckoutError.

    Whose it is stands where Stripe's events name it: nobody is looked for by name or address.
    """
    whose = {"user_id": upgrade.user_id}
    asked: dict[str, Any] = {
        "mode": "subscription",
        "line_items": [{"price": upgrade.price, "quantity": 1}],
        "client_reference_id": upgrade.user_id,
        "metadata": whose,
        "subscription_data": {"metadata": whose},
        "success_url": upgrade.success_url,
        "cancel_url": upgrade.cancel_url,
    }
    if upgrade.customer is not None:
        asked["customer"] = upgrade.customer
    said = till.check_out(asked, key=f"upgrade:{upgrade.user_id}:{upgrade.request_id}")
    if isinstance(said, Refused | Trouble):
        raise CheckoutError(said.code, later=isinstance(said, Trouble) and not said.needs_operator)
    try:
        expires_at = datetime.fromtimestamp(int(said["expires_at"]), UTC)
        return Page(str(said["id"]), str(said["url"]), expires_at)
    except (LookupError, TypeError, ValueError):
        raise CheckoutError("answer_malformed", later=True) from None
