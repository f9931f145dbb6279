"""Use cases of jobs, without PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stoflow.domain.batch import BatchStatus, Progress
from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.ids import BatchId, JobId, TaskId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import Page
from stoflow.resources.batches.views import BatchFilter, BatchView, SubmitBatch
from stoflow.resources.jobs.bulk import BulkDone, BulkWish
from stoflow.resources.jobs.details import JobDetails
from stoflow.resources.jobs.errors import ErrorKind
from stoflow.resources.jobs.explain import Explanation, explanation_of
from stoflow.resources.jobs.views import JobFilter, JobView, SubmitJob, TaskView, TimelineEntry
from stoflow.resources.monitoring.snapshot import Snapshot
from stoflow.resources.monitoring.verdict import Verdict
from stoflow.resources.statistics.read import Statistics
from stoflow.storage.engine.reads.installation import InstallationFacts
from stoflow.storage.tenants.saved_views import SavedView
from tests.harness.faked.remembered import Remembered


class FakeJobs(Remembered):
    """Jobs and batches of several tenants, in memory."""

    def reset(self) -> None:
        super().reset()
        self.jobs: dict[TenantId, dict[JobId, JobView]] = {}
        self.keys: dict[tuple[TenantId, str], tuple[str | None, JobId]] = {}
        self.batches: dict[TenantId, dict[BatchId, BatchView]] = {}

    def submit_job(self, tenant: TenantId, asked: SubmitJob) -> tuple[JobView, bool]:
        self.answers()
        if asked.action != "publish":
            message = f"Invalid action code: {asked.action} for marketplace: {asked.marketplace}"
            raise InputError(message, (FieldError("action_type", message),))
        known = self.keys.get((tenant, asked.idempotency_key or ""))
        if known:
            if known[0] != asked.idempotency_digest:
                raise InputError("The Idempotency-Key was used for something else.")
            return self.jobs[tenant][known[1]], False
        job = JobView(
            id=JobId(next(self.ids)),
            marketplace=asked.marketplace,
            action=asked.action,
            status=JobStatus.PENDING,
            product_id=asked.product_id,
            priority=asked.priority or 3,
            created_at=datetime.now(UTC),
            not_before=asked.not_before,
            tasks=(TaskView(TaskId(1), "validate", 1, TaskStatus.PENDING),),
        )
        self.jobs.setdefault(tenant, {})[job.id] = job
        if asked.idempotency_key:
            self.keys[tenant, asked.idempotency_key] = (asked.idempotency_digest, job.id)
        return job, True

    def find_job(self, tenant: TenantId, job: JobId) -> JobView:
        self.answers()
        try:
            return self.jobs[tenant][job]
        except KeyError:
            raise NotFound(f"There is no job {job}.") from None

    def list_jobs(self, tenant: TenantId, wanted: JobFilter) -> Page[JobView]:
        self.answers()
        before = int(wanted.cursor) if wanted.cursor else 2**31
        found = [
            job
            for job in sorted(self.jobs.get(tenant, {}).values(), key=lambda job: -job.id)
            if job.id < before
            and wanted.marketplace in {None, job.marketplace}
            and wanted.status in {None, job.status}
            and wanted.action in {None, job.action}
            and wanted.product_id in {None, job.product_id}
        ]
        page = found[: wanted.limit]
        return Page(tuple(page), str(page[-1].id) if len(found) > len(page) else None)

    def explain_job(self, tenant: TenantId, job: JobId) -> Explanation:
        found = self.find_job(tenant, job)
        return explanation_of(found, (found.hold,) if found.hold else (), 0)

    explain_with_troubles = explain_job

    def timeline(self, tenant: TenantId, job: JobId) -> Sequence[TimelineEntry]:
        self.find_job(tenant, job)
        return [TimelineEntry(id=1, at=datetime.now(UTC), cause="submitted", to_status="pending")]

    def read_details_with_troubles(self, tenant: TenantId, job: JobId) -> JobDetails:
        found, said = self.find_job(tenant, job), self.explain_job(tenant, job)
        return JobDetails(tenant, found, {}, said, self.timeline(tenant, job), (), (), (), (), ())

    def change_many(self, tenant: TenantId, wish: BulkWish) -> BulkDone:
        self.answers()
        return BulkDone(wish.act, wish.dry_run, len(self.jobs.get(tenant, {})), 0, (), None)

    def list_views(self, _: TenantId) -> Sequence[SavedView]:
        self.answers()
        return ()

    def save_view(self, _: TenantId, name: str, wanted: Mapping[str, Any]) -> SavedView:
        self.answers()
        return SavedView(1, name, wanted, datetime.now(UTC))

    def delete_view(self, _: TenantId, view: int) -> None:
        self.answers()
        raise NotFound(f"There is no saved view {view}.")

    def list_errors(self, _: TenantId, __: str | None) -> Sequence[ErrorKind]:
        self.answers()
        return ()

    def cancel_job(self, tenant: TenantId, job: JobId) -> JobView:
        found = self.find_job(tenant, job)
        if found.status in FINAL_JOB_STATUSES:
            raise Conflict("The job has already ended.")
        return self.change(tenant, job, cancel_requested=True)

    def retry_job(self, tenant: TenantId, job: JobId) -> JobView:
        if self.find_job(tenant, job).status is not JobStatus.FAILED:
            raise Conflict("Only a failed job can be retried.")
        return self.change(tenant, job, status=JobStatus.PENDING)

    def change(self, tenant: TenantId, job: JobId, **changes: Any) -> JobView:
        changed = self.jobs[tenant][job] = replace(self.jobs[tenant][job], **changes)
        return changed

    def create_batch(self, tenant: TenantId, asked: SubmitBatch) -> tuple[BatchView, bool]:
        self.answers()
        total = len(asked.products or ())
        view = BatchView(
            id=BatchId(next(self.ids)),
            name=asked.name or "",
            marketplace=asked.job.marketplace,
            action=asked.job.action,
            priority=asked.job.priority or 3,
            status=BatchStatus.PENDING,
            progress=Progress(total, total, 0, 0, 0, 0, 0),
            created_at=datetime.now(UTC),
            started_at=None,
            completed_at=None,
        )
        self.batches.setdefault(tenant, {})[view.id] = view
        return view, True

    def find_batch(self, tenant: TenantId, batch: BatchId) -> BatchView:
        self.answers()
        try:
            return self.batches[tenant][batch]
        except KeyError:
            raise NotFound(f"There is no batch {batch}.") from None

    cancel_batch = retry_batch = find_batch

    def list_batches(self, tenant: TenantId, _: BatchFilter) -> Page[BatchView]:
        self.answers()
        return Page(tuple(self.batches.get(tenant, {}).values()))

    def read_statistics(self, _: TenantId, **asked: Any) -> Statistics:
        self.answers()
        now = datetime.now(UTC)
        return Statistics(asked["since"] or now, asked["until"] or now, ())

    def read_snapshot(self, _: TenantId | None = None) -> Snapshot:
        self.answers()
        facts = InstallationFacts(datetime.now(UTC), (), 0, None, 0, 0)
        return Snapshot(facts.now, None, Verdict((), ()), (), (), facts)
