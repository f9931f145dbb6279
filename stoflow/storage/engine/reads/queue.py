"""The queue of one tenant as its supervisor pages it: what may go on now, most urgent first."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import (
    ACCEPTED,
    ACTS_UNTIL,
    PASSED,
    SUSPENDED,
    UNFINISHED,
    ahead_of,
    late_before,
    plugin_connected,
)
from stoflow.storage.engine.statement import bind, s

NEXT_TASK = f"""
  LEFT JOIN LATERAL (
    SELECT f.id, f.claims, f.status, f.paced, f.outside, f.claimed, false AS verifying, NULL::float8 AS due_in_s,
           f.deadline_in_s
    FROM public.folded_next(j.folded, j.task_ids, j.claimed_by, j.deadline) AS f WHERE j.folded IS NOT NULL
    UNION ALL
    (SELECT t.id, t.claims, t.status, outside.paced, outside.kind AS outside,
           t.claimed_by IS NOT NULL AS claimed,
           t.look_at IS NOT NULL AS verifying,
           extract(epoch FROM coalesce(t.look_at, t.not_before) - clock_timestamp())::float8 AS due_in_s,
           extract(epoch FROM t.deadline - clock_timestamp())::float8 AS deadline_in_s
    FROM {s}.marketplace_tasks t LEFT JOIN LATERAL (
      SELECT o.paced, o.kind FROM {s}.marketplace_tasks o
      WHERE o.job_id = j.id AND o.status NOT IN {PASSED} AND o.kind <> 'inner'
      ORDER BY o.position LIMIT 1) AS outside ON true
    WHERE j.folded IS NULL AND t.job_id = j.id AND t.status NOT IN {PASSED} ORDER BY t.position LIMIT 1)
  ) AS task ON true
"""

# What all tenants share is asked by functions, planned once for a connection and not for each tenant.
COLUMNS = f"""j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.priority, j.status, j.waiting,
  j.acted, j.traceparent, j.product_id AS product, j.folded IS NOT NULL AS folded,
  j.cancel_requested,
  task.id AS task, task.claims, task.paced, task.status AS task_status,
  task.claimed, task.verifying, task.due_in_s, task.deadline_in_s,
  extract(epoch FROM j.not_before - clock_timestamp())::float8 AS not_before_in_s,
  extract(epoch FROM CASE
    WHEN j.status = 'pending' THEN ({late_before("j", what="max(late.late_until)")})
    WHEN task.outside = 'unsafe' AND NOT task.verifying THEN j.late_until END - clock_timestamp())::float8 AS late_in_s,
  public.pace_in_s(%(tenant)s, j.marketplace, public.action_code(j.action_type_id)) AS pace_in_s,
  EXISTS (
    SELECT FROM {s}.marketplace_jobs later
    WHERE later.marketplace = j.marketplace AND later.product_id = j.product_id AND later.id > j.id
      AND later.status IN {UNFINISHED}) AS followed"""

AHEAD = f"EXISTS ({ahead_of('j')})"

# Pending ones per marketplace, so that one marketplace's backlog hides no other's jobs. A job whose time has not come
# is read with its delay: its actor holds the timer. They are chosen before anything is joined to them: PostgreSQL
# plans a page for every tenant anew, and each table named in it costs a tenth of a millisecond of that.
PAGE = f"""
WITH chosen AS (
  (SELECT j.id FROM {s}.marketplace_jobs j
   WHERE j.status = 'running' AND j.marketplace = ANY(%(marketplaces)s::text[]) AND j.id <> ALL(%(held)s::int[])
   ORDER BY j.priority, j.id LIMIT %(limit)s)
  UNION ALL
  SELECT pending.id FROM unnest(%(marketplaces)s::text[]) AS m(marketplace) CROSS JOIN LATERAL (
    SELECT j.id FROM {s}.marketplace_jobs j
    WHERE j.status = 'pending' AND j.marketplace = m.marketplace AND j.id <> ALL(%(held)s::int[])
      AND (j.not_before IS NULL OR j.not_before <= clock_timestamp() + interval '1 minute') AND NOT {AHEAD}
    ORDER BY j.priority, j.id LIMIT %(limit)s) AS pending
)
SELECT {COLUMNS} FROM chosen JOIN {s}.marketplace_jobs j ON j.id = chosen.id {NEXT_TASK}
ORDER BY j.priority, j.id
"""

ONE = f"""
SELECT {COLUMNS}, j.status = 'pending' AND {AHEAD} AS behind
FROM {s}.marketplace_jobs j {NEXT_TASK}
WHERE j.id = ANY(%(jobs)s::int[])
"""

STANDING = f"""
SELECT
  (SELECT jsonb_object_agg(marketplace, coalesce(reason, ''))
    FROM {s}.connections WHERE state <> 'connected') AS halted,
  (SELECT jsonb_object_agg(marketplace, extract(epoch FROM resume_at - clock_timestamp()))
    FROM {s}.connections WHERE resume_at > clock_timestamp()) AS resting,
  {SUSPENDED} AS suspended, {plugin_connected()} AS connected, {ACCEPTED} AS accepted, {ACTS_UNTIL} AS acts_until,
  (SELECT jsonb_agg(t) FROM unnest(%(marketplaces)s::text[]) AS m(marketplace) CROSS JOIN LATERAL (
    SELECT id, job_id, marketplace, claims, extract(epoch FROM look_after - clock_timestamp())::float8 AS due_in_s
    FROM {s}.strays
    WHERE strays.marketplace = m.marketplace AND claimed_by IS NULL AND deadline IS NULL
    ORDER BY look_after LIMIT 20) AS t) AS strays,
  (SELECT extract(epoch FROM min(not_before) - clock_timestamp())::float8 FROM {s}.marketplace_jobs
    WHERE status = 'pending' AND not_before > clock_timestamp() + interval '1 minute') AS later_in_s,
  EXISTS (
    SELECT FROM public.marketplace_action_types a WHERE a.marketplace <> ALL(%(marketplaces)s::text[]) AND (
      EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.marketplace = a.marketplace AND j.status = 'pending')
      OR EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.marketplace = a.marketplace AND j.status = 'running')
      OR EXISTS (SELECT FROM {s}.strays r WHERE r.marketplace = a.marketplace))) AS elsewhere
