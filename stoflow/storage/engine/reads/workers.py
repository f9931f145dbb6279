"""What a worker reads before it runs a job: one row with everything a step may know."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.account import Account
from stoflow.domain.application import StandingRefusal
from stoflow.domain.fence import Fence
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.job import PASSED_TASK_STATUSES, JobStatus, TaskKind, TaskStatus
from stoflow.domain.product import Product, ProductImage, SentPhoto
from stoflow.storage.engine.folded import Folded
from stoflow.storage.engine.refuse import refusal_in
from stoflow.storage.engine.statement import Parts, Statement, bind, composed, s

NO_REQUEST = "none"
ONCE: Mapping[str, Any] = {
    **dict.fromkeys(("polls", "failures", "looks", "delay_s"), 0),
    **dict.fromkeys(("marker", "output", "error"), ""),
    "verifying": False,
}
"""What stands of a task that was tried once at most."""
# What all tenants share is asked by functions, planned once for a connection and not for each tenant.
READ_JOB = f"""
SELECT j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.request_id, j.status, j.max_retries,
       j.input_data, j.traceparent, j.product_id, j.cancel_requested, j.acted,
       coalesce(extract(epoch FROM clock_timestamp() - j.started_at), 0) AS age_s,
       c.external_id AS account_id, c.settings AS account_settings, c.granted,
       (c.watermarks ->> public.action_code(j.action_type_id))::timestamptz AS since,
       coalesce(j.not_before > clock_timestamp(), false) OR coalesce(c.state <> 'connected', false)
         OR public.is_suspended(%(tenant)s) AS held,
       coalesce(c.resume_at > clock_timestamp(), false) AS resting,
       public.refusal_of(j.marketplace) AS refusal,
       j.folded, j.task_ids, j.fence, extract(epoch FROM clock_timestamp())::float8 AS now_s,
       extract(epoch FROM j.deadline - clock_timestamp())::float8 AS left_s[[tasks]][[of product]]
FROM {s}.marketplace_jobs j
LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace[[product]]
WHERE j.id = %(job)s[[on none]][[folded]]
"""
IN_ROWS: Parts = (
    (
        "tasks",
        """,
       (SELECT json_agg(t ORDER BY t.position) FROM (
          SELECT id, name, position, kind, paced, status, claims, polls, failures, looks, marker, output,
                 coalesce(error, '') AS error,
                 coalesce(extract(epoch FROM clock_timestamp() - started_at), 0) AS age_s,
                 look_at IS NOT NULL AS verifying, deadline IS NOT NULL AS out,
                 extract(epoch FROM deadline - clock_timestamp()) AS left_s,
                 greatest(0, extract(epoch FROM coalesce(look_at, not_before) - clock_timestamp())) AS delay_s
          FROM {s}.marketplace_tasks WHERE job_id = j.id) AS t) AS tasks""",
    ),
)
IN_ONE: Parts = (("folded", " AND j.folded IS NOT NULL"),)
ON_NONE: Parts = (("on none", " AND j.product_id IS NULL"),)
ON_PRODUCT: Parts = (
    (
        "of product",
        """,
       coalesce(l.external_id, '') AS listing_id, coalesce(l.visible, false) AS listing_visible,
       l.photos AS listing_photos,
       (SELECT r.sku FROM {s}.remote_listings r
          WHERE r.marketplace = j.marketplace AND r.external_id = l.external_id) AS listing_sku,
       to_jsonb(p) - 'created_at' - 'updated_at' AS product,
       (SELECT jsonb_agg(jsonb_build_array(i.position, i.path) ORDER BY i.position)
          FROM {s}.product_images i WHERE i.product_id = j.product_id) AS images""",
    ),
    (
        "product",
        """
