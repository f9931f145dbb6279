"""Jobs of all tenants in one list, for those who look after them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn, Protocol

from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import LARGEST_ID, Page
from stoflow.monitoring.lean_redis import redis
from stoflow.monitoring.live.place import LivePlace
from stoflow.resources.jobs.meaning import meant_by, statuses_of
from stoflow.resources.jobs.read import list_jobs
from stoflow.resources.jobs.views import JobFilter, JobView
from stoflow.resources.monitoring.held import LATER, waiting_at
from stoflow.resources.monitoring.snapshot import Watches
from stoflow.resources.needs import Reads, ReadsJobs
from stoflow.storage.engine.reads.job_index import (
    IndexedJob,
    TenantJob,
    find_indexed,
    find_statuses,
    find_tenants,
    read_indexed,
)

CURSOR = re.compile(r"(\d{1,16})\.(\d{1,10})\.(\d{1,10})", re.ASCII)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LAST: Final = IndexedJob(TenantId(LARGEST_ID), JobId(LARGEST_ID), datetime(9999, 12, 31, tzinfo=UTC))
SEARCHED_AT_MOST: Final = 150  # for one page: a text is looked for where each job is kept
TENANTS_AT_MOST: Final = 5  # for one page: what holds a job is judged tenant by tenant


class SeesAll(ReadsJobs, Watches, Protocol):
    """What reads jobs, and looks at the live view."""


def read_statuses(needs: Reads, jobs: Sequence[tuple[TenantId, JobId]]) -> Mapping[tuple[TenantId, JobId], JobStatus]:
    """Return the status of each of these jobs of anybody, by tenant and job; those that are gone are left out."""
    with needs.database.reading() as connection:
        return find_statuses(connection, jobs)


def list_everywhere(needs: SeesAll, wanted: JobFilter, tenant: TenantId | None = None) -> Page[TenantJob]:
    """Return one page of jobs of all tenants, newest first, or of one tenant.

    With a `hold` they come tenant by tenant, by number, and a page is what a few of them have. Raise InputError for a
    filter that means nothing.
    """
    if tenant is not None:
        found = list_jobs(needs, tenant, wanted)
        return Page(tuple(_of_tenant(tenant, job) for job in found.items), found.next_cursor)
    if wanted.product_id or wanted.batch_id:
        name = "product_id" if wanted.product_id else "batch_id"
        _refuse(name, "such a number is a tenant's own: name the tenant as well")
    return _list_held(needs, wanted) if wanted.hold else _list_indexed(needs, wanted)


def _list_indexed(needs: SeesAll, wanted: JobFilter) -> Page[TenantJob]:
    meant = meant_by(needs.registry, wanted) | {"statuses": [status.value for status in statuses_of(wanted)]}
    most = SEARCHED_AT_MOST if wanted.text else wanted.limit + 1
    with needs.database.records() as connection:
        indexed = find_indexed(connection, before=_place_in(wanted.cursor), limit=most, **meant)
        looked = indexed if wanted.text else indexed[: wanted.limit]
        found = read_indexed(connection, looked, wanted.text)
    items = tuple(_named(needs, job) for job in found[: wanted.limit])
    if len(found) > wanted.limit:
        last = items[-1]
        return Page(items, _cursor(last.created_at, last.tenant, last.id))
    if len(indexed) < most:
        return Page(items)
    return Page(items, _cursor(looked[-1].created_at, looked[-1].tenant, looked[-1].job))


def _list_held(needs: SeesAll, wanted: JobFilter) -> Page[TenantJob]:
    """Go through the tenants with unfinished jobs; a cursor names the tenant to go on with, and its last job."""
    cursor = wanted.cursor or "0.1.0"
    _, since, before = _numbers_in(cursor)
    tenants = _tenants_held(needs, wanted, TenantId(since))
    items: list[TenantJob] = []
    for tenant in tenants[:TENANTS_AT_MOST]:
        at = str(before) if before and tenant == since else None
        page = list_jobs(needs, tenant, replace(wanted, cursor=at, limit=wanted.limit - len(items)))
        items += [_of_tenant(tenant, job) for job in page.items]
        if page.next_cursor:
            return Page(tuple(items), f"0.{tenant}.{page.next_cursor}")
        if len(items) == wanted.limit:
            return Page(tuple(items), f"0.{tenant + 1}.0")
    left = tenants[TENANTS_AT_MOST:]
    return Page(tuple(items), f"0.{left[0]}.0" if left else None)


def _tenants_held(needs: SeesAll, wanted: JobFilter, since: TenantId) -> Sequence[TenantId]:
    """Return who may have jobs that are held so: all with such work but those of whom the live view shows otherwise."""
    meant = meant_by(needs.registry, wanted)
    with needs.database.records() as connection:
        tenants = find_tenants(connection, since=since, **meant)
    try:
        places = needs.watching.reader.read().places
    except redis.RedisError:
        return tenants
    shown = {place.tenant for place in places if place.queue and wanted.marketplace in {None, place.marketplace}}
    held = {place.tenant for place in places if _may_hold(place, wanted.hold)}
    return [tenant for tenant in tenants if tenant not in shown or tenant in held]


def _may_hold(place: LivePlace, kind: str | None) -> bool:
    """Whether jobs there wait for it, as far as that is shown: of those that are not urgent it is not."""
    return any(waiting in {kind, LATER} for waiting, *_ in waiting_at(place))


def _named(needs: ReadsJobs, job: TenantJob) -> TenantJob:
    return replace(job, action=needs.registry.name_of(job.marketplace, job.action))


def _of_tenant(tenant: TenantId, job: JobView) -> TenantJob:
    told = {name: getattr(job, name) for name in TenantJob.__slots__ if name not in {"tenant", "error_code"}}
    code = next((error.code for error in job.errors if error.code), None)
    return TenantJob(tenant=tenant, error_code=code, **told)


def _place_in(cursor: str | None) -> IndexedJob:
    """Return the job at which a page ended, the end of time for the first page."""
    if cursor is None:
        return LAST
    micros, tenant, job = _numbers_in(cursor)
    return IndexedJob(TenantId(tenant), JobId(job), EPOCH + micros * MICROSECOND)


def _cursor(at: datetime, tenant: TenantId, job: JobId) -> str:
    return f"{(at - EPOCH) // MICROSECOND}.{tenant}.{job}"


def _numbers_in(cursor: str) -> tuple[int, int, int]:
    found = CURSOR.fullmatch(cursor)
    if found is None:
        _refuse("cursor", "this cursor was not made by this list")
    micros, tenant, job = (int(number) for number in found.groups())
    return micros, min(tenant, LARGEST_ID), min(job, LARGEST_ID)


def _refuse(field: str, message: str) -> NoReturn:
    raise InputError("The list cannot be made.", (FieldError(field, message),))
