"""Many jobs at once: a batch and its jobs in one commit, and what is asked of all of them later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import BatchId, JobId, TenantId
from stoflow.domain.job import TaskPlan
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.folded import planned
from stoflow.storage.engine.statement import Parts, bind, composed, s
from stoflow.storage.engine.submit import COUNTED, NewJob, next_task_ids, task_rows

SAME_KEY = """
SELECT id, coalesce(idempotency_digest, '') AS digest FROM {s}.batch_jobs WHERE batch_id = %(key)s
"""

FREE_OLD_KEY = """
UPDATE {s}.batch_jobs SET batch_id = batch_id || ':' || id
WHERE batch_id = %(key)s AND created_at <= clock_timestamp() - interval '24 hours'
"""

INSERT_BATCH = """
INSERT INTO {s}.batch_jobs (batch_id, name, idempotency_digest, marketplace, action_code, total_count, priority,
  created_at)
SELECT %(key)s, %(name)s, %(digest)s, a.marketplace, a.code, %(total)s, coalesce(%(priority)s, a.priority),
  clock_timestamp()
FROM public.marketplace_action_types a WHERE a.marketplace = %(marketplace)s AND a.code = %(action)s
ON CONFLICT (batch_id) DO NOTHING
RETURNING id
"""

# As `submit.INSERT_JOB`, of many products: a job's tasks are those of a product with as many photos.
INSERT_JOBS = f"""
WITH [[spent]]asked AS MATERIALIZED (
  SELECT * FROM unnest(%(products)s::int[], %(images)s::int[]) WITH ORDINALITY AS r(product, images, place)
), job AS (
  INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, product_id, priority, status, input_data,
    max_retries, expires_at, not_before, request_id, batch_job_id, created_at[[folded]])
  SELECT a.marketplace, a.id, asked.product, coalesce(%(priority)s, a.priority), 'pending', %(payload)s,
    a.max_retries, %(expires_at)s, %(not_before)s, %(request_id)s, %(batch)s, clock_timestamp()[[document]]
  FROM asked CROSS JOIN public.marketplace_action_types a
  WHERE a.marketplace = %(marketplace)s AND a.code = %(action)s[[allowed]] ORDER BY asked.place
  RETURNING id, product_id, priority
)[[rows]], inherited AS (
  UPDATE {s}.marketplace_jobs ahead SET priority = job.priority FROM job
  WHERE ahead.product_id = job.product_id AND ahead.marketplace = %(marketplace)s
    AND ahead.status IN {UNFINISHED} AND ahead.id < job.id AND ahead.priority > job.priority
  RETURNING ahead.id
), announced AS (
  INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, id FROM inherited
)
SELECT count(*) AS made FROM job
"""

FOLDED: Parts = (
    ("folded", ", folded, task_ids"),
    (
        "document",
        ", %(tasks)s -> asked.images::text, ARRAY(" + next_task_ids("(%(tasks)s -> asked.images::text)") + ")",
    ),
)
ROWS: Parts = (
    (
        "rows",
        """, tasks AS (
  INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, paced, status, created_at)
  SELECT job.id, r.name, r.position, r.kind, r.paced, 'pending', clock_timestamp()
  FROM job JOIN asked ON asked.product = job.product_id
  JOIN jsonb_to_recordset(%(tasks)s) AS r(images int, name text, position int, kind text, paced bool)
    ON r.images = asked.images
), said AS (
  INSERT INTO {s}.job_timeline (job_id, to_status, cause) SELECT id, 'pending', 'submitted' FROM job
)""",
    ),
)

UNFINISHED_JOBS = f"""
SELECT id FROM {s}.marketplace_jobs
WHERE batch_job_id = %(batch)s AND id > %(after)s AND status IN {UNFINISHED} AND NOT cancel_requested
ORDER BY id LIMIT %(limit)s
"""

FAILED_JOBS = """
SELECT id FROM {s}.marketplace_jobs
WHERE batch_job_id = %(batch)s AND id > %(after)s AND status = 'failed' ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What is kept of a batch beside its jobs; `key` is unique, `digest` that of the body where a caller gave a key."""

    key: str
    name: str | None
    digest: str | None
    marketplace: str
    action: str
    total: int
    priority: int | None


@dataclass(frozen=True, slots=True)
class KeyedBatch:
    """A batch made under a key, and the digest of the body that made it."""

    id: BatchId
    digest: str


def find_batch_by_key(connection: Connection[DictRow], tenant: TenantId, key: str) -> KeyedBatch | None:
    """Return the batch made under this key within 24 hours."""
    bind(FREE_OLD_KEY, tenant, key=key).on(connection)
    row = bind(SAME_KEY, tenant, key=key).on(connection).fetchone()
    return KeyedBatch(BatchId(row["id"]), row["digest"]) if row else None


def insert_batch(connection: Connection[DictRow], tenant: TenantId, batch: NewBatch) -> BatchId | None:
    """Return the new batch's id, None where another one took its key first."""
    statement = bind(
        INSERT_BATCH,
        tenant,
        key=batch.key,
        name=batch.name,
        digest=batch.digest,
        marketplace=batch.marketplace,
        action=batch.action,
        total=batch.total,
        priority=batch.priority,
    )
    row = statement.on(connection).fetchone()
    return BatchId(row["id"]) if row else None


def insert_jobs(
    connection: Connection[DictRow],
    tenant: TenantId,
    batch: BatchId,
    job: NewJob,
    images: Mapping[int, int],
    tasks: Mapping[int, Sequence[TaskPlan]],
    *,
    folds: bool = False,
) -> int:
    """Make a job like `job` for each product, in their order; return how many were made: none over the quota.

    `images` says how many photos each product has, `tasks` what is to be done for a product with so many. As
    for one job, `folds` says how they are kept.
    """
    rows = [{"images": number, **row} for number, plan in tasks.items() for row in task_rows(plan)]
    documents = {str(number): planned(plan) for number, plan in tasks.items()}
    statement = bind(
        composed(INSERT_JOBS, *COUNTED, *(FOLDED if folds else ROWS)),
        tenant,
        asked=len(images),
        batch=batch,
        marketplace=job.marketplace,
        action=job.action,
        products=list(images),
        images=list(images.values()),
        priority=job.priority,
        payload=Jsonb(job.payload),
        expires_at=job.expires_at,
        not_before=job.not_before,
        request_id=job.request_id,
        tasks=Jsonb(documents if folds else rows),
    )
    row = statement.on(connection).fetchone()
    return row["made"] if row else 0


def unfinished_jobs(
    connection: Connection[DictRow], tenant: TenantId, batch: BatchId, *, after: JobId, limit: int
) -> list[JobId]:
    """Return jobs of the batch that are to be cancelled: those that are not final and nobody has cancelled yet."""
    rows = bind(UNFINISHED_JOBS, tenant, batch=batch, after=after, limit=limit).on(connection)
    return [JobId(row["id"]) for row in rows]


def failed_jobs(
    connection: Connection[DictRow], tenant: TenantId, batch: BatchId, *, after: JobId, limit: int
) -> list[JobId]:
    rows = bind(FAILED_JOBS, tenant, batch=batch, after=after, limit=limit).on(connection)
    return [JobId(row["id"]) for row in rows]
