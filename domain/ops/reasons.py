"""Says in a sentence why somebody was not told something: the codes of the delivery log."""

from collections.abc import Mapping
from typing import Final

# What we decided ourselves; a provider's own codes stand for themselves.
WHY_NOT: Final[Mapping[str, str]] = {
    "deleted": "The person has left, and is forgotten.",
    "paused": "They have paused their account; they are told of account and safety alone.",
    "suspended": "They are suspended; they are told of account and safety alone.",
    "banned": "They are banned; they are told of account and safety alone.",
    "archived_for_recycling": "Their account is archived.",
    "blocked": "Of the two, one has blocked the other.",
    "switched_off": "They have switched this kind off on this channel.",
    "event_cancelled": "The gathering was cancelled before it was due.",
    "seat_given_up": "They have no seat there any more.",
    "answered": "They had answered already.",
    "moved": "The gathering was moved; a newer reminder stands.",
    "paid": "It was paid meanwhile.",
    "newer_stands": "Something newer has taken its place.",
    "no_longer_true": "What it says was no longer so when it was due.",
    "read": "They had read it already.",
    "duo_over": "The duo was over already.",
    "too_late": "It made sense until a moment that had passed.",
    "quiet_hours": "It was quiet hours for them until it made no sense any more.",
    "no_address": "They have no address there: no phone signed in, no number or no mail.",
    "stopped": "They have answered STOP to that number.",
    "unreachable": "The provider says that nobody can be reached there.",
    "not_listed": "The provider doesn't know of it, so it is tried again.",
    "not_known_any_more": "The provider has forgotten what became of it.",
    "number_changed": "Their number changed before the provider could be asked about it.",
    "receipt_unknown": "The provider gave no receipt.",
    "unwritable": "It could not be put into words.",
    "sender_lost": "The sender was lost while it was handed over; the provider is being asked.",
}


def in_words(reason: str | None) -> str:
    """The sentence of a code; empty for a code that we didn't give."""
    return WHY_NOT.get(reason or "", "")
