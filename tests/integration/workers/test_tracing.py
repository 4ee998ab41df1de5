"""Spans of what is published, applied and followed, as a collector of OpenTelemetry gets them."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import run
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext
from sqlalchemy import Engine, text
from sqlmodel import Session

from domain.batch import DomainEvent
from domain.catalogue import HANDLERS
from domain.dispatch import Report
from domain.envelope import Envelope
from domain.trace_context import child, span_of
from domain.users.payloads import UserRegistered
from domain.verdict import Rejected
from gateway.__main__ import server_config
from gateway.app import make_app
from gateway.tracing import TracedApp
from tests.helpers.command import Momento
from tests.helpers.pages import an_id
from tests.helpers.serving import serving
from workers.bells import Bells
from workers.broker import make_broker
from workers.clock import utc_now
from workers.desk import WorkDesk
from workers.errors import CommandError
from workers.keys import create_key
from workers.sending.handed_over import HandedOver
from workers.spans import LINKS_AT_MOST, Spans, exporter_named
from workers.tracing import start_tracing
from workers.work import Shift

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT_SPAN = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{PARENT_SPAN}-01"
UNRECORDED = f"00-{TRACE}-{PARENT_SPAN}-00"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CANARY = "Canary 4915112345678"
REGISTERED = HANDLERS["users.apply_user_registered"]


def registered(name: str, traceparent: str | None = PARENT) -> DomainEvent[UserRegistered]:
    payload = UserRegistered.parse(
        json.dumps(
            {"user_id": an_id(name), "clerk_id": name, "birth_date": "1990-01-01"}
            | {"last_name": CANARY, "email": "canary@example.com"}
        )
    )
    return DomainEvent(1, f"said of {name}", "/test", NOW, payload, "{}", traceparent)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[Spans]:
    made = Spans(exporter, "momento-test", at_once=True)
    yield made
    made.stop()


def in_trace(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    return [
        span
        for span in exporter.get_finished_spans()
        if f"{own_context(span).trace_id:032x}" == TRACE
    ]


def own_context(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context


def parent_of(span: ReadableSpan) -> str | None:
    return f"{span.parent.span_id:016x}" if span.parent else None


class TestABatch:
    def test_each_of_it_is_in_its_own_trace_beside_what_followed(
        self, spans: Spans, exporter: InMemorySpanExporter
    ) -> None:
        said = registered("Ana")
        follow_up = Envelope(
            source="/workers",
            id="followed",
            type="app.momento.user.departed.v1",
            subject=said.payload.user_id,
            time=NOW,
            data="{}",
            traceparent=child(PARENT, "followed"),
            cause=said.seq,
        )
        report = Report(2, {"done": 2}, {}, [said, registered("Bo", None)], 1, [follow_up])
        spans.applied(REGISTERED, report, began=1_000, ended=5_000)
        batch = exporter.get_finished_spans()[0]
        assert batch.name == "process plans"
        assert batch.parent is None
        assert [f"{link.context.trace_id:032x}" for link in batch.links] == [TRACE]
        assert dict(batch.attributes or {})["messaging.batch.message_count"] == 2
        processed, followed = in_trace(exporter)
        assert (processed.name, processed.kind.name) == ("process user.registered", "CONSUMER")
        assert parent_of(processed) == PARENT_SPAN
        assert (processed.start_time, processed.end_time) == (1_000, 5_000)
        assert [link.context for link in processed.links] == [own_context(batch)]
        assert (followed.name, followed.kind.name) == ("send user.departed", "PRODUCER")
        assert own_context(followed).span_id == int(span_of("followed"), 16)
        assert parent_of(followed) == f"{own_context(processed).span_id:016x}"

    def test_a_rejection_is_said_with_its_reason_and_is_no_error(
        self, spans: Spans, exporter: InMemorySpanExporter
    ) -> None:
        said = registered("Ana")
        report = Report(1, {"rejected": 1}, {said.seq: Rejected("underage", "Too young.")}, [said])
        spans.applied(REGISTERED, report, began=1, ended=2)
        (processed,) = in_trace(exporter)
        attributes = dict(processed.attributes or {})
        assert attributes["momento.outcome"] == "rejected"
        assert attributes["momento.reason"] == "underage"
        assert processed.status.status_code.name == "UNSET"

    def test_what_nobody_records_has_no_span(
        self, spans: Spans, exporter: InMemorySpanExporter
    ) -> None:
        report = Report(1, {"done": 1}, {}, [registered("Ana", UNRECORDED)])
        spans.applied(REGISTERED, report, began=1, ended=2)
        (batch,) = exporter.get_finished_spans()
        assert not batch.links

    def test_of_very_many_causes_as_many_are_linked_as_are_kept(
        self, spans: Spans, exporter: InMemorySpanExporter
    ) -> None:
        many = [
            registered(f"{number}", f"00-{number + 1:032x}-{PARENT_SPAN}-01")
            for number in range(200)
        ]
        spans.applied(REGISTERED, Report(200, {}, {}, many), began=1, ended=2)
        assert len(exporter.get_finished_spans()[0].links) == LINKS_AT_MOST

    def test_nothing_personal_is_in_any_span(
        self, spans: Spans, exporter: InMemorySpanExporter
    ) -> None:
        """G15."""
        spans.applied(REGISTERED, Report(1, {}, {}, [registered("Ana")]), began=1, ended=2)
        written = "".join(span.to_json() for span in exporter.get_finished_spans())
        assert an_id("Ana") in written
        assert CANARY not in written
        assert "canary@" not in written


class TestANotification:
    def test_it_is_in_the_trace_of_what_it_tells_of(
        self, spans: Spans, exporter: InMemorySpanExporter
    ) -> None:
        told = [
            HandedOver("one", "told", PARENT),
            HandedOver("two", "told", PARENT, "http_500"),
            HandedOver("three", "told", None),
        ]
        spans.handed_over("push", told, began=1, ended=2)
        sent, failed = exporter.get_finished_spans()
        assert (sent.name, parent_of(sent)) == ("send push", PARENT_SPAN)
        assert dict(failed.attributes or {})["error.type"] == "http_500"
        assert failed.status.status_code.name == "ERROR"


class TestWhetherAnybodyWantsThem:
    @pytest.mark.parametrize(
        "environ",
        [
            {},
            {"OTEL_TRACES_EXPORTER": "none"},
            {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"},
            {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"},
        ],
    )
    def test_without_its_variables_there_is_none(self, environ: dict[str, str]) -> None:
        assert start_tracing("worker", environ) is None

    def test_an_exporter_that_there_is_not_is_refused(self) -> None:
        with pytest.raises(CommandError, match="otlp"):
            exporter_named("zipkin")

    def test_nothing_of_it_is_imported_unless_somebody_wants_it(self) -> None:
        program = (
            "import sys, workers.actors, gateway.__main__, workers.sending.__main__;"
            "ours = ('opentelemetry.exporter', 'workers.spans', 'sentry_sdk');"
            "sys.exit(any(name.startswith(ours) for name in sys.modules))"
        )
        assert run([sys.executable, "-c", program], check=False).returncode == 0


@contextmanager
def a_collector() -> Iterator[tuple[str, list[SentSpan]]]:
    """Receive spans by OTLP over HTTP; its URL, and what it got."""
    got: list[SentSpan] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent = ExportTraceServiceRequest.FromString(body)
            got.extend(
                span
                for resource in sent.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestFromTheRequestToTheTables:
    def test_one_trace_holds_all_of_it(
        self, engine: Engine, broker_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with a_collector() as (url, got):
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
            spans = start_tracing("test")
            assert spans is not None
            with serving(TracedApp(make_app(engine), spans), server_config) as gateway:
                answer = publish(
                    gateway, new_key(engine), said_of("Ana"), said_of("Bo", UNRECORDED)
                )
            assert answer.status_code == 202
            spans.stop()
            spans = start_tracing("test")
            bells = Bells(make_broker(broker_url))
            Shift(WorkDesk(engine), bells, 100, utc_now, spans=spans).work("plans")
            assert spans is not None
            spans.stop()
        names = [span.name for span in got]
        assert names == ["send domain-events", "process plans", "process user.registered"]
        request, batch, processed = got
        assert request.parent_span_id.hex() == PARENT_SPAN
        assert request.trace_id.hex() == processed.trace_id.hex() == TRACE
        assert processed.links[0].span_id == batch.span_id
        assert CANARY not in str(got)

    def test_what_is_sent_without_a_trace_takes_that_of_its_request(
        self, engine: Engine, momento: Momento
    ) -> None:
        with serving(make_app(engine), server_config) as gateway:
            headers = {"traceparent": PARENT, "tracestate": "rojo=1"}
            own = f"00-{'a' * 32}-{PARENT_SPAN}-01"
            said = [said_of("Ana", None), said_of("Bo", own), said_of("Cleo", None)]
            publish(gateway, new_key(engine), *said[:2], **headers)
            publish(gateway, new_key(engine), said[2], traceparent="nonsense")
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT traceparent, tracestate FROM domain_events ORDER BY seq")
            )
            assert [tuple(row) for row in rows] == [(PARENT, "rojo=1"), (own, None), (None, None)]
        traced = momento("trace", "said of Ana").out
        assert f"traceparent {PARENT}" in traced
        assert "tracestate rojo=1" in traced


def said_of(name: str, traceparent: str | None = PARENT) -> dict[str, Any]:
    payload = registered(name).payload
    return {
        "specversion": "1.0",
        "id": f"said of {name}",
        "source": "/services/api",
        "type": payload.TYPE,
        "subject": payload.subject,
        "time": NOW.isoformat(),
        "data": json.loads(payload.model_dump_json(exclude_unset=True)),
        "traceparent": traceparent,
    }


def publish(url: str, key: str, *said: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(
        f"{url}/v1/events",
        content=json.dumps(said),
        headers={
            "authorization": f"Bearer {key}",
            "content-type": "application/cloudevents-batch+json",
            "traceparent": PARENT,
            **headers,
        },
    )


def new_key(engine: Engine) -> str:
    with Session(engine) as session, session.begin():
        return create_key(session, "test", types=["*"])[1]
