"""Traces leave by OTLP, also those of a process that ends at once; where they are off nothing of them is loaded."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from stoflow.monitoring.traces import traceparent_in

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (PARENT, True),
        ("", False),
        (PARENT.upper(), False),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"ff-{TRACE}-b7ad6b7169203331-01", False),
        (f"{PARENT}-more", False),
        (f"{PARENT}\n", False),
    ],
)
def test_a_callers_traceparent_is_taken_as_w3c_has_it_or_not_at_all(header: str, known: bool) -> None:
    assert traceparent_in(header) == (header if known else "")


class Receiver(BaseHTTPRequestHandler):
    """An OTLP receiver: HTTP, Protocol Buffers."""

    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers["Content-Type"], ExportTraceServiceRequest.FromString(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base names it
        pass


@pytest.fixture
def receiver() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Receiver)
    server.heard = []
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


PROCESS = """
import os, sys
from stoflow.cli.beginning import begin
from stoflow.domain.facts.processes import ProcessStopped
from stoflow.monitoring.record import record
from stoflow.monitoring.traces import span, traceparent
settings = begin(sys.argv[1])
with span(sys.argv[2], "producer", parent=sys.argv[3], stoflow__job=42):
    print(traceparent())
record(ProcessStopped(sys.argv[1], 1))
os._exit(0)  # as a forked process ends
"""


def process(receiver: Any, *arguments: str, **variables: str) -> str:
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "STOFLOW_TRACES": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.server_port}",
    }
    command = [sys.executable, "-u", "-c", PROCESS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment | variables)
    return done.stdout.strip()


def test_two_processes_send_one_trace_before_they_end(receiver: Any) -> None:
    given = process(receiver, "api", "submit publish", PARENT)
    process(receiver, "worker-process", "run act", given, OTEL_SERVICE_NAME="ours")
    assert [(path, kind) for path, kind, _ in receiver.heard] == [("/v1/traces", "application/x-protobuf")] * 2
    found = [
        (told, span)
        for *_, said in receiver.heard
        for told in said.resource_spans
        for span in told.scope_spans[0].spans
    ]
    assert [span.trace_id.hex() for _, span in found] == [TRACE, TRACE]
    assert [span.parent_span_id.hex() for _, span in found] == ["b7ad6b7169203331", found[0][1].span_id.hex()]
    names = [{each.key: each.value.string_value for each in told.resource.attributes} for told, _ in found]
    assert [each["service.name"] for each in names] == ["stoflow-api", "ours"]


def test_opentelemetrys_own_variables_decide_what_is_sampled(receiver: Any) -> None:
    process(receiver, "api", "submit publish", PARENT, OTEL_TRACES_SAMPLER="always_off")
    assert receiver.heard == []


OFF = """
import sys
from stoflow.cli.beginning import begin
from stoflow.monitoring.traces import span, traceparent
begin("api")
import stoflow.wiring.api, stoflow.wiring.worker, stoflow.wiring.orchestrator
with span("a"): assert traceparent() == ""
# redis-py loads a part of it by itself where it is installed.
print(*(name for name in sys.modules if name.startswith(("opentelemetry.sdk.trace.", "opentelemetry.exporter", "google."))))
print(*(name for name in sys.modules if name == "stoflow.monitoring.telemetry"))
"""


def test_nothing_is_loaded_where_they_are_off() -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", OFF]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == ""
