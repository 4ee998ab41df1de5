"""Stripe with its Python package, around that package's traps.

- It tries again by itself, or not, as its global settings have it: here never. Each request is made
  once, with a key of ours.
- Its time-out is on each read: the session has one for the whole of a request.
- Its objects are no dictionaries: what was answered is read as JSON, and parsed by our own models.
- Its errors hold whole answers, and its log too: here a code is all that is ever shown.
- A list shows each event in the version that the account had then, whatever version is asked for:
  of others the object is asked for anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar

import stripe
from pydantic import SecretStr, ValidationError

from domain.constants import STRIPE_API_VERSION
from domain.inbox.stripe_objects import Refund
from workers.providers.ports import About, Refused, Trouble
from workers.providers.session import (
    UNREADABLE,
    Bearer,
    FailedError,
    make_session,
    plain,
    trouble_of_status,
    trouble_on_the_way,
)

URL: Final = "https://api.stripe.com"
LIMIT: Final = timedelta(seconds=20)
CONNECTIONS: Final = 6
# Stripe's most.
PAGE: Final = 100
# It isn't done now, and may be later.
LATER: Final = frozenset({"balance_insufficient", "insufficient_funds", "lock_timeout"})
# Where each kind of object is asked for.
PLACES: Final = {
    "payment_intent": "payment_intents",
    "charge": "charges",
    "refund": "refunds",
    "dispute": "disputes",
    "subscription": "subscriptions",
    "invoice": "invoices",
    "invoice_payment": "invoice_payments",
    "checkout.session": "checkout/sessions",
}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events as Stripe has them, the newest first, and whether there are older ones."""

    events: Sequence[dict[str, Any]]
    has_more: bool


class StripeTill:
    """Speaks to Stripe, or to what stands in at another URL; raises for nothing that it does."""

    def __init__(self, api_key: SecretStr, *, url: str = URL, limit: timedelta = LIMIT) -> None:
        key = api_key.get_secret_value()
        self._session = make_session(url, limit, connections=CONNECTIONS)
        self._session.auth = Bearer(key)
        self._client = stripe.StripeClient(
            key,
            stripe_version=STRIPE_API_VERSION,
            base_addresses={"api": url.rstrip("/")},
            http_client=stripe.RequestsClient(timeout=limit.total_seconds(), session=self._session),
            max_network_retries=0,
        )

    def refund(
        self, payment_intent: str, *, payment_id: str, key: str
    ) -> Refund | Refused | Trouble:
        """Ask for all of a payment back that isn't back yet; asks once.

        With the same key it is made once, for a day.
        """
        asked: dict[str, Any] = {
            "payment_intent": payment_intent,
            "reason": "requested_by_customer",
            "metadata": {"payment_id": payment_id},
        }
        return self._read(lambda: _refund(self._post("/v1/refunds", asked, key=key)))

    def refunds_of(self, payment_intent: str) -> list[Refund] | Refused | Trouble:
        """Ask which refunds of a payment there are, by whoever: the newest hundred."""
        asked = {"payment_intent": payment_intent, "limit": PAGE}
        return self._read(
            lambda: [_refund(each) for each in self._get("/v1/refunds", asked)["data"]]
        )

    def events(
        self, types: Sequence[str], *, since: datetime, until: datetime, after: str | None
    ) -> EventPage | Refused | Trouble:
        """Ask for a page of what happened at or after `since` and before `until`.

        `after` is the id of the last event of the page before.
        """
        asked: dict[str, Any] = {
            "types": list(types),
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "limit": PAGE,
        }
        if after is not None:
            asked["starting_after"] = after

        def page() -> EventPage:
            said = self._get("/v1/events", asked)
            return EventPage([dict(each) for each in said["data"]], bool(said["has_more"]))

        return self._read(page)

    def in_our_version(self, event: Mapping[str, Any]) -> dict[str, Any] | Refused | Trouble:
        """Give an event whose object is as our version has it: as it stands by now."""
        if event.get("api_version") == STRIPE_API_VERSION:
            return dict(event)

        def asked() -> dict[str, Any]:
            said = event["data"]
            about = said["object"]
            path = f"/v1/{PLACES[about['object']]}/{about['id']}"
            data = {**said, "object": self._get(path, {})}
            return {**event, "api_version": STRIPE_API_VERSION, "data": data}

        return self._read(asked)

    def check_out(
        self, asked: Mapping[str, Any], *, key: str
    ) -> dict[str, Any] | Refused | Trouble:
        """Open a page of Stripe's on which somebody pays; give it as Stripe has it."""
        return self._read(lambda: self._post("/v1/checkout/sessions", dict(asked), key=key))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _post(self, path: str, asked: dict[str, Any], *, key: str) -> Any:
        return self._ask("post", path, asked={**asked, "idempotency_key": key})

    def _get(self, path: str, asked: dict[str, Any]) -> Any:
        return self._ask("get", path, asked=asked)

    def _ask(self, method: str, path: str, *, asked: dict[str, Any]) -> Any:
        """Let the package ask once; raises FailedError for all that it raises."""
        try:
            return self._client.raw_request(method, path, **asked).data
        except stripe.StripeError as error:
            raise FailedError(_meaning(error)) from None
        except UNREADABLE as error:
            raise FailedError(trouble_on_the_way(error)) from None

    def _read(self, read: Callable[[], _T]) -> _T | Refused | Trouble:
        """Give what is read of an answer, or what it means that there is none."""
        try:
            return read()
        except FailedError as failed:
            return failed.result
        except (ValidationError, *UNREADABLE):
            return Trouble("answer_malformed", may_be_accepted=True)


def _refund(said: Any) -> Refund:
    return Refund.model_validate(said)


def _meaning(error: stripe.StripeError) -> Refused | Trouble:
    status, cause = error.http_status, error.__cause__
    if status is None:
        return trouble_on_the_way(cause if isinstance(cause, Exception) else error)
    if status < HTTPStatus.BAD_REQUEST:
        return Trouble("answer_malformed", may_be_accepted=True)
    code, header = _code(error), (error.headers or {}).get("Retry-After")
    if status == HTTPStatus.CONFLICT:
        # Somebody asks with the same key just now; nothing was done for us.
        return Trouble(code)
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.NOT_FOUND):
        return Refused(code, About.MESSAGE, permanent=code not in LATER)
    said = f"http_{status}" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else code
    return trouble_of_status(status, said, header=header)


def _code(error: stripe.StripeError) -> str:
    """Give Stripe's code, or else its type of error: both are words of Stripe's."""
    said = error.json_body.get("error") if isinstance(error.json_body, dict) else None
    said = said if isinstance(said, Mapping) else {}
    otherwise = plain(said.get("type"), f"http_{error.http_status}")
    return plain(said.get("code"), otherwise)
