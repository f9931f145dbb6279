"""One tenant at one marketplace, as all processes together tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stoflow.monitoring.live.sliding import HOUR, MINUTE, OF_PLACE, Ended, Told, ended_by_part, ended_in, same_until

NOTHING: Mapping[str, Any] = {}
COUNTED_FOR_S = 4  # what ended in the last minute at a place of which nothing new is said

Tallies = tuple[Told, ...]
"""What ended there, as each process told it."""


@dataclass(frozen=True, slots=True)
class LivePlace:
    """One tenant at one marketplace: `flow` as its actor told, `queue` as it was counted last; both may be empty.

    `told` is what ended there as processes told it, as of `read_at`.
    """

    tenant: int
    marketplace: str
    flow: Mapping[str, Any]
    queue: Mapping[str, Any]
    minute: Ended = field(default_factory=Ended)
    hour: Ended = field(default_factory=Ended)
    told: Tallies = ()
    read_at: float = 0.0

    @property
    def ended(self) -> Sequence[Ended]:
        """Return what ended there in each ten minutes of the last hour, the oldest first."""
        return ended_by_part(HOUR, self.told, self.read_at)

    @property
    def in_flight(self) -> int:
        return int(self.flow.get("in_flight", 0))

    @property
    def pending(self) -> int:
        return int(self.queue.get("pending", 0))

    @property
    def holds(self) -> Sequence[Mapping[str, Any]]:
        """Return what holds everything there, most lasting first."""
        return self.flow.get("holds", ())

    @property
    def kinds(self) -> Mapping[str, Mapping[str, Any]]:
        """Return by kind of Hold how many of the most urgent jobs it holds by their own state, until and since when."""
        return self.queue.get("kinds", {})

    @property
    def good_until(self) -> float:
        """Return until when what ended there is counted well enough, where nothing new is told."""
        same_s = min(same_until(period, self.told, self.read_at) for period in OF_PLACE)
        # Not all of them in one look.
        return max(same_s, self.read_at + COUNTED_FOR_S + self.tenant % COUNTED_FOR_S)


def place_of(key: str, shown: Mapping[str, Any], tallies: Tallies, now_s: float) -> LivePlace:
    """Return the place of a field of Redis: what it shows, and what ended there by `now_s`."""
    tenant, _, marketplace = key.partition(":")
    return LivePlace(
        int(tenant),
        marketplace,
        shown.get("flow", NOTHING),
        shown.get("queue", NOTHING),
        ended_in(MINUTE, tallies, now_s),
        ended_in(HOUR, tallies, now_s),
        tallies,
        now_s,
    )
