"""What a run did in memory and nobody wrote yet: recorded with its next claim or close, each thing at its own time."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from stoflow.domain.fence import Fence
from stoflow.domain.ids import TaskId
from stoflow.storage.engine.statement import Parts

# Inner tasks that ran in memory, recorded with what follows them: `{after}` is the part that must have been granted.
# A worker says how long ago each was, for its clock may differ from PostgreSQL's, by which all other lines are.
INNER = """inner_done AS (
  UPDATE {s}.marketplace_tasks i
  SET status = 'completed', output = r.output, input_digest = r.digest, claims = i.claims + 1,
      started_at = now.at - r.started_ago_s * interval '1 second',
      completed_at = now.at - r.completed_ago_s * interval '1 second'
  FROM jsonb_to_recordset(%(inner)s) AS r(id int, output jsonb, digest text, started_ago_s float8,
         completed_ago_s float8), now, {after}
  WHERE i.id = r.id AND i.job_id = %(job)s AND i.status = 'pending'
  RETURNING i.name, i.position, i.claims, i.started_at, i.completed_at
), """
RECORDING: Parts = (
    ("but inner", "AND b.id <> ALL(%(inner_ids)s::int[])"),
    (
        "inner lines",
        """(SELECT %(job)s, name, l.at, l.before, l.after, l.cause, claims
      FROM inner_done, LATERAL (VALUES (started_at, 'pending', 'running', 'run'),
        (completed_at, 'running', 'completed', 'done')) AS l (at, before, after, cause)
      ORDER BY position, l.after DESC)
    UNION ALL """,
    ),
)

# The attempt before, settled in the same statement: what was made in memory after it stands only if that counted.
SETTLING: Parts = (
    (
        "settled",
        """settled AS (
  UPDATE {s}.marketplace_tasks
  SET status = 'completed', output = %(after_output)s, claimed_by = NULL, deadline = NULL, look_at = NULL,
      completed_at = clock_timestamp() - %(after_ago_s)s::float8 * interval '1 second', error = NULL, error_kind = NULL
  WHERE id = %(after)s AND status = 'running' AND claims = %(after_claims)s
  RETURNING name, claims, completed_at
), """,
    ),
    ("if settled", "AND EXISTS (SELECT FROM settled)"),
    ("but settled", "AND b.id <> %(after)s"),
    (
        "settled line",
        """SELECT %(job)s, name, completed_at, 'running', 'completed', 'done', claims FROM settled
    UNION ALL """,
    ),
    ("is settled", ", EXISTS (SELECT FROM settled) AS settled"),
)


@dataclass(frozen=True, slots=True)
class InnerDone:
    """An inner task that ran in memory, to be recorded with the next claim or close; times are monotonic ones."""

    task: TaskId
    output: Any
    digest: str
    started_s: float
    completed_s: float


@dataclass(frozen=True, slots=True)
class Settled:
    """An attempt that was done, to be settled together with what follows it; `done_s` is a monotonic time."""

    task: TaskId
    claims: Fence
    output: Mapping[str, Any]
    done_s: float


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """The inner tasks of a run that no claim has written, and the attempt before them that they stand on."""

    inner: Sequence[InnerDone] = ()
    after: Settled | None = None


def recording(unrecorded: Unrecorded, *, after: LiteralString) -> Parts:
    """Return the parts of a claim or close that record what went before it, none where nothing did."""
    inner: Parts = (("inner", INNER.replace("{after}", after)), *RECORDING) if unrecorded.inner else ()
    return (*inner, *(SETTLING if unrecorded.after is not None else ()))


def unrecorded_params(unrecorded: Unrecorded, *, begun_s: float | None = None) -> dict[str, Any]:
    """Return what those parts are filled with; `begun_s` is when the task began that is recorded besides, if any."""
    after, now_s = unrecorded.after, time.monotonic()
    rows = [
        {
            "id": done.task,
            "output": done.output,
            "digest": done.digest,
            "started_ago_s": now_s - done.started_s,
            "completed_ago_s": now_s - done.completed_s,
        }
        for done in unrecorded.inner
    ]
    last_ago_s = 0.0 if begun_s is None else now_s - begun_s
    return {
        "inner": Jsonb(rows),
        "inner_ids": [done.task for done in unrecorded.inner],
        "begun_ago_s": max([last_ago_s, *(row["started_ago_s"] for row in rows)]),
        "last_ago_s": last_ago_s,
        "after": after.task if after else None,
        "after_claims": after.claims if after else None,
        "after_output": Jsonb(dict(after.output)) if after else None,
        "after_ago_s": now_s - after.done_s if after else None,
    }
