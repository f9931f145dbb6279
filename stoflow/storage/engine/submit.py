"""How a job begins: its row, its tasks and its first line of timeline in one commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import TaskPlan
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import TODAY, UNFINISHED, used_today
from stoflow.storage.engine.folded import planned
from stoflow.storage.engine.statement import Parts, bind, composed, s


def next_task_ids(document: LiteralString) -> LiteralString:
    """Return SQL: ids for the tasks of a document, of one sequence with those of tasks in rows."""
    return f"SELECT nextval('{s}.job_timeline_id_seq')::int FROM generate_series(1, jsonb_array_length({document}))"


# The product's lock makes ids grow in the order in which jobs of one product were accepted.
LOCK_PRODUCTS = """
SELECT p.id, p.stock_quantity AS quantity,
  (SELECT count(*) FROM {s}.product_images i WHERE i.product_id = p.id) AS images
FROM {s}.products p WHERE p.id = ANY(%(products)s::int[]) AND p.deleted_at IS NULL
ORDER BY p.id FOR NO KEY UPDATE OF p
"""

SAME_KEY = """
SELECT id, marketplace, coalesce(idempotency_digest, '') AS digest FROM {s}.marketplace_jobs
WHERE idempotency_key = ANY(%(keys)s::text[]) AND created_at > clock_timestamp() - interval '24 hours'
  AND (idempotency_key = %(key)s OR idempotency_digest <> '')
ORDER BY id LIMIT 1
"""

FREE_OLD_KEY = """
UPDATE {s}.marketplace_jobs SET idempotency_key = NULL
WHERE idempotency_key = ANY(%(keys)s::text[]) AND created_at <= clock_timestamp() - interval '24 hours'
"""

INSERT_JOB = """
WITH [[spent]]job AS (
  INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, product_id, priority, status, input_data,
    max_retries, expires_at, not_before, idempotency_key, idempotency_digest, request_id, created_at[[folded]])
  SELECT a.marketplace, a.id, %(product)s, coalesce(%(priority)s, a.priority), 'pending', %(payload)s,
    a.max_retries, %(expires_at)s, %(not_before)s, %(key)s, %(digest)s, %(request_id)s,
    clock_timestamp()[[document]]
  FROM public.marketplace_action_types a WHERE a.marketplace = %(marketplace)s AND a.code = %(action)s[[allowed]]
  ON CONFLICT (idempotency_key) DO NOTHING
  RETURNING id, priority
)[[rows]][[inherited]]
SELECT id FROM job
"""
# A job is one row where it is sent by StoFlow itself, and rows where the seller's plugin acts.
FOLDED: Parts = (
    ("folded", ", folded, task_ids"),
    ("document", ", %(tasks)s, ARRAY(" + next_task_ids("%(tasks)s") + ")"),
)
ROWS: Parts = (
    (
        "rows",
        """, tasks AS (
  INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, paced, status, created_at)
  SELECT job.id, r.name, r.position, r.kind, r.paced, 'pending', clock_timestamp()
  FROM job, jsonb_to_recordset(%(tasks)s) AS r(name text, position int, kind text, paced bool)
), said AS (
  INSERT INTO {s}.job_timeline (job_id, to_status, cause) SELECT id, 'pending', 'submitted' FROM job
)""",
    ),
)
# Those accepted before it on the same product are as urgent as it is, for it waits for them; their owner hears of it.
INHERITED: Parts = (
    (
        "inherited",
        f""", inherited AS (
  UPDATE {s}.marketplace_jobs ahead SET priority = job.priority FROM job
  WHERE ahead.product_id = %(product)s AND ahead.marketplace = %(marketplace)s
    AND ahead.status IN {UNFINISHED} AND ahead.id < job.id AND ahead.priority > job.priority
  RETURNING ahead.id
), announced AS (
  INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, id FROM inherited
)""",
    ),
)
# Who has no quota of jobs a day locks nothing; who has one takes as many as are made, or makes none.
COUNTED: Parts = (
    (
        "spent",
        f"""spent AS (
  UPDATE public.subscription_quotas q SET used = {used_today("q")} + %(asked)s, day = {TODAY}
  WHERE q.tenant = %(tenant)s AND q.name = 'jobs_per_day' AND {used_today("q")} + %(asked)s <= q.most
  RETURNING q.name
), """,
    ),
    (
        "allowed",
        """
    AND (EXISTS (SELECT FROM spent) OR NOT EXISTS (
      SELECT FROM public.subscription_quotas q WHERE q.tenant = %(tenant)s AND q.name = 'jobs_per_day'))""",
    ),
)


@dataclass(frozen=True, slots=True)
class NewJob:
    marketplace: str
    action: str
    product: int | None
    priority: int | None
    payload: dict[str, Any]
    expires_at: datetime | None
    not_before: datetime | None
    key: str | None
    digest: str | None
    request_id: str | None


GIVEN = tuple(field.name for field in fields(NewJob))


@dataclass(frozen=True, slots=True)
class KeyedJob:
    """A job made under a key, where, and the digest of the body that made it, "" where no caller gave one."""

    job: JobId
    marketplace: str
    digest: str


def find_by_key(connection: Transaction, tenant: TenantId, keys: Sequence[str]) -> KeyedJob | None:
    """Return the job made within 24 hours under the first of these keys, or by a caller under one of the others."""
    bind(FREE_OLD_KEY, tenant, keys=list(keys)).on(connection)
    row = bind(SAME_KEY, tenant, key=keys[0], keys=list(keys)).on(connection).fetchone()
    return KeyedJob(JobId(row["id"]), row["marketplace"], row["digest"]) if row else None


@dataclass(frozen=True, slots=True)
class HeldProduct:
    images: int
    quantity: int


def lock_products(connection: Transaction, tenant: TenantId, *products: int) -> Mapping[int, HeldProduct]:
    """Hold these products until the commit; those there are not are left out."""
    rows = bind(LOCK_PRODUCTS, tenant, products=list(products)).on(connection)
    return {row["id"]: HeldProduct(row["images"], row["quantity"]) for row in rows}


def task_rows(tasks: Sequence[TaskPlan]) -> list[dict[str, Any]]:
    return [
        {"position": position, "name": task.name, "kind": task.kind, "paced": task.paced}
        for position, task in enumerate(tasks, start=1)
    ]


def insert_job(
    connection: Transaction,
    tenant: TenantId,
    job: NewJob,
    tasks: Sequence[TaskPlan],
    *,
    is_counted: bool = False,
    folds: bool = False,
) -> Callable[[], JobId | None]:
    """Return what fetches the new job's id, None where another one took its idempotency key first.

    One that `folds` is kept as one row while all goes well. One that `is_counted` is one of the tenant's quota of
    today; it is None too where that is used up.
    """
    of_product, counted = INHERITED if job.product is not None else (), COUNTED if is_counted else ()
    statement = bind(
        composed(INSERT_JOB, *(FOLDED if folds else ROWS), *of_product, *counted),
        tenant,
        **{name: getattr(job, name) for name in GIVEN if name != "payload"},
        payload=Jsonb(job.payload),
        tasks=Jsonb(planned(tasks) if folds else task_rows(tasks)),
        asked=1,
    )
    inserted = statement.on(connection)

    def job_id() -> JobId | None:
        row = inserted.fetchone()
        return JobId(row["id"]) if row else None

    return job_id
