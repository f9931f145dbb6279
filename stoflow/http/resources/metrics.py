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


def read_metrics(context: Context, asked: Asked) -> StreamAnswer:
    _check(context.metrics_token, asked.headers.get("authorization", ""))
    found = snapshot.read_snapshot(context)
    # Loaded by who asks: where nobody does, no api pays for it.
    exposition = import_module("stoflow.resources.monitoring.metrics").exposition
    return StreamAnswer(BytesIO(exposition(found)), f"{OPEN_METRICS}; version=1.0.0; charset=utf-8")


def _check(token: str, given: str) -> None:
    if not token:
        raise NotAllowed(f"Nobody may read metrics until the operator sets {variable_of('metrics_token')}.")
    if not hmac.compare_digest(bearer_token(given).encode(), token.encode()):
        raise NotAuthenticated("This is not the token for metrics.")


OPERATIONS: Final = (
    Operation(
        "GET", "/metrics", "readMetrics", "Read metrics of the whole installation, for Prometheus.",
        read_metrics, (OPEN_METRICS,), problems=(401, 403, 422, 503), public=True, uncounted=True,
    ),
)  # fmt: skip
