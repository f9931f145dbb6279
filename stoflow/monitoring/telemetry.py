"""OpenTelemetry's side of the traces: loaded only where they are switched on."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from stoflow.domain.facts.processes import ProcessStopped
from stoflow.monitoring.context import about
from stoflow.monitoring.logs import Fact
from stoflow.monitoring.traces import Attribute, Kind

KINDS: Mapping[Kind, SpanKind] = {
    "server": SpanKind.SERVER,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
    "internal": SpanKind.INTERNAL,
}
FLUSH_MS = 2000
W3C = TraceContextTextMapPropagator()


class _Noted:
    """A span whose attributes have dots where Python's names have underscores twice."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def note(self, **attributes: Attribute) -> None:
        self._span.set_attributes(_named(attributes))


class OpenTelemetry:
    """Makes spans by one provider, whose sampler, resource and exporter OpenTelemetry's own variables choose."""

    def __init__(self, *processors: SpanProcessor, kind: str) -> None:
        named = "OTEL_SERVICE_NAME" in os.environ or "service.name" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
        own = {"service.version": version("stoflow")} | ({} if named else {"service.name": f"stoflow-{kind}"})
        resource = Resource.create(own)
        self._provider = TracerProvider(resource=resource)
        for processor in processors:
            self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("stoflow")

    @contextmanager
    def span(
        self, name: str, kind: Kind, parent: str, attributes: dict[str, Attribute], lasted_s: float
    ) -> Generator[_Noted]:
        now = datetime.now(UTC)  # a span stands at a time of day
        context = W3C.extract({"traceparent": parent}, Context()) if parent else None
        with (
            self._tracer.start_as_current_span(
                name,
                context,
                KINDS[kind],
                _named(attributes),
                start_time=_nanoseconds(now - timedelta(seconds=lasted_s)) if lasted_s else None,
            ) as made,
            about(trace_id=format_trace_id(made.get_span_context().trace_id)),
        ):
            yield _Noted(made)

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        W3C.inject(carrier)
        return carrier.get("traceparent", "")

    def hear(self, fact: Fact) -> None:
        """Send what is left before the process ends: a forked one ends without Python's own farewells."""
        if isinstance(fact, ProcessStopped):
            self._provider.force_flush(FLUSH_MS)


def by_otlp(kind: str) -> OpenTelemetry:
    """Return what sends spans by OTLP to where OpenTelemetry's own variables say."""
    return OpenTelemetry(BatchSpanProcessor(OTLPSpanExporter()), kind=kind)


def _named(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    return {name.replace("__", "."): value for name, value in attributes.items()}


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1e9)
