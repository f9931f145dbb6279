"""An engine without Redis: one tenant whose owner and worker are this process; runs are called directly."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from stoflow.admission.facts import Conditions
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.job import JobChanged
from stoflow.domain.run import RunMessage, RunMode, RunReport
from stoflow.execution.collect import collect
from stoflow.execution.engine import Engine
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.marketplaces.registry import Registry
from stoflow.resources.jobs.change import cancel_job, retry_job
from stoflow.resources.jobs.read import find_job
from stoflow.resources.jobs.views import JobView
from stoflow.storage.applications import Applications
from stoflow.storage.database.session import Database
from stoflow.storage.engine.facts import lines_of, tasks_of
from stoflow.storage.engine.ownership import acquire_tenants, consume_outbox
from stoflow.storage.engine.processes import mark_dead, register_process
from stoflow.storage.engine.statement import s
from stoflow.upkeep.sweep import Sweep

LEASE_S = 30.0
NAMED = re.compile(r"\{s\}\.(marketplace_tasks|job_timeline)\b")
SEEN = f"""WITH marketplace_tasks AS (
  SELECT j.id AS job_id, t.* FROM {s}.marketplace_jobs j CROSS JOIN LATERAL {tasks_of("j")} AS t
), job_timeline AS (
  SELECT j.id AS job_id, l.* FROM {s}.marketplace_jobs j CROSS JOIN LATERAL {lines_of("j")} AS l
) """
UNFOLD_ALL = "SELECT public.unfold('{s}', ARRAY(SELECT id FROM {s}.marketplace_jobs WHERE folded IS NOT NULL))"
HELD_S = 3_600.0  # nobody beats for these processes, so their leases outlast the longest test


def seen_by(query: str) -> str:
    """Return a query of tasks and of lines, `{s}` for the schema, that sees those of jobs that are one row too."""
    return SEEN + NAMED.sub(r"\1", query) if NAMED.search(query) else query


@dataclass
class KeptFeed:
    """Keeps what was reported instead of sending it."""

    reports: list[RunReport] = field(default_factory=list)
    changes: list[JobChanged] = field(default_factory=list)

    def report(self, owner: ProcessId, report: RunReport) -> None:
        self.reports.append(report)

    def job_changed(self, news: JobChanged) -> None:
        self.changes.append(news)

    def commands_waiting(self, tenant: TenantId) -> None:
        pass

    def announced(self) -> None:
        pass


@dataclass
class TenantBench:
    """An engine and one tenant, whose owner and worker are this process."""

    engine: Engine
    feed: KeptFeed
    tenant: TenantId
    owner: ProcessId
    epoch: Epoch
    process: ProcessId

    @property
    def plugins(self) -> list[str]:
        places = self.engine.registry.marketplaces.values()
        return [place.name for place in places if place.by_plugin]

    @property
    def database(self) -> Database:
        return self.engine.database

    @property
    def registry(self) -> Registry:
        return self.engine.registry

    @property
    def announced(self) -> Callable[[], None]:
        return self.feed.announced

    @property
    def conditions(self) -> Conditions:
        return Conditions(plugins=frozenset(self.plugins))

    def row(self, job: JobId) -> dict[str, Any]:
        return self.one(f"SELECT * FROM {{s}}.marketplace_jobs WHERE id = {job}")

    def task(self, job: JobId, name: str) -> dict[str, Any]:
        return self.one(f"SELECT * FROM {{s}}.marketplace_tasks WHERE job_id = {job} AND name = '{name}'")

    def one(self, query: str) -> dict[str, Any]:
        rows = self.all(query)
        assert len(rows) == 1, rows
        return rows[0]

    def all(self, query: str) -> list[dict[str, Any]]:
        """Return what it answers of tasks and of lines however their job is kept; what it writes is in rows."""
        is_read = query.lstrip().upper().startswith("SELECT")
        asked = seen_by(query) if is_read else query
        with self.engine.database.records() as connection:
            if not is_read and NAMED.search(query):
                connection.execute(self._of_tenant(UNFOLD_ALL))
            cursor = connection.execute(self._of_tenant(asked))
            return list(cursor.fetchall()) if cursor.description else []

    def keep_in_rows(self) -> None:
        """Let the jobs that there are be kept in rows of their tasks, as those that did not go well are."""
        with self.engine.database.records() as connection:
            connection.execute(self._of_tenant(UNFOLD_ALL))

    def _of_tenant(self, query: str) -> bytes:
        return query.replace("{s}", f"user_{self.tenant}").encode()

    def message(self, job: JobId, **fields: Any) -> RunMessage:
        """A message for the job's next task as it stands."""
        task = self.all(
            f"SELECT id, claims, look_at FROM {{s}}.marketplace_tasks WHERE job_id = {job} "
            "AND status NOT IN ('completed', 'skipped') ORDER BY position LIMIT 1"
        )
        message = RunMessage(
            tenant=self.tenant,
            job=job,
            task=TaskId(task[0]["id"] if task else 0),
            claims=task[0]["claims"] if task else 0,
            epoch=self.epoch,
            owner=self.owner,
            mode=RunMode.LOOK if task and task[0]["look_at"] else RunMode.ACT,
            permit=True,
            stepwise=False,
        )
        return replace(message, **fields)

    def run(self, job: JobId, **fields: Any) -> RunReport:
        run(self.engine, self.message(job, **fields))
        return self.feed.reports[-1]

    def look(self, job: JobId, **fields: Any) -> RunReport:
        look(self.engine, self.message(job, **fields))
        return self.feed.reports[-1]

    def collect(self) -> None:
        """Look for every orphan as it stands."""
        for orphan in self.all("SELECT id, job_id, claims FROM {s}.strays"):
            about = {"task": orphan["id"], "claims": orphan["claims"], "mode": RunMode.COLLECT}
            collect(self.engine, self.message(orphan["job_id"], **about))

    def view(self, job: JobId) -> JobView:
        return find_job(self, self.tenant, job)

    def cancel(self, job: JobId) -> JobView:
        return cancel_job(self, self.tenant, job)

    def retry(self, job: JobId) -> JobView:
        return retry_job(self, self.tenant, job)

    def steps(self, job: JobId) -> list[tuple[str | None, str | None, str | None]]:
        """Every change of status in the timeline: whose (None: the job's), from, to."""
        lines = self.all(
            f"SELECT task, from_status, to_status FROM {{s}}.job_timeline WHERE job_id = {job} ORDER BY id"
        )
        changes = [(line["task"], line["from_status"], line["to_status"]) for line in lines]
        return [change for change in changes if change[2] is not None]

    def causes(self, job: JobId) -> list[str]:
        lines = self.all(f"SELECT cause FROM {{s}}.job_timeline WHERE job_id = {job} ORDER BY id")
        return [line["cause"] for line in lines]

    def hold(self, job: JobId, name: str, *, by: ProcessId | None, deadline_s: float = 60.0) -> None:
        """Let a task be as a worker's claim leaves it; nobody answers for it."""
        holder = "NULL" if by is None else by
        self.all(
            f"UPDATE {{s}}.marketplace_tasks SET status = 'running', claims = claims + 1, claimed_by = {holder}, "
            f"deadline = clock_timestamp() + interval '{deadline_s} s' WHERE job_id = {job} AND name = '{name}'"
        )
        self.all(f"UPDATE {{s}}.marketplace_jobs SET status = 'running' WHERE id = {job}")

    def make_due(self) -> None:
        """Let the time come that retries, looks, orphans, paces and limits wait for."""
        self.all(
            "UPDATE {s}.marketplace_tasks SET not_before = NULL WHERE status = 'pending' AND not_before IS NOT NULL;"
            "UPDATE {s}.marketplace_tasks SET look_at = clock_timestamp() WHERE look_at IS NOT NULL;"
            "UPDATE {s}.connections SET resume_at = NULL WHERE resume_at IS NOT NULL;"
            "UPDATE {s}.strays SET look_after = clock_timestamp();"
            "UPDATE public.application_refusals SET next_try = clock_timestamp();"
            "UPDATE public.pace SET next_at = clock_timestamp()"
        )

    def end_quiet_time(self) -> None:
        """Let the time pass in which a call whose answer was lost may still be carried out."""
        self.all("UPDATE {s}.marketplace_jobs SET late_until = clock_timestamp() WHERE late_until > clock_timestamp()")

    def worker(self, **parts: Any) -> Self:
        """Another worker process of the same tenant; `parts` of its engine may be its own."""
        with self.engine.database.records() as connection:
            process = register_process(connection, "worker", lease_s=HELD_S)
        return replace(self, engine=replace(self.engine, process=lambda: process, **parts), process=process)

    def dies(self) -> None:
        """This worker process is gone, and its parent has noticed."""
        with self.engine.database.records() as connection:
            mark_dead(connection, self.process)

    def sweep(self, *, quiet_s: float = 0.0) -> None:
        quiet_times = dict.fromkeys(self.engine.registry.marketplaces, quiet_s)
        sweep = Sweep(self.engine.database, quiet_times, self.plugins)
        sweep.mark_dead()
        sweep.tenants([self.tenant])


@dataclass(frozen=True)
class Ownership:
    """The processes of a bench, and what its owner is known by."""

    owner: ProcessId
    worker: ProcessId
    epoch: Epoch


def own(database: Database, tenant: TenantId) -> Ownership:
    """Register an orchestrator that owns the tenant, and a worker."""
    with database.records() as connection:
        owner = register_process(connection, "orchestrator", lease_s=HELD_S)
        worker = register_process(connection, "worker", lease_s=HELD_S)
        connection.execute(b"INSERT INTO public.outbox (tenant, job) VALUES (%s, 0)", [tenant])
        consume_outbox(connection, owner, limit=10)
        (acquired,) = acquire_tenants(connection, owner, limit=10)
    return Ownership(owner, worker, acquired.epoch)


def applications_of(database: Database, registry: Registry) -> Applications:
    refusals = {name: place.refusal for name, place in registry.marketplaces.items() if place.refusal}
    return Applications(database, refusals)
