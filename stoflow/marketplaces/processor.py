"""Running jobs by its older name: one job at a time, in the caller's process."""

import asyncio
import time
from typing import Any

from stoflow.domain.given import whole
from stoflow.domain.handle import Job, RunsJobs
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus


class MarketplaceJobProcessor:
    """Runs jobs of the tenant `user_id`, of one marketplace or of all; `db` is a handle that `stoflow.open` gave.

    `shop_id` is what older callers pass: the shop is the one of the tenant's connection.
    """

    def __init__(self, db: RunsJobs, user_id: int, shop_id: int | None = None, marketplace: str | None = None) -> None:
        self._db = db
        self.user_id = whole("user_id", user_id)
        self.shop_id = shop_id
        self.marketplace = marketplace

    async def process_next_job(self) -> dict[str, Any] | None:
        """Run the most urgent job that is due and return what came of it.

        None where nothing is due, and where an orchestrator or another processor decides for the tenant. `success` is
        False for a job that failed (`result` has its error) and for one that goes on later: its `status` says which.
        Raise ValueError for an unknown marketplace.
        """
        began_s = time.monotonic()
        # The one wait on a thread outside the api: what runs a job may take as long as its marketplace does.
        job = await asyncio.to_thread(self._db.run_next_job, TenantId(self.user_id), self.marketplace)
        return None if job is None else _result(job, duration_ms=round((time.monotonic() - began_s) * 1000))


def _result(job: Job, *, duration_ms: int) -> dict[str, Any]:
    is_done = job.status is JobStatus.COMPLETED
    return {
        "job_id": job.id,
        "marketplace": job.marketplace,
        "action": job.action,
        "success": is_done,
        "status": str(job.status),
        "result": dict(job.result or {}) if is_done else _failure(job),
        "duration_ms": duration_ms,
    }


def _failure(job: Job) -> dict[str, Any]:
    return {"error": job.error, "errors": [{"field": each.field, "message": each.message} for each in job.errors]}
