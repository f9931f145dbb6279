"""What a run asks for when it claims a task."""

from dataclasses import dataclass

from stoflow.domain.job import TaskKind
from stoflow.domain.run import RunMessage
from stoflow.execution.attempting import tries_of
from stoflow.execution.engine import Engine
from stoflow.marketplaces.contract import Step
from stoflow.storage.engine.claim import Claim
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.unrecorded import Unrecorded


@dataclass(frozen=True, slots=True)
class Asked:
    """The attempt a claim is for: under which marker and of which inputs, at which pace, until when.

    `holds` says whether this process answers for the attempt.
    """

    step: Step
    marker: str
    digest: str
    pace_s: float
    deadline_s: float
    holds: bool


def claim_of(
    engine: Engine,
    message: RunMessage,
    job: StoredJob,
    task: StoredTask,
    asked: Asked,
    unrecorded: Unrecorded,
    *,
    begins: bool,
) -> Claim:
    """Return the claim of one task, the first of its run or not, that records with it what its run did before."""
    process = engine.process()
    return Claim(
        tenant=job.tenant,
        job=job.id,
        task=task.id,
        position=task.position,
        claims=task.claims,
        epoch=message.epoch,
        process=process,
        holder=process if asked.holds else None,
        marketplace=job.marketplace,
        action=job.action,
        pace_s=asked.pace_s,
        slot_s=engine.slot_s(task, asked.pace_s),
        deadline_s=asked.deadline_s,
        marker=asked.marker or None,
        digest=asked.digest,
        quiet_s=engine.harm_s(job, asked.step),
        is_unsafe=task.kind is TaskKind.UNSAFE,
        in_line=job.product is not None,
        begins=begins,
        tries=tries_of(engine, job) if begins else None,
        unrecorded=unrecorded,
    )
