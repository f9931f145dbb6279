"""What a person may ask of a batch that exists: cancel what is left of it, or retry what failed."""

from collections.abc import Callable, Sequence

from stoflow.domain.facts.work import JobFailed
from stoflow.domain.ids import BatchId, JobId, TenantId
from stoflow.monitoring.record import record
from stoflow.resources.batches.read import find_batch
from stoflow.resources.batches.views import BatchView
from stoflow.resources.needs import ChangesJobs
from stoflow.storage.database.session import Records
from stoflow.storage.engine.batches import failed_jobs, unfinished_jobs
from stoflow.storage.engine.change import request_cancel, retry
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.unfinished import end_cancelled, finish_cancel

PART = 500  # jobs to a transaction: none of them is locked for long

Change = Callable[[Records, Sequence[JobId]], Sequence[JobFailed]]


def cancel_batch(needs: ChangesJobs, tenant: TenantId, batch: BatchId) -> BatchView:
    """Cancel every job of the batch that is not final, each as `cancel_job` does; asked again, it goes on."""

    def cancel(connection: Records, jobs: Sequence[JobId]) -> Sequence[JobFailed]:
        request_cancel(connection, tenant, *jobs)
        finish_cancel(connection, tenant, *jobs)
        return end_cancelled(connection, tenant, jobs, plugins=sorted(needs.conditions.plugins))

    return _change(needs, tenant, batch, unfinished_jobs, cancel)


def retry_batch(needs: ChangesJobs, tenant: TenantId, batch: BatchId) -> BatchView:
    """Let the FAILED jobs of the batch go on, in their order, but those that a later job of their product overtook."""

    def retry_part(connection: Records, jobs: Sequence[JobId]) -> Sequence[JobFailed]:
        retry(connection, tenant, *jobs)
        return ()

    return _change(needs, tenant, batch, failed_jobs, retry_part)


def _change(
    needs: ChangesJobs, tenant: TenantId, batch: BatchId, find: Callable[..., list[JobId]], change: Change
) -> BatchView:
    find_batch(needs, tenant, batch)
    last = JobId(0)
    while True:
        with needs.database.records() as connection:
            jobs = find(connection, tenant, batch, after=last, limit=PART)
            failed = change(connection, jobs) if jobs else ()
            announce(connection, tenant, *jobs)
        for each in failed:
            record(each)
        if len(jobs) < PART:
            needs.announced()
            return find_batch(needs, tenant, batch)
        last = jobs[-1]
