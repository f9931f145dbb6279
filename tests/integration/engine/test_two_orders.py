"""Two orders for the only piece: both named, the later one marked by the marketplace's time, the seller told."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.job import JobChanged, TaskKind
from stoflow.domain.observed import (
    ListingsSeen,
    ListingState,
    ObservedListing,
    Order,
    OrderLine,
    OrdersSeen,
    OrderState,
)
from stoflow.domain.outcome import Done, Outcome, Refused
from stoflow.domain.run import NextMove
from stoflow.http.resources.orders import OrderBody, OrdersPage
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.paging import summary, unread
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.monitoring.record import counts
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.resources.observed.read import list_orders
from stoflow.upkeep.stock import keep_to_stock

if TYPE_CHECKING:
    from conftest import Bench

SHOP, MARKET = "shop", "market"
PAID, CANCELLED = OrderState.PAID, OrderState.CANCELLED


@dataclass
class Shown:
    """What one marketplace shows."""

    orders: Sequence[Order] = ()
    listings: Sequence[ObservedListing] = ()
    refused: Sequence[Mapping[str, str]] = ()


@dataclass
class Shows:
    """Both marketplaces, and that nobody has to be asked anything."""

    of: dict[str, Shown] = field(default_factory=lambda: {SHOP: Shown(), MARKET: Shown()})

    def send(self, _: Request, **__: Any) -> Reply:
        return Reply(200)


class Reading(BaseJobHandler):
    paged = frozenset({"page"})

    def __init__(self, place: str, action: str, shows: Shows) -> None:
        self.marketplace, self.action = place, action
        self._shows = shows

    def make_steps(self) -> tuple[Step, ...]:
        return (Step("page", self._page, TaskKind.REPEATABLE), Step("save", summary, propagates=True))

    def _page(self, _: Attempt) -> Generator[Call, Response, Outcome]:
        yield Request("GET", "/")
        shown = self._shows.of[self.marketplace]
        if self.action == "orders":
            seen: OrdersSeen | ListingsSeen = OrdersSeen("save", tuple(shown.orders), complete=True)
        else:
            seen = ListingsSeen("save", tuple(shown.listings), complete=False)
        return Done({"unread": list(shown.refused)} if shown.refused else {}, seen=seen)


class Nothing(BaseJobHandler):
    def __init__(self, place: str, action: str) -> None:
        self.marketplace, self.action = place, action

    def make_steps(self) -> tuple[Step, ...]:
        return (Step("do", lambda _: Done()),)


@pytest.fixture
def shows() -> Shows:
    return Shows()


@pytest.fixture
def registry(shows: Shows) -> Registry:
    def place(name: str) -> Marketplace:
        own = [*(Reading(name, action, shows) for action in ("orders", "sync")), Nothing(name, "delete")]
        own.append(Nothing(name, "update"))
        specs = tuple(ActionSpec(each.action, each.action, rate_limit_ms=0) for each in own)
        return Marketplace(name, "direct", specs, {each.action: each for each in own})

    return build_registry((place(SHOP), place(MARKET)), entry_points=False)


@pytest.fixture
def selling(bench: "Bench", shows: Shows) -> "Bench":
    return replace(bench, engine=replace(bench.engine, transport=shows))


@pytest.fixture
def coat(selling: "Bench") -> int:
    """One piece, listed on both."""
    return listed(selling)


def listed(bench: "Bench", name: str = "c", *, quantity: int = 1) -> int:
    product = bench.product()
    made_at = "created_at = '2026-11-01'"  # before whatever is bought here
    bench.all(f"UPDATE {{s}}.products SET stock_quantity = {quantity}, {made_at} WHERE id = {product}")
    for place in (SHOP, MARKET):
        bench.all(
            "INSERT INTO {s}.listings (product_id, marketplace, external_id, visible, updated_at) VALUES "
            f"({product}, '{place}', '{name}', true, clock_timestamp() - interval '1 hour')"
        )
    return product


def at(minute: int) -> datetime:
    return datetime(2026, 11, 27, 12, minute, tzinfo=UTC)


def order(
    name: str, minute: int | None = None, *, state: OrderState = PAID, pieces: int = 1, product: int | None = None
) -> Order:
    """Return an order of the listing, or of another one under the product's own SKU."""
    when = None if minute is None else at(minute)
    line = OrderLine(f"{name}-1", "c" if product is None else f"another of {product}", pieces, product=product)
    return Order(name, state, (line,), ordered_at=when)


