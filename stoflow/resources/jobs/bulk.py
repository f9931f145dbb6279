"""One act on all jobs that a filter means: retried, cancelled or made more urgent; or only what would come of it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from stoflow.domain.audit import Act, Actor
from stoflow.domain.errors import InputError
from stoflow.domain.facts.work import JobFailed
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import UNFINISHED_JOB_STATUSES, JobStatus
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import LARGEST_ID
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.jobs.meaning import meant_by, statuses_of
from stoflow.resources.jobs.read import view_of
from stoflow.resources.jobs.views import JobFilter
from stoflow.resources.needs import ChangesJobs
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.session import Records
from stoflow.storage.engine.change import raise_priority, request_cancel, retry
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.reads.job_index import find_tenants
from stoflow.storage.engine.reads.meant import MeantJob, find_next_jobs
from stoflow.storage.engine.reads.people import view_page
from stoflow.storage.engine.unfinished import end_cancelled, finish_cancel

PART: Final = 500  # jobs to a transaction: none of them is locked for long
AT_MOST: Final = 10_000  # jobs to a request
LONGEST_S: Final = 10.0
MOST_NAMED: Final = 20
MOST_URGENT: Final = 1


class BulkAct(StrEnum):
    """What is done to each."""

    RETRY = "retry"
    CANCEL = "cancel"
    RAISE_PRIORITY = "raise_priority"


STATUSES: Final = {
    BulkAct.RETRY: frozenset({JobStatus.FAILED}),
    BulkAct.CANCEL: UNFINISHED_JOB_STATUSES,
    BulkAct.RAISE_PRIORITY: UNFINISHED_JOB_STATUSES,
}
ACTS: Final = {
    BulkAct.RETRY: Act.JOBS_RETRIED,
    BulkAct.CANCEL: Act.JOBS_CANCELLED,
    BulkAct.RAISE_PRIORITY: Act.JOBS_RAISED,
}


@dataclass(frozen=True, slots=True)
class BulkWish:
    """What somebody asks for; `wanted` says of which jobs, and `cursor` where one before ended."""

    act: BulkAct
    wanted: JobFilter
    by: Actor
    priority: int = MOST_URGENT
    dry_run: bool = False
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A job that the act does not change, and why."""

    tenant: TenantId
    job: JobId
    reason: str


@dataclass(frozen=True, slots=True)
class BulkDone:
    """Of `matching` jobs `changed` were changed, or would be; `left_out` are the first others.

    `next_cursor` goes on where this ended, None where all were looked at.
    """

    act: BulkAct
    dry_run: bool
    matching: int
    changed: int
    left_out: tuple[LeftOut, ...]
    next_cursor: str | None


@dataclass(slots=True)
class _Tally:
    matching: int = 0
    changed: int = 0
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])


@dataclass(frozen=True, slots=True)
class _Part:
    """Some jobs of one tenant that are meant, and the last one that was looked at."""

    tenant: TenantId
    jobs: Sequence[MeantJob]
    last: JobId
    is_last: bool  # of its tenant


def change_many(needs: ChangesJobs, tenant: TenantId | None, wish: BulkWish) -> BulkDone:
    """Do it to the jobs of one tenant, or of all, oldest first, so that the jobs of a product keep their order.

    Each 500 jobs of a tenant are a transaction, with its line in the audit log; after 10,000 jobs or ten seconds the
    rest is left to the next request. Asked again with the same filter it goes on, for what is done is meant no more.
    Raise InputError for a filter that means nothing the act can change.
    """
    statuses_of(wish.wanted, of=STATUSES[wish.act])
    if tenant is None and (wish.wanted.product_id or wish.wanted.batch_id):
        name = "product_id" if wish.wanted.product_id else "batch_id"
        reason = FieldError(f"filter.{name}", "such a number is a tenant's own: name the tenant as well")
        raise InputError("The filter is not right.", (reason,))
    until, tally = time.monotonic() + LONGEST_S, _Tally()
    cursor: str | None = None
    for part in _parts(needs, tenant, wish):
        _do(needs, wish, part, tally)
        ended = (part.tenant + 1, 0) if part.is_last else (part.tenant, part.last)
        if tally.matching >= AT_MOST or time.monotonic() > until:
            cursor = None if part.is_last and part.tenant == tenant else f"{ended[0]}.{ended[1]}"
            break
    if tally.changed and not wish.dry_run:
        needs.announced()
    return BulkDone(wish.act, wish.dry_run, tally.matching, tally.changed, tuple(tally.left_out), cursor)


def _parts(needs: ChangesJobs, only: TenantId | None, wish: BulkWish) -> Iterator[_Part]:
    since, after = _place_in(wish.cursor)
    for tenant in _tenants(needs, only, wish, since):
        last = after if tenant == since else JobId(0)
        while True:
            part = _part(needs, tenant, wish, last)
            yield part
            if part.is_last:
                break
            last = part.last


