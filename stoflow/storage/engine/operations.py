"""Which tasks wait for what a marketplace accepted, by its name for it: ids only, so that a push finds its tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.storage.engine.statement import Statement, bind, s

LONGEST_NAME = 200
AT_MOST = 100

NAMED = """
SELECT tenant, task, operation FROM public.operations
WHERE marketplace = %(marketplace)s AND operation = ANY(%(operations)s::text[]) ORDER BY until DESC LIMIT %(limit)s
"""

# Only while it waits for this very operation and nobody asks. What is due already is not made due again.
MAKE_DUE = f"""
UPDATE {s}.marketplace_tasks SET look_at = clock_timestamp()
WHERE id = %(task)s AND status = 'running' AND output -> 'operation' ->> 'id' = %(operation)s
  AND claimed_by IS NULL AND deadline IS NULL AND look_at > clock_timestamp()
RETURNING job_id, claims
"""

FORGET = f"""
DELETE FROM public.operations WHERE tenant = %(tenant)s AND task = %(task)s AND NOT EXISTS (
  SELECT FROM {s}.marketplace_tasks t WHERE t.id = %(task)s AND t.status = 'running' AND t.look_at IS NOT NULL)
"""

FORGET_LATE = "DELETE FROM public.operations WHERE until <= clock_timestamp()"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that waits for an operation of this name, or has waited."""

    tenant: TenantId
    task: TaskId
    operation: str


def find_waiting(connection: Connection[DictRow], marketplace: str, operations: Sequence[str]) -> list[Waiting]:
    """Return who may wait for these operations; a name that two sellers' operations have finds both."""
    params: dict[str, Any] = {"marketplace": marketplace, "operations": list(operations), "limit": AT_MOST}
    rows = connection.execute(NAMED, params)
    return [Waiting(TenantId(row["tenant"]), TaskId(row["task"]), row["operation"]) for row in rows]


def make_due(connection: Connection[DictRow], waiting: Waiting) -> tuple[JobId, int] | None:
    """Let the task be looked for now; return its job and fence, None where it does not wait (any more, or still)."""
    statement = bind(MAKE_DUE, waiting.tenant, task=waiting.task, operation=waiting.operation)
    row = statement.on(connection).fetchone()
    return (JobId(row["job_id"]), row["claims"]) if row else None


def forget_operation(tenant: TenantId, task: TaskId) -> Statement[bool]:
    """Forget what the task waited for, unless it still does."""
    return bind(FORGET, tenant, task=task)


def forget_late(connection: Connection[DictRow]) -> None:
    """Forget what nobody waits for any more, whatever became of its tenant."""
    connection.execute(FORGET_LATE)