LEFT JOIN {s}.products p ON p.id = j.product_id
LEFT JOIN {s}.listings l ON l.product_id = j.product_id AND l.marketplace = j.marketplace""",
    ),
)


@dataclass(frozen=True, slots=True)
class StoredTask:
    id: TaskId
    name: str
    position: int
    kind: TaskKind
    paced: bool
    status: TaskStatus
    claims: Fence
    polls: int  # claims that found what was accepted under way
    failures: int
    looks: int
    age_s: float  # since its first claim
    marker: str
    output: Mapping[str, Any]
    error: str  # of the attempt before
    verifying: bool
    out: bool  # an act or a look is under way
    delay_s: float  # until its next try or look is due, 0 where it is due
    left_s: float = 0.0  # of what is under way, until its deadline

    @property
    def attempts(self) -> int:
        """How often it was tried, or looked for: claims are a fence, which polls move too."""
        return self.claims - self.polls

    @property
    def is_accepted(self) -> bool:
        """Whether the marketplace said that it works on what this task asked for."""
        return self.verifying and "until" in self.output

    @property
    def operation(self) -> Mapping[str, Any]:
        """What the marketplace named the operation that it accepted."""
        return self.output.get("operation", {}) if self.is_accepted else {}

    @property
    def step(self) -> str:
        """The name of its step: of a repeated one the task's name has a number behind it."""
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class StoredJob:
    tenant: TenantId
    id: JobId
    marketplace: str
    action: str
    status: JobStatus
    payload: Mapping[str, Any]
    cancel_requested: bool
    held: bool  # its time has not come, the tenant is suspended, or the seller must act first
    resting: bool  # the marketplace wants no call for now
    listing_id: str
    listing_visible: bool
    listing_photos: tuple[SentPhoto, ...]
    listing_sku: str
    account: Account
    since: datetime | None
    tasks: tuple[StoredTask, ...]
    product: Product | None
    request_id: str
    begun_s: float  # the monotonic time of its start, or of this reading where it had none
    traceparent: str = ""  # what it was asked for in
    granted: tuple[str, ...] | None = None  # scopes, None where all that was asked for
    refusal: StandingRefusal | None = None  # of StoFlow's own application there
    folded: Folded | None = None  # where it is kept as one row

    @property
    def lasted_s(self) -> float:
        """Return for how long it has been under way."""
        return time.monotonic() - self.begun_s

    def next_task(self, *, after: int = 0, outside: bool = False) -> StoredTask | None:
        """Return the first unfinished task behind the position `after`; with `outside`, the first that calls."""
        return next(
            (
                task
                for task in self.tasks
                if task.position > after
                and task.status not in PASSED_TASK_STATUSES
                and not (outside and task.kind is TaskKind.INNER)
            ),
            None,
        )


def job_read(
    tenant: TenantId, job: JobId, *, on_product: bool = True, folded: bool = False
) -> Statement[StoredJob | None]:
    """Return what reads the job with its tasks, product and account; it answers None where the job is gone.

    Four of the tables are a product's and one is of tasks: they are left out where the job is said to be on none, or
    `folded`, and it answers None too where that is not so.
    """

    def read(row: DictRow | None) -> StoredJob | None:
        return _job(tenant, row) if row and row["action"] is not None else None

    parts = (*(ON_PRODUCT if on_product else ON_NONE), *(IN_ONE if folded else IN_ROWS))
    return bind(composed(READ_JOB, *parts), tenant, job=job).answering(read)


def read_job(connection: Connection[DictRow], tenant: TenantId, job: JobId) -> StoredJob | None:
    """Return the job with its tasks, product and account, or None where it is gone."""
    asked = job_read(tenant, job)
    return asked.read(asked.on(connection).fetchone())


