"""What goes into and comes out of the use cases: plain values, the same for HTTP, command line and sockets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from stoflow.admission.estimate import Estimate
from stoflow.admission.hold import Hold
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.storage.engine.reads.job_views import JobRecord
from stoflow.storage.engine.reads.job_views import TaskView as TaskView
from stoflow.storage.engine.reads.job_views import TimelineEntry as TimelineEntry


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
class JobView(JobRecord):
    """One job as its owner sees it. `hold` says why it is not going on, `waiting` in words; none where it is.

    Only the reading of one job promises an `estimate`, where anybody can know.
    """

    waiting: str = ""
    hold: Hold | None = None
    estimate: Estimate | None = None

    @classmethod
    def of(cls, record: JobRecord, holds: Sequence[Hold]) -> Self:
        stored = {each.name: getattr(record, each.name) for each in fields(record)}
        return cls(**stored, waiting=holds[0].detail, hold=holds[0]) if holds else cls(**stored)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs to list, newest first. `cursor` is a Page's `next_cursor`; None anywhere means any.

    `error_kind` and `error_code`, the marketplace's own id, are of jobs that failed; `hold` is the kind of Hold that
    binds a job now; `text` stands in its error or in what it was given. By these two a page may hold fewer jobs than
    its limit, none even, and still have a next one: so far was looked.
    """

    marketplace: str | None = None
    status: JobStatus | None = None
    action: str | None = None
    product_id: int | None = None
    batch_id: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    error_kind: str | None = None
    error_code: str | None = None
    hold: str | None = None
    text: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class PluginCommand:
    """A command the plugin has not answered yet, to be emitted (again) under the same `request_id`.

    `attempt` names the attempt it belongs to: an attempt may take several commands. `left_s` are the seconds until its
    deadline, by PostgreSQL's clock when it was read. `traceparent` is "" unless what the plugin does is to be traced.
    """

    tenant: TenantId
    request_id: str
    plugin_id: str
    action: str
    payload: Mapping[str, Any]
    deadline: datetime
    left_s: float
    attempt: str
    traceparent: str = ""
