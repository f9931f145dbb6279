"""The line before one job, read with a bound on every part: whatever waits there, and whatever has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.line import Past, Rest
from stoflow.storage.engine.facts import PASSED, UNFINISHED, ahead_of, one_of, tasks_of
from stoflow.storage.engine.statement import bind, s

COUNTED_AT_MOST = 100_000  # from the index alone
MIXED_AT_MOST = 2_000  # their rows are read, to know their actions
LATELY_AT_MOST = 200  # of a tenant's jobs that ended last, at all its marketplaces
BEGUN_AT_MOST = 200
RESTS_AT_MOST = 40  # of its action: their tasks are read

ENDED = one_of({JobStatus.COMPLETED, JobStatus.FAILED})

FIRST = f"""FROM {s}.marketplace_jobs e
      WHERE e.status = 'pending' AND e.marketplace = j.marketplace AND (e.priority, e.id) < (j.priority, j.id)"""

BEFORE = f"SELECT count(*) FROM (SELECT {FIRST} LIMIT %(counted)s) AS c"

MIX = f"""
    SELECT jsonb_object_agg(code, jobs) FROM (
      SELECT a.code, count(*) FILTER (WHERE is_due) AS jobs FROM (
        SELECT e.action_type_id, e.not_before IS NULL OR e.not_before <= clock_timestamp() AS is_due {FIRST}
        ORDER BY e.priority, e.id LIMIT %(mixed)s) AS f
      JOIN public.marketplace_action_types a ON a.id = f.action_type_id GROUP BY a.code) AS m"""

PAST = """jsonb_build_object('action', a.code, 'product', p.product_id, 'created_at', p.created_at,
      'not_before', p.not_before, 'started_at', p.started_at, 'ended_at', p.completed_at,
      'failed', p.status = 'failed')"""

BEGUN = f"""
    SELECT jsonb_agg({PAST} ORDER BY p.started_at DESC) FROM (
      SELECT * FROM {s}.marketplace_jobs r
      WHERE r.status = 'running' AND r.marketplace = j.marketplace ORDER BY r.priority, r.id LIMIT %(begun)s) AS p
    JOIN public.marketplace_action_types a ON a.id = p.action_type_id
    WHERE p.started_at IS NOT NULL"""

LATELY = f"""
    SELECT jsonb_agg({PAST} ORDER BY p.completed_at DESC) FROM (
      SELECT * FROM {s}.marketplace_jobs l
      WHERE l.completed_at IS NOT NULL ORDER BY l.completed_at DESC LIMIT %(lately)s) AS p
    JOIN public.marketplace_action_types a ON a.id = p.action_type_id
    WHERE p.marketplace = j.marketplace AND p.status IN {ENDED} AND p.started_at IS NOT NULL"""

# From the task that the job has come to, until the end: of the last ones of its action. What they waited for their
# next paced call is left out: how long this one waits for it is known.
RESTS = f"""
    SELECT jsonb_agg(jsonb_build_object(
        'seconds', extract(epoch FROM p.completed_at - w.from_at - coalesce(w.paused, '0')),
        'after_pace_s', extract(epoch FROM p.completed_at - w.paced_at), 'was_retried', w.was_retried)
      ORDER BY p.completed_at DESC) FROM (
      SELECT * FROM (
        SELECT l.id, l.created_at, l.completed_at, l.marketplace, l.action_type_id, l.status, l.folded, l.task_ids,
          l.claimed_by, l.deadline FROM {s}.marketplace_jobs l
        WHERE l.completed_at IS NOT NULL ORDER BY l.completed_at DESC LIMIT %(lately)s) AS q
      WHERE q.marketplace = j.marketplace AND q.action_type_id = j.action_type_id AND q.status = 'completed'
      ORDER BY q.completed_at DESC LIMIT %(rests)s) AS p
    CROSS JOIN LATERAL (
      SELECT min(k.started_at) FILTER (WHERE k.position = t.position) AS from_at, bool_or(k.tries > 1) AS was_retried,
        min(k.started_at) FILTER (WHERE k.paced) AS paced_at,
        (array_agg(k.started_at - k.before_at ORDER BY k.position) FILTER (WHERE k.paced))[1] AS paused
      FROM (
        SELECT o.position, o.started_at, o.paced, o.claims - o.polls AS tries,
          lag(o.completed_at) OVER (ORDER BY o.position) AS before_at
        FROM {tasks_of("p")} AS o WHERE o.position >= t.position) AS k) AS w
    WHERE w.from_at IS NOT NULL"""

PACED_BEFORE = f"""
    SELECT count(*) FROM (
      SELECT * FROM {s}.marketplace_jobs r
      WHERE r.status = 'running' AND r.marketplace = j.marketplace ORDER BY r.priority, r.id LIMIT %(begun)s) AS r
    WHERE r.action_type_id = j.action_type_id
      AND (j.status = 'pending' OR (r.priority, r.id) < (j.priority, j.id))
      AND EXISTS (SELECT FROM {tasks_of("r")} AS o WHERE o.paced AND o.status = 'pending')"""

PACED_IN = f"""
    SELECT greatest(0, coalesce(max(extract(epoch FROM p.next_at - clock_timestamp())), 0))::float8
    FROM public.marketplace_action_types a
    LEFT JOIN public.pace p ON p.tenant = %(tenant)s AND p.marketplace = j.marketplace AND p.action = a.code
    WHERE a.id = j.action_type_id
    HAVING EXISTS (SELECT FROM {tasks_of("j")} AS o WHERE o.paced AND o.status = 'pending')"""

LINE = f"""
SELECT clock_timestamp() AS now, CASE WHEN j.status = 'pending' THEN ({BEFORE}) ELSE 0 END AS before,
  CASE WHEN j.status = 'pending' THEN ({MIX}) END AS mix, ({BEGUN}) AS begun, ({LATELY}) AS lately,
  ({ahead_of("j", what="count(*)")}) AS chain,
  CASE WHEN j.status IN {UNFINISHED} THEN ({RESTS}) END AS rests, ({PACED_IN}) AS paced_in_s,
  CASE WHEN j.status IN {UNFINISHED} THEN ({PACED_BEFORE}) ELSE 0 END AS paced_before,
  CASE WHEN t.status = 'running' THEN t.started_at END AS task_began_at,
  CASE WHEN t.status = 'pending' AND t.error_kind = 'away' THEN t.claims - t.polls END AS away_tries
