"""What a worker needs to run jobs: its tools, put together in wiring."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from stoflow.domain.aspect import TaxonomyAnswers
from stoflow.domain.attempt import Attempt, PhotosElsewhere
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.domain.job import JobChanged, TaskKind, TaskStatus
from stoflow.domain.run import RunReport
from stoflow.domain.tempo import Tempo
from stoflow.execution.calls import CallNotes
from stoflow.marketplaces.contract import Handler, Marketplace, Step
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.live.doing import Doing
from stoflow.monitoring.outage import Outage
from stoflow.settings import Settings
from stoflow.storage.applications import Applications
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.transports.contract import Transport

FAILURES_UNTIL_OUTAGE = 3
PERMIT_RAN_OUT = "The permit for this call ran out before it was made."
Outputs = Mapping[str, Mapping[str, Any]]


class Feed(Protocol):
    """Hints to other processes; losing one changes nothing."""

    def report(self, owner: ProcessId, report: RunReport) -> None: ...

    def job_changed(self, news: JobChanged) -> None: ...

    def commands_waiting(self, tenant: TenantId) -> None: ...

    def announced(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Engine:
    """`process` answers the identity under which claims are made now; it changes when a lease was lost."""

    database: Database
    recorder: Recorder
    registry: Registry
    transport: Transport
    feed: Feed
    tempo: Tempo
    process: Callable[[], ProcessId]
    lease_s: float
    quiet_s: Callable[[Marketplace], float]
    second_look_s: Callable[[Marketplace], float]
    media_root: str
    taxonomy: Callable[[str], TaxonomyAnswers]  # by marketplace
    applications: Applications
    photos: PhotosElsewhere | None = None  # of which `media_root` has copies
    settings: Settings = field(default_factory=Settings.model_construct)
    clock: Callable[[], float] = time.time  # epoch seconds
    random: Random = field(default_factory=Random)
    calls: CallNotes = field(default_factory=CallNotes)
    doing: Doing = field(default_factory=Doing)
    outages: dict[str, Outage] = field(default_factory=dict[str, Outage])  # by marketplace, as this process meets them

    def handler(self, job: StoredJob) -> Handler:
        return self.registry.handler(job.marketplace, job.action)

    def outage(self, marketplace: str) -> Outage:
        return self.outages.setdefault(marketplace, Outage(streak=FAILURES_UNTIL_OUTAGE))

    def pace_s(self, job: StoredJob, task: StoredTask) -> float:
        """Return the seconds between paced calls of this task's action, 0 for a task that is not paced."""
        if not task.paced:
            return 0.0
        return self.tempo.pace_s(self.registry.action(job.marketplace, job.action).rate_limit_ms)

    def slot_s(self, task: StoredTask, pace_s: float) -> float:
        """Return how much of its action's pace a paced call takes, and for how long its permit holds.

        Where PostgreSQL is slower than the pace, each permit would run out: the one after such a one is longer.
        """
        return max(pace_s, self.lease_s / 2) if pace_s > 0 and task.error == PERMIT_RAN_OUT else pace_s

    def timeout_s(self, job: StoredJob) -> float:
        """Return the total deadline of one outside attempt."""
        return self.tempo.scaled_s(self.registry.action(job.marketplace, job.action).timeout_s)

    def harm_s(self, job: StoredJob, step: Step) -> float | None:
        """Return for how long a lost call of this step may be carried out late and undo what came after it."""
        if step.kind is not TaskKind.REPEATABLE or not step.overwrites:
            return None
        return self.tempo.scaled_s(self.quiet_s(self.registry.marketplace(job.marketplace)))

    def attempt(self, job: StoredJob, task: StoredTask, *, marker: str, outputs: Outputs) -> Attempt:
        """Return everything the task's step may know."""
        return Attempt(
            tenant=job.tenant,
            job=job.id,
            task_name=task.name,
            product=job.product,
            account=job.account,
            marker=marker,
            index=_index(task.name),
            payload=job.payload,
            outputs=outputs,
            listing_id=job.listing_id,
            listing_visible=job.listing_visible,
            listing_photos=job.listing_photos,
            listing_sku=job.listing_sku,
            since=job.since,
            media_root=self.media_root,
            photos=self.photos,
            taxonomy=self.taxonomy(job.marketplace),
            operation=task.operation,
        )


def _index(task_name: str) -> int:
    _, _, number = task_name.partition(":")
    return int(number) if number else 0


def outputs_of(job: StoredJob) -> dict[str, Mapping[str, Any]]:
    """Return the outputs of the job's completed tasks by task name."""
    return {task.name: task.output for task in job.tasks if task.status is TaskStatus.COMPLETED}


def step_of(engine: Engine, job: StoredJob, task: StoredTask) -> Step:
    return engine.handler(job).step(task.name)
