"""What attempts leave in the log: a job that failed, a step that broke, a marketplace that does not answer."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from stoflow.domain.call import Reply
from stoflow.domain.facts.accounts import ProductOversold, ThingUnread
from stoflow.domain.facts.outages import MarketplaceOutageBegan, MarketplaceOutageEnded
from stoflow.domain.facts.work import CallEnded, CallsLeftTold, JobFailed, SellerAsked, StaleAttemptFenced, StepBroke
from stoflow.domain.outcome import Broken, Outcome
from stoflow.domain.run import NextMove
from stoflow.execution.engine import Engine
from stoflow.execution.moves import FAILED, Move, Settlement, move_after
from stoflow.monitoring.record import record
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.recorded import Recorded


def concluded(job: StoredJob, task: StoredTask, settled: Settlement, recorded: Recorded | None) -> Move:
    """Return what follows from a committed settlement; state that the job failed, or that a later claim shut it out."""
    move = move_after(recorded, settled.follows)
    if recorded is None:
        record(StaleAttemptFenced(job.tenant, job.id, task.name))
        return move
    if settled.follows.next is NextMove.SELLER:
        record(SellerAsked(job.tenant, job.id, job.marketplace, task.name, settled.reason))
    if move is FAILED:
        note_failed(job, task, recorded.kind or settled.kind, settled.reason)
    note_named(job, recorded.named or {})
    return move


def note_named(job: StoredJob, named: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """State each thing that a page of an account named: what was not shown, and which order came too late."""
    for each in named.get("unread", ()):
        record(ThingUnread(job.tenant, job.id, job.marketplace, each["name"], each["reason"]))
    for each in named.get("oversales", ()):
        orders = ", ".join(f"{order['order_id']} on {order['marketplace']}" for order in each["with"])
        product, place, order = each["product_id"], each["marketplace"], each["order_id"]
        record(ProductOversold(job.tenant, job.id, product, place, order, orders))


def note_failed(job: StoredJob, task: StoredTask, kind: str, reason: str) -> None:
    """State that the job failed at this attempt."""
    record(
        JobFailed(
            tenant=job.tenant,
            job=job.id,
            marketplace=job.marketplace,
            action=job.action,
            task=task.name,
            attempt=task.attempts,
            kind=kind,
            reason=reason,
            request_id=job.request_id,
            lasted_s=job.lasted_s,
        )
    )


def note_broken(job: StoredJob, task: StoredTask, outcome: Outcome) -> None:
    if isinstance(outcome, Broken):
        record(StepBroke(job.tenant, job.id, task.name, outcome.reason))


def note_call(job: StoredJob, begun_s: float, code: str = "none") -> None:
    """State that a call was answered with this status, or not at all."""
    record(CallEnded(job.marketplace, code, time.monotonic() - begun_s))


def note_calls_left(engine: Engine, job: StoredJob, reply: Reply) -> None:
    """State what a reply says of the calls that are left."""
    read = engine.registry.marketplace(job.marketplace).calls_left
    for each in read(reply) if read else ():
        record(CallsLeftTold(job.marketplace, each.window, each.window_s, each.left, each.most))


def note_outage(engine: Engine, job: StoredJob, task: str, reason: str) -> None:
    """Note why the marketplace did not answer an attempt, "" where it did."""
    place, tenant, request = job.marketplace, job.tenant, job.request_id
    if reason:
        engine.outage(place).failed(lambda: MarketplaceOutageBegan(place, reason, tenant, job.id, task, request))
    else:
        engine.outage(place).answered(
            lambda lasted_s: MarketplaceOutageEnded(place, lasted_s, tenant, job.id, task, request)
        )