"""

# Whatever gives a page work is one of these; a tenant that is done has none, and is asked for nothing else.
LEFT = f"""
SELECT EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.status IN {UNFINISHED})
  OR EXISTS (SELECT FROM {s}.strays) AS is_left
"""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """One job with its next task; delays are in seconds from now by the database's clock, 0 or less where due."""

    id: JobId
    marketplace: str
    action: str
    priority: int
    running: bool
    final: bool
    waiting: str
    cancel_requested: bool
    cancelling: bool  # the cancel takes effect: nothing is visible yet
    behind: bool  # another job of its product comes first
    followed: bool  # another job of its product waits for it
    task: TaskId
    claims: int
    paced: bool  # its next outside call is
    pace_in_s: float  # until its action's next paced call is due
    in_flight: bool  # its task is claimed, or a plugin holds its command
    verifying: bool
    due_in_s: float
    deadline_in_s: float
    product: int | None
    folded: bool = False  # it is kept as one row
    traceparent: str = ""

    @property
    def ends_by_look(self) -> bool:
        """Whether a person has cancelled it, and a look is what it waits for."""
        return self.cancel_requested and self.verifying


@dataclass(frozen=True, slots=True)
class QueuedOrphan:
    id: int
    job: JobId
    marketplace: str
    claims: int
    due_in_s: float


@dataclass(frozen=True, slots=True)
class QueuePage:
    """`full` names the marketplaces that have more pending jobs than were read."""

    jobs: tuple[QueuedJob, ...]
    full: frozenset[str]
    halted: Mapping[str, str]  # marketplace → why nothing may be sent there for this tenant
    resting: Mapping[str, float]  # marketplace → until when it wants no call, by monotonic time
    suspended: bool  # nothing of the tenant may begin; what became of lost answers is still looked for
    plugin_connected: bool
    orphans: tuple[QueuedOrphan, ...]
    later_in_s: float | None
    accepted: frozenset[str] = frozenset()  # "shop 2026-10"; until `acts_until` the plugin acts without
    acts_until: datetime | None = None
    elsewhere: bool = False  # jobs wait at marketplaces that were not asked for: a newer orchestrator knows them

    @property
    def has_work(self) -> bool:
        """Whether the tenant has anything to do, now or later."""
        return bool(self.jobs or self.orphans or self.elsewhere) or self.later_in_s is not None


