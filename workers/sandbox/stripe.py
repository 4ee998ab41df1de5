"""Stripe's API as far as we ask it: payments, refunds, checkout, events, and idempotency keys.

https://docs.stripe.com/api
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import RLock
from typing import Any, Final
from uuid import uuid4

from workers.sandbox.callbacks import Called
from workers.sandbox.faults import Faults
from workers.sandbox.http import Answer, Asked
from workers.sandbox.journal import Entry, Journal
from workers.sandbox.orders import Paid
from workers.sandbox.stripe_books import Books, RefusedError
from workers.sandbox.stripe_forms import fingerprint, fingerprint_of, form_of
from workers.sandbox.stripe_hooks import Endpoint, as_ordered, call
from workers.sandbox.stripe_lists import list_events, list_refunds
from workers.sandbox.stripe_shapes import Said, error_of, intent_of

WEBHOOK: Final = "webhook"
PAID: Final = "paid"
MOVED: Final = "moved"
KEYS_LAST: Final = timedelta(hours=24)
LONGEST_KEY: Final = 255
NAMED: Final = re.compile(r"/v1/([a-z_]+(?:/sessions)?)/([A-Za-z0-9_]+)(/confirm)?")
# The code and the type of an error.
TROUBLE: Final = {
    409: ("idempotency_key_in_use", "idempotency_error"),
    429: ("rate_limit", "invalid_request_error"),
    500: (None, "api_error"),
}
KINDS: Final = {
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "subscriptions": "subscription",
    "checkout/sessions": "checkout.session",
}


@dataclass(frozen=True, slots=True)
class StripeRules:
    """Our account there."""

    api_key: str = "sk_test_sandbox"
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was asked with a key, and answered."""

    asked: str
    answer: Answer
    at: datetime


