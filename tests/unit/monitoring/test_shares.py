"""Who takes how much of what goes on at a marketplace."""

from stoflow.monitoring.live.place import LivePlace
from stoflow.monitoring.live.reader import Live
from stoflow.monitoring.live.sliding import Ended
from stoflow.resources.monitoring.shares import BUSIEST, shares_of


def place(tenant: int, marketplace: str = "attic", *, done: int = 0, pending: int = 0, **flow: object) -> LivePlace:
    queue = {"pending": pending, "kinds": {"next": {"jobs": min(pending, 200), "until": None}}} if pending else {}
    return LivePlace(tenant, marketplace, flow, queue, Ended(done, 0), Ended(done, 0))


def live(*places: LivePlace) -> Live:
    return Live(100.0, 0.0, (), places, {})


def test_a_share_is_of_what_ended_and_is_under_way_at_that_marketplace_and_the_largest_comes_first() -> None:
    found = shares_of(live(place(1, done=2, in_flight=1, cap=4), place(2, done=9), place(3, "bazaar", done=5)))
    assert [(each.tenant, each.share) for each in found] == [(3, 1.0), (2, 0.75), (1, 0.25)]
    assert (found[2].in_flight, found[2].cap) == (1, 4)


def test_what_holds_a_place_is_said_and_until_when() -> None:
    held = {"kind": "limit_reached", "until": 160.0, "release": "itself"}
    (found,) = shares_of(live(place(1, pending=5, in_flight=0, cap=4, holds=[held])))
    assert (found.holds, found.until, found.waiting, found.share) == (("limit_reached",), 160.0, 5, 0.0)


def test_there_are_never_more_than_a_screen_takes_and_none_without_a_view() -> None:
    assert len(shares_of(live(*(place(tenant, done=1) for tenant in range(1, 200))))) == BUSIEST
    assert shares_of(None) == []
