"""What tenants have under way and waiting now, each at all marketplaces together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest

from stoflow.domain.ids import TenantId
from stoflow.monitoring.live.place import LivePlace
from stoflow.monitoring.live.reader import Live
from stoflow.monitoring.live.sliding import Ended
from stoflow.resources.monitoring.held import Held, waiting_at
from stoflow.resources.monitoring.sums import HeldSum


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
    places: dict[TenantId, list[LivePlace]] = {tenant: [] for tenant in tenants}
    for place in live.places if live else ():
        if place.tenant in places:
            places[TenantId(place.tenant)].append(place)
    return {tenant: _work(tenant, its) for tenant, its in places.items()}


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


def _work(tenant: TenantId, places: Sequence[LivePlace]) -> Work:
    waiting: dict[str, HeldSum] = defaultdict(HeldSum)
    for place in places:
        for kind, jobs, until, _ in waiting_at(place):
            waiting[kind].add(jobs, until, place.tenant, None)
    return Work(
        tenant,
        sum(place.pending for place in places),
        sum(place.in_flight for place in places),
        {kind: each.held() for kind, each in waiting.items()},
        sum((place.hour for place in places), Ended()),
    )
