"""Who decides for a tenant: one orchestrator by lease, with an epoch that fences the one before."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import Epoch, JobId, ProcessId, TenantId
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.reads.queue import QueuedJob, new_job
from stoflow.storage.engine.statement import Parts, composed

# The outbox rows of tenants owned by another living orchestrator are left to it. The commit waits for no disk: what a
# crash of PostgreSQL brings back is announced once more, and whatever follows from it is written after it. What is
# described is believed for a while only: of what waited for long somebody else may have made something.
CONSUME = """
WITH taken AS (
  DELETE FROM public.outbox WHERE id IN (
    SELECT o.id FROM public.outbox o
    LEFT JOIN public.tenant_work w ON w.tenant = o.tenant
    LEFT JOIN public.processes p ON p.id = w.owner
    WHERE w.owner IS NULL OR w.owner = %(me)s OR p.id IS NULL OR p.dead OR p.expires_at <= clock_timestamp()
    ORDER BY o.id LIMIT %(limit)s FOR UPDATE OF o SKIP LOCKED)
  RETURNING *
), noted AS (
  INSERT INTO public.tenant_work AS w (tenant) SELECT DISTINCT tenant FROM taken
  ON CONFLICT (tenant) DO UPDATE SET version = w.version + 1
  RETURNING w.tenant, w.version
)
SELECT tenant, noted.version, taken.job, taken.priority, taken.product, taken.task, taken.paced, taken.traceparent,
  a.marketplace, a.code AS action, set_config('synchronous_commit', 'off', true)
FROM taken JOIN noted USING (tenant) LEFT JOIN public.marketplace_action_types a
  ON a.id = taken.action AND taken.created_at > clock_timestamp() - %(believed_s)s::float8 * interval '1 second'
ORDER BY taken.id
"""

ACQUIRE: LiteralString = """
UPDATE public.tenant_work SET owner = %(me)s, epoch = nextval('public.owner_epochs') WHERE tenant IN (
  SELECT w.tenant FROM public.tenant_work w LEFT JOIN public.processes p ON p.id = w.owner
  WHERE w.owner IS DISTINCT FROM %(me)s AND (p.id IS NULL OR p.dead OR p.expires_at <= clock_timestamp())
    AND EXISTS (SELECT FROM public.processes m WHERE m.id = %(me)s AND NOT m.dead)[[named]]
  ORDER BY w.tenant LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED)
RETURNING tenant, epoch, version
"""
# Who looks through all that have work looks at each that it owns already.
NAMED: Parts = (("named", " AND w.tenant = ANY(%(tenants)s::int[])"),)

# One tenant, whether anything was announced for it or not.
ACQUIRE_ONE = """
INSERT INTO public.tenant_work AS w (tenant, owner, epoch)
SELECT %(tenant)s, %(me)s, nextval('public.owner_epochs')
WHERE EXISTS (SELECT FROM public.processes m WHERE m.id = %(me)s AND NOT m.dead)
ON CONFLICT (tenant) DO UPDATE SET owner = EXCLUDED.owner, epoch = EXCLUDED.epoch
WHERE NOT EXISTS (
  SELECT FROM public.processes p WHERE p.id = w.owner AND NOT p.dead AND p.expires_at > clock_timestamp())
RETURNING epoch
"""

# Whoever looks for tenants without an owner next has it, with the work that is left.
LEAVE = """
UPDATE public.tenant_work SET owner = NULL WHERE tenant = %(tenant)s AND owner = %(me)s AND epoch = %(epoch)s
"""

# An answer to ACQUIRE may be lost, and a term begin under the identity of the one before.
LEAVE_OTHERS = """
UPDATE public.tenant_work w SET owner = NULL WHERE w.owner = %(me)s AND NOT EXISTS (
  SELECT FROM unnest(%(tenants)s::int[], %(epochs)s::bigint[]) AS known (tenant, epoch)
  WHERE known.tenant = w.tenant AND known.epoch = w.epoch)
"""

VERSION = "SELECT version FROM public.tenant_work WHERE tenant = %(tenant)s AND owner = %(me)s AND epoch = %(epoch)s"

# Only where nothing was announced since `version` was read, which was before the tenant was seen to be idle.
RELEASE = """
DELETE FROM public.tenant_work
WHERE tenant = %(tenant)s AND owner = %(me)s AND epoch = %(epoch)s AND version = %(version)s
  AND NOT EXISTS (SELECT FROM public.outbox o WHERE o.tenant = %(tenant)s)
