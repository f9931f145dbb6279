"""What this release does not know it hands back: a newer worker does it, and nothing is charged for the wait."""

from stoflow.domain.facts.work import TaskHandedBack
from stoflow.domain.job import PASSED_TASK_STATUSES, TaskKind
from stoflow.domain.run import NextMove
from stoflow.execution.attempting import write_in_rows
from stoflow.execution.engine import Engine
from stoflow.execution.moves import RELOAD, Move, Settlement
from stoflow.execution.scopes import wait_for_grant
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.hand_back import SOON_S, hand_back_task
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.settle import settle_back
from stoflow.storage.engine.verify import settle_untold, settle_verifying

UNREAD = "The api that heard the plugin's answer is older than this job and cannot read it."


def hand_back(engine: Engine, job: StoredJob, task: StoredTask) -> Move | None:
    """Hand `task` back where this job has one that we do not know, or that the seller did not grant; else None.

    What stands before the unknown one is not done either: a newer release may have changed it for its sake.
    """
    unknown = next((each for each in job.tasks if _is_ahead(each) and not knows(engine.registry, job, each)), None)
    if unknown is None:
        return wait_for_grant(engine, job, task)
    record(TaskHandedBack(job.tenant, job.id, job.marketplace, job.action, unknown.name))
    statement = hand_back_task(
        job.tenant,
        task=task.id,
        claims=task.claims,
        process=engine.process(),
        marketplace=job.marketplace,
        action=job.action,
        step=unknown.step,
    )
    failpoint("hand_back.before")
    delay_s = write_in_rows(engine, job, statement)
    failpoint("hand_back.after")
    if delay_s is None:
        return RELOAD
    return Move(NextMove.LOOK if task.verifying else NextMove.RUN, delay_s)


def knows(registry: Registry, job: StoredJob, task: StoredTask) -> bool:
    """Say whether this release has such a step; one of the same name and another kind is another step."""
    try:
        return registry.handler(job.marketplace, job.action).step(task.name).kind is task.kind
    except (LookupError, ValueError):
        return False


def knows_action(registry: Registry, job: StoredJob) -> bool:
    """Say whether this release has such an action there."""
    return f"{job.action}_{job.marketplace}" in registry.handlers


def unread_settlement(engine: Engine, job: StoredJob, task: StoredTask, *, looking: bool) -> Settlement:
    """Return what a plugin's answer writes that this release cannot read: what may have been done is looked for,
    anything else is asked again, by whoever knows it."""
    delay_s = engine.tempo.scaled_s(engine.quiet_s(engine.registry.marketplace(job.marketplace)))
    about = (job.tenant, task.id, task.claims)
    if looking:
        statement = settle_untold(
            *about, reason=UNREAD, delay_s=delay_s, cause="could not look", marked=False, at_once=False
        )
    elif task.kind is TaskKind.UNSAFE:
        statement = settle_verifying(*about, reason=UNREAD, delay_s=delay_s, looks=0, cause="outcome unknown")
    else:
        statement = settle_back(*about, reason=UNREAD, kind="try_again", delay_s=SOON_S, charge=False)
    return Settlement(statement, RELOAD, kind="try_again", reason=UNREAD)


def _is_ahead(task: StoredTask) -> bool:
    return task.status not in PASSED_TASK_STATUSES
