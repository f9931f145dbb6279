#!/usr/bin/env bash
# prometheus-client 0.26.0: a native histogram of values below one loses its spans when its own text is read back.
#
# Expected: `text_string_to_metric_families` reads what `generate_latest(version="2.0.0")` wrote: a histogram of seconds, most of
#           them fractions, has spans that begin at a negative number (schema 3: 0.3 s is in bucket -13).
# Happens:  a span with a minus sign is not seen: `pos_spans` is None while `pos_deltas` are there, without an error; of two
#           spans both are gone. Values above one come back whole. And what it writes as 2.0.0 is an earlier draft:
#           OpenMetrics 2.0 (its first candidate is of 2026-04) says `positive_buckets`, counts, where it says
#           `positive_deltas`; of a line as the standard has it, it reads no bucket at all, without an error either.
# Seen on 2026-11-29, prometheus-client 0.26.0, Python 3.11:
#   above one   {count:4,sum:14.6,schema:3,zero_threshold:0.0,zero_count:0,positive_spans:[13:1,10:1],positive_deltas:[2,0]}
#               read back: spans ['13:1', '10:1'], deltas (2, 0)
#   below one   {count:4,sum:14.6,schema:3,zero_threshold:0.0,zero_count:0,positive_spans:[-13:1,36:1],positive_deltas:[2,0]}
#               read back: spans None, deltas (2, 0)
#   as in OpenMetrics 2.0   read: spans ['13:1', '10:1'], deltas None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check prometheus-client==0.26.0
"$folder/venv/bin/python" - <<'PYTHON'
from prometheus_client import CollectorRegistry
from prometheus_client.core import BucketSpan, NativeHistogram
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families


class Taken:
    def __init__(self, first):
        spans = [BucketSpan(first, 1), BucketSpan(10 if first > 0 else 36, 1)]
        self.histogram = NativeHistogram(4, 14.6, 3, 0.0, 0, pos_spans=spans, pos_deltas=[2, 0])

    def collect(self):
        metric = Metric("seconds", "What it took.", "histogram")
        metric.add_sample("seconds", {}, None, native_histogram=self.histogram)
        yield metric


def read(text):
    ((sample,),) = [family.samples for family in text_string_to_metric_families(text)]
    told = sample.native_histogram
    spans = None if told.pos_spans is None else [f"{offset}:{length}" for offset, length in told.pos_spans]
    return spans, None if told.pos_deltas is None else tuple(told.pos_deltas)


found = {}
for name, first in (("above one", 13), ("below one", -13)):
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Taken(first))
    written = generate_latest(registry, version="2.0.0").decode()
    found[name] = read(written)
    print(f"{name}: {written.splitlines()[2]}\n  read back: spans {found[name][0]}, deltas {found[name][1]}")
standard = written.replace("[-13:1,36:1]", "[13:1,10:1]").replace("positive_deltas:[2,0]", "positive_buckets:[2,2]")
found["standard"] = read(standard)
print(f"as in OpenMetrics 2.0: {standard.splitlines()[2]}\n  read: spans {found['standard'][0]}, deltas {found['standard'][1]}")
assert found["above one"] == (["13:1", "10:1"], (2, 0)), "changed: spans above one"
assert found["below one"] == (None, (2, 0)), "changed: spans below one are read back"
assert found["standard"] == (["13:1", "10:1"], None), "changed: buckets as OpenMetrics 2.0 has them are read"
PYTHON
