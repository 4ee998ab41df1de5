"""Trouble, made on purpose: a rule that a migration brought too early, and how it is mended.

Two words of thanks are barred from the table of kudos, so that the handler of kudos fails on them
as it would after such a mistake. One of the bars is lifted again and its dead are retried, the
first of them alone; the other stays until somebody mends it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final
from uuid import uuid4

from sqlmodel import Session

from domain.envelope import Envelope, enclose
from domain.kudos.payloads import KudosGiven
from domain.ops.acting import Key
from domain.ops.bulk import Order, start
from domain.ops.permissions import Actor
from domain.ops.triage import DeadSelection
from domain.outbox import derived_id
from domain.sql import execute, fetch
from domain.tables.accounts import Role, Via
from domain.tables.kudos import Kudo
from domain.tables.ops import BulkKind
from workers.city.diary import API
from workers.clock import utc_now
from workers.errors import CommandError

HANDLER: Final = "kudos.apply_kudos_given"
MENDED, LASTING = Kudo.HELPFUL, Kudo.INSPIRING
THANKED: Final = {MENDED: 24, LASTING: 12}
LATE: Final = 6
DEAD_WITHIN: Final = timedelta(minutes=2)
DEMO: Final = Actor("demo", Role.OPERATOR, Via.COMMAND)
WHY: Final = "the rule that barred them is gone"

# Opens one transaction after the other.
Begin = Callable[[], AbstractContextManager[Session]]
Post = Callable[[Sequence[Envelope]], object]


def make_trouble(told: Sequence[Envelope], begin: Begin, post: Post) -> None:
    """Have thanks die, rescue some of them, and have a few more fail that are tried again."""
    thanks = [page for page in told if page.type == KudosGiven.TYPE]
    for kudo in THANKED:
        with begin() as session:
            _bar(session, kudo)
    post([page for kudo, count in THANKED.items() for page in _again(thanks[:count], kudo)])
    _let_time_pass(begin)
    with begin() as session:
        _allow(session, MENDED)
    with begin() as session:
        keys = tuple(_dead(session, MENDED))
        if keys:
            order = Order(BulkKind.RETRY, DeadSelection(keys=keys), WHY, expected=len(keys), rate=5)
            start(session, DEMO, order, identity=uuid4(), now=utc_now())
    post(list(_again(thanks[-LATE:], LASTING)))


def mend(begin: Begin) -> None:
    """Take every bar away; what is dead stays so until it is retried."""
    for kudo in THANKED:
        with begin() as session:
            _allow(session, kudo)


def _bar(session: Session, kudo: Kudo) -> None:
    """Bar new ones; a check holds for changes of old rows too, and these should go on well."""
    _allow(session, kudo)
    execute(
        session,
        f"ALTER TABLE attendee_kudos ADD CONSTRAINT {_name(kudo)}"
        f" CHECK (kudo <> '{kudo.value}' OR created_at < '{utc_now().isoformat()}') NOT VALID",
    )


def _allow(session: Session, kudo: Kudo) -> None:
    execute(session, f"ALTER TABLE attendee_kudos DROP CONSTRAINT IF EXISTS {_name(kudo)}")


def _name(kudo: Kudo) -> str:
    return f"demo_bars_{kudo.value}"


def _again(thanks: Sequence[Envelope], kudo: Kudo) -> Iterator[Envelope]:
    """Have the same people thanked for something else."""
    for page in thanks:
        said = KudosGiven.parse(page.data)
        again = derived_id("trouble", page.id, kudo)
        payload = said.model_copy(update={"kudos_id": again, "kudo": kudo})
        yield enclose(payload, source=API, time=page.time, id=again)


def _let_time_pass(begin: Begin) -> None:
    """Bring forward each next try of what failed, which would take a day, until it is dead.

    Raises CommandError if it doesn't die, as without a worker.
    """
    until = time.monotonic() + DEAD_WITHIN.total_seconds()
    while time.monotonic() < until:
        with begin() as session:
            execute(
                session,
                "UPDATE deliveries SET due_at = clock_timestamp()"
                " WHERE handler = %(handler)s AND state = 'failed' AND due_at > clock_timestamp()",
                handler=HANDLER,
            )
            dead = [_dead(session, kudo) for kudo in THANKED]
        if all(dead) and _is_settled(begin):
            return
        time.sleep(0.5)
    raise CommandError(
        "What was to fail didn't die within two minutes: are workers and the relay at work?"
        " `momento demo --mend` takes the trouble away."
    )


def _is_settled(begin: Begin) -> bool:
    with begin() as session:
        ((is_open,),) = fetch(
            session,
            "SELECT EXISTS (SELECT FROM deliveries"
            " WHERE handler = %(handler)s AND state IN ('pending', 'failed'))",
            handler=HANDLER,
        )
    return not is_open


def _dead(session: Session, kudo: Kudo) -> list[Key]:
    rows = fetch(
        session,
        "SELECT seq, handler FROM deliveries JOIN domain_events AS told USING (seq)"
        " WHERE handler = %(handler)s AND state = 'dead' AND told.data ->> 'kudo' = %(kudo)s"
        " ORDER BY seq",
        handler=HANDLER,
        kudo=kudo.value,
    )
    return [(seq, handler) for seq, handler in rows]
