"""Metrics: as many series as there are marketplaces, actions and kinds, and no name in rules or boards that is none."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from stoflow.domain.facts.work import AttemptEnded, CallEnded, JobCompleted, JobFailed, TenantSwept
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.reader import Live, LivePlace, LiveProcess
from stoflow.resources.monitoring.causes import Seen
from stoflow.resources.monitoring.metrics import exposition
from stoflow.resources.monitoring.rows import rows_of
from stoflow.resources.monitoring.snapshot import Snapshot
from stoflow.resources.monitoring.verdict import judge
from stoflow.storage.engine.reads.installation import InstallationFacts

DOCUMENTS = Path(__file__).parents[3] / "docs" / "monitoring"
NAME = re.compile(r"\bstoflow_\w+")
NOW = datetime.now(UTC)
PLACES = ("ebay", "etsy")


def counted(tenants: int) -> dict[str, float]:
    """Return what was counted of so many tenants that did all the same."""
    board = Board("worker")
    for tenant in range(1, tenants + 1):
        for place in PLACES:
            board.hear(JobCompleted(tenant, 1, place, "publish"))
            board.hear(JobFailed(tenant, 2, place, "publish", "offer", 1, "refused", "no", "none"))
            board.hear(AttemptEnded(place, "publish", "look", "Absent"))
            board.hear(CallEnded(place, "429", 0.3))
            board.hear(CallEnded(place, "200", 7.0))
            board.hear(TenantSwept(tenant, 1, 0))
    return dict(board.take_changes().counts)


def snapshot(tenants: int = 2) -> Snapshot:
    queue = {"pending": 3, "oldest": NOW.timestamp() - 60, "kinds": {"pace": {"jobs": 3, "until": None}}}
    places = [
        LivePlace(tenant, name, {"in_flight": 1, "cap": 4}, queue) for tenant in range(tenants) for name in PLACES
    ]
    process = LiveProcess(0.1, 0.0, {"kind": "worker", "process": 2, "pools": {"connections": 4, "waiting": 0}})
    live = Live(NOW.timestamp(), 1.0, (process,), places, counted(tenants))
    facts = InstallationFacts(NOW, (), 5, NOW, tenants, 1)
    rows = rows_of(live, PLACES)
    return Snapshot(NOW, NOW, judge(Seen(live, facts, rows)), rows, live.processes, facts, live.counts)


def samples(tenants: int = 2) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = exposition(snapshot(tenants)).decode()
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
    assert found["stoflow_swept_tasks_total", ()] == 4
    assert found["stoflow_outbox_jobs", ()] == 5
    assert found["stoflow_database_pool", (("kind", "worker"), ("state", "connections"))] == 4


def test_what_calls_took_falls_into_buckets_that_add_up() -> None:
    found, ebay = samples(), ("marketplace", "ebay")
    assert found["stoflow_call_seconds_bucket", (("le", "0.25"), ebay)] == 0
    assert found["stoflow_call_seconds_bucket", (("le", "0.5"), ebay)] == 2
    assert found["stoflow_call_seconds_bucket", (("le", "+Inf"), ebay)] == 4
    assert found["stoflow_call_seconds_count", (ebay,)] == 4
    assert round(found["stoflow_call_seconds_sum", (ebay,)], 3) == 14.6


def test_as_many_tenants_as_there_may_be_make_no_series_more() -> None:
    assert set(samples(2)) == set(samples(2_000))


def test_a_verdict_is_told_with_what_is_wrong() -> None:
    found = samples()
    assert found["stoflow_well", (("question", "flows"),)] == 0
    assert found["stoflow_trouble", (("cause", "no_orchestrator"), ("marketplace", ""))] == 1


def expressions() -> Iterator[str]:
    rules: Any = yaml.safe_load((DOCUMENTS / "prometheus-rules.yml").read_text(encoding="utf-8"))
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])
    board: Any = json.loads((DOCUMENTS / "grafana-dashboard.json").read_text(encoding="utf-8"))
    yield from (target["expr"] for panel in board["panels"] for target in panel["targets"])


def test_alerts_and_the_dashboard_name_only_what_there_is() -> None:
    named = {name for expression in expressions() for name in NAME.findall(expression)}
    assert named <= {name for name, _ in samples()}
    assert len(named) > 10
