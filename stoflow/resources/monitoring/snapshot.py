"""How it is now, in one value: read from Redis and PostgreSQL, judged, and cut to what a tenant may see."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from stoflow.domain.application import RefusalView
from stoflow.domain.ids import TenantId
from stoflow.monitoring.lean_redis import redis
from stoflow.monitoring.live.reader import Live, LiveProcess, LiveReader
from stoflow.resources.monitoring.causes import Seen
from stoflow.resources.monitoring.rows import Row, rows_of
from stoflow.resources.monitoring.shares import PlaceShare, shares_of
from stoflow.resources.monitoring.sums import Sums
from stoflow.resources.monitoring.verdict import Verdict, judge
from stoflow.storage.database.session import Database
from stoflow.storage.engine.reads.installation import InstallationFacts, read_installation
from stoflow.transports.health import Trouble
from stoflow.transports.hints import REDIS


@dataclass(frozen=True, slots=True)
class Watching:
    """What is looked at."""

    database: Database
    marketplaces: Sequence[str]
    reader: LiveReader
    redis_trouble: Callable[[], Trouble | None]
    refusals: Callable[[], Sequence[tuple[RefusalView, bool]]]
    outages: Callable[[], Mapping[str, float]] = dict  # what this process itself has met, since when
    sums: Sums = field(default_factory=Sums)  # over the places of all

    @property
    def watching(self) -> "Watching":
        return self


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How it is at `at`. `since` is when the live view began, None where there is none; `counts` are by series.

    `live` is what of the view may be seen.
    """

    at: datetime
    since: datetime | None
    verdict: Verdict
    rows: Sequence[Row]
    processes: Sequence[LiveProcess]
    facts: InstallationFacts
    counts: Mapping[str, float] = field(default_factory=dict[str, float])
    live: Live | None = None

    @property
    def shares(self) -> Sequence[PlaceShare]:
        """Return the busiest places; found out when it is asked for, since that goes through all of them."""
        return shares_of(self.live)


class Watches(Protocol):
    """What has everything that is looked at."""

    @property
    def watching(self) -> Watching: ...


def read_snapshot(needs: Watches, tenant: TenantId | None = None) -> Snapshot:
    """Return how it is, of one tenant only where one is given; raise DatabaseError where PostgreSQL is away."""
    return snapshot_of(look(needs.watching, tenant), tenant)


def look(watching: Watching, tenant: TenantId | None = None) -> Seen:
    """Return what is to be judged, of one tenant only where one is given; raise DatabaseError."""
    begun_s = time.monotonic()
    with watching.database.records() as connection:
        facts = read_installation(connection)
    took_s = time.monotonic() - begun_s
    live, trouble = _live(watching, tenant), watching.redis_trouble()
    outages = _outages(live)
    return Seen(
        live=live,
        facts=facts,
        rows=rows_of(live, watching.marketplaces, outages, watching.sums if tenant is None else None),
        took_s=took_s,
        redis=trouble.advice_for_anybody if trouble else "",
        redis_is_full=trouble is not None and trouble.takes_nothing,
        redis_since=watching.outages().get(REDIS),
        refusals=[view for view, _ in watching.refusals()],
        outages=outages,
    )


def seen_by(seen: Seen, tenant: TenantId) -> Seen:
    """Return what one tenant may see of what was seen of all."""
    if seen.live is None:
        return seen
    own = replace(seen.live, places=[place for place in seen.live.places if place.tenant == tenant], ended={})
    rows = rows_of(own, [row.marketplace for row in seen.rows], seen.outages)
    return replace(
        seen, live=own, rows=[replace(row, quota=None) for row in rows]
    )  # StoFlow's own, all sellers together


def snapshot_of(seen: Seen, tenant: TenantId | None) -> Snapshot:
    """Return what was seen, judged: of a tenant without what is nobody's but StoFlow's."""
    return _snapshot(seen, judge(seen), shows_processes=tenant is None)


def _live(watching: Watching, tenant: TenantId | None) -> Live | None:
    try:
        return watching.reader.read_tenant(tenant, watching.marketplaces) if tenant else watching.reader.read()
    except redis.RedisError:
        return None


def _outages(live: Live | None) -> Mapping[str, float]:
    """Return since when what does not answer some process has not answered the first of them."""
    found: dict[str, float] = {}
    for process in live.processes if live else ():
        for name, outage in process.outages.items():
            if outage["lasted_s"] is None:
                found[name] = min(found.get(name, outage["since"]), outage["since"])
    return found


def _snapshot(seen: Seen, verdict: Verdict, *, shows_processes: bool) -> Snapshot:
    live, facts = seen.live, seen.facts
    since = datetime.fromtimestamp(live.since, UTC) if live and live.since else None
    processes = live.processes if live and shows_processes else ()
    shown = (
        facts
        if shows_processes
        else replace(facts, living=(), outbox=0, outbox_since=None, tenants=0, plugins=0, gone={})
    )
    counts = live.counts if live and shows_processes else {}
    return Snapshot(facts.now, since, verdict, seen.rows, processes, shown, counts, live)
