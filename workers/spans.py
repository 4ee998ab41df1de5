"""Spans for OpenTelemetry, made of what was done once it is done. Needs the extra `otel`.

Names and attributes are those of the semantic conventions for messaging, 1.44. A batch has many
causes, so its span begins a trace of its own with links to them; and whoever began a trace and
records it gets a span in it for each thing that became of it. Spans hold ids, counts and codes,
nothing that people wrote.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExporter,
)
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from domain.batch import DomainEvent
from domain.catalogue import Handler
from domain.dispatch import Report
from domain.envelope import Envelope
from domain.payload import name_of
from domain.trace_context import is_sampled, span_of
from domain.verdict import Deferred, GivenUp, Rejected, Verdict
from workers.errors import CommandError
from workers.sending.handed_over import HandedOver

SYSTEM: Final = "momento"
INBOX: Final = "domain-events"
# As many as the SDK keeps unless it is told otherwise.
LINKS_AT_MOST: Final = 128
_PROPAGATOR: Final = TraceContextTextMapPropagator()


def exporter_named(name: str) -> SpanExporter:
    """Give an exporter as OTEL_TRACES_EXPORTER names it; raises CommandError for another."""
    if name == "otlp":
        return OTLPSpanExporter()
    if name == "console":
        return ConsoleSpanExporter()
    raise CommandError("OTEL_TRACES_EXPORTER must be otlp (over HTTP), console or none.")


class _SpanIds(RandomIdGenerator):
    """Makes ids of spans by chance, but for one that is known before its span is made."""

    def __init__(self) -> None:
        """Know none."""
        self.known = threading.local()

    def generate_span_id(self) -> int:
        """Give the known one, once, or any."""
        known: int | None = self.known.__dict__.pop("id", None)
        return super().generate_span_id() if known is None else known


@dataclass(frozen=True, slots=True)
class About:
    """What a span says: its name, kind, attributes, links, and when it began (ns since 1970)."""

    name: str
    kind: SpanKind
    began: int
    attributes: Mapping[str, Any]
    links: Sequence[Link] = field(default_factory=list)


class Spans:
    """Makes and sends them."""

    def __init__(self, exporter: SpanExporter, service: str, *, at_once: bool = False) -> None:
        """Send in batches, from a thread beside the work; or each at once, for tests."""
        self._ids = _SpanIds()
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": service}), id_generator=self._ids
        )
        processor = SimpleSpanProcessor if at_once else BatchSpanProcessor
        self._provider.add_span_processor(processor(exporter))
        self._tracer = self._provider.get_tracer(SYSTEM)

    def stop(self) -> None:
        """Send what is still to be sent."""
        self._provider.shutdown()

    def published(
        self,
        headers: Mapping[str, str],
        envelopes: Sequence[Envelope],
        *,
        status: int,
        began: int,
        ended: int,
    ) -> None:
        """Note a request to publish; its headers say which trace it belongs to."""
        attributes = {
            **_operation("send", INBOX),
            "http.response.status_code": status,
            "messaging.batch.message_count": len(envelopes),
        }
        links = _links(each.traceparent for each in envelopes)
        about = About(f"send {INBOX}", SpanKind.PRODUCER, began, attributes, links)
        span = self._begin(about, _PROPAGATOR.extract(headers, Context()))
        if status >= HTTPStatus.BAD_REQUEST:
            _fail(span, str(status))
        span.end(ended)

    def applied(self, handler: Handler, report: Report, *, began: int, ended: int) -> None:
        """Note a batch, and each of it in its own trace with what followed from it."""
        traced = [each for each in report.domain_events if _is_recorded(each.traceparent)]
        attributes = {
            **_operation("process", handler.lane),
            "messaging.consumer.group.name": handler.name,
            "messaging.batch.message_count": report.claimed,
            "momento.followed": report.followed,
            **{f"momento.{outcome}": count for outcome, count in report.outcomes.items()},
        }
        links = _links(each.traceparent for each in traced)
        name = f"process {handler.lane}"
        batch = self._begin(About(name, SpanKind.CONSUMER, began, attributes, links), Context())
        batch.end(ended)
        beside = [Link(batch.get_span_context())]
        contexts: dict[int | None, Context] = {}
        for each in traced:
            about = About(
                f"process {name_of(each.payload.TYPE)}",
                SpanKind.CONSUMER,
                began,
                {**attributes_of(each, handler), **_outcome(report.verdicts.get(each.seq))},
                beside,
            )
            span = self._begin(about, _context(each.traceparent, each.tracestate))
            span.end(ended)
            contexts[each.seq] = set_span_in_context(span, Context())
        for follow_up in report.follow_ups:
            if follow_up.cause in contexts:
                self._followed(follow_up, contexts[follow_up.cause], moment=ended)

    def handed_over(
        self, channel: str, told: Iterable[HandedOver], *, began: int, ended: int
    ) -> None:
        """Note notifications that were handed to a provider, each in the trace that caused it."""
        for each in told:
            if _is_recorded(each.traceparent):
                attributes = {
                    **_operation("send", channel),
                    "messaging.message.id": each.handover_id,
                    "momento.notification_id": each.notification_id,
                }
                about = About(f"send {channel}", SpanKind.PRODUCER, began, attributes)
                span = self._begin(about, _context(each.traceparent, None))
                if each.trouble is not None:
                    _fail(span, each.trouble)
                span.end(ended)

    def _followed(self, said: Envelope, context: Context, *, moment: int) -> None:
        """Note what was published with the id that its own traceparent names."""
        self._ids.known.id = int(span_of(said.id), 16)
        attributes = {
            **_operation("send", name_of(said.type)),
            "messaging.message.id": said.id,
            "cloudevents.event_id": said.id,
            "cloudevents.event_source": said.source,
            "cloudevents.event_type": said.type,
            "cloudevents.event_subject": said.subject,
        }
        name = f"send {name_of(said.type)}"
        self._begin(About(name, SpanKind.PRODUCER, moment, attributes), context).end(moment)

    def _begin(self, about: About, context: Context) -> Span:
        return self._tracer.start_span(
            about.name,
            context,
            about.kind,
            attributes=about.attributes,
            links=about.links,
            start_time=about.began,
        )


def attributes_of(said: DomainEvent[Any], handler: Handler) -> dict[str, Any]:
    """Say what a domain event is, without anything of its data but the subject's id."""
    return {
        **_operation("process", name_of(said.payload.TYPE)),
        "messaging.consumer.group.name": handler.name,
        "messaging.message.id": said.id,
        "cloudevents.event_id": said.id,
        "cloudevents.event_source": said.source,
        "cloudevents.event_spec_version": "1.0",
        "cloudevents.event_type": said.payload.TYPE,
        "cloudevents.event_subject": said.payload.subject,
        "momento.seq": said.seq,
    }


