"""Collecting orphans: drafts that a lost answer or a cancel left behind, found by their marker and deleted."""

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
    OrphanDraft,
    claim_orphan,
    issue_for_orphan,
    keep_orphan,
    read_orphan,
    remove_orphan,
)
from stoflow.storage.engine.reads.workers import StoredJob, read_job

LOOKS_UNTIL_GONE = 2


def collect(engine: Engine, message: RunMessage) -> None:
    """Delete the orphan draft, if it is there; look once more later where it is not (yet)."""
    with engine.database.records() as connection:
        job = read_job(connection, message.tenant, message.job)
        orphan = read_orphan(connection, message.tenant, message.task, message.job)
    if job is not None and orphan is not None and orphan.claims == message.claims and _may_collect(engine, job):
        _collect(engine, message, job, orphan)
    engine.feed.report(message.owner, _report(message, job.marketplace if job else ""))


def _may_collect(engine: Engine, job: StoredJob) -> bool:
    """Say whether this worker may: what it does not know, a newer one collects; who refuses StoFlow is not called."""
    return job.refusal is None and knows_action(engine.registry, job)


def _collect(engine: Engine, message: RunMessage, job: StoredJob, orphan: OrphanDraft) -> None:
    marketplace = engine.registry.marketplace(job.marketplace)
    if marketplace.collect is None:
        settle_orphan(engine, job, replace(orphan, claims=orphan.claims - 1), Done())  # nobody could find it
        return
    timeout_s = engine.timeout_s(job)
    by_plugin = marketplace.transport == "plugin"
    claim = claim_orphan(
        job.tenant,
        orphan.id,
        orphan.claims,
        epoch=message.epoch,
        holder=None if by_plugin else engine.process(),
        deadline_s=timeout_s + engine.lease_s,
    )
    conversation = marketplace.collect(attempt_at(engine, job, orphan))
    claims = orphan.claims + 1
    if by_plugin:
        pending = resume(conversation, (), TaskKind.REPEATABLE)
        if isinstance(pending, NextCommand):
            issued = issue_for_orphan(job.tenant, orphan.id, job.id, claims, pending.seq, pending.command)
            failpoint("collect.ask.before")
            claimed = engine.recorder.write(job.tenant, job.id, claim, issued)
            failpoint("collect.ask.after")
            if claimed:
                engine.feed.commands_waiting(job.tenant)
        return
    failpoint("collect.claim.before")
    claimed = engine.recorder.write(job.tenant, job.id, claim)
    failpoint("collect.claim.after")
    if not claimed:
        return
    name = f"{job.tenant}-{job.id}-stray{orphan.id}-{claims}"
    send = sender(engine, job, "collect", name, time.monotonic() + timeout_s)
    settle_orphan(engine, job, orphan, hold(conversation, send, TaskKind.REPEATABLE))


def attempt_at(engine: Engine, job: StoredJob, orphan: OrphanDraft) -> Attempt:
    """Return what the collector may know: the orphan's marker, and the listing that must stay."""
    return Attempt(
        tenant=job.tenant,
        job=job.id,
        task_name="collect",
        product=None,
        account=job.account,
        marker=orphan.marker,
        listing_id=job.listing_id,
        listing_visible=job.listing_visible,
        media_root=engine.media_root,
    )


def settle_orphan(engine: Engine, job: StoredJob, orphan: OrphanDraft, found: Outcome | Absent) -> None:
    """Forget an orphan that is gone; keep one that may still come or could not be looked for."""
    claims = orphan.claims + 1
    gone = isinstance(found, Done) or (isinstance(found, Absent) and orphan.tries + 1 >= LOOKS_UNTIL_GONE)
    if gone:
        statement = remove_orphan(job.tenant, orphan.id, claims)
    else:
        looked = isinstance(found, Absent)
        later_s = engine.second_look_s(engine.registry.marketplace(job.marketplace))
        delay_s = engine.tempo.scaled_s(later_s if looked else blind_look_s(claims, engine.random))
        statement = keep_orphan(job.tenant, orphan.id, claims, delay_s=delay_s, looked=looked)
    failpoint("collect.settle.before")
    engine.recorder.write(job.tenant, job.id, statement)
    failpoint("collect.settle.after")


def answer_for_orphan(engine: Engine, job: StoredJob, orphan: OrphanDraft, answers: tuple[Answer, ...]) -> None:
    """Go on collecting where the plugin's answers lead."""
    collect_ = engine.registry.marketplace(job.marketplace).collect
    if collect_ is None:
        return
    before = replace(orphan, claims=orphan.claims - 1)
    found = resume(collect_(attempt_at(engine, job, orphan)), answers, TaskKind.REPEATABLE)
    if isinstance(found, NextCommand):
        issued = issue_for_orphan(job.tenant, orphan.id, job.id, orphan.claims, found.seq, found.command)
        failpoint("collect.next.before")
        engine.recorder.write(job.tenant, job.id, issued)
        failpoint("collect.next.after")
        engine.feed.commands_waiting(job.tenant)
    else:
        settle_orphan(engine, job, before, found)


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
