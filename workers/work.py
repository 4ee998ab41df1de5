"""What an answered bell does: route what was published, apply what is due, until nothing is."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from domain.catalogue import HANDLERS, Handler
from domain.dispatch import Report, apply_due
from domain.routing import due_handlers, route
from domain.trace_context import trace_id
from domain.verdict import Accepted, Deferred, Rejected, Verdict
from workers.bells import Bells
from workers.desk import WorkDesk
from workers.log import logger
from workers.measuring import MEASURES, Measures, kinds_of
from workers.pausing import PAUSES, Pauses

if TYPE_CHECKING:
    from workers.spans import Spans

# A bell is answered for this long at most; then the lane is rung again, so that a stop is soon
# noticed and no lane holds a thread for ever.
SLICE: Final = timedelta(seconds=5)
ROUTE_LIMIT: Final = 2_000


@dataclass(slots=True)
class Shift:
    """One worker thread's way of working: its desk, its bells, and when to stop."""

    desk: WorkDesk
    bells: Bells
    batch_size: int
    now: Callable[[], datetime]
    stopping: Event = field(default_factory=Event)
    handlers: Mapping[str, Handler] = field(default_factory=lambda: HANDLERS)
    spans: "Spans | None" = None
    measures: Measures = MEASURES
    pauses: Pauses = PAUSES
    _broke_off_at: str | None = None

    def work(self, lane: str) -> int:
        """Answer a bell of a lane; give how many deliveries were settled or put off."""
        handlers = self._handlers_of(lane)
        ends = time.monotonic() + SLICE.total_seconds()
        total = 0
        while due := self._find_due(lane, handlers):
            before = total
            for handler in due:
                if self.stopping.is_set() or time.monotonic() >= ends:
                    self._broke_off_at = handler.name
                    self.bells.ring([lane])
                    return total
                total += self._apply(handler)
            if total == before:
                # Others have it in hand: to look again and again would only slow them down.
                break
        return total

    def _handlers_of(self, lane: str) -> list[Handler]:
        """List a lane's handlers, from where the last slice broke off, so that none starves."""
        handlers = [handler for handler in self.handlers.values() if handler.lane == lane]
        names = [handler.name for handler in handlers]
        start = names.index(self._broke_off_at) if self._broke_off_at in names else 0
        self._broke_off_at = None
        return [*handlers[start:], *handlers[:start]]

    def _find_due(self, lane: str, handlers: Sequence[Handler]) -> list[Handler]:
        """Route what lies in the outbox, ring other lanes that got something, see what is due."""
        with self.desk.quick() as session:
            routed = route(session, limit=ROUTE_LIMIT, now=self.now())
            due = due_handlers(session, handlers, now=self.now())
        self.bells.ring(routed.lanes - {lane})
        self.measures.routed(routed.number, routed.oldest, now=self.now())
        return due

    def _apply(self, handler: Handler) -> int:
        """Apply one batch of a handler and log it."""
        started, now = time.time_ns(), self.now()
        with self.measures.busy.with_(handler.name):
            # Asked once it shows in what this process does: whoever reads there that it has
            # nothing of the handler in hand can be sure that it begins nothing either.
            if self.pauses.hold(handler.name, now):
                return 0
            report = apply_due(self.desk.desk, handler, limit=self.batch_size, now=now)
        if report.claimed:
            ended = time.time_ns()
            took_s = (ended - started) / 1e9
            self.measures.applied(handler, report, began=now, took_s=took_s)
            log_report(handler, report, milliseconds=took_s * 1e3)
            if self.spans is not None:
                self.spans.applied(handler, report, began=started, ended=ended)
        return report.claimed


_LOG = logger("work")


def log_report(handler: Handler, report: Report, *, milliseconds: float) -> None:
    """Write one line for a batch, one a kind of failure, and one a domain event when debugging."""
    for kind, count in kinds_of(report).items():
        _LOG.error(
            "deliveries.failed", handler=handler.name, lane=handler.lane, error=kind, count=count
        )
    _LOG.info(
        "batch.applied",
        handler=handler.name,
        lane=handler.lane,
        claimed=report.claimed,
        followed=report.followed,
        ms=round(milliseconds, 1),
        **_common_trace(report),
        **report.outcomes,
    )
    if not _LOG.is_enabled_for(10):
        return
    for each in report.domain_events:
        _LOG.debug(
            "delivery.settled",
            handler=handler.name,
            seq=each.seq,
            id=each.id,
            source=each.source,
            trace_id=trace_id(each.traceparent) if each.traceparent else None,
            **_said(report.verdicts.get(each.seq)),
        )


def _common_trace(report: Report) -> dict[str, str]:
    """Name the trace that all of a batch belongs to, if it is one: as when little is to be done."""
    first = report.domain_events[0].traceparent if report.domain_events else None
    traces = {each.traceparent and trace_id(each.traceparent) for each in report.domain_events}
    return {"trace_id": trace_id(first)} if first and len(traces) == 1 else {}


def _said(verdict: Verdict | None) -> dict[str, Any]:
    """A verdict as fields of a log line."""
    match verdict:
        case Rejected(reason):
            return {"outcome": "rejected", "reason": reason}
        case Deferred(awaits):
            return {"outcome": "deferred", "awaits": awaits}
        case Accepted(note) if note:
            return {"outcome": "done", "note": note}
        case _:
            return {"outcome": "done"}
