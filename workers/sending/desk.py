"""One channel's work: take, send, record; ask, record; and look after what was lost.

Each step is a transaction of its own, and no provider is ever asked within one.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from logging import DEBUG
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine
from sqlmodel import Session

from domain.dispatch import describe
from domain.notifications.addresses import let_go
from domain.notifications.asking import take_questions
from domain.notifications.handing import InHand, Taken, take
from domain.notifications.hearing import Change, give_up_lost, hear
from domain.notifications.tracing import traceparents
from domain.ports import PortTroubleError
from domain.resting import end_rest, is_resting, rest
from domain.trace_context import trace_id
from workers.chores.chore import transaction
from workers.log import logger
from workers.measuring import MEASURES, Measures
from workers.providers.ports import Accepted, Result, Trouble
from workers.sending.answers import Answer, judge_results
from workers.sending.handed_over import HandedOver
from workers.sending.outlet import Outlet

if TYPE_CHECKING:
    from workers.spans import Spans

_LOG: Final = logger("sending")


@dataclass(frozen=True, slots=True)
class SendingDesk:
    """Where one channel's notifications are handed over."""

    engine: Engine
    outlet: Outlet
    clock: Callable[[], datetime]
    spans: "Spans | None" = None
    measures: Measures = MEASURES

    @property
    def name(self) -> str:
        """The channel."""
        return self.outlet.channel

    @property
    def slots(self) -> int:
        """So many requests are made at once."""
        return self.outlet.slots

    @property
    def page(self) -> int:
        """How many are asked after at once."""
        return self.outlet.page

    def take(self) -> Taken:
        """Take what is due in hand."""
        outlet = self.outlet
        with transaction(self.engine) as session:
            taken = take(
                session,
                outlet.channel,
                limit=outlet.limit,
                a_second=outlet.a_second,
                now=self.clock(),
            )
        left = {(str(outlet.channel), status): count for status, count in taken.left.items()}
        self.measures.notified(left)
        return taken

    def send(self, in_hand: Sequence[InHand]) -> list[Result]:
        """Hand over what was taken; whatever goes wrong with us, it may have been sent."""
        began = time.time_ns()
        try:
            with self.measures.busy.with_(self.outlet.channel, len(in_hand)):
                results = self.outlet.send(in_hand)
        except Exception as error:  # noqa: BLE001 - what it did before it failed nobody knows
            _LOG.error("sending.failed", channel=self.outlet.channel, error=describe(error))
            code = f"failed_{type(error).__name__}"
            results = [Trouble(code, may_be_accepted=True) for _ in in_hand]
        ended = time.time_ns()
        took_s = (ended - began) / 1e9
        self.measures.asked_provider(self.outlet.channel, took_s=took_s)
        self.measures.handed_over(self.outlet.channel, _waited(in_hand, results, now=self.clock()))
        _LOG.info(
            "notifications.handed_over",
            channel=self.outlet.channel,
            count=len(in_hand),
            ms=round(took_s * 1e3, 1),
            **_counted(results),
        )
        if self.spans is not None or _LOG.is_enabled_for(DEBUG):
            self._show(in_hand, results, began=began, ended=ended)
        return results

    def _show(
        self, in_hand: Sequence[InHand], results: Sequence[Result], *, began: int, ended: int
    ) -> None:
        """Say of each in which trace it was handed over; what fails here fails nothing else."""
        try:
            with transaction(self.engine) as session:
                parents = traceparents(session, {each.notification_id for each in in_hand})
        except Exception as error:  # noqa: BLE001 - it was sent, and that is what matters
            _LOG.debug("traces.unknown", error=type(error).__name__)
            return
        shown = [
            HandedOver(
                each.handover_id,
                each.notification_id,
                parents.get(each.notification_id),
                result.code if isinstance(result, Trouble) else None,
            )
            for each, result in zip(in_hand, results, strict=True)
        ]
        for each in shown:
            trace = each.traceparent and trace_id(each.traceparent)
            _LOG.debug("notification.handed_over", id=each.notification_id, trace_id=trace)
        if self.spans is not None:
            channel = str(self.outlet.channel)
            self.spans.handed_over(channel, shown, began=began, ended=ended)

    def record(self, in_hand: Sequence[InHand], results: Sequence[Result]) -> None:
        """Write what came of it, and leave a provider alone that is in trouble."""
        now = self.clock()
        answers = judge_results(in_hand, results, channel=self.outlet.channel, now=now)
        troubles = [result for result in results if isinstance(result, Trouble)]
        with transaction(self.engine) as session:
            changes = self._write(session, answers, now=now)
            if len(troubles) == len(results):
                self._rest(session, self.outlet.channel, trouble=troubles[0], now=now)
            else:
                end_rest(session, self.outlet.channel)
        self.measures.notified(changes)

    def ask(self) -> int:
        """Ask what became of a page of handovers; give how many were asked about."""
        now = self.clock()
        with transaction(self.engine) as session:
            if is_resting(session, self._asking, now=now):
                return 0
            questions = take_questions(
                session, self.outlet.channel, limit=self.outlet.page, now=now
            )
        if not questions:
            return 0
        answers, trouble = self.outlet.ask(questions)
        now = self.clock()
        with transaction(self.engine) as session:
            changes = self._write(session, answers, now=now)
            if trouble is not None:
                self._rest(session, self._asking, trouble=trouble, now=now)
            else:
                end_rest(session, self._asking)
        self.measures.notified(changes)
        return len(questions)

    def give_up_lost(self) -> int:
        """Mark what is in hand of senders that are gone."""
        with transaction(self.engine) as session:
            count, changes = give_up_lost(session, now=self.clock())
        self.measures.notified(changes)
        if count:
            _LOG.warning("handovers.lost", count=count)
        return count

    def _write(
        self, session: Session, answers: Sequence[Answer], *, now: datetime
    ) -> Counter[Change]:
        changes = hear(session, [each.heard for each in answers], now=now)
        unreached = [each.unreached for each in answers if each.unreached is not None]
        if unreached:
            let_go(session, self.outlet.channel, unreached)
        return changes

    @property
    def _asking(self) -> str:
        """The port that rests where asking is in trouble: sending goes on meanwhile."""
        return f"{self.outlet.channel}.asking"

    def _rest(self, session: Session, port: str, *, trouble: Trouble, now: datetime) -> None:
        reason = PortTroubleError(trouble.code, retry_after=trouble.retry_after)
        pause = rest(session, port, reason, now=now)
        say = _LOG.error if trouble.needs_operator else _LOG.warning
        say("channel.resting", channel=port, reason=trouble.code, pause=str(pause))


def _waited(
    in_hand: Sequence[InHand], results: Sequence[Result], *, now: datetime
) -> Iterator[float]:
    """Give for how long each notification had waited that was to go at once, and has now gone."""
    told: set[str] = set()
    for each, result in zip(in_hand, results, strict=True):
        is_first = each.notification_id not in told
        if is_first and each.heard_at is not None and isinstance(result, Accepted):
            told.add(each.notification_id)
            yield (now - each.heard_at).total_seconds()


def _counted(results: Sequence[Result]) -> dict[str, int]:
    """Count results by their kind, for a log line."""
    counts: dict[str, int] = {}
    for result in results:
        name = type(result).__name__.lower()
        counts[name] = counts.get(name, 0) + 1
    return counts
