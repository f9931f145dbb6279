"""Reading statistics: counts, rates, durations and errors of each action on each marketplace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from stoflow.domain.errors import InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.registry import Registry
from stoflow.resources.needs import KnowsMarketplaces
from stoflow.storage.engine.reads.statistics import Ended, Kept, read_ended, read_kept

USUALLY = timedelta(days=30)
LONGEST = timedelta(days=366)
UNKNOWN_KIND = "unknown"


@dataclass(frozen=True, slots=True)
class ActionStatistics:
    """What came of one action on one marketplace. `p50_ms` and `p95_ms` are of completed jobs, from their start on."""

    marketplace: str
    action: str
    total: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    errors: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def success_rate(self) -> float | None:
        """Return the share of those that were carried through; what somebody cancelled is neither."""
        decided = self.completed + self.failed + self.expired
        return round(self.completed / decided, 4) if decided else None

    def with_ended(self, ended: Ended) -> "ActionStatistics":
        counted = {ended.status: getattr(self, ended.status) + ended.jobs, "total": self.total + ended.jobs}
        if ended.status == JobStatus.FAILED:
            kind = ended.kind or UNKNOWN_KIND
            return replace(self, **counted, errors={**self.errors, kind: self.errors.get(kind, 0) + ended.jobs})
        if ended.p50_ms is None or ended.p95_ms is None:
            return replace(self, **counted)
        return replace(self, **counted, p50_ms=round(ended.p50_ms), p95_ms=round(ended.p95_ms))

    def with_kept(self, kept: Kept) -> "ActionStatistics":
        """Add days of which only counts are left; what was neither completed nor failed there was cancelled."""
        return replace(
            self,
            total=self.total + kept.total,
            completed=self.completed + kept.completed,
            failed=self.failed + kept.failed,
            cancelled=self.cancelled + kept.total - kept.completed - kept.failed,
        )


@dataclass(frozen=True, slots=True)
class Statistics:
    """What ended from `since` to before `until`."""

    since: datetime
    until: datetime
    actions: tuple[ActionStatistics, ...]


def read_statistics(
    needs: KnowsMarketplaces,
    tenant: TenantId,
    *,
    marketplace: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Statistics:
    """Return the statistics of a time, by default of the last 30 days; raise InputError for one of over a year."""
    until = until or datetime.now(UTC)
    since = since or until - USUALLY
    _check(since, until)
    with needs.database.records() as connection:
        ended = read_ended(connection, tenant, since=since, until=until, marketplace=marketplace)
        kept = read_kept(connection, tenant, since=since, until=until, marketplace=marketplace)
    return Statistics(since, until, tuple(_summed(needs.registry, ended, kept)))


def _check(since: datetime, until: datetime) -> None:
    if since >= until:
        raise InputError("The time is not right.", (FieldError("to", "must be later than from"),))
    if until - since > LONGEST:
        reason = FieldError("from", f"must be at most {LONGEST.days} days before to")
        raise InputError("The time is too long.", (reason,))


def _summed(registry: Registry, ended: Iterable[Ended], kept: Iterable[Kept]) -> list[ActionStatistics]:
    found: dict[tuple[str, str], ActionStatistics] = {}
    for each in (*ended, *kept):
        key = (each.marketplace, registry.name_of(each.marketplace, each.action))
        before = found.get(key) or ActionStatistics(*key)
        found[key] = before.with_ended(each) if isinstance(each, Ended) else before.with_kept(each)
    return [found[key] for key in sorted(found)]
