"""The live view by marketplace: what flows there, what waits and why, what ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter, itemgetter
from typing import Any

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

    def with_more(self, jobs: int, until: float | None, tenant: int, oldest: float | None = None) -> "Held":
        return Held(
            self.jobs + jobs,
            self.tenants + 1,
            _first(self.until, until),
            self.tenant or tenant,
            _first(self.oldest, oldest),
        )


def _first(*times: float | None) -> float | None:
    return min((at for at in times if at is not None), default=None)


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
    for place in live.places if live else ():
        rows[place.marketplace] = _with_place(rows.get(place.marketplace, Row(place.marketplace)), place)
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


def _with_place(row: Row, place: LivePlace) -> Row:
    waiting, holds = dict(row.waiting), dict(row.holds)
    for kind, jobs, until, oldest in waiting_at(place):
        waiting[kind] = waiting.get(kind, Held()).with_more(jobs, until, place.tenant, oldest)
    for hold in place.holds:
        holds[hold["kind"]] = holds.get(hold["kind"], Held()).with_more(place.pending, hold["until"], place.tenant)
    return replace(
        row,
        tenants=row.tenants + bool(place.flow or place.queue),
        pending=row.pending + place.pending,
        in_flight=row.in_flight + place.in_flight,
        cap=row.cap + int(place.flow.get("cap", 0)),
        oldest=_first(row.oldest, place.queue.get("oldest")),
        waiting=waiting,
        holds=holds,
        minute=row.minute + place.minute,
        hour=row.hour + place.hour,
    )


def waiting_at(place: LivePlace) -> Iterator[tuple[str, int, float | None, float | None]]:
    """Yield what jobs of a place wait for, how many, until when, and since when the first of them was accepted.

    What holds the place holds all that wait; what was not looked at one by one waits for those before it.
    """
    kinds: dict[str, Any] = dict(place.kinds)
    under_way = kinds.pop(UNDER_WAY, None)
    if under_way:
        yield UNDER_WAY, under_way["jobs"], None, under_way.get("oldest")
    judged = sum(each["jobs"] for each in kinds.values())
    oldest = place.queue.get("oldest")
    if place.holds and judged:
        yield place.holds[0]["kind"], max(judged, place.pending), place.holds[0]["until"], oldest
        return
    is_full = place.in_flight >= int(place.flow.get("cap", 1))
    for kind, each in kinds.items():
        yield CAP if kind == NEXT and is_full else kind, each["jobs"], each["until"], each.get("oldest")
    if place.pending > judged:
        yield LATER, place.pending - judged, None, None
