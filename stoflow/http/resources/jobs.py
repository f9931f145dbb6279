"""Jobs over HTTP."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final

from stoflow.domain.errors import InputError, NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobChanged, TaskStatus
from stoflow.domain.outcome import FieldError
from stoflow.http.context import Context
from stoflow.http.resources.job_bodies import (
    AllJobsQuery,
    ExplanationBody,
    JobBody,
    JobsPage,
    JobsQuery,
    NewJob,
    TimelineBody,
    TimelineEntryBody,
)
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.http.rest.schemas import Given
from stoflow.http.rest.waiting import PREFER, PREFER_HELP
from stoflow.resources.jobs import change, read, submit, troubles
from stoflow.resources.jobs.views import JobFilter, JobView, SubmitJob

IDEMPOTENCY_HEADER: Final = "idempotency-key"


IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def create_job(context: Context, asked: Asked) -> Answer:
    body: NewJob = asked.body
    marketplace = marketplace_in(context, asked)
    wish = SubmitJob(
        marketplace,
        body.action_type,
        **body.model_dump(exclude={"action_type"}),
        idempotency_key=idempotency_key(asked),
        idempotency_digest=digest_of(marketplace, body),
        request_id=asked.request_id,
    )
    job, is_new = submit.submit_job(context, asked.tenant, wish)
    return Answer(JobBody.of(job), made_at(f"/api/jobs/{job.id}", is_new=is_new))


def list_all_jobs(context: Context, asked: Asked) -> JobsPage:
    return _list(context, asked, JobFilter(**asked.query.model_dump()))


def list_marketplace_jobs(context: Context, asked: Asked) -> JobsPage:
    return _list(context, asked, JobFilter(marketplace_in(context, asked), **asked.query.model_dump()))


def read_job(context: Context, asked: Asked) -> JobBody:
    return read_again(context, asked.tenant, asked.id())


def read_again(context: Context, tenant: TenantId, job: int) -> JobBody:
    return JobBody.of(read.find_job(context, tenant, JobId(job)))


def explain_job(context: Context, asked: Asked) -> ExplanationBody:
    return ExplanationBody.of(troubles.explain_with_troubles(context, asked.tenant, JobId(asked.id())))


def read_timeline(context: Context, asked: Asked) -> TimelineBody:
    """A job's timeline is short (bounded by its attempts), so it is one page."""
    entries = read.timeline(context, asked.tenant, JobId(asked.id()))
    return TimelineBody(items=[TimelineEntryBody.of(entry) for entry in entries], next_cursor=None)


def cancel_job(context: Context, asked: Asked) -> JobBody:
    return _changed(context, asked.tenant, change.cancel_job(context, asked.tenant, JobId(asked.id())))


def retry_job(context: Context, asked: Asked) -> JobBody:
    return _changed(context, asked.tenant, change.retry_job(context, asked.tenant, JobId(asked.id())))


def _changed(context: Context, tenant: TenantId, job: JobView) -> JobBody:
    """Return the job, having told those who watch it or wait for it."""
    done = sum(task.status is TaskStatus.COMPLETED for task in job.tasks)
    context.job_changed(JobChanged(tenant, job.id, job.marketplace, job.action, job.status, done, len(job.tasks)))
    return JobBody.of(job)


def digest_of(marketplace: str, body: Given) -> str:
    """Return the digest two bodies share that ask for the same, whatever the order of their members."""
    asked_for = {"marketplace": marketplace, **body.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(asked_for, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def made_at(path: str, *, is_new: bool) -> Mapping[str, str]:
    """Return the headers of what was made at this path, now or by the same Idempotency-Key before."""
    return {"Location": path} if is_new else {"Location": path, "Idempotency-Replayed": "true"}


def _list(context: Context, asked: Asked, wanted: JobFilter) -> JobsPage:
    return JobsPage.of_items(read.list_jobs(context, asked.tenant, wanted), JobBody.of)


def marketplace_in(context: Context, asked: Asked) -> str:
    """Return the marketplace the path names; raise NotFound, naming those there are."""
    marketplace = asked.path["marketplace"]
    if marketplace not in context.registry.marketplaces:
        raise NotFound(f"There is no such marketplace; there are {', '.join(sorted(context.registry.marketplaces))}.")
    return marketplace


def idempotency_key(asked: Asked) -> str | None:
    """Return the caller's key, None where none is given; raise InputError for one that is not usable."""
    key = asked.headers.get(IDEMPOTENCY_HEADER)
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        reason = FieldError("Idempotency-Key", "must be 1 to 200 visible ASCII characters")
        raise InputError("The Idempotency-Key is not usable.", (reason,))
    return key


IDEMPOTENCY = {
    "Idempotency-Key": "Up to 200 visible characters; the same key and body answer the same job for 24 hours, and"
    " `Idempotency-Replayed: true` says so. Used at another marketplace it is a conflict."
}


OPERATIONS: Final = (
    Operation(
        "POST", "/api/{marketplace}/jobs", "createJob", "Ask for a job.",
        create_job, JobBody, 201, body=NewJob, headers={**IDEMPOTENCY, PREFER: PREFER_HELP}, awaits=read_again,
        problems=(400, 402, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/{marketplace}/jobs", "listMarketplaceJobs", "List the jobs of one marketplace, newest first.",
        list_marketplace_jobs, JobsPage, query=JobsQuery, problems=(404, 422),
    ),
    Operation(
        "GET", "/api/jobs", "listJobs", "List jobs, newest first.",
        list_all_jobs, JobsPage, query=AllJobsQuery, problems=(422,),
    ),
    Operation(
        "GET", "/api/jobs/{id}", "readJob", "Read one job with its tasks.",
        read_job, JobBody, problems=(404, 422), headers={PREFER: PREFER_HELP}, awaits=read_again,
    ),
    Operation(
        "GET", "/api/jobs/{id}/timeline", "readTimeline", "Read what happened to a job, in order.",
        read_timeline, TimelineBody, problems=(404, 422),
    ),
    Operation(
        "GET", "/api/jobs/{id}/explain", "explainJob", "Say why a job does not go on, and when it begins and ends.",
        explain_job, ExplanationBody, problems=(404, 422),
    ),
    Operation(
        "POST", "/api/jobs/{id}/cancel", "cancelJob", "Ask for a job to be cancelled.",
        cancel_job, JobBody, 202, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "POST", "/api/jobs/{id}/retry", "retryJob", "Take a failed job up again where it stopped.",
        retry_job, JobBody, 202, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
)  # fmt: skip
