"""Collecting orphans: drafts that a lost answer or a cancel left behind, found by their marker and deleted."""

import math
from dataclasses import dataclass, replace

from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import Epoch
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, LookResult, Outcome
from stoflow.domain.retry import blind_look_s
from stoflow.domain.run import RunMessage, RunMode
from stoflow.execution.attempting import write_settle
from stoflow.execution.carriers import carrier_of
from stoflow.execution.concerning import about_job
from stoflow.execution.conversation import Begun, NextCommand
from stoflow.execution.engine import Engine
from stoflow.execution.frame import settle
from stoflow.execution.hand_back import knows_action
from stoflow.execution.moves import NOTHING, Move, Settlement, move_after
from stoflow.execution.reporting import report_of
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
from stoflow.storage.engine.statement import Statement

LOOKS_UNTIL_GONE = 2


def collect(engine: Engine, message: RunMessage) -> None:
    """Delete the orphan draft, if it is there; look once more later where it is not (yet)."""
    with engine.database.records() as connection:
        job = read_job(connection, message.tenant, message.job)
        orphan = read_orphan(connection, message.tenant, message.task, message.job)
    if job is None:
        return
    if orphan is not None and orphan.claims == message.claims and _may_collect(engine, job):
        with about_job(job):
            _collect(engine, message, job, orphan)
    engine.feed.report(message.owner, report_of(job, NOTHING, message.task, message.claims, mode=RunMode.COLLECT))


def _may_collect(engine: Engine, job: StoredJob) -> bool:
    """Say whether this worker may: what it does not know, a newer one collects; who refuses StoFlow is not called, nor
    who wants no call for now."""
    return job.refusal is None and not job.resting and knows_action(engine.registry, job)


def _collect(engine: Engine, message: RunMessage, job: StoredJob, orphan: OrphanDraft) -> None:
    if engine.registry.marketplace(job.marketplace).collect is None:
        settle(Collection(engine, job, orphan), Done())  # nobody could find it
        return
    permitted = PermittedCollection(engine, job, replace(orphan, claims=orphan.claims.next()), message.epoch)
    carrier_of(engine, permitted).carry(permitted)


@dataclass(frozen=True, slots=True)
class Collection:
    """The search for one orphan draft, under the orphan's fence."""

    engine: Engine
    job: StoredJob
    orphan: OrphanDraft

    @property
    def purpose(self) -> str:
        return "collect"

    @property
    def name(self) -> str:
        return "collect"

    @property
    def kind(self) -> TaskKind:
        return TaskKind.REPEATABLE

    @property
    def attempt(self) -> str:
        return f"{self.job.tenant}-{self.job.id}-stray{self.orphan.id}-{self.orphan.claims}"

    @property
    def number(self) -> int:
        return self.orphan.claims

    @property
    def asked_for_s(self) -> float | None:
        return None

    def converse(self) -> Begun:
        """Begin with what the collector may know: the orphan's marker, and the listing that must stay."""
        job, collect_ = self.job, self.engine.registry.marketplace(self.job.marketplace).collect
        if collect_ is None:
            message = f"{job.marketplace} has no drafts to collect."
            raise LookupError(message)
        return collect_(
            Attempt(
                tenant=job.tenant,
                job=job.id,
                task_name=self.name,
                product=None,
                account=job.account,
                marker=self.orphan.marker,
                listing_id=job.listing_id,
                listing_visible=job.listing_visible,
                media_root=self.engine.media_root,
            )
        )

    def command(self, asked: NextCommand) -> Statement[bool]:
        orphan = self.orphan
        return issue_for_orphan(self.job.tenant, orphan.id, self.job.id, orphan.claims, asked.seq, asked.command)

    def settlement(self, result: Outcome | LookResult) -> Settlement:
        """Forget an orphan that is gone; keep one that may still come or could not be looked for."""
        engine, tenant, orphan = self.engine, self.job.tenant, self.orphan
        looked = isinstance(result, Absent)
        if isinstance(result, Done) or (looked and orphan.tries + 1 >= LOOKS_UNTIL_GONE):
            statement = remove_orphan(tenant, orphan.id, orphan.claims)
        else:
            later_s = engine.second_look_s(engine.registry.marketplace(self.job.marketplace))
            delay_s = engine.tempo.scaled_s(later_s if looked else blind_look_s(orphan.claims, engine.random))
            statement = keep_orphan(tenant, orphan.id, orphan.claims, delay_s=delay_s, looked=looked)
        return Settlement(statement, NOTHING)

    def write(self, settled: Settlement, *more: Statement[bool]) -> Move:
        failpoint("collect.settle.before")
        recorded = write_settle(self.engine, self.job, settled.first, *settled.more, *more)
        failpoint("collect.settle.after")
        return move_after(recorded, settled.follows)


@dataclass(frozen=True, slots=True)
class PermittedCollection(Collection):
    """A collection that a message permits, of the owner's `epoch`."""

    epoch: Epoch
    valid_s: float = math.inf  # it takes no pace, and what carries the marker may go at any time

    def claim(self, deadline_s: float, *more: Statement[bool], holds: bool) -> bool:
        job, orphan = self.job, self.orphan
        holder = self.engine.process() if holds else None
        claim = claim_orphan(
            job.tenant, orphan.id, orphan.claims.before(), epoch=self.epoch, holder=holder, deadline_s=deadline_s
        )
        failpoint("collect.claim.before")
        granted = self.engine.recorder.write(job.tenant, job.id, claim, *more)
        failpoint("collect.claim.after")
        return granted
