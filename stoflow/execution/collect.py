"""Collecting strays: drafts that a lost answer or a cancel left behind, found by their marker and deleted."""

import time
from dataclasses import replace

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, Outcome
from stoflow.domain.retry import blind_look_s
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from stoflow.execution.attempting import sender
from stoflow.execution.conversation import NextCommand, hold, resume
from stoflow.execution.engine import Engine
from stoflow.execution.hand_back import knows_action
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.engine.orphan_drafts import (
    Stray,
    claim_stray,
    issue_for_stray,
    keep_stray,
    read_stray,
    remove_stray,
)
from stoflow.storage.engine.reads.workers import StoredJob, read_job

LOOKS_UNTIL_GONE = 2


def collect(engine: Engine, message: RunMessage) -> None:
    """Delete the stray draft, if it is there; look once more later where it is not (yet)."""
    with engine.database.records() as connection:
        job = read_job(connection, message.tenant, message.job)
        stray = read_stray(connection, message.tenant, message.task, message.job)
    if job is not None and stray is not None and stray.claims == message.claims and _may_collect(engine, job):
        _collect(engine, message, job, stray)
    engine.feed.report(message.owner, _report(message, job.marketplace if job else ""))


def _may_collect(engine: Engine, job: StoredJob) -> bool:
    """Say whether this worker may: what it does not know, a newer one collects; who refuses StoFlow is not called."""
    return job.refusal is None and knows_action(engine.registry, job)


def _collect(engine: Engine, message: RunMessage, job: StoredJob, stray: Stray) -> None:
    marketplace = engine.registry.marketplace(job.marketplace)
    if marketplace.collect is None:
        settle_stray(engine, job, replace(stray, claims=stray.claims - 1), Done())  # nobody could find it
        return
    timeout_s = engine.timeout_s(job)
    by_plugin = marketplace.transport == "plugin"
    claim = claim_stray(
        job.tenant,
        stray.id,
        stray.claims,
        epoch=message.epoch,
        holder=None if by_plugin else engine.process(),
        deadline_s=timeout_s + engine.lease_s,
    )
    conversation = marketplace.collect(attempt_at(engine, job, stray))
    claims = stray.claims + 1
    if by_plugin:
        pending = resume(conversation, (), TaskKind.REPEATABLE)
        if isinstance(pending, NextCommand):
            issued = issue_for_stray(job.tenant, stray.id, job.id, claims, pending.seq, pending.command)
            failpoint("collect.ask.before")
            claimed = engine.recorder.write(job.tenant, job.id, claim, issued)[0]
            failpoint("collect.ask.after")
            if claimed is not None:
                engine.feed.commands_waiting(job.tenant)
        return
    failpoint("collect.claim.before")
    claimed = engine.recorder.write(job.tenant, job.id, claim)[0]
    failpoint("collect.claim.after")
    if claimed is None:
        return
    name = f"{job.tenant}-{job.id}-stray{stray.id}-{claims}"
    send = sender(engine, job, "collect", name, time.monotonic() + timeout_s)
    settle_stray(engine, job, stray, hold(conversation, send, TaskKind.REPEATABLE))


def attempt_at(engine: Engine, job: StoredJob, stray: Stray) -> Attempt:
    """Return what the collector may know: the stray's marker, and the listing that must stay."""
    return Attempt(
        tenant=job.tenant,
        job=job.id,
        task_name="collect",
        product=None,
        account=job.account,
        marker=stray.marker,
        listing_id=job.listing_id,
        listing_visible=job.listing_visible,
        media_root=engine.media_root,
    )


def settle_stray(engine: Engine, job: StoredJob, stray: Stray, found: Outcome | Absent) -> None:
    """Forget a stray that is gone; keep one that may still come or could not be looked for."""
    claims = stray.claims + 1
    gone = isinstance(found, Done) or (isinstance(found, Absent) and stray.tries + 1 >= LOOKS_UNTIL_GONE)
    if gone:
        statement = remove_stray(job.tenant, stray.id, claims)
    else:
        looked = isinstance(found, Absent)
        later_s = engine.second_look_s(engine.registry.marketplace(job.marketplace))
        delay_s = engine.tempo.scaled_s(later_s if looked else blind_look_s(claims, engine.random))
        statement = keep_stray(job.tenant, stray.id, claims, delay_s=delay_s, looked=looked)
    failpoint("collect.settle.before")
    engine.recorder.write(job.tenant, job.id, statement)
    failpoint("collect.settle.after")


def answer_for_stray(engine: Engine, job: StoredJob, stray: Stray, answers: tuple[Answer, ...]) -> None:
    """Go on collecting where the plugin's answers lead."""
    collect_ = engine.registry.marketplace(job.marketplace).collect
    if collect_ is None:
        return
    before = replace(stray, claims=stray.claims - 1)
    found = resume(collect_(attempt_at(engine, job, stray)), answers, TaskKind.REPEATABLE)
    if isinstance(found, NextCommand):
        issued = issue_for_stray(job.tenant, stray.id, job.id, stray.claims, found.seq, found.command)
        failpoint("collect.next.before")
        engine.recorder.write(job.tenant, job.id, issued)
        failpoint("collect.next.after")
        engine.feed.commands_waiting(job.tenant)
    else:
        settle_stray(engine, job, before, found)


def _report(message: RunMessage, marketplace: str) -> RunReport:
    return RunReport(
        tenant=message.tenant,
        job=message.job,
        marketplace=marketplace,
        mode=RunMode.COLLECT,
        move=NextMove.NOTHING,
        task=message.task,
        claims=message.claims,
        delay_s=0.0,
    )
