"""What a run did in memory and nobody wrote yet: recorded with its next claim or close, each thing at its own time."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from stoflow.domain.fence import Fence
from stoflow.domain.ids import TaskId
from stoflow.storage.engine.lines import Line, lines_json
from stoflow.storage.engine.statement import Parts

# Inner tasks that ran in memory, recorded with what follows them: `{after}` is the part that must have been granted.
# A worker says how long ago each was, for its clock may differ from PostgreSQL's, by which all other lines are.
INNER = """inner_done AS (
  UPDATE {s}.marketplace_tasks
  SET status = 'completed', output = %(inner)s::jsonb -> id::text -> 'output',
      input_digest = %(inner)s::jsonb -> id::text ->> 'digest', claims = claims + 1,
      started_at = (SELECT at FROM {after})
        - (%(inner)s::jsonb -> id::text ->> 'started_ago_s')::float8 * interval '1 second',
      completed_at = (SELECT at FROM {after})
        - (%(inner)s::jsonb -> id::text ->> 'completed_ago_s')::float8 * interval '1 second'
  WHERE id = ANY(%(inner_ids)s::int[]) AND job_id = %(job)s AND status = 'pending' AND EXISTS (SELECT FROM {after})
  RETURNING id, claims
), """
RECORDING: Parts = (
    ("inner of line", " LEFT JOIN inner_done d ON d.id = l.id"),
    ("inner attempt", "d.claims, "),
    ("inner line", "WHEN 'inner' THEN d.id IS NOT NULL"),
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
  RETURNING id
), """,
    ),
    ("if settled", "AND EXISTS (SELECT FROM settled)"),
    ("settled line", "WHEN 'settled' THEN EXISTS (SELECT FROM settled)"),
    ("is settled", ", EXISTS (SELECT FROM settled) AS settled"),
)


@dataclass(frozen=True, slots=True)
class InnerDone:
    """An inner task that ran in memory, to be recorded with the next claim or close; times are monotonic ones."""

    task: TaskId
    name: str
    output: Any
    digest: str
    started_s: float
    completed_s: float


@dataclass(frozen=True, slots=True)
class Settled:
    """An attempt that was done, to be settled together with what follows it; `done_s` is a monotonic time."""

    task: TaskId
    name: str
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


def unrecorded_params(
    unrecorded: Unrecorded, *, begins: bool, then: Sequence[Line], begun_s: float | None = None
) -> dict[str, Any]:
    """Return what those parts are filled with, and the lines of all that is written.

    `begins`: the job may do so with it; `then` are the lines of the statement itself; `begun_s` is when the task began
    that is recorded besides, if any.
    """
    now_s = time.monotonic()
    began_s = min([now_s if begun_s is None else begun_s, *(done.started_s for done in unrecorded.inner)])
    begun = [Line("begun", None, "pending", "running", "started", now_s - began_s)] if begins else []
    before = (*_settled_lines(unrecorded.after, now_s), *begun, *_inner_lines(unrecorded.inner, now_s))
    return {
        **_inner_params(unrecorded.inner, now_s),
        **_settled_params(unrecorded.after, now_s),
        "begun_ago_s": now_s - began_s,
        "lines": lines_json((*before, *then)),
    }


def _inner_params(inner: Sequence[InnerDone], now_s: float) -> dict[str, Any]:
    rows = {
        str(done.task): {
            "output": done.output,
            "digest": done.digest,
            "started_ago_s": now_s - done.started_s,
            "completed_ago_s": now_s - done.completed_s,
        }
        for done in inner
    }
    return {"inner": Jsonb(rows), "inner_ids": [done.task for done in inner]}


def _settled_params(after: Settled | None, now_s: float) -> dict[str, Any]:
    if after is None:
        return {"after": None}
    return {
        "after": after.task,
        "after_claims": after.claims,
        "after_output": Jsonb(dict(after.output)),
        "after_ago_s": now_s - after.done_s,
    }


def _settled_lines(after: Settled | None, now_s: float) -> Iterator[Line]:
    if after is not None:
        ago_s = now_s - after.done_s
        yield Line("settled", after.name, "running", "completed", "done", ago_s, attempt=after.claims)


def _inner_lines(inner: Sequence[InnerDone], now_s: float) -> Iterator[Line]:
    for done in inner:
        yield Line("inner", done.name, "pending", "running", "run", now_s - done.started_s, done.task)
        yield Line("inner", done.name, "running", "completed", "done", now_s - done.completed_s, done.task)
