"""One transaction: claim a batch, call the handler, settle, publish and tell. Read this second.

A batch that raises is rolled back and halved until the poisonous domain events stand alone; those
become failed, the rest is applied. Trouble of the database itself is nobody's fault: it is raised
to the worker, and the rows stay due.
"""

import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from domain.batch import Batch, DomainEvent, Effects
from domain.catalogue import Handler
from domain.deliveries import (
    Claimed,
    claim_due,
    claim_these,
    end_patience,
    fail,
    settle,
    suspect,
)
from domain.envelope import Envelope
from domain.notifications.telling import tell_of
from domain.outbox import publish_many
from domain.payload import thing
from domain.sealing import Written, unseal
from domain.things import check_references
from domain.verdict import DONE, Deferred, GivenUp, Rejected, Verdict
from domain.waking import NO_NEWS, News, refuse, take_back_refusals, wake

Transaction = Callable[[], AbstractContextManager[Session]]
Note = Callable[[str, list[int]], None]

# SQLSTATE classes and codes of trouble that passes: connection, resources, operator, locks.
_PASSING_CLASSES = ("08", "53", "57P", "58")
_CONTENTION_CODES = {"40001", "40P01", "55P03"}
_PASSING_CODES = {*_CONTENTION_CODES, "25006", "25P03"}
# Doesn't pass: a statement that takes too long is the fault of what it was asked to do.
_TIMEOUT_CODE = "57014"


