"""What jobs of a place wait for: how many for each kind of thing, until when, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass

from stoflow.monitoring.live.place import LivePlace

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
