"""A job: one thing a seller asked for on one marketplace, and the tasks it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from stoflow.domain.ids import JobId, TenantId

PAUSED_UNTIL: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Until when a job waits that an old program has paused: nobody else pauses a single job."""


class JobStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class TaskStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


class TaskKind(StrEnum):
    """What a lost answer of this task means."""

    INNER = "inner"  # touches nothing outside: recorded with the job's next claim or settle
    REPEATABLE = "repeatable"  # an outside call that may be sent again as it is
    UNSAFE = "unsafe"  # creates or makes visible: after a lost answer, look before acting


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task of a job, in order. `name` is a step's name, or `name:N` for the Nth of a repeated step."""

    name: str
    kind: TaskKind
    paced: bool = False


JOB_TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = MappingProxyType(
    {
        JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.EXPIRED}),
        JobStatus.RUNNING: frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED}),
        JobStatus.FAILED: frozenset({JobStatus.PENDING}),  # only by a retry someone asked for
        JobStatus.COMPLETED: frozenset(),
        JobStatus.CANCELLED: frozenset(),
        JobStatus.EXPIRED: frozenset(),
    }
)

TASK_TRANSITIONS: Mapping[TaskStatus, frozenset[TaskStatus]] = MappingProxyType(
    {
        TaskStatus.PENDING: frozenset({TaskStatus.RUNNING, TaskStatus.SKIPPED}),
        TaskStatus.RUNNING: frozenset(
            {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.PENDING}  # a retry, a hand-back
        ),
        TaskStatus.FAILED: frozenset({TaskStatus.PENDING}),  # with its job, by a retry someone asked for
        TaskStatus.COMPLETED: frozenset(),
        TaskStatus.SKIPPED: frozenset(),
    }
)

FINAL_JOB_STATUSES = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.EXPIRED})
UNFINISHED_JOB_STATUSES = frozenset(JobStatus) - FINAL_JOB_STATUSES
PASSED_TASK_STATUSES = frozenset(status for status, targets in TASK_TRANSITIONS.items() if not targets)
"""A job goes on after these."""


def sources_of(target: JobStatus) -> frozenset[JobStatus]:
    """Return the statuses from which a job may become `target`: the left side of its compare-and-set."""
    return frozenset(source for source, targets in JOB_TRANSITIONS.items() if target in targets)


@dataclass(frozen=True, slots=True)
class UnknownTask:
    """A task that some workers handed back since they do not know it; `by_some` who run, it may be known."""

    task: str
    by_some: bool


@dataclass(frozen=True, slots=True)
class PutOff:
    """A job that does not begin `until` then, as whoever asked for it said."""

    job: JobId
    until: datetime


@dataclass(frozen=True, slots=True)
class JobChanged:
    """News for the seller's page: `done` of `total` tasks are completed.

    `named` are the first of what a job that is completed names one by one, by the name of the list in its result.
    """

    tenant: TenantId
    job: JobId
    marketplace: str
    action: str
    status: JobStatus
    done: int
    total: int
    named: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
