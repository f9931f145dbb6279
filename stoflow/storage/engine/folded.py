"""A job that goes well, kept as one row: its document, and the statements by which its run writes it."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus, TaskPlan
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.claim import IN_LINE, IN_TIME, NOT_HELD, PACING, UNDISTURBED, Claim
from stoflow.storage.engine.close import Closing
from stoflow.storage.engine.facts import UNFINISHED, telling
from stoflow.storage.engine.recorded import Granted
from stoflow.storage.engine.statement import Parts, Statement, bind, composed, has_row, s
from stoflow.storage.engine.unrecorded import Unrecorded

LARGEST_DOCUMENT = 32_000  # in characters
Answer = TypeVar("Answer")
Document = list[dict[str, Any]]
"""A job's tasks in their order: `name`, `kind` and `paced` of each, and what has become of it.

`begun` and `done` are seconds since 1970 by PostgreSQL's clock; a task that has begun was claimed once, for what is
tried again is not kept so. Beside them `output`, `digest`, `marker` and `quiet_s`, each where there is one.
"""


@dataclass(slots=True)
class Folded:
    """How a run knows a job that is one row: whoever writes it moves its fence.

    `offset_s` is what PostgreSQL's clock shows more than the monotonic one here. Not `is_so` once it is rows.
    """

    fence: int
    tasks: Document
    ids: Sequence[int]
    offset_s: float
    is_so: bool = True

    def after(self, unrecorded: Unrecorded, *claims: Claim) -> Document:
        """Return the document with what a run did in memory, and what it claims now."""
        written = [dict(task) for task in self.tasks]
        of = dict(zip(self.ids, written, strict=True))
        for done in unrecorded.inner:
            of[done.task].update(
                begun=self._at(done.started_s), done=self._at(done.completed_s), output=done.output, digest=done.digest
            )
        if (settled := unrecorded.after) is not None:
            of[settled.task].update(done=self._at(settled.done_s), output=dict(settled.output))
        for claim in claims:
            given = {"digest": claim.digest, "marker": claim.marker, "quiet_s": claim.quiet_s}
            began = {"begun": self._at(time.monotonic())}
            of[claim.task].update(began, **{name: value for name, value in given.items() if value is not None})
        return written

    def began(self, unrecorded: Unrecorded) -> float:
        """Return when a job begins that had not."""
        return self._at(min([time.monotonic(), *(done.started_s for done in unrecorded.inner)]))

    def knowing(
        self, document: Document, read: Callable[[DictRow | None], Answer]
    ) -> Callable[[DictRow | None], Answer]:
        """Return what reads the answer of a statement that writes this document, and knows it from then on."""

        def told(row: DictRow | None) -> Answer:
            if row is not None:
                self.fence, self.tasks = self.fence + 1, document
            return read(row)

        return told

    def _at(self, monotonic_s: float) -> float:
        return round(monotonic_s + self.offset_s, 6)


# Fenced by the row itself: nothing of it has changed since the run read or wrote it. One that is to be cancelled is
# rows, and so is one that put out so much that each writing of it all would cost more than its rows do.
IS_OURS = """j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s"""

MAY_CLAIM = f"""{IS_OURS}
  AND (j.not_before IS NULL OR j.not_before <= clock_timestamp()) AND {IN_TIME}{NOT_HELD}
  [[in line]] [[undisturbed]]"""


def _claiming(before: LiteralString = "", and_also: LiteralString = "") -> LiteralString:
    return f"""
{before}UPDATE {s}.marketplace_jobs j
SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = %(holder)s,
    deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'[[begun]]
