"""Lines of a job's timeline from a statement that does several things: each is written if what it tells came about."""

from collections.abc import Iterable
from typing import LiteralString, NamedTuple

from psycopg.types.json import Jsonb

from stoflow.storage.engine.statement import s


class Line(NamedTuple):
    """`part` names what must have come about: "own" for what the statement is for; `id` is an inner task's.

    `ago_s` is how long ago it was: a worker's clock may differ from PostgreSQL's, by which all lines are. A tuple: a
    job makes a dozen of them, and to make and copy dataclasses took a worker nine times as long.
    """

    part: str
    task: str | None
    before: str
    after: str
    cause: str
    ago_s: float = 0.0
    id: int | None = None
    attempt: int = 0


def lines_json(lines: Iterable[Line]) -> Jsonb:
    return Jsonb([line._asdict() for line in lines])


def recorded_lines(granted: LiteralString, *, cause: LiteralString = "l.cause") -> LiteralString:
    """Return the part of a statement that writes `lines`, in their order, its own where `granted` has a row,
    whose `at` is when it all came about.

    One list of them is read and planned once, where a SELECT for each kind of line is planned for itself.
    """
    return f"""said AS (
  INSERT INTO {s}.job_timeline (job_id, task, at, from_status, to_status, cause, attempt[[detail]])
  SELECT %(job)s::int, l.task,
    coalesce((SELECT at FROM {granted}), clock_timestamp()) - l.ago_s * interval '1 second', l.before, l.after,
    {cause},
    coalesce([[inner attempt]][[failed attempt]]l.attempt)[[failed detail]]
  FROM jsonb_to_recordset(%(lines)s) AS l (part text, id int, task text, ago_s float8, before text, after text,
    cause text, attempt int)[[inner of line]][[failed of line]]
  WHERE CASE l.part WHEN 'own' THEN EXISTS (SELECT FROM {granted})
    [[settled line]]
    [[begun line]]
    [[inner line]] [[failed line]] END
)"""