def _operation(operation: str, destination: str) -> dict[str, Any]:
    return {
        "messaging.system": SYSTEM,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": destination,
    }


def _outcome(verdict: Verdict | None) -> dict[str, str]:
    """Say what became of it; a rejection is no error of ours."""
    match verdict:
        case Rejected(reason):
            return {"momento.outcome": "rejected", "momento.reason": reason}
        case Deferred(awaits):
            return {"momento.outcome": "deferred", "momento.awaits": awaits}
        case GivenUp():
            return {"momento.outcome": "dead"}
        case _:
            return {"momento.outcome": "done"}


def _fail(span: Span, code: str) -> None:
    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR))


def _is_recorded(traceparent: str | None) -> bool:
    return traceparent is not None and is_sampled(traceparent)


def _context(traceparent: str | None, tracestate: str | None) -> Context:
    said = {"traceparent": traceparent or "", "tracestate": tracestate or ""}
    return _PROPAGATOR.extract(said, Context())


def _links(traceparents: Iterable[str | None]) -> list[Link]:
    """Link to the traces of causes, each once."""
    from_whom = dict.fromkeys(each for each in traceparents if each and _is_recorded(each))
    contexts = [_context(each, None) for each in list(from_whom)[:LINKS_AT_MOST]]
    return [Link(get_current_span(context).get_span_context()) for context in contexts]
