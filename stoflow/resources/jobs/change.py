"""What a person may ask of a job that exists: cancel it, retry it, or end it by hand."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from stoflow.domain.errors import Conflict
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import UNFINISHED_JOB_STATUSES, JobStatus
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.jobs.read import read_seen, view_of
from stoflow.resources.jobs.views import JobView
from stoflow.resources.needs import ChangesJobs
from stoflow.storage.engine.by_hand import complete_by_hand, fail_by_hand
from stoflow.storage.engine.change import request_cancel, retry
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.unfinished import end_cancelled, finish_cancel


def cancel_job(needs: ChangesJobs, tenant: TenantId, job: JobId) -> JobView:
    """Cancel the job now, or as soon as what is under way is known. Raise Conflict where it is final.

    Once something is visible to buyers the job completes, and says that the cancel came too late; where it cannot go on
    it fails, and says what was done. Where nobody can be asked what was done it fails, and says that nobody knows.
    """
    failpoint("cancel.before")
    with needs.database.records() as connection:
        before = read_seen(connection, tenant, job).record
        if not request_cancel(connection, tenant, job):
            message = f"Job {job} is {before.status} and cannot be cancelled."
            raise Conflict(message)
        finish_cancel(connection, tenant, job)
        given_up = end_cancelled(connection, tenant, [job], plugins=sorted(needs.conditions.plugins))
        announce(connection, tenant, job)
        after = read_seen(connection, tenant, job)
    failpoint("cancel.after")
    for failed in given_up:
        record(failed)
    needs.announced()
    return view_of(after, tenant, needs)


def complete_job(needs: ChangesJobs, tenant: TenantId, job: JobId, result: Mapping[str, Any]) -> JobView:
    """Complete a job that somebody did without StoFlow. Raise Conflict where it is final or something is under way."""
    return _end_by_hand(needs, tenant, job, partial(complete_by_hand, result=result))


def fail_job(needs: ChangesJobs, tenant: TenantId, job: JobId, reason: str) -> JobView:
    """Fail a job that somebody could not do; a retry goes on with it. Raise as `complete_job`."""
    return _end_by_hand(needs, tenant, job, partial(fail_by_hand, reason=reason))


def _end_by_hand(needs: ChangesJobs, tenant: TenantId, job: JobId, end: Callable[..., bool]) -> JobView:
    failpoint("by_hand.before")
    with needs.database.records() as connection:
        before = read_seen(connection, tenant, job).record
        if not end(connection, tenant, job):
            is_open = before.status in UNFINISHED_JOB_STATUSES
            reason = "something of it is under way: cancel it" if is_open else f"it is {before.status}"
            message = f"Job {job} cannot be ended by hand: {reason}."
            raise Conflict(message)
        announce(connection, tenant, job)
        after = read_seen(connection, tenant, job)
    failpoint("by_hand.after")
    needs.announced()
    return view_of(after, tenant, needs)


def retry_job(needs: ChangesJobs, tenant: TenantId, job: JobId) -> JobView:
    """Let a FAILED job go on at its first unfinished task.

    Raise Conflict where it is not FAILED, or where a later job of its product began.
    """
    failpoint("retry.before")
    with needs.database.records() as connection:
        before = read_seen(connection, tenant, job).record
        if not retry(connection, tenant, job):
            failed = before.status is JobStatus.FAILED
            reason = "a later job of its product has started" if failed else f"it is {before.status}"
            message = f"Job {job} cannot be retried: {reason}."
            raise Conflict(message)
        announce(connection, tenant, job)
        after = read_seen(connection, tenant, job)
    failpoint("retry.after")
    needs.announced()
    return view_of(after, tenant, needs)
