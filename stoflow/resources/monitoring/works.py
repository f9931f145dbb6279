"""What tenants have under way and waiting now, each at all marketplaces together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nlargest

from stoflow.domain.ids import TenantId
from stoflow.monitoring.live.reader import Live, LivePlace
from stoflow.monitoring.live.sliding import Ended
from stoflow.resources.monitoring.rows import Held, waiting_at


@dataclass(frozen=True, slots=True)
class Work:
    """Of one tenant. `waiting` is by kind of what is waited for, as in a marketplace's row."""

    tenant: TenantId
    pending: int = 0
    in_flight: int = 0
    waiting: Mapping[str, Held] = field(default_factory=dict[str, Held])
    hour: Ended = field(default_factory=Ended)


def works_of(live: Live | None, tenants: Collection[TenantId]) -> Mapping[TenantId, Work]:
    """Return the work of these tenants, also of those that have none."""
    found = {tenant: Work(tenant) for tenant in tenants}
    for place in live.places if live else ():
        if place.tenant in found:
            found[TenantId(place.tenant)] = _with_place(found[TenantId(place.tenant)], place)
    return found


def busiest(live: Live | None, most: int) -> Sequence[Work]:
    """Return the tenants with most jobs, most at first."""
    jobs: dict[TenantId, int] = {}
    for place in live.places if live else ():
        if count := place.pending + place.in_flight:
            jobs[TenantId(place.tenant)] = jobs.get(TenantId(place.tenant), 0) + count
    return _in_order(live, nlargest(most, jobs, key=lambda tenant: (jobs[tenant], -tenant)))


def _in_order(live: Live | None, tenants: Iterable[TenantId]) -> Sequence[Work]:
    order = list(tenants)
    found = works_of(live, order)
    return [found[tenant] for tenant in order]


def _with_place(work: Work, place: LivePlace) -> Work:
    waiting = dict(work.waiting)
    for kind, jobs, until, _ in waiting_at(place):
        waiting[kind] = waiting.get(kind, Held()).with_more(jobs, until, place.tenant)
    return replace(
        work,
        pending=work.pending + place.pending,
        in_flight=work.in_flight + place.in_flight,
        waiting=waiting,
        hour=work.hour + place.hour,
    )