@dataclass(frozen=True, slots=True)
class Report:
    """What one call of `apply_due` did: how many were claimed and what became of them."""

    claimed: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    domain_events: Sequence[DomainEvent[Any]] = ()
    followed: int = 0
    follow_ups: Sequence[Envelope] = ()
    news: News = NO_NEWS
    # What was applied, as it was claimed, and the errors of what raised alone.
    deliveries: Sequence[Claimed] = ()
    errors: Sequence[str] = ()

    def __add__(self, other: "Report") -> "Report":
        """Add two reports of halves of one batch."""
        outcomes = dict(self.outcomes)
        for state, count in other.outcomes.items():
            outcomes[state] = outcomes.get(state, 0) + count
        return Report(
            self.claimed + other.claimed,
            outcomes,
            {**self.verdicts, **other.verdicts},
            [*self.domain_events, *other.domain_events],
            self.followed + other.followed,
            [*self.follow_ups, *other.follow_ups],
            self.news | other.news,
            [*self.deliveries, *other.deliveries],
            [*self.errors, *other.errors],
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a worker applies batches: its transactions, and the note of what it has in hand.

    `transaction` opens a session that commits when left, or rolls back when left by an error.
    `note` is written by another connection, before the handler is called.
    """

    transaction: Transaction
    note: Note


def apply_due(desk: Desk, handler: Handler, *, limit: int, now: datetime) -> Report:
    """Claim up to `limit` due deliveries of a handler, apply and settle them.

    Raises the database's error for trouble that passes; then nothing was done, and all of it is
    still due.
    """
    seqs: list[int] = []
    report: Report | None = None
    try:
        with desk.transaction() as session:
            claimed = claim_due(session, handler.name, limit=limit, now=now)
            if not claimed:
                return Report()
            seqs = [each.seq for each in claimed]
            if not claimed[0].deaths:
                desk.note(handler.name, seqs)
                report = _apply(session, handler, claimed, now)
    except Exception as error:
        if is_passing(error) or not seqs:
            raise
        return _apply_halves(desk, handler, seqs, error=error, now=now)
    if report is None:
        # Suspects: whatever was locked in finding them is let go before they are tried.
        return _apply_these(desk, handler, seqs, now)
    _wake_again(desk, report.news, now)
    return report


def _wake_again(desk: Desk, news: News, now: datetime) -> None:
    """Wake those who were just looking while the batch made what they wait for.

    They are found now that the batch is committed. Should this fail, they look again themselves.
    """
    if not news.arrived and not news.refused:
        return
    try:
        with desk.transaction() as session:
            wake(session, news, now=now, in_passing=False)
    except Exception as error:
        if not is_passing(error):
            raise


def _apply_halves(
    desk: Desk, handler: Handler, seqs: list[int], *, error: Exception, now: datetime
) -> Report:
    """Apply each half of a batch that raised; one that raises alone becomes failed.

    A batch that took too long isn't tried again at once, since each half might take as long.
    """
    if len(seqs) == 1:
        with desk.transaction() as session:
            said = describe(error)
            state = fail(session, handler.name, seqs[0], error=said, now=now)
        return Report(1, {state.value: 1}, errors=[said]) if state else Report()
    if _sqlstate(error) == _TIMEOUT_CODE:
        with desk.transaction() as session:
            suspect(session, handler.name, seqs, now=now)
        return Report(len(seqs), {"suspected": len(seqs)})
    middle = len(seqs) // 2
    return _apply_these(desk, handler, seqs[:middle], now) + _apply_these(
        desk, handler, seqs[middle:], now
    )


def _apply_these(desk: Desk, handler: Handler, seqs: list[int], now: datetime) -> Report:
    """Apply given deliveries, as far as they are still to be done."""
    try:
        with desk.transaction() as session:
            claimed = claim_these(session, handler.name, seqs, now=now)
            seqs = [each.seq for each in claimed]
            if not claimed:
                return Report()
            desk.note(handler.name, seqs)
            report = _apply(session, handler, claimed, now)
    except Exception as error:
        if is_passing(error):
            raise
        return _apply_halves(desk, handler, seqs, error=error, now=now)
    _wake_again(desk, report.news, now)
    return report


def _apply(session: Session, handler: Handler, claimed: Sequence[Claimed], now: datetime) -> Report:
    """Call the handler with what exists, then write everything that follows from its answer."""
    batch = Batch(_read(session, handler, claimed))
    verdicts = check_references(session, batch, handler.holds)
    ready = batch.without(verdicts)
    effects = handler.apply(session, ready, now) if ready else Effects()
    verdicts = end_patience(claimed, verdicts | effects.verdicts, now)
    settle(session, handler.name, claimed, verdicts, now)
    news = _announce(session, handler, batch, verdicts) | News(frozenset(effects.arrived))
    wake(session, news, now=now, in_passing=True)
    follow_ups = effects.of(handler.name)
    followed = publish_many(session, follow_ups)
    # Last of all: see domain/notifications/telling.py. What has a note had no effect.
    applied = [each for each in batch if each.seq not in verdicts or verdicts[each.seq] == DONE]
    tell_of(session, handler.name, applied, now=now)
    return Report(
        claimed=len(claimed),
        outcomes=_count(batch, verdicts),
        verdicts=verdicts,
        domain_events=list(batch),
        followed=followed,
        follow_ups=follow_ups,
        news=news,
        deliveries=claimed,
    )


def _read(session: Session, handler: Handler, claimed: Sequence[Claimed]) -> list[DomainEvent[Any]]:
    """Unseal and read the claimed deliveries' payloads."""
    written = [Written(each.source, each.id, each.data) for each in claimed]
    return [
        DomainEvent(
            seq=each.seq,
            id=each.id,
            source=each.source,
            time=each.time,
            payload=handler.payload.read(data),
            data=data,
            traceparent=each.traceparent,
            tracestate=each.tracestate,
        )
        for each, data in zip(claimed, unseal(session, handler.payload, written), strict=True)
    ]


def _announce(
    session: Session, handler: Handler, batch: Batch[Any], verdicts: dict[int, Verdict]
) -> News:
    """Say which things this batch made, and keep which it refused."""
    if handler.creates is None:
        return NO_NEWS
    arrived: set[str] = set()
    refusals: dict[str, str] = {}
    for each in batch:
        name = thing(handler.creates, each.payload.subject)
        match verdicts.get(each.seq):
            case Rejected(reason, _, _):
                refusals[name] = reason
            case Deferred() | GivenUp():
                pass
            case _:
                arrived.add(name)
    take_back_refusals(session, arrived)
    refuse(session, refusals)
    return News(frozenset(arrived), frozenset(refusals))


def _count(batch: Batch[Any], verdicts: dict[int, Verdict]) -> dict[str, int]:
    """Count outcomes by name for the log."""
    names = {Deferred: "deferred", Rejected: "rejected", GivenUp: "dead"}
    counts: dict[str, int] = {}
    for each in batch:
        name = names.get(type(verdicts.get(each.seq)), "done")
        counts[name] = counts.get(name, 0) + 1
    return counts


def is_passing(error: BaseException) -> bool:
    """Say whether an error is trouble of the database that passes by itself."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is None:
        # No answer from the server: the connection is gone.
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return cause.sqlstate in _PASSING_CODES or cause.sqlstate.startswith(_PASSING_CLASSES)


def is_contention(error: BaseException) -> bool:
    """Say whether others were in the way, which does the connection no harm."""
    return _sqlstate(error) in _CONTENTION_CODES


def is_timeout(error: BaseException) -> bool:
    """Say whether a statement was ended because it took too long."""
    return _sqlstate(error) == _TIMEOUT_CODE


def _sqlstate(error: BaseException) -> str | None:
    """Give the code by which Postgres names an error, if it is one of Postgres's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None


def describe(error: BaseException) -> str:
    """Say what went wrong and where, without the values that messages of errors carry.

    An error's text may hold personal data (a phone number in a violated key), so only its class,
    SQLSTATE, constraint and place are kept.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = getattr(cause, "sqlstate", None)
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
    frames = [
        f"{frame.filename.rpartition('/domain/')[2]}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/domain/" in frame.filename and "/site-packages/" not in frame.filename
    ]
    parts = [type(cause).__name__, code and f"SQLSTATE {code}", constraint, *frames[-3:]]
    return " | ".join(part for part in parts if part)
