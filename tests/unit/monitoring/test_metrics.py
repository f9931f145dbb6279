"""Metrics: as many series as there are marketplaces, actions and kinds, and no name in rules or boards that is none."""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from stoflow.domain.facts.work import AttemptEnded, CallEnded, CallsLeftTold, JobCompleted, JobFailed, TenantSwept
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.durations import BOUNDS, LONGEST, SHORTEST, Durations, bucket_of
from stoflow.monitoring.live.place import LivePlace
from stoflow.monitoring.live.reader import Live, LiveProcess
from stoflow.resources.monitoring.causes import Seen
from stoflow.resources.monitoring.exposition import as_protobuf, as_text
from stoflow.resources.monitoring.metrics import metrics_of
from stoflow.resources.monitoring.rows import rows_of
from stoflow.resources.monitoring.snapshot import Snapshot
from stoflow.resources.monitoring.verdict import judge
from stoflow.storage.engine.reads.installation import InstallationFacts, LivingProcess

DOCUMENTS = Path(__file__).parents[3] / "docs" / "monitoring"
PROMTOOL = shutil.which("promtool")
NAME = re.compile(r"\bstoflow_\w+")
NOW = datetime.now(UTC)
PLACES = ("ebay", "etsy")


def board_of(tenants: int) -> Board:
    """Return what a process shows of so many tenants that did all the same."""
    board = Board("worker", clock=NOW.timestamp)
    for tenant in range(1, tenants + 1):
        for place in PLACES:
            board.hear(JobCompleted(tenant, 1, place, "publish", 3.0))
            board.hear(JobFailed(tenant, 2, place, "publish", "offer", 1, "refused", "no", "none"))
            board.hear(AttemptEnded(place, "publish", "look", "Absent", 0.5))
            board.hear(CallsLeftTold(place, "day", 86_400.0, 100 - tenant, 100))
            board.hear(CallEnded(place, "429", 0.3))
            board.hear(CallEnded(place, "200", 7.0))
            board.hear(TenantSwept(tenant, 1, 0))
    return board


def snapshot(tenants: int = 2) -> Snapshot:
    queue = {
        "pending": 3,
        "oldest": NOW.timestamp() - 60,
        "kinds": {"pace": {"jobs": 3, "until": None, "oldest": NOW.timestamp() - 30}},
    }
    board = board_of(tenants)
    told = json.loads(board.written())
    places = [
        LivePlace(tenant, name, {"in_flight": 1, "cap": 4}, queue) for tenant in range(tenants) for name in PLACES
    ]
    process = LiveProcess(0.1, 0.0, {**told, "process": 2, "pools": {"connections": 4, "waiting": 0}})
    live = Live(NOW.timestamp(), 1.0, (process,), places, dict(board.take_changes().counts))
    worker = LivingProcess(2, "worker", None, "host", 1, "0.1.0", 60.0, 25.0)
    facts = InstallationFacts(NOW, (worker,), 5, NOW, tenants, 1)
    rows = rows_of(live, PLACES)
    return Snapshot(NOW, NOW, judge(Seen(live, facts, rows)), rows, live.processes, facts, live.counts)


def samples(tenants: int = 2) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = as_text(metrics_of(snapshot(tenants))).decode()
    families: Any = text_string_to_metric_families(text)
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for one in families for each in one.samples}


def test_what_processes_counted_is_told_as_openmetrics() -> None:
    found = samples()
    ebay = ("marketplace", "ebay")
    assert found["stoflow_calls_total", (("code", "429"), ebay)] == 2
    job = (("action", "publish"), ("kind", "refused"), ebay, ("outcome", "failed"))
    assert found["stoflow_jobs_ended_total", job] == 2
    assert found["stoflow_jobs_waiting", (ebay,)] == 6
    assert found["stoflow_jobs_held", (("hold", "pace"), ebay)] == 6
    assert found["stoflow_oldest_waiting_seconds", (ebay,)] == 60
    assert found["stoflow_oldest_held_seconds", (("hold", "pace"), ebay)] == 30
    assert found["stoflow_calls_left", (ebay, ("window", "day"))] == 98
    assert found["stoflow_calls_limit", (ebay, ("window", "day"))] == 100
    assert found["stoflow_lease_left_seconds", (("kind", "worker"),)] == 25
    assert found["stoflow_swept_tasks_total", ()] == 4
    assert found["stoflow_outbox_jobs", ()] == 5
    assert found["stoflow_database_pool", (("kind", "worker"), ("state", "connections"))] == 4


