"""Puts into words what somebody is told, in their language and by their clock. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.constants import SHOWN_CHARACTERS
from domain.notifications.segments import count_segments, plainly
from domain.notifications.templates.language import Language, Text
from domain.tables.notifications import Template
from domain.zones import zone_of

APP: Final = "momento://"
WEB: Final = "https://momento.app/"
# Where in the app each leads to: a path with ids from the notification's params.
PATHS: Final[Mapping[Template, str]] = {
    Template.INVITATION: "invitations/{invitation_id}",
    Template.INVITATION_ENDS_SOON: "invitations/{invitation_id}",
    Template.SEAT_CONFIRMED: "events/{event_id}",
    Template.GUEST_CONFIRMED: "events/{event_id}",
    Template.SEAT_REFUSED: "payments/{payment_id}",
    Template.PAYMENT_FAILED: "payments/{payment_id}",
    Template.PAYMENT_REFUNDED: "payments/{payment_id}",
    Template.PLAN_CHANGED: "invitations/{invitation_id}",
    Template.EVENT_CANCELLED: "events/{event_id}",
    Template.STARTS_TOMORROW: "events/{event_id}",
    Template.STARTS_SOON: "events/{event_id}",
    Template.EVENT_COMPLETED: "events/{event_id}/rate",
    Template.EVENT_FINALIZED: "events/{event_id}/summary",
    Template.KUDOS: "kudos",
    Template.MESSAGE: "conversations/{conversation_id}",
    Template.EVENT_POST: "events/{event_id}/board",
    Template.DUO_PROPOSED: "duos/{duo_id}",
    Template.DUO_ACCEPTED: "duos/{duo_id}",
    Template.DUO_ENDS_SOON: "duos/{duo_id}",
    Template.CONNECTION_MUTUAL: "people/{person_id}",
    Template.REPORT_FILED: "reports/{report_id}",
    Template.REPORT_RESOLVED: "reports/{report_id}",
    Template.SUSPENDED: "support",
    Template.BADGE_ENDS_SOON: "photos/{photo_id}",
    Template.SUBSCRIPTION_ENDS_SOON: "subscription",
    Template.TICKET_UPDATED: "tickets/{ticket_id}",
}
# Currencies whose smallest unit is the whole one.
_WHOLE: Final = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
_SHORTEST: Final = 8


@dataclass(frozen=True, slots=True)
class Words:
    """What a text is made of, as it stands at the moment of sending. `params` are the row's."""

    params: Mapping[str, Any] = field(default_factory=dict)
    zone: str = "UTC"
    event: str | None = None
    who: str | None = None
    starts: datetime | None = None
    until: datetime | None = None
    signpost: str | None = None
    count: int = 1
    amount_in_cents: int = 0
    currency: str = "usd"


class Message(NamedTuple):
    """A notification in words: for a push title, body and a link into the app."""

    title: str
    body: str
    link: str
    web: str


def render(template: Template, words: Words, language: Language) -> Message:
    """Put a push, or the subject and first line of an email, into words."""
    text, shown = language.texts[template], _shown(words, language)
    body = text.many if text.many is not None and words.count != 1 else text.body
    path = PATHS[template].format_map(words.params)
    return Message(text.title.format_map(shown), body.format_map(shown), APP + path, WEB + path)


def render_email(template: Template, words: Words, language: Language) -> tuple[str, str]:
    """Put an email into words: (subject, text)."""
    said = render(template, words, language)
    return said.title, f"{said.body}\n\n{said.web}\n\n{language.email_ending}\n"


def render_sms(template: Template, words: Words, language: Language) -> str:
    """Put an SMS into words: in the alphabet of GSM-7, and in one segment where that is possible.

    What people have written is shortened until it fits; where nothing of it can be written plainly
    something else stands for it. Raises KeyError for what is never told by SMS.
    """
    text: Text = language.texts[template]
    if text.sms is None:
        raise KeyError(template)
    shown = _shown(words, language)
    title = plainly(shown["event"])
    if len(re.sub(r"\W", "", title)) == 0:
        title = language.an_event
    link = WEB + PATHS[template].format_map(words.params)
    while True:
        said = f"{plainly(text.sms.format_map({**shown, 'event': title}))} {link}"
        if count_segments(said) == 1 or len(title) <= _SHORTEST:
            return said
        title = shorten(title, len(title) - 1, dots="..")


def shorten(text: str, characters: int, *, dots: str = "…") -> str:
    """Cut a text to so many characters, dots included, and let it be one line."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    return line[: characters - len(dots)].rstrip(" .…") + dots


def _shown(words: Words, language: Language) -> dict[str, str]:
    """Give the fields of texts. Values are never read as texts with fields themselves."""
    return {
        "event": shorten(words.event or language.an_event, SHOWN_CHARACTERS),
        "who": shorten(words.who or language.somebody, SHOWN_CHARACTERS),
        "starts": _moment(words.starts, words.zone, language),
        "until": _moment(words.until, words.zone, language),
        "signpost": shorten(words.signpost or language.the_door, SHOWN_CHARACTERS),
        "count": str(words.count),
        "amount": write_amount(words.amount_in_cents, words.currency),
    }


def _moment(moment: datetime | None, zone: str, language: Language) -> str:
    return "" if moment is None else language.moment(moment.astimezone(zone_of(zone)))


def write_amount(cents: int, currency: str) -> str:
    """Write money, e.g. `5.00 USD`."""
    amount = f"{cents}" if currency in _WHOLE else f"{cents // 100}.{cents % 100:02}"
    return f"{amount} {currency.upper()}"
