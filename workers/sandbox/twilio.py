"""Twilio's Messages resource, as its documentation and its OpenAPI document say.

https://www.twilio.com/docs/messaging/api/message-resource
"""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

from workers.sandbox.callbacks import Called, call
from workers.sandbox.http import Answer, Asked
from workers.sandbox.journal import Entry, Journal
from workers.sandbox.texts import VERSION, Text, keyword
from workers.sandbox.twilio_rules import TwilioRules, fault_of, matches

PAGE, MOST_A_PAGE = 50, 1_000
# Numbers of Twilio's own tests, and what texts to them are refused with.
MAGIC: Final = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
CALLBACK: Final = "callback"
INBOUND: Final = "inbound"


class Twilio:
    """What Twilio knows: messages, and who has said STOP."""

    name = "twilio"

    def __init__(
        self, rules: TwilioRules, *, journal: Journal, clock: Callable[[], datetime]
    ) -> None:
        self.rules = rules
        self._journal = journal
        self._clock = clock
        self._texts: dict[str, Text] = {}
        self._stopped: set[tuple[str, str]] = set()
        self._codes: dict[str, int] = dict(MAGIC)

    def spoil(self, number: str, code: int) -> None:
        """Let texts to a number be refused with a code from now on."""
        self._codes[number] = code

    def texts(self) -> list[Text]:
        """All messages, oldest first."""
        return list(self._texts.values())

    def forget(self, sid: str) -> None:
        """Let a message be deleted, as everybody with our account can do there."""
        del self._texts[sid]

    def report(self, sid: str, status: str, *, error: int | None = None) -> Called | None:
        """Move a message on and tell whoever wants to know; the same may be told again."""
        text = self._texts[sid]
        text.move(status, now=self._clock(), error=error)
        if text.callback is None:
            return None
        return self._tell(CALLBACK, text.reported(), url=text.callback)

    def receive(self, number: str, body: str) -> Called | None:
        """Let somebody write to us: STOP and START are heeded here, and told like the rest."""
        sid = _sid()
        form = {
            "AccountSid": self.rules.account_sid,
            "ApiVersion": VERSION,
            "Body": body,
            "From": number,
            "MessageSid": sid,
            "MessagingServiceSid": self.rules.service_sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": self.rules.number,
        }
        meaning = keyword(body)
        if meaning is not None and self.rules.says_opt_out:
            form["OptOutType"] = meaning
        self._heed(number, body)
        return self._tell(INBOUND, form, url=self.rules.inbound_url)

    def said(self, asked: Asked) -> Any:
        """What was asked, for the journal; credentials are left out."""
        if asked.method == "GET":
            return {name: values[-1] for name, values in asked.query.items()}
        return _form(asked)

    def trouble(self, status: int) -> Any:
        """Give the body of an answer that is no good."""
        code = {429: 20429, 500: 20500}.get(status, 20001)
        return _error(status, code, problem=self.rules.problem_details)

    def spoilt(self, asked: Asked, answer: Answer) -> None:
        """Forget it: nothing is answered again."""

    def remember(self, entry: Entry) -> None:
        """Take up what an earlier run knew."""
        for each in entry.accepted:
            kept = {name: each[name] for name in ("to", "body", "number", "service", "callback")}
            self._keep(Text(**self._new(each["id"], entry.at) | kept))
        if entry.what == CALLBACK and (text := self._texts.get(entry.asked["MessageSid"])):
            error = entry.asked.get("ErrorCode")
            code = None if error is None else int(error)
            text.move(entry.asked["MessageStatus"], now=entry.at, error=code)
        if entry.what == INBOUND:
            self._heed(entry.asked["From"], entry.asked["Body"])

    def answer(self, asked: Asked) -> Answer:
        """Take a message, or show one or many."""
        rules = self.rules
        known = base64.b64encode(f"{rules.account_sid}:{rules.auth_token}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {known}":
            return self._refused(401, 20003)
        place = f"/{VERSION}/Accounts/{rules.account_sid}/Messages"
        if asked.path == f"{place}.json":
            return self._create(_form(asked)) if asked.method == "POST" else self._list(asked)
        sid = asked.path.removeprefix(f"{place}/").removesuffix(".json")
        if asked.method == "GET" and sid in self._texts:
            return Answer(200, self._texts[sid].shown())
        return self._refused(404, 20404)

    def _create(self, form: Mapping[str, str]) -> Answer:
        sender = form.get("MessagingServiceSid") or form.get("From") or ""
        code = fault_of(form, self.rules)
        if code is None and (sender, form["To"]) in self._stopped:
            code = 21610
        if code is None:
            code = self._codes.get(form["To"])
        if code is not None:
            return self._refused(400, code)
        said = {
            "to": form["To"],
            "body": form["Body"],
            "number": form.get("From"),
            "service": form.get("MessagingServiceSid"),
            "callback": form.get("StatusCallback"),
        }
        text = Text(**self._new(_sid(), self._clock()) | said)
        self._keep(text)
        about = parse_qs(urlsplit(text.callback or "").query).get("notification", [None])[0]
        return Answer(201, text.shown(), [{"id": text.sid, "about": about} | said])

    def _list(self, asked: Asked) -> Answer:
        """Show messages, newest first; one that wasn't sent yet has no date to be found by."""
        wanted = self.said(asked)
        seen = self._clock() - self.rules.listed_after
        found = [
            text
            for text in reversed(self._texts.values())
            if text.created <= seen and matches(text, wanted)
        ]
        size = max(1, min(int(wanted.get("PageSize", PAGE)), MOST_A_PAGE))
        page = int(wanted.get("Page", 0))
        shown = found[page * size : (page + 1) * size]
        more = urlencode(wanted | {"Page": page + 1, "PageSize": size, "PageToken": f"PA{page}"})
        following = f"{asked.path}?{more}" if len(found) > (page + 1) * size else None
        body = {"messages": [text.shown() for text in shown], "page": page, "page_size": size}
        return Answer(200, body | {"next_page_uri": following, "uri": asked.path})

    def _refused(self, status: int, code: int) -> Answer:
        return Answer(status, _error(status, code, problem=self.rules.problem_details))

    def _new(self, sid: str, at: datetime) -> dict[str, Any]:
        status = {"sid": sid, "account": self.rules.account_sid, "status": "accepted"}
        return status | {"created": at, "updated": at}

    def _keep(self, text: Text) -> None:
        if text.service is None:
            text.status = "queued"
        self._texts[text.sid] = text

    def _heed(self, number: str, body: str) -> None:
        key = {(self.rules.service_sid, number), (self.rules.number, number)}
        if keyword(body) == "STOP":
            self._stopped |= key
        if keyword(body) == "START":
            self._stopped -= key

    def _tell(self, what: str, form: Mapping[str, str], *, url: str | None) -> Called | None:
        """Call us, and write down what came of it."""
        called = None if url is None else call(url, form, token=self.rules.auth_token)
        answered = None if called is None else {"url": url, "attempts": called.attempts}
        status = None if called is None else called.status
        self._journal.write(
            Entry(
                self._clock(), self.name, what, asked=dict(form), status=status, answered=answered
            )
        )
        return called


def _sid() -> str:
    return f"SM{uuid4().hex}"


def _form(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode(errors="replace"), keep_blank_values=True))


def _error(status: int, code: int, *, problem: bool) -> dict[str, Any]:
    """Give an error's body, in the old form or in that of RFC 9457."""
    more, text = f"https://www.twilio.com/docs/errors/{code}", f"The request was refused: {code}."
    if problem:
        return {"type": more, "title": text, "status": status, "code": code}
    return {"code": code, "message": text, "more_info": more, "status": status}