def _job(tenant: TenantId, row: Mapping[str, Any]) -> StoredJob:
    folded = _folded(row)
    return StoredJob(
        tenant=tenant,
        id=JobId(row["id"]),
        marketplace=row["marketplace"],
        action=row["action"],
        status=JobStatus(row["status"]),
        payload=row["input_data"] or {},
        cancel_requested=row["cancel_requested"],
        held=row["held"],
        resting=row["resting"],
        listing_id=row.get("listing_id", ""),
        listing_visible=row.get("listing_visible", False),
        listing_photos=tuple(SentPhoto(*photo) for photo in row.get("listing_photos") or ()),
        listing_sku=row.get("listing_sku") or "",
        account=Account(row["marketplace"], row["account_id"] or "", row["account_settings"] or {}),
        since=row["since"],
        tasks=tuple(_task(task) for task in row["tasks"] or ()) if folded is None else _tasks(folded, row),
        folded=folded,
        product=_product(row["product"], row["images"] or ()) if row.get("product") else None,
        request_id=row["request_id"] or NO_REQUEST,
        begun_s=time.monotonic() - float(row["age_s"]),
        traceparent=row["traceparent"] or "",
        granted=None if row["granted"] is None else tuple(row["granted"]),
        refusal=refusal_in(row["refusal"]),
    )


def _folded(row: Mapping[str, Any]) -> Folded | None:
    if row["folded"] is None:
        return None
    return Folded(row["fence"], row["folded"], row["task_ids"], row["now_s"] - time.monotonic())


def _tasks(folded: Folded, row: Mapping[str, Any]) -> tuple[StoredTask, ...]:
    """Return the tasks of a job that is one row: nothing of it was tried twice, or is looked for."""
    tasks: list[StoredTask] = []
    for position, (task_id, task) in enumerate(zip(folded.ids, folded.tasks, strict=True), start=1):
        begun, is_out = task.get("begun"), "begun" in task and "done" not in task
        status = TaskStatus.PENDING if begun is None else TaskStatus.RUNNING if is_out else TaskStatus.COMPLETED
        age_s, left_s = row["now_s"] - begun if begun else 0.0, row["left_s"] if is_out else 0.0
        stood = {"id": task_id, "position": position, "status": status, "claims": int(begun is not None)}
        tasks.append(_task({**ONCE, **task, **stood, "out": is_out, "age_s": age_s, "left_s": left_s}))
    return tuple(tasks)


def _task(row: Mapping[str, Any]) -> StoredTask:
    return StoredTask(
        id=TaskId(row["id"]),
        name=row["name"],
        position=row["position"],
        kind=_kind(row["kind"]),
        paced=row["paced"],
        status=TaskStatus(row["status"]),
        claims=Fence(row["claims"]),
        polls=row["polls"],
        failures=row["failures"],
        looks=row["looks"],
        age_s=float(row["age_s"]),
        marker=row["marker"] or "",
        output=row["output"] or {},
        error=row["error"],
        verifying=row["verifying"],
        out=row["out"],
        delay_s=float(row["delay_s"] or 0),
        left_s=float(row["left_s"] or 0),
    )


def _kind(text: str) -> TaskKind:
    """Return the kind; of one that only a newer release knows, the one that allows least."""
    try:
        return TaskKind(text)
    except ValueError:
        return TaskKind.UNSAFE


def _product(row: Mapping[str, Any], images: Any) -> Product:
    return Product(
        id=row["id"],
        title=row["title"] or "",
        description=row["description"] or "",
        price=Decimal(str(row["price"])) if row["price"] is not None else None,
        currency=row["currency"] or "EUR",
        category=row["category"] or "",
        brand=row["brand"] or "",
        condition=row["condition"],
        size=row["size"] or row["size_normalized"] or row["size_original"] or "",
        colors=tuple(row["colors"] or ()),
        materials=tuple(row["materials"] or ()),
        gender=row["gender"] or "",
        season=row["season"] or "",
        fit=row["fit"] or "",
        quantity=row["stock_quantity"] if row["stock_quantity"] is not None else 1,
        who_made=row["who_made"] or "",
        when_made=row["when_made"] or "",
        images=tuple(ProductImage(position, path) for position, path in images),
        sku=row["sku"] or "",
        external_id=row["external_id"] or "",
        metadata=row["metadata"] or {},
    )
