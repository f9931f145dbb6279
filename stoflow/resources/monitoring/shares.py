"""Who takes how much: the busiest places, a tenant at a marketplace each, with what each still may do."""

from collections.abc import Sequence
from dataclasses import dataclass

from stoflow.monitoring.live.place import LivePlace
from stoflow.monitoring.live.reader import Live
from stoflow.resources.monitoring.held import NEXT, UNDER_WAY, waiting_at

BUSIEST = 50


@dataclass(frozen=True, slots=True)
class PlaceShare:
    """One tenant at one marketplace. `share` is of all that ended there in the last minute and is under way.

    `cap` calls may be under way, `in_flight` are. `holds` are kinds of Hold, `until` is the soonest end of one.
    """

    tenant: int
    marketplace: str
    share: float
    waiting: int
    in_flight: int
    cap: int
    done_last_minute: int
    failed_last_minute: int
    holds: tuple[str, ...] = ()
    until: float | None = None


def shares_of(live: Live | None) -> Sequence[PlaceShare]:
    """Return the busiest places, those that take most first."""
    places = live.places if live is not None else ()
    whole: dict[str, int] = {}
    for place in places:
        whole[place.marketplace] = whole.get(place.marketplace, 0) + _work(place)

    def busy(place: LivePlace) -> tuple[float, int, int]:
        return -_work(place) / max(1, whole[place.marketplace]), -place.pending, place.tenant

    seen = sorted((place for place in places if place.flow or place.queue or _work(place)), key=busy)
    return [_share(place, whole[place.marketplace]) for place in seen[:BUSIEST]]


def _work(place: LivePlace) -> int:
    return place.in_flight + place.minute.total


def _share(place: LivePlace, whole: int) -> PlaceShare:
    held = [(kind, until) for kind, _, until, _ in waiting_at(place) if kind not in {UNDER_WAY, NEXT}]
    ends = [until for _, until in held if until is not None]
    return PlaceShare(
        place.tenant,
        place.marketplace,
        round(_work(place) / whole, 3) if whole else 0.0,
        place.pending,
        place.in_flight,
        int(place.flow.get("cap", 0)),
        place.minute.done,
        place.minute.failed,
        tuple(kind for kind, _ in held),
        min(ends, default=None),
    )
