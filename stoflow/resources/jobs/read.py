"""Reading jobs: one, a page, a timeline, and why a job is not going on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import LARGEST_ID, Page, id_in
from stoflow.resources.jobs.views import JobFilter, JobView, TaskView, TimelineEntry
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.people import view_job, view_page, view_timeline

RECONNECT = "reconnect"
LATE = "an earlier call, whose answer was lost, may still be carried out"


def find_job(database: Database, tenant: TenantId, job: JobId, *, plugin: Sequence[str]) -> JobView:
    """Return the job with its tasks; raise NotFound. `plugin` names the marketplaces reached through it."""
    return _view(_row(database, tenant, job, plugin))


def list_jobs(database: Database, tenant: TenantId, wanted: JobFilter, *, plugin: Sequence[str]) -> Page[JobView]:
    """Return one page of jobs, newest first, without their tasks; `plugin` as above."""
    before = id_in(wanted.cursor)
    with database.records() as connection:
        rows = view_page(
            connection,
            tenant,
            plugin_marketplaces=plugin,
            marketplace=wanted.marketplace,
            status=wanted.status.value if wanted.status else None,
            action=wanted.action,
            product_id=wanted.product_id,
            created_after=wanted.created_after,
            created_before=wanted.created_before,
            before=before,
            limit=wanted.limit + 1,
        )
    items = tuple(_view(row) for row in rows[: wanted.limit])
    return Page(items, str(items[-1].id) if len(rows) > wanted.limit else None)


def timeline(database: Database, tenant: TenantId, job: JobId) -> list[TimelineEntry]:
    """Return every change of the job and its tasks, oldest first; raise NotFound."""
    _row(database, tenant, job, ())
    with database.records() as connection:
        rows = view_timeline(connection, tenant, job)
    return [_entry(row) for row in rows]


def _row(database: Database, tenant: TenantId, job: JobId, plugin: Sequence[str]) -> Mapping[str, Any]:
    row = None
    if 0 < job <= LARGEST_ID:
        with database.records() as connection:
            row = view_job(connection, tenant, job, plugin_marketplaces=plugin)
    if row is None:
        message = f"There is no job {job}."
        raise NotFound(message)
    return row


def _entry(row: Mapping[str, Any]) -> TimelineEntry:
    values: dict[str, Any] = {**row, "detail": row["detail"] or {}}
    return TimelineEntry(**values)


def _view(row: Mapping[str, Any]) -> JobView:
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
        waiting=_waiting({**row, **row["standing"]}) if row["standing"] else "",
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


def _waiting(standing: Mapping[str, Any]) -> str:
    """Say why the job does not go on, most lasting reason first; "" where nothing holds it."""
    if standing.get("suspended") or standing.get("halted") or standing.get("refusal"):
        return _until_somebody_acts(standing)
    if standing.get("behind"):
        return f"behind job {standing['behind']}"
    if standing.get("offline"):
        since = standing.get("offline_since")
        return f"plugin offline since {since}" if since else "plugin has never been connected"
    return _until_others_run(standing) or _until_its_time(standing)


def _until_its_time(standing: Mapping[str, Any]) -> str:
    if standing.get("look_at"):
        return f"verifying, next look at {standing['look_at']}"
    if standing.get("late_until"):
        return f"{LATE} until {standing['late_until']}"
    if standing.get("retry_at"):
        return f"retry at {standing['retry_at']}: {standing.get('error') or ''}"
    return ""


def _until_others_run(standing: Mapping[str, Any]) -> str:
    """Say which processes a job waits for while a newer release takes an older one's place, "" where it does not."""
    where = f"{standing['marketplace']} {standing['action']}"
    unknown = standing.get("unknown")
    if standing.get("decided") is False:
        return f"only an older orchestrator is running: it knows nothing of {standing['marketplace']}"
    if standing.get("served") is False:
        return f"no worker that is running works for {standing['marketplace']}"
    if unknown and not unknown["by_some"]:
        return f"only older workers are running: none knows the task {unknown['task']} of {where}"
    if unknown and standing["status"] == TaskStatus.PENDING and standing.get("retry_at"):
        return f"an older worker handed back the task {unknown['task']} of {where}: it waits for a newer one"
    return ""


def _until_somebody_acts(standing: Mapping[str, Any]) -> str:
    """Say what an operator is to do, or the seller: consent anew where that connects, else what the plugin asks for."""
    if standing.get("suspended"):
        return "suspended: the operator must let this account go on"
    if not standing.get("halted"):
        return _until_accepted(standing["marketplace"], standing["refusal"])
    reason = standing.get("reason") or ""
    if standing["by_plugin"]:
        return reason or "the seller must act"
    return f"{RECONNECT}: {reason}" if reason else RECONNECT


def _until_accepted(marketplace: str, refusal: Mapping[str, Any]) -> str:
    told = f"{marketplace} refuses StoFlow itself since {refusal['since']}; operators are told."
    return f"{told} Nothing is asked of the seller, and it goes on by itself: {refusal['detail']}"
