"""What a person may ask of a job that exists: cancel it, or retry it."""

from stoflow.admission.facts import Conditions
from stoflow.domain.errors import Conflict
from stoflow.domain.facts.work import JobFailed
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.jobs.read import find_job
from stoflow.resources.jobs.views import JobView
from stoflow.storage.database.session import Database
from stoflow.storage.engine.change import request_cancel, retry
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.sweep import finish_cancel
from stoflow.storage.engine.unfinished import end_cancelled


def cancel_job(database: Database, tenant: TenantId, job: JobId, conditions: Conditions) -> JobView:
    """Cancel the job now, or as soon as what is under way is known. Raise Conflict where it is final.

    Once something is visible to buyers the job completes, and says that the cancel came too late; where it cannot go on
    it fails, and says what was done. Where nobody can be asked what was done it fails, and says that nobody knows.
    """
    before = find_job(database, tenant, job, conditions)
    failpoint("cancel.before")
    with database.records() as connection:
        asked, given_up = request_cancel(connection, tenant, job), list[JobFailed]()
        if asked:
            finish_cancel(connection, tenant, job)
            given_up = end_cancelled(connection, tenant, [job], plugins=sorted(conditions.plugins))
            announce(connection, tenant, job)
    failpoint("cancel.after")
    for failed in given_up:
        record(failed)
    if not asked:
        message = f"Job {job} is {before.status} and cannot be cancelled."
        raise Conflict(message)
    return find_job(database, tenant, job, conditions)


def retry_job(database: Database, tenant: TenantId, job: JobId, conditions: Conditions) -> JobView:
    """Let a FAILED job go on at its first unfinished task.

    Raise Conflict where it is not FAILED, or where a later job of its product began.
    """
    before = find_job(database, tenant, job, conditions)
    failpoint("retry.before")
    with database.records() as connection:
        retried = retry(connection, tenant, job)
        if retried:
            announce(connection, tenant, job)
    failpoint("retry.after")
    if not retried:
        failed = before.status is JobStatus.FAILED
        reason = "a later job of its product has started" if failed else f"it is {before.status}"
        message = f"Job {job} cannot be retried: {reason}."
        raise Conflict(message)
    return find_job(database, tenant, job, conditions)
