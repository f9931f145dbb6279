"""Jobs as their owners see them: what the rows of `people` say, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from stoflow.domain.application import Channel, RefusalMark
from stoflow.domain.ids import JobId, TaskId
from stoflow.domain.job import JobStatus, PutOff, TaskStatus, UnknownTask
from stoflow.domain.outcome import FieldError, Lock
from stoflow.storage.engine.locks import lock_in

STORED_NAMES: Mapping[str, str] = {
    "result_data": "result",
    "error_message": "error",
    "error_fields": "errors",
    "batch_job_id": "batch_id",
}


@dataclass(frozen=True, slots=True)
class TaskView:
    """`attempt` counts the claims of this task, but for polls that found it under way.

    `verifying` means its outcome is unknown and being looked for.
    """

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

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        read = _renamed(row, {"error_fields": "errors"})
        read |= {name: _time(read[name]) for name in ("not_before", "created_at", "started_at", "completed_at")}
        read |= {"status": TaskStatus(row["status"]), "errors": _fields(row["error_fields"])}
        read["verifying"] = row["verifying"] and row["status"] == TaskStatus.RUNNING
        return cls(**read)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job as it is stored. In lists `tasks` may be empty: only the reading of one job promises them."""

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
    not_before: datetime | None = None
    expires_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    request_id: str | None = None  # of the request that asked for it


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What decides whether an unfinished job goes on, as it stands now. `status` is that of the task it has come to.

    `halted` says why the seller must act, None where they need not, `lock` of a locked account;
    times are None where nothing waits for them. Of `behind`, `put_off`, `served`, `decided` and `orchestrators`
    admission's Work tells.
    """

    now: datetime
    suspended: bool
    halted: str | None
    lock: Lock | None
    resume_at: datetime | None
    plugin_connected: bool
    plugin_since: str | None
    accepted: frozenset[str]
    acts_until: datetime | None
    behind: JobId | None
    put_off: PutOff | None
    refusal: RefusalMark | None
    unknown: UnknownTask | None
    served: bool | None
    decided: bool | None
    orchestrators: int
    under_way: bool
    in_flight: int
    pace_until: datetime | None
    late_until: datetime | None
    look_at: datetime | None
    accepted_until: datetime | None
    retry_at: datetime | None
    error: str
    status: TaskStatus | None

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        times = ("resume_at", "pace_until", "late_until", "look_at", "accepted_until", "retry_at", "acts_until")
        refusal, unknown, put_off = found["refusal"], found["unknown"], found["put_off"]
        read: dict[str, Any] = {
            **found,
            **{name: _time(found[name]) for name in times},
            "now": datetime.fromisoformat(found["now"]),
            "refusal": RefusalMark(refusal["since"], refusal["detail"], Channel(refusal["channel"]))
            if refusal
            else None,
            "unknown": UnknownTask(**unknown) if unknown else None,
            "put_off": PutOff(JobId(put_off["job"]), datetime.fromisoformat(put_off["until"])) if put_off else None,
            "lock": lock_in(found["lock"]),
            "accepted": frozenset(found["accepted"] or ()),
            "under_way": bool(found["under_way"]),
            "error": found["error"] or "",
            "status": TaskStatus(found["status"]) if found["status"] else None,
        }
        return cls(**read)


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

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        values: dict[str, Any] = {**row, "detail": row["detail"] or {}}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class SeenJob:
    """A job, and what decides whether it goes on, None where it is final."""

    record: JobRecord
    facts: JobFacts | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        read = _renamed({name: row[name] for name in row if name != "facts"}, STORED_NAMES)
        read |= {"status": JobStatus(row["status"]), "errors": _fields(row["error_fields"])}
        read["tasks"] = tuple(TaskView.of(task) for task in row["tasks"] or ())
        record = JobRecord(**read)
        return cls(record, JobFacts.of(row["facts"]) if row["facts"] else None)


def _renamed(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(column, column): value for column, value in row.items()}


def _fields(errors: Sequence[Mapping[str, Any]] | None) -> tuple[FieldError, ...]:
    return tuple(FieldError(error["field"], error["message"], error.get("code", "")) for error in errors or ())


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
