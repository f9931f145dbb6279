"""Orphan drafts: those nobody will make visible, as rows (marker, look after) until the marketplace has none."""

from dataclasses import dataclass
from uuid import uuid4

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.call import Command
from stoflow.domain.fence import Fence
from stoflow.domain.ids import Epoch, JobId, ProcessId, TenantId
from stoflow.storage.engine.recorded import Recorded
from stoflow.storage.engine.statement import Statement, bind

READ = "SELECT id, marker, claims, tries FROM {s}.strays WHERE id = %(id)s AND job_id = %(job)s"

CLAIM = """
UPDATE {s}.strays SET claims = claims + 1, claimed_by = %(holder)s,
  deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'
WHERE id = %(id)s AND claims = %(claims)s AND deadline IS NULL AND look_after <= clock_timestamp()
  AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
RETURNING id
"""

ISSUE = """
INSERT INTO {s}.plugin_commands (request_id, job_id, stray_id, claims, seq, plugin_id, action, payload, deadline)
SELECT %(request_id)s, %(job)s, t.id, t.claims, %(seq)s, v.plugin_id, %(action)s, %(payload)s, t.deadline
FROM {s}.strays t LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
WHERE t.id = %(id)s AND t.claims = %(claims)s AND t.deadline > clock_timestamp()
  AND (%(seq)s > 0 OR t.xmin = pg_current_xact_id()::xid)
  AND NOT EXISTS (
    SELECT FROM {s}.plugin_commands c WHERE c.stray_id = t.id AND c.claims = t.claims AND c.seq = %(seq)s)
RETURNING id
"""

REMOVE = "DELETE FROM {s}.strays WHERE id = %(id)s AND claims = %(claims)s RETURNING id"

KEEP = """
UPDATE {s}.strays SET claimed_by = NULL, deadline = NULL, tries = tries + %(looked)s,
  look_after = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
WHERE id = %(id)s AND claims = %(claims)s RETURNING id
"""


@dataclass(frozen=True, slots=True)
class OrphanDraft:
    id: int
    marker: str
    claims: Fence
    tries: int


def read_orphan(connection: Connection[DictRow], tenant: TenantId, orphan: int, job: JobId) -> OrphanDraft | None:
    """Return the orphan of this job, None where it is gone or another job's."""
    statement = bind(READ, tenant, id=orphan, job=job)
    row = statement.on(connection).fetchone()
    return OrphanDraft(row["id"], row["marker"], Fence(row["claims"]), row["tries"]) if row else None


def claim_orphan(
    tenant: TenantId, orphan: int, claims: int, *, epoch: Epoch, holder: ProcessId | None, deadline_s: float
) -> Statement[bool]:
    return bind(CLAIM, tenant, id=orphan, claims=claims, epoch=epoch, holder=holder, deadline_s=deadline_s)


def issue_for_orphan(
    tenant: TenantId, orphan: int, job: JobId, claims: int, seq: int, command: Command
) -> Statement[bool]:
    """Ask the plugin, where the claim took the orphan."""
    return bind(
        ISSUE,
        tenant,
        id=orphan,
        job=job,
        claims=claims,
        seq=seq,
        request_id=str(uuid4()),
        action=command.action,
        payload=Jsonb(dict(command.payload)),
    )


def remove_orphan(tenant: TenantId, orphan: int, claims: int) -> Statement[Recorded | None]:
    return bind(REMOVE, tenant, id=orphan, claims=claims).answering(_recorded)


def keep_orphan(
    tenant: TenantId, orphan: int, claims: int, *, delay_s: float, looked: bool
) -> Statement[Recorded | None]:
    return bind(KEEP, tenant, id=orphan, claims=claims, delay_s=delay_s, looked=int(looked)).answering(_recorded)


def _recorded(row: DictRow | None) -> Recorded | None:
    return Recorded() if row else None
