"""Writes the journal for people: a line for each message or payment, safe for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from workers.commands.asking import shown
from workers.sandbox.journal import Entry

TIME: Final = "%Y-%m-%d %H:%M:%S"
SEND: Final = "/push/send"


def told(entry: Entry) -> str:
    """Write an entry; a request that holds several messages takes several lines."""
    at = entry.at.astimezone().strftime(TIME)
    fault = f" ({entry.fault})" if entry.fault else ""
    answer = f"{'-' if entry.status is None else entry.status}{fault}"
    lines = [f"{at}  {entry.provider:<6}  {answer:<15}  {line}" for line in _lines(entry)]
    return "\n".join(shown(line) for line in lines)


def _lines(entry: Entry) -> Iterator[str]:
    """Write what was asked, recipient by recipient, and whether it was taken."""
    messages = list(_messages(entry))
    taken = [each["to"] for each in entry.accepted] if messages else []
    for to, words in messages:
        is_taken = to in taken
        if is_taken:
            taken.remove(to)
        yield f"{'to' if is_taken else 'NOT to'} {to}: {words}"
    if not messages:
        yield _other(entry)


def _messages(entry: Entry) -> Iterator[tuple[str, str]]:
    """Give (to whom, words) of each message that was asked for."""
    asked = entry.asked
    if entry.provider == "expo" and entry.what.endswith(SEND):
        for each in asked if isinstance(asked, list) else [asked]:
            if isinstance(each, dict):
                words = ": ".join(str(each[part]) for part in ("title", "body") if each.get(part))
                to = each.get("to")
                yield from ((str(token), words) for token in (to if isinstance(to, list) else [to]))
    elif entry.provider == "twilio" and entry.what.startswith("POST") and asked.get("To"):
        yield asked["To"], asked.get("Body", "")
    elif entry.provider == "smtp" and entry.what in {"DATA", "RCPT"}:
        subject = asked.get("headers", {}).get("Subject", "-")
        yield from ((to, subject) for to in asked["to"])


def _other(entry: Entry) -> str:
    """Write what is no message of ours."""
    asked: Mapping[str, Any] = entry.asked if isinstance(entry.asked, dict) else {}
    if entry.provider == "stripe":
        return _of_money(entry, asked)
    if entry.what == "inbound":
        return f"from {asked.get('From')}: {asked.get('Body')}"
    if entry.what == "callback":
        return f"reported {asked.get('MessageStatus')} for {asked.get('To')}"
    return entry.what


def _of_money(entry: Entry, asked: Mapping[str, Any]) -> str:
    """Write what Stripe was asked, or did by itself."""
    refunds = [each["object"] for each in entry.accepted if each["object"]["object"] == "refund"]
    if entry.what == "webhook":
        return f"told us of {asked.get('type')} {asked.get('id')}"
    if entry.what == "paid":
        count, amount = asked.get("payments"), asked.get("amount")
        return f"paid: {amount} by {asked.get('payment_intent')}" if amount else f"paid: {count}"
    if refunds and entry.what != "moved":
        refund = refunds[-1]
        return f"back to {refund['payment_intent']}: {refund['amount']} {refund['currency']}"
    if entry.what == "moved":
        return f"refund {asked.get('refund')} {asked.get('status')}"
    about = asked.get("payment_intent", "")
    return f"{entry.what} {about}".rstrip()
