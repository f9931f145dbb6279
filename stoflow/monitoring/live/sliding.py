"""How many jobs ended at a place in the last minute and in the last hour, in memory that time bounds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Parts = dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class Period:
    """A time that slides: counted in parts, of which the oldest counts as far as it still lies in it."""

    name: str
    part_s: int
    parts: int = 6


MINUTE, HOUR = Period("minute", 10), Period("hour", 600)
FLOW = Period("flow", 60, 60)
OF_PLACE = (MINUTE, HOUR)
OF_MARKETPLACE = (FLOW,)  # of all tenants together, so that it may be finer


@dataclass(slots=True)
class Tally:
    """What ended, by part of each period: how many were done, how many failed."""

    periods: Sequence[Period] = OF_PLACE
    by_period: dict[str, Parts] = field(init=False)

    def __post_init__(self) -> None:
        self.by_period = {each.name: {} for each in self.periods}

    def add(self, now_s: float, *, failed: bool) -> None:
        for period in self.periods:
            parts = self.by_period[period.name]
            current = int(now_s // period.part_s)
            if current not in parts:
                _forget(parts, current - period.parts)
            parts.setdefault(current, [0, 0])[failed] += 1

    def is_over(self, now_s: float) -> bool:
        """Whether nothing of it counts any more."""
        longest = self.periods[-1]
        return all(part < now_s // longest.part_s - longest.parts for part in self.by_period[longest.name])


def _forget(parts: Parts, before: int) -> None:
    for part in [part for part in parts if part < before]:
        del parts[part]


@dataclass(frozen=True, slots=True)
class Ended:
    """How many jobs were done and how many failed."""

    done: int = 0
    failed: int = 0

    def __add__(self, other: "Ended") -> "Ended":
        return Ended(self.done + other.done, self.failed + other.failed)

    @property
    def total(self) -> int:
        return self.done + self.failed


NOTHING = Ended()

Parted = tuple[tuple[int, int, int], ...]
"""A part of a period, how many were done in it, how many failed."""

Told = tuple[tuple[str, Parted], ...]
"""A tally as it was told, by the period's name: of tuples, which Python's collector does not look at again."""


def told_of(value: Mapping[str, Mapping[str, Sequence[int]]]) -> Told:
    """Return a tally of what its JSON means."""
    return tuple(
        (name, tuple((int(part), done, failed) for part, (done, failed) in parts.items()))
        for name, parts in value.items()
    )


def ended_by_part(period: Period, tallies: Iterable[Told], now_s: float) -> Sequence[Ended]:
    """Return what ended in each part of the period, the oldest first; the last one is the current one."""
    first = int(now_s // period.part_s) - period.parts + 1
    parts = [Ended() for _ in range(period.parts)]
    for part, done, failed in _parts(period, tallies):
        if 0 <= part - first < period.parts:
            parts[part - first] += Ended(done, failed)
    return parts


def ended_in(period: Period, tallies: Iterable[Told], now_s: float) -> Ended:
    """Return what ended in the period before now."""
    done = failed = 0.0
    for part, more_done, more_failed in _parts(period, tallies):
        share = _share(period, part, now_s)
        done, failed = done + share * more_done, failed + share * more_failed
    return Ended(round(done), round(failed)) if done or failed else NOTHING


def same_until(period: Period, tallies: Iterable[Told], now_s: float) -> float:
    """Return until when `ended_in` says the same where nothing more ends; infinity where that is for ever."""
    counted = sorted((part, done, failed) for part, done, failed in _parts(period, tallies))
    shares = [_share(period, part, now_s) for part, _, _ in counted]
    sums = [sum(share * each[at] for share, each in zip(shares, counted, strict=True)) for at in (1, 2)]
    nexts = [left - (round(left) - 0.5) for left in sums]  # how much less, and it is rounded to one less
    for (part, *ended), share in zip(counted, shares, strict=True):
        begins_s = max(now_s, float((part + period.parts) * period.part_s))
        less = [after / number for after, number in zip(nexts, ended, strict=True) if share * number >= after]
        if less:
            return begins_s + min(less) * period.part_s
        nexts = [after - share * number for after, number in zip(nexts, ended, strict=True)]
    return float("inf")


def _parts(period: Period, tallies: Iterable[Told]) -> Iterator[tuple[int, int, int]]:
    for tally in tallies:
        for name, parts in tally:
            if name == period.name:
                yield from parts


def _share(period: Period, part: int, now_s: float) -> float:
    """Return which share of a part lies in the period; of a clock that is ahead, all."""
    begins_s = now_s / period.part_s - period.parts
    return min(1.0, max(0.0, part + 1 - begins_s))