def _tenants(needs: ChangesJobs, only: TenantId | None, wish: BulkWish, since: TenantId) -> Sequence[TenantId]:
    if only is not None:
        return [only]
    meant = meant_by(needs.registry, wish.wanted, of=STATUSES[wish.act])
    with needs.database.records() as connection:
        return find_tenants(connection, since=since, **meant)


def _part(needs: ChangesJobs, tenant: TenantId, wish: BulkWish, after: JobId) -> _Part:
    meant = meant_by(needs.registry, wish.wanted, of=STATUSES[wish.act])
    with needs.database.records() as connection:
        found = find_next_jobs(connection, tenant, after=after, limit=PART, text=wish.wanted.text, **meant)
    jobs = _held(needs, tenant, wish.wanted.hold, found) if wish.wanted.hold else found
    return _Part(tenant, jobs, found[-1].id if found else after, len(found) < PART)


def _held(needs: ChangesJobs, tenant: TenantId, kind: str, jobs: Sequence[MeantJob]) -> Sequence[MeantJob]:
    """Return those that this kind of Hold binds now."""
    anything, ids = meant_by(needs.registry, JobFilter()), [job.id for job in jobs]
    with needs.database.records() as connection:
        seen = view_page(connection, tenant, before=None, ids=ids, limit=len(ids), **anything)
    views = (view_of(each, tenant, needs) for each in seen)
    held = {view.id for view in views if view.hold and view.hold.kind == kind}
    return [job for job in jobs if job.id in held]


def _do(needs: ChangesJobs, wish: BulkWish, part: _Part, tally: _Tally) -> None:
    refused = {job.id: reason for job in part.jobs if (reason := _why_not(wish, job))}
    wanted = [job.id for job in part.jobs if job.id not in refused]
    changed = wanted if wish.dry_run or not wanted else _change(needs, wish, part.tenant, wanted)
    done = set(changed)
    missed = {job: "it changed just now" for job in wanted if job not in done}
    left = [LeftOut(part.tenant, job, reason) for job, reason in sorted({**refused, **missed}.items())]
    tally.matching += len(part.jobs)
    tally.changed += len(changed)
    tally.left_out += left[: MOST_NAMED - len(tally.left_out)]


def _why_not(wish: BulkWish, job: MeantJob) -> str:
    match wish.act:
        case BulkAct.RETRY if job.overtaken:
            return "a later job of its product has started"
        case BulkAct.CANCEL if job.cancel_requested:
            return "it is being cancelled already"
        case BulkAct.RAISE_PRIORITY if job.priority <= wish.priority:
            return f"its priority is {job.priority} already"
        case _:
            return ""


def _change(needs: ChangesJobs, wish: BulkWish, tenant: TenantId, jobs: Sequence[JobId]) -> Sequence[JobId]:
    failpoint("bulk.before")
    with needs.database.records() as connection:
        changed, failed = _act(needs, connection, wish, tenant, jobs)
        announce(connection, tenant, *changed)
        if changed:
            add_entry(connection, wish.by, ACTS[wish.act], tenant, jobs=len(changed), filter=_told(wish))
    failpoint("bulk.after")
    for each in failed:
        record(each)
    return changed


def _act(
    needs: ChangesJobs, connection: Records, wish: BulkWish, tenant: TenantId, jobs: Sequence[JobId]
) -> tuple[Sequence[JobId], Sequence[JobFailed]]:
    match wish.act:
        case BulkAct.RETRY:
            return retry(connection, tenant, *jobs), ()
        case BulkAct.RAISE_PRIORITY:
            return raise_priority(connection, tenant, *jobs, priority=wish.priority), ()
        case BulkAct.CANCEL:
            asked = request_cancel(connection, tenant, *jobs)
            finish_cancel(connection, tenant, *asked)
            return asked, end_cancelled(connection, tenant, asked, plugins=sorted(needs.conditions.plugins))


def _told(wish: BulkWish) -> dict[str, Any]:
    """Return the filter as the audit log may keep it: words of ours and numbers, no text that somebody typed."""
    wanted = replace(wish.wanted, text=None)
    named = {name: getattr(wanted, name) for name in JobFilter.__slots__ if name not in {"limit", "cursor"}}
    told = {name: str(value) for name, value in named.items() if value is not None}
    return {**told, "by_text": True} if wish.wanted.text else told


def _place_in(cursor: str | None) -> tuple[TenantId, JobId]:
    tenant, _, job = (cursor or "1.0").partition(".")
    if not (tenant.isdecimal() and job.isdecimal() and tenant.isascii() and job.isascii()):
        raise InputError("The cursor is not right.", (FieldError("cursor", "it was not made by such an act"),))
    return TenantId(min(int(tenant), LARGEST_ID)), JobId(min(int(job), LARGEST_ID))
