"""What goes into and comes out of the use cases: plain values, the same for HTTP, command line and sockets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stoflow.admission.hold import Hold
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.domain.outcome import FieldError


@dataclass(frozen=True, slots=True)
class SubmitJob:
    """A job someone asks for. `priority` None means the action type's own, 1 is critical and 4 is low.

    With `idempotency_key`, the same key and digest answer the job made the first time; another digest is
    an InputError, another marketplace a Conflict. A key counts within one tenant for 24 hours, one without a digest
    within one marketplace of the tenant's too.
    """

    marketplace: str
    action: str
    product_id: int | None = None
    priority: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    not_before: datetime | None = None
    expires_at: datetime | None = None
    idempotency_key: str | None = None
    idempotency_digest: str | None = None
    request_id: str = ""  # of the request that asks for it, for the log


@dataclass(frozen=True, slots=True)
class TaskView:
    """`attempt` counts the claims of this task; `verifying` means its outcome is unknown and being looked for."""

    id: TaskId
    name: str
    position: int
    status: TaskStatus
    attempt: int = 0
    failures: int = 0
    verifying: bool = False
    output: Mapping[str, Any] | None = None
    error: str | None = None
    errors: tuple[FieldError, ...] = ()
    not_before: datetime | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as its owner sees it. `hold` says why it is not going on, `waiting` in words; none where it is.

    In lists `tasks` may be empty: only the reading of one job promises them.
    """

    id: JobId
    marketplace: str
    action: str
    status: JobStatus
    product_id: int | None
    priority: int
    created_at: datetime
    tasks: tuple[TaskView, ...] = ()
    result: Mapping[str, Any] | None = None
    error: str | None = None
    error_kind: str | None = None
    errors: tuple[FieldError, ...] = ()
    cancel_requested: bool = False
    batch_id: int | None = None
    waiting: str = ""
    hold: Hold | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One change of a job, or of its task named `task`, with its cause and the attempt it belongs to."""

    id: int
    at: datetime
    cause: str
    task: str | None = None
    from_status: str | None = None
    to_status: str | None = None
    attempt: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list, newest first. `cursor` is a Page's `next_cursor`; None anywhere means any."""

    marketplace: str | None = None
    status: JobStatus | None = None
    action: str | None = None
    product_id: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class PluginCommand:
    """A command the plugin has not answered yet, to be emitted (again) under the same `request_id`.

    `attempt` names the attempt it belongs to: an attempt may take several commands.
    """

    tenant: TenantId
    request_id: str
    plugin_id: str
    action: str
    payload: Mapping[str, Any]
    deadline: datetime
    attempt: str