def test_jobs_and_attempts_are_timed_by_marketplace_action_and_outcome_where_it_is_known() -> None:
    found, at = samples(), (("action", "publish"), ("marketplace", "ebay"))
    assert found["stoflow_job_seconds_count", (*at, ("outcome", "completed"))] == 2
    assert found["stoflow_job_seconds_sum", (*at, ("outcome", "completed"))] == 6
    assert ("stoflow_job_seconds_count", (*at, ("outcome", "failed"))) not in found  # nobody knew
    assert found["stoflow_task_seconds_count", (*at, ("outcome", "Absent"), ("purpose", "look"))] == 2


def test_protocol_buffers_tell_the_same_with_native_histograms() -> None:
    families = read_families(as_protobuf(metrics_of(snapshot())))
    named = {family.name: family for family in families}
    assert {name.removesuffix("_total") for name in named} == {metric.name for metric in metrics_of(snapshot())}
    calls = {label.value: each.counter.value for each in named["stoflow_calls_total"].metric for label in each.label}
    assert calls["429"] == calls["200"] == 2
    (ebay,) = [each for each in named["stoflow_call_seconds"].metric if each.label[0].value == "ebay"]
    told = ebay.histogram
    assert (told.sample_count, round(told.sample_sum, 3), told.schema, told.zero_count) == (4, 14.6, 3, 0)
    assert [bucket.cumulative_count for bucket in told.bucket if bucket.upper_bound in {0.25, 0.5, 8.0}] == [0, 2, 4]
    numbers, at = [], 0
    for span in told.positive_span:
        numbers += range(at + span.offset, at + span.offset + span.length)
        at += span.offset + span.length
    counts = list(accumulate(told.positive_delta))
    assert [(round(2 ** ((number - 1) / 8), 2), round(2 ** (number / 8), 2)) for number in numbers] == [
        (0.3, 0.32),
        (6.73, 7.34),
    ]
    assert counts == [2, 2]


@given(st.lists(st.floats(1e-6, 1e8), max_size=60))
def test_every_time_falls_into_its_bucket_and_spans_name_them_all(seconds: list[float]) -> None:
    numbers = [bucket_of(each) for each in seconds]
    assert all(SHORTEST <= number <= LONGEST for number in numbers)
    inside = [(each, number) for each, number in zip(seconds, numbers, strict=True) if 2**-10 < each <= 2**22]
    assert all(2 ** ((number - 1) / 8) * 0.999 < each <= 2 ** (number / 8) * 1.001 for each, number in inside)
    durations = Durations(sum(seconds), dict(Counter(numbers)))
    found, at = list[int](), 0
    for offset, length in durations.spans():
        found += range(at + offset, at + offset + length)
        at += offset + length
    assert found == sorted(durations.buckets)
    assert list(accumulate(durations.deltas())) == [durations.buckets[number] for number in found]
    assert durations.up_to(BOUNDS[-1]) == len(seconds)


def read_families(document: bytes) -> list[Any]:
    """Read as Prometheus does, by the messages of its own metrics.proto and Google's library."""
    kind, at, families = family_message(), 0, list[Any]()
    while at < len(document):
        length = document[at] & 0x7F
        while document[at] & 0x80:
            at += 1
            length |= (document[at] & 0x7F) << 7  # none of ours is longer than two of its bytes can say
        at += 1
        families.append(kind.FromString(document[at : at + length]))
        at += length
    return families


