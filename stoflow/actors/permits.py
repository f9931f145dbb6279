"""The messages by which a marketplace actor permits, and what of its tenant and marketplace they say."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.run import RunMessage, RunMode
from stoflow.monitoring.traces import span, traceparent
from stoflow.storage.engine.reads.queue import QueuedJob, QueuedOrphan


@dataclass(frozen=True, slots=True)
class Permits:
    """`pace_s` answers the seconds between paced calls of an action (0: no limit)."""

    tenant: TenantId
    marketplace: str
    epoch: Epoch
    me: ProcessId
    cap: int
    pace_s: Callable[[str], float]
    sweep_soon: Callable[[TenantId], None]

    def permit(self, job: QueuedJob, *, stepwise: bool) -> RunMessage:
        """Return the message by which the job's next task may be run, or looked for."""
        mode = RunMode.LOOK if job.verifying else RunMode.ACT
        with span("permit", "producer", parent=job.traceparent, stoflow__tenant=self.tenant, stoflow__job=job.id):
            message = self._message(job.id, job.task, job.claims, mode, permit=job.paced, stepwise=stepwise)
            trace = traceparent() or job.traceparent
            return replace(message, on_product=job.product is not None, folded=job.folded, traceparent=trace)

    def collection(self, orphan: QueuedOrphan) -> RunMessage:
        """Return the message by which an orphan draft may be collected."""
        return self._message(
            orphan.job, TaskId(orphan.id), orphan.claims, RunMode.COLLECT, permit=False, stepwise=False
        )

    def _message(
        self, job: JobId, task: TaskId, claims: int, mode: RunMode, *, permit: bool, stepwise: bool
    ) -> RunMessage:
        return RunMessage(
            tenant=self.tenant,
            job=job,
            task=task,
            claims=claims,
            epoch=self.epoch,
            owner=self.me,
            mode=mode,
            permit=permit,
            stepwise=stepwise,
        )
