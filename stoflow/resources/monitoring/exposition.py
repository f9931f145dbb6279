"""The two forms in which Prometheus is told metrics: text, and Protocol Buffers, which alone has native histograms."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from stoflow.monitoring.live.durations import BOUNDS, SCHEMA, Durations

# io.prometheus.client.MetricFamily (github.com/prometheus/client_model, metrics.proto): numbers of fields and types.
TYPES: Final = {"counter": 0, "gauge": 1, "histogram": 4}
VARINT, FIXED64, DELIMITED = 0, 1, 2


class DurationsFamily(HistogramMetricFamily):
    """A histogram of `Durations`: text tells it by BOUNDS, Protocol Buffers by its own finer buckets too."""

    def __init__(
        self, name: str, about: str, labels: Sequence[str], values: Mapping[tuple[str, ...], Durations]
    ) -> None:
        super().__init__(name, about, labels=labels)
        self.labels = tuple(labels)
        self.values = values
        for at, durations in sorted(values.items()):
            buckets = [("+Inf" if bound == BOUNDS[-1] else str(bound), durations.up_to(bound)) for bound in BOUNDS]
            self.add_metric(at, buckets, durations.total_s)


class _Told(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def as_text(metrics: Iterable[Metric]) -> bytes:
    """Return OpenMetrics 1.0."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(metrics))
    return generate_latest(registry)


def as_protobuf(metrics: Iterable[Metric]) -> bytes:
    """Return each family as a message that its length stands before."""
    families = [_family(metric) for metric in metrics]
    return b"".join(_varint(len(family)) + family for family in families)


def _family(metric: Metric) -> bytes:
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    begin = _text(1, name) + _text(2, metric.documentation) + _number(3, TYPES[metric.type])
    if isinstance(metric, DurationsFamily):
        return begin + b"".join(
            _message(4, _labels(dict(zip(metric.labels, at, strict=True))) + _message(7, _histogram(durations)))
            for at, durations in sorted(metric.values.items())
        )
    field = {"counter": 3, "gauge": 2}[metric.type]
    return begin + b"".join(
        _message(4, _labels(each.labels) + _message(field, _double(1, each.value))) for each in metric.samples
    )


def _labels(labels: Mapping[str, str]) -> bytes:
    return b"".join(_message(1, _text(1, name) + _text(2, value)) for name, value in sorted(labels.items()))


def _histogram(durations: Durations) -> bytes:
    classic = (_message(3, _number(1, durations.up_to(bound)) + _double(2, bound)) for bound in BOUNDS)
    spans = (_message(12, _signed(1, offset) + _number(2, length)) for offset, length in durations.spans())
    deltas = (_signed(13, delta) for delta in durations.deltas())
    return b"".join(
        [
            _number(1, durations.count),
            _double(2, durations.total_s),
            *classic,
            _signed(5, SCHEMA),
            _double(6, 0.0),
            _number(7, 0),
            *spans,
            *deltas,
        ]
    )


def _varint(value: int) -> bytes:
    said = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits to a byte, the eighth says that more come
        said.append(value & 0x7F | 0x80)
        value >>= 7
    said.append(value)
    return bytes(said)


def _tag(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _number(field: int, value: int) -> bytes:
    return _tag(field, VARINT) + _varint(value)


def _signed(field: int, value: int) -> bytes:
    """Return a sint: small also where it is negative."""
    return _number(field, value << 1 if value >= 0 else (-value << 1) - 1)


def _double(field: int, value: float) -> bytes:
    return _tag(field, FIXED64) + struct.pack("<d", value)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, value: bytes) -> bytes:
    return _tag(field, DELIMITED) + _varint(len(value)) + value