def sees(bench: "Bench", shows: Shows, place: str, *orders: Order, action: str = "orders") -> dict[str, Any]:
    """Let the marketplace show these to a job; return its result."""
    if action == "orders":
        shows.of[place].orders = orders
    job, _ = submit(bench.engine.database, bench.engine.registry, bench.tenant, SubmitJob(place, action, None))
    while bench.run(job).move is not NextMove.NOTHING:
        bench.make_due()
    row = bench.row(job)
    assert row["status"] == "completed", row
    return {**row["result_data"], "job": job}


def marked(bench: "Bench", place: str) -> dict[str, list[tuple[str, str]]]:
    """Return which orders the API shows as oversold, with whom."""
    page = OrdersPage.of_items(list_orders(bench, bench.tenant, place, 50, None), OrderBody.of)
    shown = page.model_dump(mode="json")["items"]
    return {
        each["external_id"]: [(other["marketplace"], other["order_id"]) for other in each["oversold"]["with"]]
        for each in shown
        if each["oversold"] is not None
    }


def all_marked(bench: "Bench") -> dict[str, list[tuple[str, str]]]:
    return {**marked(bench, SHOP), **marked(bench, MARKET)}


def named(result: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Return each order that a result says came too late: where, which, and later than which."""
    oversales = result.get("oversales", [])
    return [
        (each["marketplace"], each["order_id"], [other["order_id"] for other in each["with"]]) for each in oversales
    ]


@pytest.mark.parametrize("heard_first", [SHOP, MARKET])
def test_the_later_order_by_the_marketplace_s_time_is_marked_whichever_was_heard_of_first(
    selling: "Bench", shows: Shows, coat: int, heard_first: str
) -> None:
    orders = {SHOP: order("early", 1), MARKET: order("late", 2)}
    second = MARKET if heard_first == SHOP else SHOP
    first = sees(selling, shows, heard_first, orders[heard_first])
    assert (first["oversold"], named(first), all_marked(selling)) == (0, [], {})

    result = sees(selling, shows, second, orders[second])

    assert (result["oversold"], named(result)) == (1, [(MARKET, "late", ["early"])])
    (oversale,) = result["oversales"]
    assert (oversale["product_id"], oversale["title"]) == (coat, "A coat")
    assert datetime.fromisoformat(oversale["ordered_at"]) == at(2)
    assert datetime.fromisoformat(oversale["with"][0]["ordered_at"]) == at(1)
    assert all_marked(selling) == {"late": [(SHOP, "early")]}


def test_two_orders_on_one_page_are_told_apart_by_their_times(selling: "Bench", shows: Shows, coat: int) -> None:
    result = sees(selling, shows, SHOP, order("a", 9), order("b", 3))
    assert coat
    assert named(result) == [(SHOP, "a", ["b"])]
    assert all_marked(selling) == {"a": [(SHOP, "b")]}


def test_orders_without_a_time_are_told_apart_by_when_they_were_heard_of(
    selling: "Bench", shows: Shows, coat: int
) -> None:
    sees(selling, shows, SHOP, order("first"))
    assert coat
    assert named(sees(selling, shows, MARKET, order("second"))) == [(MARKET, "second", ["first"])]


def test_of_three_orders_for_two_pieces_the_last_is_marked(selling: "Bench", shows: Shows) -> None:
    listed(selling, quantity=2)
    sees(selling, shows, SHOP, order("third", 30))
    sees(selling, shows, MARKET, order("first", 10))
    result = sees(selling, shows, SHOP, order("second", 20))
    assert named(result) == [(SHOP, "third", ["first", "second"])]
    assert all_marked(selling) == {"third": [(MARKET, "first"), (SHOP, "second")]}


def test_of_three_orders_for_one_piece_two_are_marked(selling: "Bench", shows: Shows, coat: int) -> None:
    sees(selling, shows, SHOP, order("first", 10), order("third", 30))
    sees(selling, shows, MARKET, order("second", 20))
    assert coat
    assert all_marked(selling) == {"second": [(SHOP, "first")], "third": [(SHOP, "first"), (MARKET, "second")]}


def test_an_order_of_more_pieces_than_are_left_is_marked_with_the_one_that_took_them(
    selling: "Bench", shows: Shows
) -> None:
    listed(selling, quantity=3)
    sees(selling, shows, SHOP, order("two", 1, pieces=2))
    assert named(sees(selling, shows, MARKET, order("also two", 2, pieces=2))) == [(MARKET, "also two", ["two"])]


@pytest.mark.parametrize(("place", "name", "minute"), [(SHOP, "early", 1), (MARKET, "late", 2)])
def test_whichever_order_is_cancelled_nobody_is_marked_any_more(
    selling: "Bench", shows: Shows, coat: int, place: str, name: str, minute: int
) -> None:
    sees(selling, shows, SHOP, order("early", 1))
    sees(selling, shows, MARKET, order("late", 2))
    sees(selling, shows, place, order(name, minute, state=CANCELLED))
    assert coat
    assert all_marked(selling) == {}
    sees(selling, shows, place, order(name, minute))
    assert all_marked(selling) == {"late": [(SHOP, "early")]}


def test_the_piece_of_an_order_cancelled_before_is_the_next_order_s(selling: "Bench", shows: Shows, coat: int) -> None:
    sees(selling, shows, SHOP, order("given up", 1))
    sees(selling, shows, SHOP, order("given up", 1, state=CANCELLED))
    result = sees(selling, shows, MARKET, order("second", 2))
    assert coat
    assert (result["oversold"], named(result), all_marked(selling)) == (0, [], {})
    third = sees(selling, shows, MARKET, order("third", 3, product=coat))
    assert named(third) == [(MARKET, "third", ["second"])]


def test_a_quantity_that_is_raised_says_what_there_is(selling: "Bench", shows: Shows, coat: int) -> None:
    sees(selling, shows, SHOP, order("given up", 1))
    sees(selling, shows, SHOP, order("given up", 1, state=CANCELLED))
    selling.all(f"UPDATE {{s}}.products SET stock_quantity = 1 WHERE id = {coat}")
    sees(selling, shows, MARKET, order("first", 2))
    assert all_marked(selling) == {}
    second = sees(selling, shows, SHOP, order("second", 3, product=coat))
    assert named(second) == [(SHOP, "second", ["first"])]


def test_orders_of_before_a_raise_share_nothing_with_those_after(selling: "Bench", shows: Shows, coat: int) -> None:
    sees(selling, shows, SHOP, order("long ago", 1))
    selling.all(f"UPDATE {{s}}.products SET stock_quantity = 1 WHERE id = {coat}")
    sees(selling, shows, MARKET, order("first", 2))
    second = sees(selling, shows, SHOP, order("second", 3, product=coat))
    assert named(second) == [(SHOP, "second", ["first"])]


def test_a_quantity_that_a_person_set_to_0_is_no_second_order(selling: "Bench", shows: Shows, coat: int) -> None:
    selling.all(f"UPDATE {{s}}.products SET stock_quantity = 0 WHERE id = {coat}")
    result = sees(selling, shows, SHOP, order("only", 1))
    assert (named(result), all_marked(selling)) == ([], {})


@pytest.mark.parametrize("ended", [False, True])
def test_a_sold_listing_that_a_sync_sees_before_its_order_does_not_hide_the_second_sale(
    selling: "Bench", shows: Shows, coat: int, ended: bool
) -> None:
    there = ObservedListing("c", ListingState.FOR_SALE)
    shows.of[MARKET].listings = [there]
    sees(selling, shows, MARKET, action="sync")
    sees(selling, shows, SHOP, order("early", 1))
    if ended:  # by the removal, which met what was sold
        selling.all("UPDATE {s}.listings SET external_id = NULL, visible = false WHERE marketplace = 'market'")
    selling.all("UPDATE {s}.marketplace_jobs SET status = 'completed' WHERE status = 'pending'")
    shows.of[MARKET].listings = [replace(there, state=ListingState.SOLD, quantity=0)]
    sees(selling, shows, MARKET, action="sync")
    result = sees(selling, shows, MARKET, order("late", 2))
    assert coat
    assert named(result) == [(MARKET, "late", ["early"])]
    assert all_marked(selling) == {"late": [(SHOP, "early")]}


def test_a_sold_listing_that_took_the_piece_is_the_first_sale(selling: "Bench", shows: Shows, coat: int) -> None:
    there = ObservedListing("c", ListingState.FOR_SALE)
    shows.of[MARKET].listings = [there]
    sees(selling, shows, MARKET, action="sync")
    shows.of[MARKET].listings = [replace(there, state=ListingState.SOLD, quantity=0)]
    sees(selling, shows, MARKET, action="sync")
    assert named(sees(selling, shows, SHOP, order("late", 2))) == []  # its order has not been heard of
    result = sees(selling, shows, MARKET, order("early", 1))
    assert coat
    assert result["oversold"] == 0
    assert all_marked(selling) == {"late": [(MARKET, "early")]}


def test_timeline_log_and_open_pages_name_both(selling: "Bench", shows: Shows, coat: int) -> None:
    before = counts().get("ProductOversold", 0)
    sees(selling, shows, SHOP, order("early", 1))
    result = sees(selling, shows, MARKET, order("late", 2))
    assert coat
    assert said(selling, result["job"], "oversales") == [result["oversales"]]
    assert counts()["ProductOversold"] == before + 1
    assert last_news(selling, result["job"]).named == {"oversales": result["oversales"]}


@pytest.mark.parametrize("action", ["orders", "sync"])
@pytest.mark.parametrize("names", [("a",), ("a", "b", "c")])
def test_what_was_not_shown_is_named_in_timeline_log_and_open_pages(
    selling: "Bench", shows: Shows, action: str, names: tuple[str, ...]
) -> None:
    before = counts().get("ThingUnread", 0)
    shows.of[SHOP].refused = things = [unread(name, Refused(f"{name} may not be seen.")) for name in names]
    result = sees(selling, shows, SHOP, action=action)
    assert result["unread"] == things
    assert said(selling, result["job"], "unread") == [things]
    assert counts()["ThingUnread"] == before + len(names)
    assert last_news(selling, result["job"]).named == {"unread": things}


def test_a_page_that_names_nothing_says_nothing(selling: "Bench", shows: Shows, coat: int) -> None:
    result = sees(selling, shows, SHOP, order("only", 1))
    assert coat
    assert said(selling, result["job"], "oversales") == []
    assert last_news(selling, result["job"]).named == {}


def test_removals_follow_a_sale_as_before(selling: "Bench", shows: Shows, coat: int) -> None:
    sees(selling, shows, SHOP, order("early", 1))
    keep_to_stock(selling.engine.database, selling.engine.registry, selling.tenant, [coat])
    jobs = selling.all("SELECT marketplace FROM {s}.marketplace_jobs WHERE product_id IS NOT NULL")
    assert [job["marketplace"] for job in jobs] == [MARKET]


def said(bench: "Bench", job: int, name: str) -> list[Any]:
    lines = bench.all(f"SELECT detail FROM {{s}}.job_timeline WHERE job_id = {job} ORDER BY id")
    return [line["detail"][name] for line in lines if name in (line["detail"] or {})]


def last_news(bench: "Bench", job: int) -> JobChanged:
    return [news for news in bench.feed.changes if news.job == job][-1]


# What was bought before StoFlow knew of the product.


def known_since(bench: "Bench", product: int, minute: int) -> None:
    bench.all(f"UPDATE {{s}}.products SET created_at = '{at(minute).isoformat()}' WHERE id = {product}")


def pieces_left(bench: "Bench", product: int) -> int:
    return bench.one(f"SELECT stock_quantity FROM {{s}}.products WHERE id = {product}")["stock_quantity"]


@pytest.mark.parametrize("place", [SHOP, MARKET])
def test_an_order_from_before_its_product_takes_nothing_of_it(
    selling: "Bench", shows: Shows, coat: int, place: str
) -> None:
    known_since(selling, coat, 30)
    result = sees(selling, shows, place, order("old", 10))
    assert (result["orders"], result["sold"], result["oversold"]) == (1, 0, 0)
    assert pieces_left(selling, coat) == 1
    sees(selling, shows, place, order("old", 10), order("new", 40))
    assert (pieces_left(selling, coat), all_marked(selling)) == (0, {})


def test_an_older_order_is_no_rival_of_two_that_share_the_piece(selling: "Bench", shows: Shows, coat: int) -> None:
    known_since(selling, coat, 30)
    sees(selling, shows, SHOP, order("old", 10), order("first", 40))
    sees(selling, shows, MARKET, order("second", 50))
    assert all_marked(selling) == {"second": [(SHOP, "first")]}


def test_an_older_order_that_is_cancelled_gives_nothing_back(selling: "Bench", shows: Shows, coat: int) -> None:
    known_since(selling, coat, 30)
    sees(selling, shows, SHOP, order("old", 10))
    sees(selling, shows, SHOP, order("old", 10, state=CANCELLED), order("first", 40))
    sees(selling, shows, MARKET, order("second", 50))
    assert all_marked(selling) == {"second": [(SHOP, "first")]}


@pytest.mark.parametrize("minute", [30, 31, None], ids=["in the same minute", "a minute later", "without a time"])
def test_what_may_have_been_bought_of_it_counts(selling: "Bench", shows: Shows, coat: int, minute: int | None) -> None:
    known_since(selling, coat, 30)
    selling.all("UPDATE {s}.products SET created_at = created_at + interval '20 s'")  # clocks differ
    sees(selling, shows, SHOP, order("first", minute))
    assert pieces_left(selling, coat) == 0
