"""A plugin's answer completes its task, whichever process receives it and whoever restarted meanwhile."""

from uuid import UUID

from stoflow.domain.call import Answer
from stoflow.domain.facts.accounts import ForeignAnswer
from stoflow.domain.facts.work import StaleAttemptFenced
from stoflow.domain.ids import TenantId
from stoflow.domain.job import TaskStatus
from stoflow.domain.run import NextMove
from stoflow.execution.act import Act
from stoflow.execution.carriers import Plugin
from stoflow.execution.collect import Collection
from stoflow.execution.concerning import about_job
from stoflow.execution.engine import Engine, outputs_of
from stoflow.execution.hand_back import knows, unread_settlement
from stoflow.execution.look import Look
from stoflow.execution.moves import GO_ON, RELOAD, Move
from stoflow.execution.reporting import changed, report_of, tell_owner
from stoflow.monitoring.record import record
from stoflow.storage.engine.commands import SentCommand, find_command, read_earlier_answers, record_answer
from stoflow.storage.engine.orphan_drafts import read_orphan
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask, read_job


def receive_answer(engine: Engine, tenant: TenantId, plugin_id: str, request_id: str, answer: Answer) -> None:
    """Settle the task the command belongs to; an unknown, foreign, repeated or late answer changes nothing."""
    if not _is_uuid(request_id):
        record(ForeignAnswer(tenant))
        return
    with engine.database.reading() as connection:
        sent = find_command(connection, tenant, request_id, plugin_id)
        job = read_job(connection, tenant, sent.job) if sent else None
        orphan = read_orphan(connection, tenant, sent.orphan, sent.job) if sent and sent.orphan is not None else None
        earlier = read_earlier_answers(connection, tenant, sent) if sent else None
    if job is None or sent is None or earlier is None:
        record(ForeignAnswer(tenant))
        return
    answers = (*earlier, answer)
    with about_job(job):
        if orphan is not None and orphan.claims == sent.claims:
            Plugin(engine).take_up(Collection(engine, job, orphan), request_id, answers)
        elif task := _task_of(job, sent):
            move = _take_up(engine, job, task, request_id, answers)
            engine.feed.job_changed(changed(engine, job, move, len(outputs_of(job)) + (move is GO_ON)))
            _report(engine, job, task, move)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _task_of(job: StoredJob, sent: SentCommand) -> StoredTask | None:
    """Return the task, if the attempt the command was sent for is still its last one.

    An act's answer counts also after its time, a look's does not: what it says is no word on the act itself.
    """
    task = next((task for task in job.tasks if task.id == sent.task), None)
    over = task is None or task.status is not TaskStatus.RUNNING or task.claims != sent.claims
    if task is None or over or (sent.looks and not task.out):
        record(StaleAttemptFenced(job.tenant, job.id, task.name if task else ""))
        return None
    return task


def _take_up(engine: Engine, job: StoredJob, task: StoredTask, request_id: str, answers: tuple[Answer, ...]) -> Move:
    looking = task.verifying and task.out
    execution = Look(engine, job, task) if looking else Act(engine, job, task, outputs_of(job))
    if knows(engine.registry, job, task):
        return Plugin(engine).take_up(execution, request_id, answers)
    unread = unread_settlement(engine, job, task, looking=looking)
    return execution.write(unread, record_answer(job.tenant, request_id, answers[-1]))


def _report(engine: Engine, job: StoredJob, task: StoredTask, move: Move) -> None:
    at = (job.next_task(after=task.position) if move is GO_ON else None) or task
    after = _after(engine, job, task) if move is GO_ON else move
    tell_owner(engine, report_of(job, after, at.id, at.claims))


def _after(engine: Engine, job: StoredJob, task: StoredTask) -> Move:
    """Return what a job waits for once `task` is done."""
    if job.next_task(after=task.position) is None:
        return RELOAD
    outside = job.next_task(after=task.position, outside=True)
    return Move(NextMove.PACE if outside is not None and engine.pace_s(job, outside) > 0 else NextMove.RUN)
