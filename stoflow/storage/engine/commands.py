"""Commands to plugins and their answers: in PostgreSQL, so that any process may emit and any may settle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.call import Answer
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import SUSPENDED, plugin_connected
from stoflow.storage.engine.statement import Parts, Statement, bind, composed, s

PluginKey = tuple[TenantId, str]

# An attempt's first command is written in its claim's own transaction, and only where that claim took the task: of two
# messages for one task the other finds a claim in the row that is not its own. Bound to the plugin that is connected
# now: its journal is what makes a resend safe. `looks`: what came of the act is asked, not to act.
ISSUE = """
INSERT INTO {s}.plugin_commands
  (request_id, job_id, task_id, claims, seq, plugin_id, action, payload, deadline, looks)
SELECT %(request_id)s, t.job_id, t.id, t.claims, %(seq)s, v.plugin_id, %(action)s, %(payload)s, t.deadline,
  t.look_at IS NOT NULL
FROM {s}.marketplace_tasks t LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND t.deadline > clock_timestamp()
  AND (%(seq)s > 0 OR t.xmin = pg_current_xact_id()::xid)
ON CONFLICT (task_id, claims, seq) DO NOTHING
RETURNING request_id
"""

# Of a suspended tenant nothing is asked to act any more; what became of it is still looked for.
OPEN = f"""
SELECT c.request_id::text AS request_id, c.action, c.payload, c.deadline,
  extract(epoch FROM c.deadline - clock_timestamp())::float8 AS left_s,
  concat_ws('-', %(tenant)s::int, c.job_id, coalesce(c.task_id::text, 'stray' || c.stray_id), c.claims) AS attempt
FROM {s}.plugin_commands c
LEFT JOIN {s}.marketplace_tasks t ON t.id = c.task_id
WHERE c.plugin_id = %(plugin_id)s AND c.answered_at IS NULL AND c.deadline > clock_timestamp()
  AND (c.task_id IS NULL OR (t.status = 'running' AND t.claims = c.claims))
  AND (c.task_id IS NULL OR t.look_at IS NOT NULL
    OR NOT {SUSPENDED})
ORDER BY c.id LIMIT 50
"""

SENT = """
UPDATE {s}.plugin_commands SET sent_at = clock_timestamp()
WHERE request_id = ANY(%(request_ids)s::uuid[]) AND plugin_id = %(plugin_id)s
RETURNING request_id::text AS request_id[[traced]]
"""
# A table more in a statement costs its planning: only where spans are made.
TRACED: Parts = (("traced", ", (SELECT j.traceparent FROM {s}.marketplace_jobs j WHERE j.id = job_id) AS traceparent"),)

ANSWER = """
UPDATE {s}.plugin_commands SET answered_at = clock_timestamp(), answer = %(answer)s
WHERE request_id = %(request_id)s::uuid AND answered_at IS NULL RETURNING id
"""

FIND = """
SELECT job_id, task_id, stray_id, claims, seq, looks FROM {s}.plugin_commands
WHERE request_id = %(request_id)s::uuid AND plugin_id = %(plugin_id)s AND answered_at IS NULL
"""

# Up to the command's own, which has none while it is open. It is one of a task or of an orphan, each by its index.
ANSWERS = """
SELECT answer FROM {s}.plugin_commands
WHERE (task_id = %(task)s::int OR stray_id = %(orphan)s::int) AND claims = %(claims)s AND seq <= %(seq)s
ORDER BY seq
"""

CONNECTED = """
INSERT INTO public.plugin_presence AS v (tenant, plugin_id, process, socket_id, connected, since)
VALUES (%(tenant)s, %(plugin_id)s, %(process)s, %(socket_id)s, true, clock_timestamp())
ON CONFLICT (tenant) DO UPDATE SET plugin_id = EXCLUDED.plugin_id, process = EXCLUDED.process,
  socket_id = EXCLUDED.socket_id, connected = true, since = EXCLUDED.since
"""

GONE = """
UPDATE public.plugin_presence SET connected = false, since = clock_timestamp()
WHERE tenant = %(tenant)s AND plugin_id = %(plugin_id)s AND socket_id = %(socket_id)s AND connected
"""

# Whoever holds an api's sockets says when they leave; where it has ended nobody does. Of several sweepers that look at
# once each tells of others.
GONE_WITH_APIS = """
WITH gone AS (
  UPDATE public.plugin_presence SET connected = false, since = clock_timestamp() WHERE tenant IN (
    SELECT v.tenant FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.connected AND p.dead ORDER BY v.tenant FOR UPDATE OF v SKIP LOCKED)
  RETURNING tenant
)
INSERT INTO public.outbox (tenant, job) SELECT tenant, 0 FROM gone JOIN public.tenant_work USING (tenant)
"""

ABSENT = f"""
SELECT t.tenant FROM unnest(%(tenants)s::int[]) AS t (tenant)
WHERE NOT {plugin_connected("t.tenant")}
"""


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """`attempt` is called as the attempts that make direct calls are; `left_s` is what is left until the deadline."""

    request_id: str
    action: str
    payload: Mapping[str, Any]
    deadline: datetime
    left_s: float
    attempt: str


@dataclass(frozen=True, slots=True)
class SentCommand:
    """Where a command belongs: to a task or to an orphan. `seq` counts the commands of one attempt from 0.

    `looks`: it asks what came of an act. An older release writes False, whatever it asks.
    """

    job: JobId
    task: TaskId | None
    orphan: int | None
    claims: int
    seq: int
    looks: bool


def issue_command(
    tenant: TenantId,
    *,
    task: TaskId,
    claims: int,
    seq: int,
    request_id: str,
    action: str,
    payload: Mapping[str, Any],
) -> Statement[bool]:
    """Ask the plugin, unless the attempt is not (any more) the task's, or asked already."""
    return bind(
        ISSUE,
        tenant,
        task=task,
        claims=claims,
        seq=seq,
        request_id=request_id,
        action=action,
        payload=Jsonb(dict(payload)),
    )


