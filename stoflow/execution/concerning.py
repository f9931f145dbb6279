"""Whatever is logged while a job is worked on says which one it is, and which attempt at which task."""

from contextlib import AbstractContextManager

from stoflow.execution.frame import Execution
from stoflow.monitoring.context import about
from stoflow.storage.engine.reads.workers import NO_REQUEST, StoredJob


def about_job(job: StoredJob) -> AbstractContextManager[None]:
    return about(tenant=job.tenant, job=job.id, request_id="" if job.request_id == NO_REQUEST else job.request_id)


def about_attempt(execution: Execution) -> AbstractContextManager[None]:
    return about(task=execution.name, attempt=execution.number)