def begin_page(
    connection: Transaction, tenant: TenantId, *, marketplaces: Sequence[str], held: Sequence[JobId], limit: int
) -> Callable[[], QueuePage]:
    """Ask what may go on for the tenant, at most `limit` started and `limit` pending jobs per marketplace.

    What is returned fetches the answer: in a pipeline, many are asked for before the first is waited for.
    """
    params = {"held": list(held), "limit": limit, "marketplaces": list(marketplaces)}
    chosen = bind(PAGE, tenant, **params).on(connection)
    standing = bind(STANDING, tenant, marketplaces=list(marketplaces)).on(connection)

    def page() -> QueuePage:
        jobs = _ours(chosen)
        (row,) = standing
        now_s = time.monotonic()
        pending = Counter(job.marketplace for job in jobs if not job.running)
        return QueuePage(
            jobs=jobs,
            full=frozenset(name for name, count in pending.items() if count >= limit),
            halted=row["halted"] or {},
            resting={name: now_s + rest_s for name, rest_s in (row["resting"] or {}).items()},
            suspended=row["suspended"],
            plugin_connected=row["connected"],
            orphans=tuple(map(_orphan, row["strays"] or ())),
            later_in_s=row["later_in_s"],
            accepted=frozenset(row["accepted"] or ()),
            acts_until=row["acts_until"],
            elsewhere=row["elsewhere"],
        )

    return page


def begin_asking_what_is_left(connection: Transaction, tenant: TenantId) -> Callable[[], bool]:
    """Ask for less than a page: whether the tenant has anything unfinished, without which no page of it has work."""
    asked = bind(LEFT, tenant).on(connection)
    return lambda: any(row["is_left"] for row in asked)


def begin_queued(
    connection: Transaction, tenant: TenantId, jobs: Sequence[JobId]
) -> Callable[[], tuple[QueuedJob, ...]]:
    """Ask for these jobs as they stand now; what is returned fetches the answer."""
    asked = bind(ONE, tenant, jobs=list(jobs)).on(connection)
    return lambda: _ours(asked)


def _ours(rows: Iterable[Mapping[str, Any]]) -> tuple[QueuedJob, ...]:
    """Return the jobs, but those that run and have no task to go on with: an old program runs them, and ends them."""
    return tuple(_queued(row) for row in rows if row["task"] is not None or row["status"] != JobStatus.RUNNING)


def _orphan(row: Mapping[str, Any]) -> QueuedOrphan:
    return QueuedOrphan(row["id"], JobId(row["job_id"]), row["marketplace"], row["claims"], row["due_in_s"])


def _queued(row: Mapping[str, Any]) -> QueuedJob:
    verifying = bool(row["verifying"])
    in_flight = row["task_status"] == "running" and (
        row["claimed"] or not verifying or row["deadline_in_s"] is not None
    )
    return QueuedJob(
        id=JobId(row["id"]),
        marketplace=row["marketplace"],
        action=row["action"],
        priority=row["priority"],
        running=row["status"] == "running",
        final=row["status"] not in ("pending", "running"),
        waiting=row["waiting"] or "",
        cancel_requested=row["cancel_requested"],
        cancelling=row["cancel_requested"] and not row["acted"],
        behind=row.get("behind", False),
        followed=row["followed"],
        task=TaskId(row["task"] or 0),
        claims=row["claims"] or 0,
        paced=bool(row["paced"]),
        pace_in_s=max(row["pace_in_s"] or 0.0, 0.0),
        in_flight=in_flight,
        verifying=verifying,
        due_in_s=max(row["due_in_s"] or 0.0, row["not_before_in_s"] or 0.0, row["late_in_s"] or 0.0),
        deadline_in_s=row["deadline_in_s"] if row["deadline_in_s"] is not None else 0.0,
        product=row["product"],
        folded=row["folded"],
        traceparent=row["traceparent"] or "",
    )


def new_job(row: Mapping[str, Any]) -> QueuedJob:
    """Return a job of one row as it was made, by what an announcement says of it."""
    return QueuedJob(
        id=JobId(row["job"]),
        marketplace=row["marketplace"],
        action=row["action"],
        priority=row["priority"],
        running=False,
        final=False,
        waiting="",
        cancel_requested=False,
        cancelling=False,
        behind=False,
        followed=False,
        task=TaskId(row["task"]),
        claims=0,
        paced=row["paced"],
        pace_in_s=0.0,
        in_flight=False,
        verifying=False,
        due_in_s=0.0,
        deadline_in_s=0.0,
        product=row["product"],
        folded=True,
        traceparent=row["traceparent"] or "",
    )
