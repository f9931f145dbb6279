"""What a filter of jobs means, checked, as the parameters of the statements that find them."""

from collections.abc import Collection, Sequence
from typing import Any

from stoflow.admission.rule import known_kinds
from stoflow.domain.errors import InputError
from stoflow.domain.job import UNFINISHED_JOB_STATUSES, JobStatus
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.registry import Registry
from stoflow.resources.jobs.views import JobFilter

ANY_STATUS = frozenset(JobStatus)


def meant_by(registry: Registry, wanted: JobFilter, *, of: Collection[JobStatus] = ANY_STATUS) -> dict[str, Any]:
    """Return the parameters of the condition MEANT, for jobs in one of the statuses `of`.

    Raise InputError, naming the field, for what nothing can be: a kind of Hold that there is not, an id without its
    kind, an error of jobs that did not fail.
    """
    statuses = statuses_of(wanted, of=of)
    return {
        "marketplace": wanted.marketplace,
        "statuses": None if len(statuses) == len(JobStatus) else [status.value for status in statuses],
        "actions": list(registry.codes_of(wanted.action)) if wanted.action else None,
        "error_kind": wanted.error_kind,
        "error_code": wanted.error_code,
        "product_id": wanted.product_id,
        "batch_id": wanted.batch_id,
        "created_after": wanted.created_after,
        "created_before": wanted.created_before,
    }


def statuses_of(wanted: JobFilter, *, of: Collection[JobStatus] = ANY_STATUS) -> Sequence[JobStatus]:
    """Return the statuses, in their order, that a job which is meant may be in; raise InputError for none."""
    if wanted.error_code and not wanted.error_kind:
        _refuse("error_code", "an id is one kind's of error: name error_kind as well")
    if wanted.hold and wanted.hold not in known_kinds():
        _refuse("hold", f"there is no such kind of Hold; there are {', '.join(known_kinds())}")
    may_be = {wanted.status} if wanted.status else set(JobStatus)
    if wanted.error_kind:
        may_be &= {JobStatus.FAILED}
    if wanted.hold:
        may_be &= UNFINISHED_JOB_STATUSES
    if not may_be:
        _refuse("status", "errors are of failed jobs, Holds of pending and running ones: leave status out")
    if not may_be & set(of):
        _refuse("status", f"this is done to jobs that are {' or '.join(sorted(of))}: leave status out")
    return [status for status in JobStatus if status in may_be and status in of]


def _refuse(field: str, message: str) -> None:
    raise InputError("The filter is not right.", (FieldError(field, message),))