FROM {s}.marketplace_jobs j
LEFT JOIN LATERAL (
  SELECT * FROM {tasks_of("j")} AS o WHERE status NOT IN {PASSED} ORDER BY position LIMIT 1) AS t ON true
WHERE j.id = %(job)s
"""

BOUNDS: Mapping[str, int] = {
    "counted": COUNTED_AT_MOST,
    "mixed": MIXED_AT_MOST,
    "begun": BEGUN_AT_MOST,
    "lately": LATELY_AT_MOST,
    "rests": RESTS_AT_MOST,
}


@dataclass(frozen=True, slots=True)
class LineRead:
    """As in Line, of which this is what PostgreSQL knows."""

    now: datetime
    before: int
    mix: Mapping[str, int]
    begun: Sequence[Past]
    lately: Sequence[Past]
    chain: int
    rests: Sequence[Rest]
    task_began_at: datetime | None
    away_tries: int | None
    paced_in_s: float | None
    paced_before: int


def read_line(connection: Connection[DictRow], tenant: TenantId, job: JobId) -> LineRead | None:
    """Return the line before the job, None where there is no such job."""
    row = bind(LINE, tenant, job=job, **BOUNDS).on(connection).fetchone()
    if row is None:
        return None
    begun, lately = row["begun"] or (), row["lately"] or ()
    ends = _ends_by_product(lately)
    pasts = [[_past(each, ends) for each in found] for found in (begun, lately)]
    return LineRead(
        row["now"],
        row["before"],
        row["mix"] or {},
        *pasts,
        chain=row["chain"],
        rests=[Rest(**each) for each in row["rests"] or ()],
        task_began_at=row["task_began_at"],
        away_tries=row["away_tries"],
        paced_in_s=row["paced_in_s"],
        paced_before=row["paced_before"],
    )


def _ends_by_product(lately: Sequence[Mapping[str, Any]]) -> Mapping[int, Sequence[datetime]]:
    ends: dict[int, list[datetime]] = {}
    for each in lately:
        if each["product"] is not None:
            ends.setdefault(each["product"], []).append(datetime.fromisoformat(each["ended_at"]))
    return ends


def _past(row: Mapping[str, Any], ends: Mapping[int, Sequence[datetime]]) -> Past:
    started = datetime.fromisoformat(row["started_at"])
    ready = [datetime.fromisoformat(row[name]) for name in ("created_at", "not_before") if row[name]]
    before = [end for end in ends.get(row["product"], ()) if end <= started]
    ended = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None
    return Past(row["action"], max(ready + before), started, ended, row["failed"])
