"""`momento trace`: what became of one domain event, and of all that followed from it.

Payloads may be personal: of them only ids are shown.
"""

import argparse
from collections.abc import Iterator
from datetime import datetime

from domain.constants import ID_LIMIT_CHARACTERS, SOURCE_LIMIT_CHARACTERS
from domain.ledger_queries import Traced, TracedDelivery, find_seqs, trace
from domain.notifications.tracing import ToldTrace
from domain.payload import name_of
from workers.commands.arguments import add_json, words
from workers.commands.asking import as_json, duration, one_transaction, shown
from workers.errors import CommandError
from workers.settings import Settings

NAME = "trace"
HELP = "Follow a domain event through its handlers to what followed from it"


def configure(parser: argparse.ArgumentParser) -> None:
    """Which domain event."""
    parser.add_argument(
        "id",
        type=words(ID_LIMIT_CHARACTERS),
        metavar="ID",
        help="its id, or its number in the ledger",
    )
    parser.add_argument(
        "--source",
        type=words(SOURCE_LIMIT_CHARACTERS),
        help="who published it, where several use the same id",
    )
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the domain event, its deliveries and what followed, as a tree."""
    with one_transaction(settings) as session:
        found = find_seqs(session, arguments.id, arguments.source)
        traced = trace(session, _only(found, arguments.id))
    if traced is None:
        message = f"Domain event {arguments.id} is no longer kept; only its key is."
        raise CommandError(message)
    print(as_json(traced) if arguments.json else "\n".join(map(shown, _lines(traced))))
    return 0


def _only(found: list[tuple[int, str]], identity: str) -> int:
    """Take the one that is meant; raises CommandError if there is none or there are several."""
    if not found:
        message = f"There is no domain event {identity}. Give an id as published, or a number."
        raise CommandError(message)
    if len(found) > 1:
        sources = ", ".join(source for _, source in found)
        message = f"Several publishers used the id {identity}; add --source, one of {sources}."
        raise CommandError(message)
    return found[0][0]


def _lines(traced: Traced, depth: int = 0, *, parent: int | None = None) -> Iterator[str]:
    """One domain event and, indented, what followed from it, the `parent`."""
    indent = "    " * depth
    yield f"{indent}{name_of(traced.type)}  #{traced.seq}  id {traced.id}  from {traced.source}"
    if parent not in (None, traced.cause):
        yield f"{indent}  published once for several of a batch, #{traced.cause} named as the cause"
    for text in _particulars(traced):
        yield f"{indent}  {text}"
    for delivery in traced.deliveries:
        yield f"{indent}  - {_settled(delivery)}"
    for told in traced.told:
        yield f"{indent}  > {_told(told)}"
    for follow_up in traced.follow_ups:
        yield from _lines(follow_up, depth + 1, parent=traced.seq)


def _particulars(traced: Traced) -> Iterator[str]:
    yield f"happened {_moment(traced.time)}, received {_moment(traced.received_at)}"
    yield f"subject {traced.subject}"
    if others := {name: each for name, each in traced.ids.items() if each != traced.subject}:
        yield ", ".join(f"{name} {each}" for name, each in others.items())
    for name in ("actor", "traceparent", "tracestate"):
        if value := getattr(traced, name):
            yield f"{name} {value}"
    if traced.refused:
        yield f"refused: {traced.refused}"
    if not traced.is_routed:
        yield "not routed yet: the relay has still to see it"
    elif not traced.deliveries:
        yield "nobody takes it: kept for the record"


def _settled(delivery: TracedDelivery) -> str:
    """What became of it in one handler, on one line."""
    tries = delivery.attempts + delivery.deaths
    parts = [
        f"{delivery.handler} ({delivery.lane}): {delivery.state}",
        f"after {tries} failed {'try' if tries == 1 else 'tries'}" if tries else "",
        f"in {duration(delivery.latency_s)}" if delivery.settled_at else "",
        f"due {_moment(delivery.due_at)}" if delivery.due_at else "",
        f"waits for {delivery.awaits}" if delivery.awaits else "",
        f"which was refused ({delivery.awaits_refused})" if delivery.awaits_refused else "",
        _reason(delivery),
        f"error: {delivery.error}" if delivery.error else "",
    ]
    return ", ".join(part for part in parts if part)


def _told(told: ToldTrace) -> str:
    """Say whom it told what, on one line."""
    parts = [
        f"{told.template} to {told.user_id} by {told.channel}: {told.status}",
        told.reason or "",
        f"goes out {_moment(told.send_after)}" if told.status == "scheduled" else "",
        f"tried {told.attempts} times" if told.attempts > 1 else "",
        f"as one with #{told.told_with}" if told.told_with else "",
    ]
    return ", ".join(part for part in parts if part)


def _reason(delivery: TracedDelivery) -> str:
    """Why; of what is done it says how it stood then, and may have been judged again since."""
    if delivery.reason is None:
        return ""
    return f"noted then: {delivery.reason}" if delivery.state == "done" else delivery.reason


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3] + "Z"
