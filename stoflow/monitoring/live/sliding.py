"""How many jobs ended at a place in the last minute and in the last hour, in memory that time bounds."""

from collections.abc import Iterable, Mapping, Sequence
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

Told = Iterable[Mapping[str, Mapping[str, list[int]]]]
"""Tallies as JSON has them."""


def ended_by_part(period: Period, tallies: Told, now_s: float) -> Sequence[Ended]:
    """Return what ended in each part of the period, the oldest first; the last one is the current one."""
    first = int(now_s // period.part_s) - period.parts + 1
    parts = [Ended() for _ in range(period.parts)]
    for tally in tallies:
        for part, (done, failed) in tally.get(period.name, {}).items():
            if 0 <= int(part) - first < period.parts:
                parts[int(part) - first] += Ended(done, failed)
    return parts


def ended_in(period: Period, tallies: Told, now_s: float) -> Ended:
    """Return what ended in the period before now."""
    done = failed = 0.0
    for tally in tallies:
        for part, (more_done, more_failed) in tally.get(period.name, {}).items():
            share = _share(period, int(part), now_s)
            done, failed = done + share * more_done, failed + share * more_failed
    return Ended(round(done), round(failed)) if done or failed else NOTHING


def same_until(period: Period, tallies: Told, now_s: float) -> float:
    """Return until when `ended_in` says the same where nothing more ends: until the oldest part begins to slide out of
    the period, which may have been before; infinity where nothing is counted."""
    parts = [int(part) for tally in tallies for part in tally.get(period.name, {})]
    counted = [part for part in parts if _share(period, part, now_s)]
    return (min(counted) + period.parts) * period.part_s if counted else float("inf")


def _share(period: Period, part: int, now_s: float) -> float:
    """Return which share of a part lies in the period; of a clock that is ahead, all."""
    begins_s = now_s / period.part_s - period.parts
    return min(1.0, max(0.0, part + 1 - begins_s))