def open_commands(connection: Transaction, plugins: Sequence[PluginKey]) -> Iterator[Sequence[OpenCommand]]:
    """Yield what each of these plugins has not answered yet, oldest first; in a pipeline all are asked at once."""
    asked = [bind(OPEN, tenant, plugin_id=plugin_id).on(connection) for tenant, plugin_id in plugins]
    for cursor in asked:
        yield [OpenCommand(**row) for row in cursor]


def mark_sent(
    connection: Transaction, leaving: Mapping[PluginKey, Sequence[str]], *, traced: bool = False
) -> Mapping[PluginKey, Mapping[str, str]]:
    """Note that each plugin's commands leave; return those that are bound to it, where `traced` with the traceparents
    of their jobs, "" of one that has none. In a pipeline all go at once."""
    sent = composed(SENT, *(TRACED if traced else ()))
    asked = {
        (tenant, plugin_id): bind(sent, tenant, request_ids=list(request_ids), plugin_id=plugin_id).on(connection)
        for (tenant, plugin_id), request_ids in leaving.items()
    }
    return {plugin: {row["request_id"]: row.get("traceparent") or "" for row in rows} for plugin, rows in asked.items()}


def find_command(
    connection: Connection[DictRow], tenant: TenantId, request_id: str, plugin_id: str
) -> SentCommand | None:
    """Return where an open command of this plugin belongs; None for an unknown, foreign or answered one."""
    statement = bind(FIND, tenant, request_id=request_id, plugin_id=plugin_id)
    row = statement.on(connection).fetchone()
    if row is None:
        return None
    return SentCommand(JobId(row["job_id"]), row["task_id"], row["stray_id"], row["claims"], row["seq"], row["looks"])


def record_answer(tenant: TenantId, request_id: str, answer: Answer) -> Statement[bool]:
    """Keep the first answer to a command; a repeated one changes nothing."""
    stored = Jsonb(
        {
            "success": answer.success,
            "data": dict(answer.data),
            "error_code": answer.error_code,
            "error_message": answer.error_message,
            "retryable": answer.retryable,
        }
    )
    return bind(ANSWER, tenant, request_id=request_id, answer=stored)


def read_earlier_answers(
    connection: Connection[DictRow], tenant: TenantId, sent: SentCommand
) -> tuple[Answer, ...] | None:
    """Return the answers to the attempt's commands before this one, in their order; None where this one is answered or
    gone by now.

    To be read last: an answer is committed together with what follows from it, so that nothing read before knows of it.
    """
    statement = bind(ANSWERS, tenant, task=sent.task, orphan=sent.orphan, claims=sent.claims, seq=sent.seq)
    answers = [row["answer"] for row in statement.on(connection)]
    if not answers or answers.pop() is not None:
        return None
    return tuple(Answer(**answer) for answer in answers)


def set_connected(
    connection: Connection[DictRow], tenant: TenantId, plugin_id: str, *, process: int, socket_id: str
) -> None:
    params = {"tenant": tenant, "plugin_id": plugin_id, "process": process, "socket_id": socket_id}
    connection.execute(CONNECTED, params)


def set_gone(connection: Connection[DictRow], tenant: TenantId, plugin_id: str, socket_id: str) -> bool:
    """Note that the plugin left; False where another socket of it has come since."""
    params = {"tenant": tenant, "plugin_id": plugin_id, "socket_id": socket_id}
    return connection.execute(GONE, params).rowcount == 1


def set_gone_with_apis(connection: Connection[DictRow]) -> None:
    """Note that the plugins left whose api has ended, and tell their tenants' owners."""
    connection.execute(GONE_WITH_APIS)


def absent(connection: Connection[DictRow], tenants: Sequence[TenantId]) -> Sequence[TenantId]:
    """Return those of these tenants without a plugin, as far as PostgreSQL knows."""
    return [TenantId(row["tenant"]) for row in connection.execute(ABSENT, {"tenants": list(tenants)})]
