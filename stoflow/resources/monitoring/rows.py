"""The live view by marketplace: what flows there, what waits and why, what ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter, itemgetter

from stoflow.monitoring.live.reader import Live
from stoflow.monitoring.live.sliding import Ended
from stoflow.resources.monitoring.held import UNDER_WAY, Held
from stoflow.resources.monitoring.sums import PlaceSum, Sums


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
    live: Live | None,
    marketplaces: Iterable[str],
    outages: Mapping[str, float] | None = None,
    sums: Sums | None = None,
) -> Sequence[Row]:
    """Return a row for each marketplace, also where nothing is; `outages` is since when which one does not answer.

    `sums` are those of who looks at the same places again and again.
    """
    since, quotas = outages or {}, _quotas(live)
    rows = {
        name: Row(name, outage=since.get(name), ended=_ended_at(live, name), quota=quotas.get(name))
        for name in marketplaces
    }
    with (sums or Sums()).over(live.places if live else ()) as counted:
        rows |= {name: _with(each, rows.get(name, Row(name))) for name, each in counted.items()}
    return sorted(rows.values(), key=attrgetter("marketplace"))


def _with(counted: PlaceSum, row: Row) -> Row:
    return replace(
        row,
        tenants=counted.tenants,
        pending=counted.pending,
        in_flight=counted.in_flight,
        cap=counted.cap,
        oldest=counted.oldest.value,
        waiting={kind: each.held() for kind, each in counted.waiting.items() if each.places},
        holds={kind: each.held() for kind, each in counted.holds.items() if each.places},
        minute=Ended(*counted.minute),
        hour=Ended(*counted.hour),
    )


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
