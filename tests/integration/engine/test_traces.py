"""A job is one trace, from whoever asked for it to each call, whichever process does what."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from stoflow.actors.permits import Permits
from stoflow.domain.ids import JobId
from stoflow.domain.run import RunMessage
from stoflow.monitoring.lines import FIELDS
from stoflow.monitoring.telemetry import OpenTelemetry
from stoflow.monitoring.traces import asked_in, trace_by
from stoflow.storage.engine.reads.queue import begin_queued
from stoflow.worker.functions import consume

if TYPE_CHECKING:
    from conftest import Bench

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    trace_by(OpenTelemetry(SimpleSpanProcessor(exporter), kind="test"))
    yield exporter
    trace_by(None)


def permitted(bench: "Bench", job: JobId) -> RunMessage:
    """The message of an orchestrator, as it comes to a worker."""
    with bench.database.records() as connection:
        (queued,) = begin_queued(connection, bench.tenant, [job])()
    permits = Permits(bench.tenant, "shop", bench.epoch, bench.owner, 4, lambda _: 0.0, lambda _: None)
    return RunMessage.from_json(permits.permit(queued, stepwise=False).to_json())


def ids(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context


def test_one_trace_leads_from_the_request_over_orchestrator_and_worker_to_each_call(
    bench: "Bench", spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with asked_in(PARENT):
        job = bench.submit(bench.product())
    consume(bench.engine, permitted(bench, job).to_json())
    assert bench.row(job)["status"] == "completed"
    found = spans.get_finished_spans()
    by_id = {ids(span).span_id: span for span in found}

    def path(span: ReadableSpan) -> list[str]:
        above = by_id.get(span.parent.span_id) if span.parent else None
        return [*(path(above) if above else []), span.name]

    assert {format(ids(span).trace_id, "032x") for span in found} == {TRACE}
    paths = [path(span) for span in found]
    before = ["submit publish", "permit", "run act"]
    assert before in paths
    assert [*before, "act create", "POST shop"] in paths
    (made,) = [span for span in found if path(span) == [*before, "act create"]]
    assert dict(made.attributes or {}) == {"stoflow.task": "create", "stoflow.attempt": 1}
    lines = [getattr(each, FIELDS, {}) for each in caplog.records]
    assert {fields["trace_id"] for fields in lines if fields.get("fact") == "AttemptEnded"} == {TRACE}


def test_without_opentelemetry_a_job_keeps_its_callers_trace_and_the_log_names_it(
    bench: "Bench", caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with asked_in(PARENT):
        job = bench.submit(bench.product())
    assert bench.row(job)["traceparent"] == PARENT
    message = permitted(bench, job)
    assert message.traceparent == PARENT
    consume(bench.engine, message.to_json())
    lines = [getattr(each, FIELDS, {}) for each in caplog.records]
    assert {fields["trace_id"] for fields in lines if fields.get("fact") == "JobCompleted"} == {TRACE}
    assert bench.row(bench.submit(bench.product()))["traceparent"] is None
