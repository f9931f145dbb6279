"""What is shown of one job beside itself: what it was given, and what the seller's plugin was asked for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.engine.statement import bind

GIVEN = "SELECT input_data FROM {s}.marketplace_jobs WHERE id = %(job)s"

# What was sent and what came back is the seller's, and may be long: whether it went well, and the plugin's own code.
COMMANDS = """
SELECT c.id, t.name AS task, c.claims - coalesce(t.polls, 0) AS attempt, c.seq, c.action, c.deadline, c.sent_at,
  c.answered_at, (c.answer ->> 'success')::bool AS success, nullif(c.answer ->> 'error_code', '') AS error_code,
  nullif(c.answer ->> 'error_message', '') AS error_message
FROM {s}.plugin_commands c LEFT JOIN {s}.marketplace_tasks t ON t.id = c.task_id
WHERE c.job_id = %(job)s ORDER BY c.id DESC LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command to the plugin, one of its attempt's by `seq`; `task` is None where it looked for an orphan draft.

    `success` is None until it was answered, the error fields where the answer has none.
    """

    id: int
    task: str | None
    attempt: int
    seq: int
    action: str
    deadline: datetime
    sent_at: datetime | None
    answered_at: datetime | None
    success: bool | None
    error_code: str | None
    error_message: str | None


def view_given(connection: Connection[DictRow], tenant: TenantId, job: JobId) -> Mapping[str, Any]:
    """Return what the job was given, as it was given."""
    row = bind(GIVEN, tenant, job=job).on(connection).fetchone()
    return (row and row["input_data"]) or {}


def view_commands(connection: Connection[DictRow], tenant: TenantId, job: JobId) -> Sequence[CommandView]:
    """Return the last 200 commands of the job, oldest first."""
    rows = bind(COMMANDS, tenant, job=job).on(connection).fetchall()
    return [CommandView(**row) for row in reversed(rows)]