def family_message() -> Any:
    """Return the class of io.prometheus.client.MetricFamily, with what we write of it."""
    kinds = {"string": 9, "double": 1, "uint64": 4, "sint32": 17, "sint64": 18, "uint32": 13, "int32": 5}
    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="p", syntax="proto2")
    for line in METRICS_PROTO.strip().splitlines():
        message, *fields = line.split()
        described = file.message_type.add(name=message)
        for number, field in (each.split("=") for each in fields):
            repeats, name, kind = field.partition("*")[1], *field.replace("*", "").split(":")
            described.field.add(
                name=name,
                number=int(number),
                label=3 if repeats else 1,
                type=kinds.get(kind, 11),
                **({} if kind in kinds else {"type_name": f".p.{kind}"}),
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("p.Family"))


METRICS_PROTO = """
Family 1=name:string 2=help:string 3=type:int32 4=*metric:Metric
Metric 1=*label:Label 2=gauge:Value 3=counter:Value 7=histogram:Histogram
Label 1=name:string 2=value:string
Value 1=value:double
Histogram 1=sample_count:uint64 2=sample_sum:double 3=*bucket:Bucket 5=schema:sint32 6=zero_threshold:double 7=zero_count:uint64 12=*positive_span:Span 13=*positive_delta:sint64
Bucket 1=cumulative_count:uint64 2=upper_bound:double
Span 1=offset:sint32 2=length:uint32
"""


def test_what_calls_took_falls_into_buckets_that_add_up() -> None:
    found, ebay = samples(), ("marketplace", "ebay")
    assert found["stoflow_call_seconds_bucket", (("le", "0.25"), ebay)] == 0
    assert found["stoflow_call_seconds_bucket", (("le", "0.5"), ebay)] == 2
    assert found["stoflow_call_seconds_bucket", (("le", "+Inf"), ebay)] == 4
    assert found["stoflow_call_seconds_count", (ebay,)] == 4
    assert round(found["stoflow_call_seconds_sum", (ebay,)], 3) == 14.6


def test_as_many_tenants_as_there_may_be_make_no_series_more() -> None:
    assert set(samples(2)) == set(samples(10_000))


def test_a_verdict_is_told_with_what_is_wrong() -> None:
    found = samples()
    assert found["stoflow_well", (("question", "flows"),)] == 0
    assert found["stoflow_trouble", (("cause", "no_orchestrator"), ("marketplace", ""))] == 1


def expressions() -> Iterator[str]:
    rules: Any = yaml.safe_load((DOCUMENTS / "prometheus-rules.yml").read_text(encoding="utf-8"))
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])
    board: Any = json.loads((DOCUMENTS / "grafana-dashboard.json").read_text(encoding="utf-8"))
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is Debian's package prometheus")
def test_promtool_takes_the_rules_and_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    board = {
        "groups": [
            {
                "name": "board",
                "rules": [
                    {"record": f"board:{number}", "expr": expression} for number, expression in enumerate(expressions())
                ],
            }
        ]
    }
    (tmp_path / "board.yml").write_text(yaml.safe_dump(board))
    for rules in (DOCUMENTS / "prometheus-rules.yml", tmp_path / "board.yml"):
        done = subprocess.run([str(PROMTOOL), "check", "rules", rules], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    text = as_text(metrics_of(snapshot())).replace(b"# EOF\n", b"")
    linted = subprocess.run([str(PROMTOOL), "check", "metrics"], input=text, capture_output=True, check=False)
    assert linted.returncode in {0, 3}, linted.stderr  # 3: a name that could be better, which ours keep


def test_an_alert_tells_that_there_is_nothing_to_read() -> None:
    """Every other alert compares a number of StoFlow's, and is silent where /metrics is."""
    assert [each for each in expressions() if "absent(up{" in each] == [
        'up{job="stoflow"} == 0 or absent(up{job="stoflow"})'
    ]
    assert "job_name: stoflow" in (DOCUMENTS.parent / "monitoring.md").read_text(encoding="utf-8")


def test_alerts_and_the_dashboard_name_only_what_there_is() -> None:
    named = {name for expression in expressions() for name in NAME.findall(expression)}
    assert named <= {name for name, _ in samples()} | {metric.name for metric in metrics_of(snapshot())}
    assert len(named) > 10
