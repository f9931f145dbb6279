"""A job without tasks: written by a program that knows only the old columns. It gets them, or is refused."""

from functools import partial

from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.run import NextMove
from stoflow.execution.engine import Engine
from stoflow.execution.hand_back import knows_action
from stoflow.execution.moves import FAILED, Move
from stoflow.monitoring.failpoints import failpoint
from stoflow.resources.jobs.submit import check_job
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.session import Records
from stoflow.storage.engine.by_hand import fail_by_hand
from stoflow.storage.engine.plan import plan_job
from stoflow.storage.engine.reads.workers import StoredJob

PLANNED = Move(NextMove.RELOAD, status=JobStatus.PENDING)


def plan(engine: Engine, job: StoredJob) -> Move:
    """Give the job the tasks that it would have had from `submit`, or fail it with what `submit` would have said.

    Of an action that nobody handles it is said as the old program did, whose troubleshooting names it so.
    """
    asked = SubmitJob(job.marketplace, job.action, job.product.id if job.product else None, payload=job.payload)
    try:
        write, move = partial(plan_job, tasks=check_job(engine.registry, asked).create_tasks(job.product)), PLANNED
    except InputError as error:
        write, move = partial(_refuse, reason=_reason(engine, job, error)), FAILED
    failpoint("plan.before")
    with engine.database.records() as connection:
        is_written = write(connection, job.tenant, job.id)
    failpoint("plan.after")
    return move if is_written else PLANNED


def _reason(engine: Engine, job: StoredJob, error: InputError) -> str:
    if not knows_action(engine.registry, job):
        return f"Unknown action: {job.action}_{job.marketplace}"
    return " ".join(each.message for each in error.errors)


def _refuse(connection: Records, tenant: TenantId, job: JobId, *, reason: str) -> bool:
    return fail_by_hand(connection, tenant, job, reason, cause="refused")
