"""Metrics for Prometheus, for whoever has the token that the operator chose for that."""

import hmac
from importlib import import_module
from io import BytesIO
from typing import Final

from stoflow.http.auth.auth import bearer_token
from stoflow.http.auth.tokens import NotAuthenticated
from stoflow.http.context import Context
from stoflow.http.rest.endpoint import Asked, Operation, StreamAnswer
from stoflow.http.rest.problems import NotAllowed
from stoflow.resources.monitoring import snapshot
from stoflow.settings import variable_of

OPEN_METRICS: Final = "application/openmetrics-text"
PROTOBUF: Final = "application/vnd.google.protobuf"
MESSAGE: Final = "proto=io.prometheus.client.MetricFamily"


def read_metrics(context: Context, asked: Asked) -> StreamAnswer:
    _check(context.metrics_token, asked.headers.get("authorization", ""))
    found = snapshot.read_snapshot(context)
    # Loaded by who asks: where nobody does, no api pays for it.
    metrics = import_module("stoflow.resources.monitoring.metrics").metrics_of(found)
    forms = import_module("stoflow.resources.monitoring.exposition")
    if _asks_for_protobuf(asked.headers.get("accept", "")):
        return StreamAnswer(BytesIO(forms.as_protobuf(metrics)), f"{PROTOBUF}; {MESSAGE}; encoding=delimited")
    return StreamAnswer(BytesIO(forms.as_text(metrics)), f"{OPEN_METRICS}; version=1.0.0; charset=utf-8")


def _asks_for_protobuf(accept: str) -> bool:
    """Say whether a Prometheus that takes native histograms asks: it names their form before any other."""
    first = accept.partition(",")[0].replace(" ", "")
    return first.startswith(PROTOBUF) and MESSAGE in first and "encoding=delimited" in first


def _check(token: str, given: str) -> None:
    if not token:
        raise NotAllowed(f"Nobody may read metrics until the operator sets {variable_of('metrics_token')}.")
    if not hmac.compare_digest(bearer_token(given).encode(), token.encode()):
        raise NotAuthenticated("This is not the token for metrics.")


OPERATIONS: Final = (
    Operation(
        "GET", "/metrics", "readMetrics", "Read metrics of the whole installation, for Prometheus.",
        read_metrics, (OPEN_METRICS, PROTOBUF), problems=(401, 403, 422, 503), public=True, uncounted=True,
    ),
)  # fmt: skip
