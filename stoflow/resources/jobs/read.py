"""Reading jobs: one, a page, a timeline, and why a job is not going on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stoflow.admission.facts import Conditions
from stoflow.admission.hold import Hold
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import LARGEST_ID, Page, id_in
from stoflow.resources.jobs.explain import Explanation, explanation_of
from stoflow.resources.jobs.views import JobFilter, JobView, TaskView, TimelineEntry
from stoflow.resources.jobs.waiting import holds_in
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.people import read_position, view_job, view_page, view_timeline


def find_job(database: Database, tenant: TenantId, job: JobId, conditions: Conditions) -> JobView:
    """Return the job with its tasks; raise NotFound."""
    row = _row(database, tenant, job)
    return _view(row, holds_in(row, tenant, conditions))


def explain_job(database: Database, tenant: TenantId, job: JobId, conditions: Conditions) -> Explanation:
    """Return every reason why the job does not go on, and how many come before it; raise NotFound."""
    row = _row(database, tenant, job)
    holds = holds_in(row, tenant, conditions)
    view = _view(row, holds)
    with database.records() as connection:
        before = read_position(connection, tenant, job) if view.status is JobStatus.PENDING else None
    return explanation_of(view, holds, before)


def list_jobs(database: Database, tenant: TenantId, wanted: JobFilter, conditions: Conditions) -> Page[JobView]:
    """Return one page of jobs, newest first, without their tasks."""
    before = id_in(wanted.cursor)
    with database.records() as connection:
        rows = view_page(
            connection,
            tenant,
            marketplace=wanted.marketplace,
            status=wanted.status.value if wanted.status else None,
            action=wanted.action,
            product_id=wanted.product_id,
            created_after=wanted.created_after,
            created_before=wanted.created_before,
            before=before,
            limit=wanted.limit + 1,
        )
    items = tuple(_view(row, holds_in(row, tenant, conditions)) for row in rows[: wanted.limit])
    return Page(items, str(items[-1].id) if len(rows) > wanted.limit else None)


def timeline(database: Database, tenant: TenantId, job: JobId) -> list[TimelineEntry]:
    """Return every change of the job and its tasks, oldest first; raise NotFound."""
    _row(database, tenant, job)
    with database.records() as connection:
        rows = view_timeline(connection, tenant, job)
    return [_entry(row) for row in rows]


def _row(database: Database, tenant: TenantId, job: JobId) -> Mapping[str, Any]:
    row = None
    if 0 < job <= LARGEST_ID:
        with database.records() as connection:
            row = view_job(connection, tenant, job)
    if row is None:
        message = f"There is no job {job}."
        raise NotFound(message)
    return row


def _entry(row: Mapping[str, Any]) -> TimelineEntry:
    values: dict[str, Any] = {**row, "detail": row["detail"] or {}}
    return TimelineEntry(**values)


def _view(row: Mapping[str, Any], holds: Sequence[Hold]) -> JobView:
    hold = holds[0] if holds else None
    return JobView(
        id=JobId(row["id"]),
        marketplace=row["marketplace"],
        action=row["action"],
        status=JobStatus(row["status"]),
        product_id=row["product_id"],
        priority=row["priority"],
        created_at=row["created_at"],
        tasks=tuple(_task(task) for task in row["tasks"] or ()),
        result=row["result_data"],
        error=row["error_message"],
        error_kind=row["error_kind"],
        errors=_fields(row["error_fields"]),
        cancel_requested=row["cancel_requested"],
        batch_id=row["batch_job_id"],
        waiting=hold.detail if hold else "",
        hold=hold,
        not_before=row["not_before"],
        expires_at=row["expires_at"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
    )


def _task(row: Mapping[str, Any]) -> TaskView:
    return TaskView(
        id=TaskId(row["id"]),
        name=row["name"],
        position=row["position"],
        status=TaskStatus(row["status"]),
        attempt=row["claims"],
        failures=row["failures"],
        verifying=row["verifying"] and row["status"] == TaskStatus.RUNNING,
        output=row["output"],
        error=row["error"],
        errors=_fields(row["error_fields"]),
        not_before=_time(row["not_before"]),
        created_at=_time(row["created_at"]),
        started_at=_time(row["started_at"]),
        completed_at=_time(row["completed_at"]),
    )


def _fields(errors: Any) -> tuple[FieldError, ...]:
    return tuple(FieldError(error["field"], error["message"]) for error in errors or ())


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