RETURNING tenant
"""

OWNER = "SELECT owner, epoch FROM public.tenant_work WHERE tenant = %(tenant)s"

ANNOUNCE = "INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, unnest(%(jobs)s::int[])"


BELIEVED_S = 10.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """`jobs` were made or changed; 0 among them means something about the tenant itself changed.

    Those `described` were made, and are told as they were then. Where `is_all` the tenant had no other work.
    """

    tenant: TenantId
    jobs: tuple[JobId, ...]
    described: tuple[QueuedJob, ...] = ()
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Acquired:
    """A tenant of ours from now on; where it `is_untold` nothing was taken for it since it was noted as having work."""

    tenant: TenantId
    epoch: Epoch
    is_untold: bool


def begin_consuming(connection: Transaction, me: ProcessId, *, limit: int) -> Callable[[], tuple[Announcement, ...]]:
    """Take up to `limit` announcements, noting their tenants as having work: in a transaction of its own.

    What is returned fetches them, when they are committed as well.
    """
    rows = connection.execute(CONSUME, {"me": me, "limit": limit, "believed_s": BELIEVED_S})
    return lambda: tuple(_announced(rows))


def consume_outbox(connection: Transaction, me: ProcessId, *, limit: int) -> tuple[Announcement, ...]:
    """The same for who wants them before the commit."""
    return begin_consuming(connection, me, limit=limit)()


def _announced(rows: Iterable[DictRow]) -> Iterator[Announcement]:
    by_tenant: dict[int, list[DictRow]] = {}
    for row in rows:
        by_tenant.setdefault(row["tenant"], []).append(row)
    for tenant, told in by_tenant.items():
        times = Counter(row["job"] for row in told)
        described = tuple(new_job(row) for row in told if row["action"] is not None and times[row["job"]] == 1)
        named = times.keys() - {job.id for job in described}
        yield Announcement(
            TenantId(tenant), tuple(map(JobId, sorted(named))), described, is_all=told[0]["version"] == 0
        )


def acquire_tenants(
    connection: Transaction, me: ProcessId, *, limit: int, of: Sequence[TenantId] | None = None
) -> Sequence[Acquired]:
    """Become the owner of tenants with work whose owner is gone: of all there are, or `of` these."""
    rows = connection.execute(
        composed(ACQUIRE, *(() if of is None else NAMED)), {"me": me, "limit": limit, "tenants": list(of or ())}
    )
    return [Acquired(TenantId(row["tenant"]), Epoch(row["epoch"]), row["version"] == 0) for row in rows]


def acquire_tenant(connection: Connection[DictRow], tenant: TenantId, me: ProcessId) -> Epoch | None:
    """Become the owner of this tenant; None where another living process is."""
    row = connection.execute(ACQUIRE_ONE, {"tenant": tenant, "me": me}).fetchone()
    return Epoch(row["epoch"]) if row else None


def leave_tenant(connection: Connection[DictRow], tenant: TenantId, me: ProcessId, epoch: Epoch) -> None:
    """Give the tenant back under the epoch it was acquired with."""
    connection.execute(LEAVE, {"tenant": tenant, "me": me, "epoch": epoch})


def leave_others(connection: Transaction, me: ProcessId, known: Mapping[TenantId, Epoch]) -> None:
    """Give back whatever is owned but these, each under its epoch."""
    connection.execute(LEAVE_OTHERS, {"me": me, "tenants": list(known), "epochs": list(known.values())})


def read_version(connection: Transaction, tenant: TenantId, me: ProcessId, epoch: Epoch) -> int | None:
    """Return what to hand to `release_tenant`, or None where somebody else owns the tenant."""
    row = connection.execute(VERSION, {"tenant": tenant, "me": me, "epoch": epoch}).fetchone()
    return row["version"] if row else None


def release_tenant(connection: Transaction, tenant: TenantId, me: ProcessId, epoch: Epoch, *, version: int) -> bool:
    """Forget an idle tenant; False where something was announced since."""
    params = {"tenant": tenant, "me": me, "epoch": epoch, "version": version}
    return connection.execute(RELEASE, params).fetchone() is not None


def owner_of(connection: Connection[DictRow], tenant: TenantId) -> tuple[ProcessId, Epoch] | None:
    """Return who decides for the tenant now."""
    row = connection.execute(OWNER, {"tenant": tenant}).fetchone()
    return (ProcessId(row["owner"]), Epoch(row["epoch"])) if row and row["owner"] is not None else None


def announce(connection: Transaction, tenant: TenantId, *jobs: JobId) -> None:
    """Tell the tenant's owner, in this transaction's commit, that these jobs (0: the tenant) changed."""
    connection.execute(ANNOUNCE, {"tenant": tenant, "jobs": list(jobs)})
