"""Handing back: a task that this process does not know waits for one that does, and who refused it is remembered."""

from typing import LiteralString

from stoflow.domain.ids import ProcessId, TaskId, TenantId
from stoflow.storage.engine.facts import PASSED, UNFINISHED, tasks_of
from stoflow.storage.engine.statement import Statement, bind, s

SOON_S = 1.0  # while somebody runs who may know it
LONGEST_S = 10.0  # while nobody does: a newer worker that comes waits no longer for its first job


def somebody_may_know(task: LiteralString, *, besides: LiteralString = "0") -> LiteralString:
    """Return SQL: a worker lives, none of `besides`, that works for the marketplace of the row `task` of
    `public.unknown_tasks` and has not refused it yet."""
    return f"""EXISTS (
    SELECT FROM public.processes w
    WHERE w.kind = 'worker' AND w.id <> {besides} AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR {task}.marketplace = ANY(w.serves))
      AND NOT EXISTS (
        SELECT FROM public.unknown_tasks k
        WHERE k.process = w.id
          AND (k.marketplace, k.action, k.task) = ({task}.marketplace, {task}.action, {task}.task)))"""


# Whether nobody who is running can do what is left of the job `j` of the action `a`.
UNSERVED = """NOT EXISTS (
    SELECT FROM public.processes w WHERE w.kind = 'worker' AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR j.marketplace = ANY(w.serves)))"""
ONLY_OLDER = f"""EXISTS (
    SELECT FROM public.unknown_tasks u JOIN public.processes p ON p.id = u.process
    WHERE NOT p.dead AND p.expires_at > clock_timestamp() AND u.marketplace = j.marketplace AND u.action = a.code
      AND NOT {somebody_may_know("u")} AND EXISTS (
        SELECT FROM {tasks_of("j")} AS k
        WHERE k.status NOT IN {PASSED} AND split_part(k.name, ':', 1) = u.task))"""

# Nothing of the task itself changes: it waits longer the longer this process has known that it does not know it.
HAND_BACK = f"""
WITH mine AS (
  INSERT INTO public.unknown_tasks AS u (process, marketplace, action, task)
  SELECT p.id, %(marketplace)s::text, %(action)s::text, %(step)s::text
  FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead
  ON CONFLICT (process, marketplace, action, task) DO UPDATE SET task = u.task
  RETURNING u.process, u.marketplace, u.action, u.task, u.since
), pause AS MATERIALIZED (
  SELECT CASE WHEN {somebody_may_know("mine", besides="mine.process")} THEN %(soon_s)s::float8
    ELSE least(%(longest_s)s::float8,
               greatest(%(soon_s)s::float8, extract(epoch FROM clock_timestamp() - mine.since)::float8))
    END AS seconds FROM mine
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET not_before = clock_timestamp() + pause.seconds * interval '1 second',
      look_at = CASE WHEN t.look_at IS NOT NULL THEN clock_timestamp() + pause.seconds * interval '1 second' END
  FROM pause
  WHERE t.id = %(task)s AND t.claims = %(claims)s AND t.status IN {UNFINISHED}
    AND t.claimed_by IS NULL AND t.deadline IS NULL AND (t.status = 'pending' OR t.look_at IS NOT NULL)
  RETURNING t.id
)
SELECT pause.seconds AS delay_s FROM pause, task
"""


def hand_back_task(
    tenant: TenantId,
    *,
    task: TaskId,
    claims: int,
    process: ProcessId,
    marketplace: str,
    action: str,
    step: str,
) -> Statement[float | None]:
    """Answer after how many seconds the task may be asked for again, None where it moved on meanwhile.

    `step` is what this process does not know, be it the task itself or one behind it.
    """
    return bind(
        HAND_BACK,
        tenant,
        task=task,
        claims=claims,
        process=process,
        marketplace=marketplace,
        action=action,
        step=step,
        soon_s=SOON_S,
        longest_s=LONGEST_S,
    ).answering(lambda row: float(row["delay_s"]) if row else None)