WHERE {MAY_CLAIM} {and_also}
RETURNING true AS granted[[told]]
"""


CLAIM = _claiming()
PACE, IF_IN_PACE = PACING[0][1], PACING[1][1]
CLAIM_PACED = _claiming(
    f"""WITH was AS MATERIALIZED (
  SELECT j.id FROM {s}.marketplace_jobs j WHERE {MAY_CLAIM} FOR UPDATE OF j
{PACE})
""",
    IF_IN_PACE,
)
BEGINNING: Parts = (
    (
        "begun",
        """, status = 'running', told = NOT j.told,
    started_at = to_timestamp(%(began)s)""",
    ),
    ("told", ", " + telling("'running'")),
)

CLOSE = f"""
UPDATE {s}.marketplace_jobs j
SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = NULL, deadline = NULL, status = 'completed',
    completed_at = clock_timestamp(), started_at = coalesce(j.started_at, to_timestamp(%(began)s)),
    result_data = %(result)s, error_message = NULL, error_kind = NULL, error_fields = NULL, waiting = NULL,
    told = NOT j.told
WHERE {IS_OURS} AND public.is_owned_under(%(tenant)s, %(epoch)s) [[in line]]
RETURNING true AS granted, {telling("'completed'")}
"""

UNFOLD = "SELECT public.unfold('{s}', %(jobs)s::int[]) AS unfolded"
UNFOLD_UNFINISHED = f"""
SELECT public.unfold('{s}', ARRAY(
  SELECT j.id FROM {s}.marketplace_jobs j
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.folded IS NOT NULL AND j.status IN {UNFINISHED}))
"""


def planned(tasks: Sequence[TaskPlan]) -> Document:
    """Return the document of a job of which nothing is done."""
    return [{"name": task.name, "kind": task.kind, "paced": task.paced} for task in tasks]


def claim_folded(claim: Claim, folded: Folded, *, before: JobStatus) -> Statement[Granted]:
    """Return what claims a task of a job known in the status `before`; it answers no where anything else holds."""
    begins, document = before is JobStatus.PENDING, folded.after(claim.unrecorded, claim)
    parts = (
        *(IN_LINE if claim.in_line and begins else ()),
        *(UNDISTURBED if claim.is_unsafe else ()),
        *(BEGINNING if begins else ()),
    )
    return bind(
        composed(CLAIM_PACED if claim.pace_s > 0 else CLAIM, *parts),
        claim.tenant,
        **fenced(claim.job, folded, document, before),
        began=folded.began(claim.unrecorded),
        marketplace=claim.marketplace,
        epoch=claim.epoch,
        process=claim.process,
        holder=claim.holder,
        deadline_s=claim.deadline_s,
        **claim.pace_params,
    ).answering(folded.knowing(document, _granted))


def close_folded(closing: Closing, folded: Folded, result: Mapping[str, Any]) -> Statement[Granted]:
    """Return what completes the job with its last tasks."""
    document = folded.after(closing.unrecorded)
    return bind(
        composed(CLOSE, *closing.line),
        closing.tenant,
        **fenced(closing.job, folded, document, closing.before),
        began=folded.began(closing.unrecorded),
        epoch=closing.epoch,
        result=Jsonb(dict(result)),
    ).answering(folded.knowing(document, _granted))


def unfold(tenant: TenantId, *jobs: JobId) -> Statement[bool]:
    """Return what writes these jobs in rows, those that are not yet."""
    return bind(UNFOLD, tenant, jobs=list(jobs)).answering(has_row)


def unfold_jobs(connection: Transaction, tenant: TenantId, *jobs: JobId) -> None:
    """Have those of these jobs that are not final in rows, before a statement that writes of their tasks."""
    if jobs:
        bind(UNFOLD_UNFINISHED, tenant, jobs=list(jobs)).on(connection)


def fenced(job: JobId, folded: Folded, document: Document, before: JobStatus) -> dict[str, Any]:
    """Return what IS_OURS and the writing of the document are filled with."""
    written = json.dumps(document, separators=(",", ":"))
    fits = len(written) <= LARGEST_DOCUMENT
    return {"job": job, "fence": folded.fence, "before": before, "document": written, "fits": fits}


def _granted(row: DictRow | None) -> Granted:
    return Granted(granted=row is not None)
