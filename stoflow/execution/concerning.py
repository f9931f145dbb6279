"""Whatever is logged while a job is worked on says which one it is, and which attempt at which task."""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager

from stoflow.execution.frame import Execution
from stoflow.monitoring.context import about
from stoflow.monitoring.traces import span, trace_id_of, traceparent
from stoflow.storage.engine.reads.workers import NO_REQUEST, StoredJob


def about_job(job: StoredJob) -> AbstractContextManager[None]:
    request_id = "" if job.request_id == NO_REQUEST else job.request_id
    return about(tenant=job.tenant, job=job.id, request_id=request_id, trace_id=trace_id_of(job.traceparent))


@contextmanager
def about_attempt(execution: Execution) -> Generator[None]:
    """Be an attempt for a block, in the log and as a span; an answer that came belongs to its job's trace."""
    with (
        about(task=execution.name, attempt=execution.number),
        span(
            f"{execution.purpose} {execution.name.partition(':')[0]}",
            parent=traceparent() or execution.job.traceparent,
            stoflow__task=execution.name,
            stoflow__attempt=execution.number,
        ),
    ):
        yield
