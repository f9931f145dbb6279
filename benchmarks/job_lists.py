"""Lists of everybody's jobs: a million of two thousand tenants, each view asked for again and again by one operator."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from benchmarks.figures import percentile
from benchmarks.machine import machine
from stoflow.admission.facts import Conditions
from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.page import Page
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.migrations import runner
from stoflow.monitoring.live.reader import Live
from stoflow.resources.jobs.bulk import BulkAct, BulkWish, change_many
from stoflow.resources.jobs.errors import list_errors
from stoflow.resources.jobs.everywhere import SeesAll, list_everywhere
from stoflow.resources.jobs.views import JobFilter
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import create_tenant
from stoflow.upkeep.action_types import register_action_types

P95_AT_MOST_MS = 300.0
TIMES = 40

# So that actions, ends and errors are as mixed as they come: one in twenty failed, one in a hundred waits.
JOBS = """
INSERT INTO {schema}.marketplace_jobs (marketplace, action_type_id, priority, status, input_data, max_retries,
  created_at, started_at, completed_at, error_kind, error_message, error_fields)
SELECT a.marketplace, a.id, 3, k.status, '{{"note": "bench"}}', 3, k.at, k.at, k.at,
  CASE WHEN k.status = 'failed' THEN (ARRAY['refused', 'broken', 'try_again'])[1 + n %% 3] END,
  CASE WHEN k.status = 'failed' THEN 'The marketplace said no to it.' END,
  CASE WHEN k.status = 'failed' THEN jsonb_build_array(jsonb_build_object('field', 'title', 'message', 'no',
    'code', (25000 + n %% 40)::text)) END
FROM generate_series(1, %(jobs)s) AS n
CROSS JOIN LATERAL (SELECT clock_timestamp() - ((%(jobs)s - n) * 1800 + random() * 1800) * interval '1 second' AS at,
  CASE WHEN n %% 20 = 0 THEN 'failed' WHEN n %% 97 = 0 THEN 'pending' WHEN n %% 89 = 0 THEN 'cancelled'
    ELSE 'completed' END AS status) AS k
JOIN public.marketplace_action_types a ON a.id = (
  SELECT id FROM public.marketplace_action_types ORDER BY id OFFSET n %% %(actions)s LIMIT 1)
ORDER BY n
"""
INDEX_FAILURES = """
UPDATE public.job_index i SET kind = j.error_kind, code = public.error_code(j.error_fields), failed_at = j.completed_at
FROM {schema}.marketplace_jobs j WHERE i.tenant = {tenant} AND i.job = j.id AND j.status = 'failed'
"""
ANALYZE = "ANALYZE public.job_index"
SCANS = "SELECT coalesce(sum(seq_scan), 0)::int AS scans FROM pg_stat_user_tables WHERE {which}"


@dataclass(frozen=True, slots=True)
class Plan:
    tenants: int = 2_000
    jobs: int = 500  # of each tenant


SHORT = Plan(20, 50)


@dataclass(frozen=True, slots=True)
class View:
    """One view asked for many times; `items` is how many its page has."""

    name: str
    p50_ms: float
    p95_ms: float
    items: int
    within_bound: bool


@dataclass
class Looking:
    """What the use cases take, before a live view that knows nothing."""

    database: Database
    registry: Registry
    conditions: Conditions

    @property
    def watching(self) -> "Looking":
        return self

    reader = watching

    def announced(self) -> None:
        pass

    def read(self) -> Live:
        return Live(0.0, None, (), (), {})


def measure(plan: Plan) -> dict[str, Any]:
    """Fill an installation, then ask for each view; also how many tables were read from end to end meanwhile."""
    with machine() as place:
        runner.migrate(place.urls.database_url, parallel=1)
        database = Database(place.urls.database_url)
        try:
            return _measured(database, plan)
        finally:
            database.close()


def _measured(database: Database, plan: Plan) -> dict[str, Any]:
    registry = build_registry(entry_points=False)
    register_action_types(database, registry)
    tenants = [create_tenant(database, f"tenant{number}@example.com") for number in range(plan.tenants)]
    for tenant in tenants:
        _fill(database, tenant, plan.jobs)
    with database.records() as connection:
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute(ANALYZE)
    looking = Looking(database, registry, Conditions())
    needs = cast("SeesAll", looking)
    before = _scans(database)
    views = [_asked(name, ask) for name, ask in _views(needs, tenants).items()]
    scans = _scans(database) - before
    began = time.perf_counter()
    wanted = JobFilter(error_kind="refused", error_code="25000")
    done = change_many(looking, None, BulkWish(BulkAct.RETRY, wanted, OPERATOR))
    took_s = time.perf_counter() - began
    return {
        "jobs": plan.tenants * plan.jobs,
        "views": [asdict(view) for view in views],
        "index_scanned_from_end_to_end": scans,
        "retried_by_filter": {"jobs": done.changed, "tenants": plan.tenants, "took_s": took_s},
        "within_bound": not scans and all(view.within_bound for view in views),
    }


def _fill(database: Database, tenant: TenantId, jobs: int) -> None:
    schema = schema_name(tenant)
    with database.records() as connection:
        actions = connection.execute("SELECT count(*) AS n FROM public.marketplace_action_types").fetchone()
        assert actions is not None
        connection.execute(JOBS.format(schema=schema).encode(), {"jobs": jobs, "actions": actions["n"]})
        connection.execute(INDEX_FAILURES.format(schema=schema, tenant=int(tenant)).encode())
        connection.execute("DELETE FROM public.outbox")


def _views(needs: SeesAll, tenants: Sequence[TenantId]) -> Mapping[str, Callable[[], int]]:
    chosen = random.Random(1)

    def listed(**named: Any) -> Callable[[], int]:
        return lambda: len(list_everywhere(needs, JobFilter(**named)).items)

    def second_page(**named: Any) -> Callable[[], int]:
        first: Page[Any] = list_everywhere(needs, JobFilter(**named))
        return listed(**named, cursor=first.next_cursor)

    return {
        "newest": listed(),
        "second page": second_page(),
        "failed": listed(status=JobStatus.FAILED),
        "failed, of one kind and id": listed(error_kind="refused", error_code="25000"),
        "pending on eBay": listed(status=JobStatus.PENDING, marketplace="ebay"),
        "running (none)": listed(status=JobStatus.RUNNING),
        "a text": listed(status=JobStatus.FAILED, text="said no"),
        "a text nobody said": listed(status=JobStatus.FAILED, text="zzz"),
        "a kind of Hold": listed(hold="no_orchestrator"),
        "one tenant": lambda: len(list_everywhere(needs, JobFilter(), chosen.choice(tenants)).items),
        "errors of everybody": lambda: len(list_errors(needs, None)),
        "errors of one tenant": lambda: len(list_errors(needs, chosen.choice(tenants))),
    }


def _asked(name: str, ask: Callable[[], int]) -> View:
    items, took_ms = 0, list[float]()
    for _ in range(TIMES):
        began = time.perf_counter()
        items = ask()
        took_ms.append(1000 * (time.perf_counter() - began))
    p95_ms = percentile(took_ms, 0.95)
    return View(name, percentile(took_ms, 0.5), p95_ms, items, p95_ms <= P95_AT_MOST_MS)


def _scans(database: Database) -> int:
    """Return how often the index of jobs was read from end to end."""
    with database.records() as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        row = connection.execute(SCANS.format(which="relname = 'job_index'").encode()).fetchone()
    assert row is not None
    return row["scans"]
