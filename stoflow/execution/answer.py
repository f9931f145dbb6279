"""A plugin's answer completes its task, whichever process receives it and whoever restarted meanwhile."""

from collections.abc import Generator
from uuid import UUID

from stoflow.domain.call import Answer
from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import StaleAttemptFenced
from stoflow.domain.ids import TenantId
from stoflow.domain.job import TaskKind, TaskStatus
from stoflow.domain.outcome import LookResult, Outcome
from stoflow.domain.run import NextMove
from stoflow.execution.attempting import command_statement, looked, only_outcome, tried, write_settle
from stoflow.execution.collect import answer_for_orphan
from stoflow.execution.conversation import NextCommand, begin, broken, resume
from stoflow.execution.engine import Engine, outputs_of, step_of
from stoflow.execution.hand_back import knows, unread_settlement
from stoflow.execution.look import look_of
from stoflow.execution.moves import GO_ON, RELOAD, Move, Settlement
from stoflow.execution.reporting import changed, report_of
from stoflow.execution.settle import look_settlement, settlement
from stoflow.execution.telling import concluded
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.commands import SentCommand, find_command, read_answers, record_answer
from stoflow.storage.engine.orphan_drafts import read_orphan
from stoflow.storage.engine.ownership import owner_of
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask, read_job
from stoflow.storage.engine.statement import Statement

Read = Outcome | LookResult | NextCommand
UNKEPT = Answer(success=False, error_code="unkept", error_message="It could not be recorded.")


def receive_answer(engine: Engine, tenant: TenantId, plugin_id: str, request_id: str, answer: Answer) -> None:
    """Settle the task the command belongs to; an unknown, foreign, repeated or late answer changes nothing."""
    if not _is_uuid(request_id):
        return
    with engine.database.records() as connection:
        sent = find_command(connection, tenant, request_id, plugin_id)
        job = read_job(connection, tenant, sent.job) if sent else None
        earlier = read_answers(connection, tenant, sent) if sent else ()
        orphan = read_orphan(connection, tenant, sent.orphan, sent.job) if sent and sent.orphan is not None else None
    if job is None or sent is None:
        return
    if orphan is not None and orphan.claims == sent.claims:
        failpoint("answer.orphan.before")
        engine.recorder.write(tenant, job.id, record_answer(tenant, request_id, answer))
        failpoint("answer.orphan.after")
        answer_for_orphan(engine, job, orphan, (*earlier, answer))
        return
    task = _task_of(job, sent)
    if task is None:
        return
    result = _read(engine, job, task, (*earlier, answer)) if knows(engine.registry, job, task) else None
    move = _settle(engine, job, task, request_id, answer, result)
    engine.feed.job_changed(changed(job, move, len(outputs_of(job)) + (move is GO_ON)))
    _report(engine, job, task, move)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _task_of(job: StoredJob, sent: SentCommand) -> StoredTask | None:
    """Return the task, if the attempt the command was sent for is still its last one."""
    task = next((task for task in job.tasks if task.id == sent.task), None)
    if task is None or task.status is not TaskStatus.RUNNING or task.claims != sent.claims:
        record(StaleAttemptFenced(job.tenant, job.id, task.name if task else ""))
        return None
    return task


def _is_look(task: StoredTask) -> bool:
    return task.verifying and task.out


def _read(engine: Engine, job: StoredJob, task: StoredTask, answers: tuple[Answer, ...]) -> Read:
    """Start the step's conversation, or its look's, anew and tell it every answer."""
    if _is_look(task):
        find, attempt = look_of(engine, job, task)
        return resume(find(attempt), answers, TaskKind.REPEATABLE)
    attempt = engine.attempt(job, task, marker=task.marker, outputs=outputs_of(job))
    begun = begin(step_of(engine, job, task).do, attempt, unsafe=task.kind is TaskKind.UNSAFE)
    return resume(begun, answers, task.kind) if isinstance(begun, Generator) else begun


def _settle(
    engine: Engine, job: StoredJob, task: StoredTask, request_id: str, answer: Answer, result: Read | None
) -> Move:
    """Commit the answer together with what follows from it, so that a crash leaves the command to be sent again.

    `result` is None where this release cannot read the answer.
    """
    kept = record_answer(job.tenant, request_id, answer)
    if isinstance(result, NextCommand):
        failpoint("answer.next.before")
        engine.recorder.write(job.tenant, job.id, kept, command_statement(job.tenant, task, result))
        failpoint("answer.next.after")
        engine.feed.commands_waiting(job.tenant)
        return Move(NextMove.PLUGIN, engine.timeout_s(job))
    try:
        return _record(engine, job, task, _settlement(engine, job, task, result), kept)
    except DatabaseRefused as error:
        record(database_failure("recording a plugin's answer", error))
        instead = _settlement(engine, job, task, broken(error, unsafe=task.kind is TaskKind.UNSAFE))
        return _record(engine, job, task, instead, record_answer(job.tenant, request_id, UNKEPT))


def _record(engine: Engine, job: StoredJob, task: StoredTask, settled: Settlement, kept: Statement[bool]) -> Move:
    failpoint("answer.before")
    recorded = write_settle(engine, job, settled.first, *settled.more, kept)
    failpoint("answer.after")
    return concluded(job, task, settled, recorded)


def _settlement(engine: Engine, job: StoredJob, task: StoredTask, result: Outcome | LookResult | None) -> Settlement:
    if result is None:
        return unread_settlement(engine, job, task, looking=_is_look(task))
    about = tried(engine, job, task, step_of(engine, job, task))
    if _is_look(task):
        return look_settlement(about, looked(result), engine.tempo, engine.random)
    return settlement(about, only_outcome(result), engine.tempo, engine.random)


def _report(engine: Engine, job: StoredJob, task: StoredTask, move: Move) -> None:
    with engine.database.records() as connection:
        owner = owner_of(connection, job.tenant)
    if owner is None:
        return
    at = (job.next_task(after=task.position) if move is GO_ON else None) or task
    after = _after(engine, job, task) if move is GO_ON else move
    engine.feed.report(owner[0], report_of(job, after, at.id, at.claims))


def _after(engine: Engine, job: StoredJob, task: StoredTask) -> Move:
    """Return what a job waits for once `task` is done."""
    if job.next_task(after=task.position) is None:
        return RELOAD
    outside = job.next_task(after=task.position, outside=True)
    return Move(NextMove.PACE if outside is not None and engine.pace_s(job, outside) > 0 else NextMove.RUN)
