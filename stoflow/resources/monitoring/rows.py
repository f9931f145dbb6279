"""The live view by marketplace: what flows there, what waits and why, what ended."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter, itemgetter

from stoflow.monitoring.live.reader import Live, LivePlace
from stoflow.monitoring.live.sliding import Ended

UNDER_WAY, NEXT, CAP, LATER = "under_way", "next", "cap", "later"


@dataclass(frozen=True, slots=True)
class Held:
    """So many jobs of so many tenants wait for one kind of thing; `until` is the soonest end, `tenant` one of them.

    `oldest` is when the first of them was accepted.
    """

    jobs: int = 0
    tenants: int = 0
    until: float | None = None
    tenant: int | None = None
    oldest: float | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """How many calls a marketplace said are left for all tenants together, at `at`, of `most` where it says so."""

    window: str
    left: int
    most: int | None
    at: float

    @property
    def used(self) -> float | None:
        """Return the share that is used, from 0 to 1."""
        return round(min(1.0, max(0.0, 1 - self.left / self.most)), 4) if self.most else None


@dataclass(frozen=True, slots=True)
class Row:
    """One marketplace. `cap` is how many calls its tenants may have under way together; `oldest` since when one waits.

    `holds` has what stops whole places also where no job waits; `outage` is since when the marketplace does not answer.
    `ended` is what ended in equal parts of the last hour, the oldest first. `quota` is what it said of calls last.
    """

    marketplace: str
    tenants: int = 0
    pending: int = 0
    in_flight: int = 0
    cap: int = 0
    oldest: float | None = None
    waiting: Mapping[str, Held] = field(default_factory=dict[str, Held])
    holds: Mapping[str, Held] = field(default_factory=dict[str, Held])
    minute: Ended = field(default_factory=Ended)
    hour: Ended = field(default_factory=Ended)
    ended: Sequence[Ended] = ()
    outage: float | None = None
    quota: Quota | None = None

    @property
    def moves(self) -> bool:
        """Whether anything was done there a moment ago."""
        return self.minute.total > 0 or any(held.jobs for kind, held in self.waiting.items() if kind == UNDER_WAY)

    @property
    def has_waiting(self) -> bool:
        return any(held.jobs for kind, held in self.waiting.items() if kind != UNDER_WAY)


def rows_of(
    live: Live | None, marketplaces: Iterable[str], outages: Mapping[str, float] | None = None
) -> Sequence[Row]:
    """Return a row for each marketplace, also where nothing is; `outages` is since when which one does not answer."""
    since, quotas = outages or {}, _quotas(live)
    rows = {
        name: Row(name, outage=since.get(name), ended=_ended_at(live, name), quota=quotas.get(name))
        for name in marketplaces
    }
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for place in live.places if live else ():
        sums[place.marketplace].add(place)
    rows |= {name: each.on(rows.get(name, Row(name))) for name, each in sums.items()}
    return sorted(rows.values(), key=attrgetter("marketplace"))


def _quotas(live: Live | None) -> Mapping[str, Quota]:
    """Return by marketplace what any process heard last, while the window lasts that it was said of."""
    found: dict[str, Quota] = {}
    every = [told for process in live.processes for told in process.calls_left] if live else []
    for told in sorted(every, key=itemgetter("at")):
        if live and told["until"] > live.read_at:
            found[told["marketplace"]] = Quota(told["window"], told["left"], told["most"], told["at"])
    return found


def _ended_at(live: Live | None, marketplace: str) -> Sequence[Ended]:
    """Return what ended there in equal parts: finer ones of all tenants than of one."""
    if live is None or marketplace in live.ended:
        return live.ended[marketplace] if live else ()
    parts = [place.ended for place in live.places if place.marketplace == marketplace]
    return [sum(same, Ended()) for same in zip(*parts, strict=True)]


@dataclass(slots=True)
class HeldSum:
    """What a Held is made of, place by place: with thousands of them a new value for each is what a look costs."""

    jobs: int = 0
    tenants: int = 0
    until: float | None = None
    tenant: int | None = None
    oldest: float | None = None

    def add(self, jobs: int, until: float | None, tenant: int, oldest: float | None) -> None:
        self.jobs += jobs
        self.tenants += 1
        self.tenant = self.tenant or tenant
        if until is not None and (self.until is None or until < self.until):
            self.until = until
        if oldest is not None and (self.oldest is None or oldest < self.oldest):
            self.oldest = oldest

    def held(self) -> Held:
        return Held(self.jobs, self.tenants, self.until, self.tenant, self.oldest)


class _Sum:
    """All places of a marketplace together."""

    def __init__(self) -> None:
        self._counted = {"tenants": 0, "pending": 0, "in_flight": 0, "cap": 0}
        self._ended = [0, 0, 0, 0]  # done and failed within a minute, and within an hour
        self._oldest: float | None = None
        self._waiting: dict[str, HeldSum] = defaultdict(HeldSum)
        self._holds: dict[str, HeldSum] = defaultdict(HeldSum)

    def add(self, place: LivePlace) -> None:
        counted, pending, oldest = self._counted, place.pending, place.queue.get("oldest")
        counted["tenants"] += bool(place.flow or place.queue)
        counted["pending"] += pending
        counted["in_flight"] += place.in_flight
        counted["cap"] += int(place.flow.get("cap", 0))
        if oldest is not None and (self._oldest is None or oldest < self._oldest):
            self._oldest = oldest
        for at, ended in enumerate((place.minute.done, place.minute.failed, place.hour.done, place.hour.failed)):
            self._ended[at] += ended
        for kind, jobs, until, since in waiting_at(place):
            self._waiting[kind].add(jobs, until, place.tenant, since)
        for hold in place.holds:
            self._holds[hold["kind"]].add(pending, hold["until"], place.tenant, None)

    def on(self, row: Row) -> Row:
        """Return the row with it."""
        minute_done, minute_failed, hour_done, hour_failed = self._ended
        return replace(
            row,
            **self._counted,
            oldest=self._oldest,
            waiting={kind: each.held() for kind, each in self._waiting.items()},
            holds={kind: each.held() for kind, each in self._holds.items()},
            minute=Ended(minute_done, minute_failed),
            hour=Ended(hour_done, hour_failed),
        )


def waiting_at(place: LivePlace) -> Iterator[tuple[str, int, float | None, float | None]]:
    """Yield what jobs of a place wait for, how many, until when, and since when the first of them was accepted.

    What holds the place holds all that wait; what was not looked at one by one waits for those before it.
    """
    kinds = place.kinds
    under_way = kinds.get(UNDER_WAY)
    if under_way:
        yield UNDER_WAY, under_way["jobs"], None, under_way.get("oldest")
    judged = sum([each["jobs"] for each in kinds.values()]) - (under_way["jobs"] if under_way else 0)
    oldest = place.queue.get("oldest")
    if place.holds and judged:
        yield place.holds[0]["kind"], max(judged, place.pending), place.holds[0]["until"], oldest
        return
    is_full = place.in_flight >= int(place.flow.get("cap", 1))
    for kind, each in kinds.items():
        if kind == UNDER_WAY:
            continue
        yield CAP if kind == NEXT and is_full else kind, each["jobs"], each["until"], each.get("oldest")
    if place.pending > judged:
        yield LATER, place.pending - judged, None, None