class Stripe:
    """What Stripe does when it is asked, and whom it tells."""

    name = "stripe"

    def __init__(
        self, rules: StripeRules, *, journal: Journal, clock: Callable[[], datetime]
    ) -> None:
        self.rules = rules
        self.books = Books(clock)
        # What goes wrong with webhooks, an order for each event.
        self.webhook_faults = Faults()
        self._journal, self._clock = journal, clock
        self._keys: dict[str, _Known] = {}
        self._told = 0
        # Requests come in one thread; what people and time do, in others.
        self._lock = RLock()

    def said(self, asked: Asked) -> Any:
        """What was asked, for the journal; credentials are left out."""
        return {"key": asked.headers.get("idempotency-key"), **form_of(asked)}

    def trouble(self, status: int) -> Any:
        """Give the body of an answer that is no good."""
        code, kind = TROUBLE.get(status, (None, "invalid_request_error"))
        return error_of(code, f"Something went wrong: {status}.", kind=kind)

    def spoilt(self, asked: Asked, answer: Answer) -> None:
        """Remember an answer 500: it is given again for the same key."""
        key = asked.headers.get("idempotency-key")
        if key is not None and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._keys[key] = _Known(fingerprint_of(asked), answer, self._clock())

    def remember(self, entry: Entry) -> None:
        """Take up what an earlier run knew; what it had told isn't told again."""
        for each in entry.accepted:
            self.books.remember(each["object"])
        self._told = len(self.books.events)
        key = entry.asked.get("key") if isinstance(entry.asked, dict) else None
        if key is not None and key not in self._keys and (answer := _answered(entry)) is not None:
            method, _, path = entry.what.partition(" ")
            form = {name: each for name, each in entry.asked.items() if name != "key"}
            self._keys[key] = _Known(fingerprint(method, path, form=form), answer, entry.at)

    def answer(self, asked: Asked) -> Answer:
        """Do what is asked, once for each key."""
        with self._lock:
            return self._answer(asked)

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/pay/"):
            return self._complete(asked.path.removeprefix("/pay/"))
        if asked.headers.get("authorization") != f"Bearer {self.rules.api_key}":
            return self._headed(Answer(401, error_of(None, "Invalid API Key provided.")))
        key = asked.headers.get("idempotency-key")
        if asked.method != "POST" or key is None:
            return self._headed(self._act(asked))
        return self._headed(self._keyed(asked, key))

    def deliver(self) -> list[Called]:
        """Tell what has happened since the last time, as it was ordered to go wrong."""
        with self._lock:
            events = self.books.events[self._told :]
            self._told = len(self.books.events)
        return [self.tell(each["id"]) for each in as_ordered(events, self.webhook_faults)]

    def tell(self, event_id: str) -> Called:
        """Tell of one event, whether or not it was told before."""
        event = next(each for each in self.books.events if each["id"] == event_id)
        endpoint = self.rules.endpoint
        if endpoint is None:
            return Called(None, 0)
        called = call(endpoint, event, at=self._clock())
        self._note(WEBHOOK, {"id": event_id, "type": event["type"]}, status=called.status)
        return called

    def pay(self, amount: int, **how: Any) -> Said:
        """Let somebody pay; see `Books.pay`."""
        with self._lock:
            intent = self.books.pay(amount, **how)
            said = {"amount": amount, "payment_intent": intent["id"]}
            self._note(PAID, said, accepted=self._written())
        return intent

    def know(self, payments: Iterable[Paid]) -> int:
        """Take up payments that were made in a story; give how many are new."""
        with self._lock:
            new = [each for each in payments if each.payment_intent not in self.books.objects]
            for each in new:
                name = each.payment_intent
                self.books.pay(each.amount, currency=each.currency, name=name, tells=False)
            self._note(PAID, {"payments": len(new)}, accepted=self._written())
        return len(new)

    def report(self, refund_id: str, status: str) -> Said:
        """Let a refund come to be made, or fail."""
        with self._lock:
            refund = self.books.report(refund_id, status)
            said = {"refund": refund_id, "status": status}
            self._note(MOVED, said, accepted=self._written())
        return refund

    def pending(self) -> list[str]:
        """Give the refunds that are on their way."""
        return [
            each["id"]
            for each in list(self.books.objects.values())
            if each["object"] == "refund" and each["status"] == "pending"
        ]

    def _written(self) -> list[dict[str, Any]]:
        return [_accepted(each) for each in self.books.take_written()]

    def _note(self, what: str, asked: Any, **others: Any) -> None:
        said: dict[str, Any] = {"status": None, "answered": None, **others}
        self._journal.write(Entry(self._clock(), self.name, what, asked=asked, **said))

    def _keyed(self, asked: Asked, key: str) -> Answer:
        if len(key) > LONGEST_KEY:
            return Answer(400, error_of(None, "The key is too long.", kind="idempotency_error"))
        known = self._keys.get(key)
        if known is not None and self._clock() < known.at + KEYS_LAST:
            if known.asked != fingerprint_of(asked):
                text = "Keys for idempotent requests can only be used with the same parameters."
                return Answer(400, error_of(None, text, kind="idempotency_error"))
            again = {**known.answer.headers, "Idempotent-Replayed": "true"}
            return replace(known.answer, accepted=[], headers=again)
        answer = self._act(asked)
        self._keys[key] = _Known(fingerprint_of(asked), answer, self._clock())
        return answer

    def _act(self, asked: Asked) -> Answer:
        """Do it; what took effect is in the answer."""
        try:
            body = self._route(asked, form_of(asked))
        except RefusedError as refused:
            text = f"Stripe refuses: {refused.code}."
            answer = Answer(refused.status, error_of(refused.code, text, param=refused.param))
        except (KeyError, ValueError, TypeError):
            answer = Answer(400, error_of("parameter_missing", "A parameter is missing or wrong."))
        else:
            answer = Answer(200, body)
        return replace(answer, accepted=self._written())

    def _route(self, asked: Asked, form: Mapping[str, Any]) -> Any:
        books = self.books
        posts: dict[str, Callable[[], Any]] = {
            "/v1/payment_intents": lambda: self._intend(form),
            "/v1/refunds": lambda: books.refund(form),
            "/v1/checkout/sessions": lambda: books.check_out(form, page=asked.url),
        }
        if asked.method == "POST" and asked.path in posts:
            return posts[asked.path]()
        if asked.path == "/v1/refunds":
            return list_refunds(books, form)
        if asked.path == "/v1/events":
            return list_events(books, form)
        named = NAMED.fullmatch(asked.path)
        if named is None or named[1] not in KINDS:
            raise RefusedError("url_unrecognized", status=404)
        found = books.find(named[2], KINDS[named[1]], param="id")
        return books.confirm(found) if named[3] and asked.method == "POST" else found

    def _intend(self, form: Mapping[str, Any]) -> Said:
        intent = intent_of(
            int(form["amount"]),
            currency=form["currency"],
            metadata=form.get("metadata", {}),
            at=self._clock(),
            name=None,
        )
        self.books.keep(intent)
        return self.books.confirm(intent) if form.get("confirm") == "true" else intent

    def _complete(self, session_id: str) -> Answer:
        """Let whoever opens the page be somebody who pays."""
        if self.books.objects.get(session_id, {}).get("object") != "checkout.session":
            return Answer(404, error_of("resource_missing", "There is no such page."))
        session = self.books.complete(session_id)
        return Answer(200, {"status": session["status"]}, self._written())

    def _headed(self, answer: Answer) -> Answer:
        return replace(answer, headers={"Request-Id": f"req_{uuid4().hex[:14]}", **answer.headers})


def _answered(entry: Entry) -> Answer | None:
    """Give what was answered, or would have been; None if nothing was done."""
    if entry.accepted and (entry.status is None or entry.status == HTTPStatus.OK):
        first = entry.accepted[0]["id"]
        last = [each["object"] for each in entry.accepted if each["id"] == first][-1]
        return Answer(200, last)
    is_kept = entry.status is not None and entry.status != HTTPStatus.TOO_MANY_REQUESTS
    return Answer(entry.status or 0, entry.answered) if is_kept else None


def _accepted(said: Said) -> dict[str, Any]:
    """Give what took effect, as the journal keeps it."""
    to = said.get("payment_intent") or said["id"]
    about = said.get("metadata", {}).get("payment_id")
    return {"id": said["id"], "to": to, "about": about, "object": said}
