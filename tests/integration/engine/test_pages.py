"""A job that goes through a whole account: a task per page, each recorded once, resumed at the page where it stopped."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.errors import APITimeoutError, InputError
from stoflow.domain.job import TaskKind
from stoflow.domain.observed import (
    ListingsSeen,
    ListingState,
    ObservedListing,
    Order,
    OrderLine,
    OrdersSeen,
    OrderState,
)
from stoflow.domain.outcome import Done, Outcome
from stoflow.domain.run import NextMove
from stoflow.execution.attempting import write_settle
from stoflow.marketplaces.contract import ActionSpec, Handler, Marketplace, Step
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.paging import after_confirming, after_page, missing_listings, summary
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.resources.observed.read import ListingFilter, list_listings, list_orders

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

SHOP, MARKET = "shop", "market"  # where things are seen and sold, and where they are to be removed
PAGE = 2
LISTINGS = "SELECT product_id, marketplace, external_id, visible FROM {s}.listings ORDER BY id"
NOTHING = (Step("do", lambda _: Done()),)


@dataclass
class SellersAccount:
    """What the marketplace shows, in order, and what it was asked."""

    listings: list[ObservedListing] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    silent_at: set[str] = field(default_factory=set)  # once

    def send(self, request: Request, **_: Any) -> Reply:
        self.asked.append(request.path)
        if request.path in self.silent_at:
            self.silent_at.discard(request.path)
            raise APITimeoutError("No answer came.")
        return Reply(200)

    def page_of_listings(self, attempt: Attempt) -> Generator[Call, Response, Outcome]:
        yield Request("GET", f"/listings/{attempt.index}")
        shown = self.listings[(attempt.index - 1) * PAGE : attempt.index * PAGE]
        more = attempt.index * PAGE < len(self.listings)
        then = after_page(attempt, more=more, then="confirm:1")
        return Done(seen=ListingsSeen(then, tuple(shown), complete=not more))

    def confirm(self, attempt: Attempt) -> Generator[Call, Response, Outcome]:
        missing = [each["external_id"] for each in missing_listings(attempt)]
        for external_id in missing:
            yield Request("GET", f"/listing/{external_id}")
        return Done(seen=ListingsSeen(after_confirming(attempt, then="save"), gone=tuple(missing)))

    def page_of_orders(self, attempt: Attempt) -> Generator[Call, Response, Outcome]:
        yield Request("GET", f"/orders/{attempt.index}")
        shown = self.orders[(attempt.index - 1) * PAGE : attempt.index * PAGE]
        more = attempt.index * PAGE < len(self.orders)
        then = after_page(attempt, more=more, then="save")
        return Done({"asked_since": bool(attempt.since)}, seen=OrdersSeen(then, tuple(shown), complete=not more))


class Sync(BaseJobHandler):
    marketplace = SHOP
    action = "sync"
    paged = frozenset({"page", "confirm"})

    def __init__(self, account: SellersAccount) -> None:
        self._account = account

    def make_steps(self) -> tuple[Step, ...]:
        return (
            Step("page", self._account.page_of_listings, TaskKind.REPEATABLE, paced=True),
            Step("confirm", self._account.confirm, TaskKind.REPEATABLE),
            Step("save", summary, propagates=True),
        )


class Orders(BaseJobHandler):
    marketplace = SHOP
    action = "orders"
    paged = frozenset({"page"})

    def __init__(self, account: SellersAccount) -> None:
        self._account = account

    def make_steps(self) -> tuple[Step, ...]:
        page = Step("page", self._account.page_of_orders, TaskKind.REPEATABLE, paced=True)
        return (page, Step("save", summary, propagates=True))


@pytest.fixture
def account() -> SellersAccount:
    return SellersAccount()


def place(name: str, handlers: Mapping[str, Handler]) -> Marketplace:
    specs = tuple(ActionSpec(code, code, rate_limit_ms=0) for code in handlers)
    return Marketplace(name=name, transport="direct", actions=specs, handlers=handlers)


def doing_nothing(shop_handler: "type[ShopHandler]", name: str, action: str) -> "ShopHandler":
    handler = shop_handler(NOTHING, action)
    handler.marketplace = name
    return handler


def ending(shop_handler: "type[ShopHandler]") -> "ShopHandler":
    """Return the handler of an action that ends listing `a` of its product."""

    def end(_: Attempt) -> Generator[Call, Response, Outcome]:
        yield Request("DELETE", "/listing/a")
        return Done(ended="a")

    return shop_handler((Step("end", end, TaskKind.REPEATABLE),), "end")


@pytest.fixture
def marketplace(account: SellersAccount, shop_handler: "type[ShopHandler]") -> Marketplace:
    own = {action: doing_nothing(shop_handler, SHOP, action) for action in ("delete", "update")}
    return place(SHOP, {"sync": Sync(account), "orders": Orders(account), "end": ending(shop_handler), **own})


@pytest.fixture
def registry(marketplace: Marketplace, shop_handler: "type[ShopHandler]") -> Registry:
    elsewhere = {action: doing_nothing(shop_handler, MARKET, action) for action in ("delete", "update")}
    return build_registry((marketplace, place(MARKET, elsewhere)), entry_points=False)


@pytest.fixture
def paging(bench: "Bench", account: SellersAccount) -> "Bench":
    return replace(bench, engine=replace(bench.engine, transport=account))


def for_sale(external_id: str, **fields: Any) -> ObservedListing:
    return ObservedListing(external_id, ListingState.FOR_SALE, title=f"Thing {external_id}", **fields)


def bought(order: str, listing: str, *, quantity: int = 1, state: OrderState = OrderState.PAID) -> Order:
    return Order(order, state, (OrderLine(f"{order}-1", listing, quantity, amount=Decimal("12.50")),))


def list_product(bench: "Bench", external_id: str, *marketplaces: str, quantity: int = 1) -> int:
    """Return a product that is for sale under the same id on each marketplace, since an hour."""
    product = bench.product()
    bench.all(f"UPDATE {{s}}.products SET stock_quantity = {quantity} WHERE id = {product}")
    for marketplace in marketplaces:
        bench.all(
            "INSERT INTO {s}.listings (product_id, marketplace, external_id, visible, updated_at) VALUES "
            f"({product}, '{marketplace}', '{external_id}', true, clock_timestamp() - interval '1 hour')"
        )
    return product


def run_through(bench: "Bench", action: str) -> dict[str, Any]:
    """Run a new job of this action to its end; return its result."""
    job = bench.submit(None, action)
    while bench.run(job).move is not NextMove.NOTHING:
        bench.make_due()
    row = bench.row(job)
    assert row["status"] == "completed", row
    return row["result_data"]


def states(bench: "Bench") -> dict[str, str]:
    """Return what each listing that was ever seen is now."""
    rows = bench.all("SELECT external_id, state FROM {s}.remote_listings ORDER BY external_id")
    return {row["external_id"]: row["state"] for row in rows}


def asked_of(bench: "Bench") -> list[tuple[str, str, int, int]]:
    """Return every job on a product: marketplace, action, product, priority."""
    rows = bench.all(
        "SELECT j.marketplace, a.code, j.product_id, j.priority FROM {s}.marketplace_jobs j "
        "JOIN public.marketplace_action_types a ON a.id = j.action_type_id WHERE product_id IS NOT NULL ORDER BY j.id"
    )
    return [(row["marketplace"], row["code"], row["product_id"], row["priority"]) for row in rows]


def test_each_page_is_a_task_that_is_made_when_the_one_before_says_there_is_more(
    paging: "Bench", account: SellersAccount
) -> None:
    account.listings = [for_sale(str(number)) for number in range(5)]
    job = paging.submit(None, "sync")
    assert [task.name for task in paging.view(job).tasks] == ["page:1"]
    while paging.run(job).move is not NextMove.NOTHING:
        pass
    tasks = [task.name for task in paging.view(job).tasks]
    assert tasks == ["page:1", "page:2", "page:3", "confirm:1", "save"]
    assert account.asked == ["/listings/1", "/listings/2", "/listings/3"]
    counts = {"seen": 5, "new": 5, "changed": 0, "linked": 0, "sold": 0, "vanished": 0}
    assert paging.view(job).result == {**counts, "pages": 3}


def test_a_job_goes_on_at_the_page_where_its_worker_died(paging: "Bench", account: SellersAccount) -> None:
    account.listings = [for_sale(str(number)) for number in range(5)]
    job = paging.submit(None, "sync")
    paging.run(job)
    worker = paging.worker()
    worker.hold(job, "page:2", by=worker.process)
    worker.dies()
    paging.sweep()
    while paging.run(job).move is not NextMove.NOTHING:
        paging.make_due()
    assert account.asked == ["/listings/1", "/listings/2", "/listings/3"]
    assert len(paging.all("SELECT external_id FROM {s}.remote_listings")) == 5


def test_a_page_whose_answer_was_lost_is_asked_for_again(paging: "Bench", account: SellersAccount) -> None:
    account.listings = [for_sale(str(number)) for number in range(3)]
    account.silent_at = {"/listings/2"}
    assert run_through(paging, "sync")["seen"] == 3
    assert account.asked == ["/listings/1", "/listings/2", "/listings/2"]


def test_a_page_that_was_settled_twice_counts_once(
    paging: "Bench", account: SellersAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.orders = [bought("o1", "x")]
    product = list_product(paging, "x", SHOP, quantity=5)

    def twice(*given: Any, **more: Any) -> Any:
        first = write_settle(*given, **more)
        assert write_settle(*given, **more) is None
        return first

    monkeypatch.setattr("stoflow.execution.act.write_settle", twice)
    run_through(paging, "orders")
    assert paging.one(f"SELECT stock_quantity FROM {{s}}.products WHERE id = {product}") == {"stock_quantity": 4}


def test_what_is_found_twice_is_new_once_and_what_others_changed_is_counted(
    paging: "Bench", account: SellersAccount
) -> None:
    account.listings = [for_sale("a"), for_sale("b"), for_sale("a")]
    assert run_through(paging, "sync")["new"] == 2
    account.listings = [for_sale("a", price=Decimal("9.00")), for_sale("b")]
    again = run_through(paging, "sync")
    assert (again["new"], again["changed"]) == (0, 1)


def test_a_listing_under_a_product_s_own_name_is_linked_to_it(paging: "Bench", account: SellersAccount) -> None:
    product = paging.product()
    account.listings = [for_sale("a", product=product), for_sale("b", product=product + 1000)]
    assert run_through(paging, "sync")["linked"] == 1
    linked = {"product_id": product, "marketplace": SHOP, "external_id": "a", "visible": True}
    assert paging.all(LISTINGS) == [linked]


def test_a_listing_that_no_page_shows_is_asked_for_before_it_is_taken_for_gone(
    paging: "Bench", account: SellersAccount
) -> None:
    list_product(paging, "there", SHOP)
    list_product(paging, "lost", SHOP)
    account.listings = [for_sale("there")]
    assert run_through(paging, "sync")["vanished"] == 1
    assert account.asked == ["/listings/1", "/listing/lost"]
    assert [row["external_id"] for row in paging.all(LISTINGS)] == ["there", None]


def test_what_a_sync_saw_and_no_page_shows_any_more_is_asked_for_and_gone_whoever_listed_it(
    paging: "Bench", account: SellersAccount
) -> None:
    account.listings = [for_sale("by hand", sku="s1"), replace(for_sale("hidden"), state=ListingState.HIDDEN)]
    run_through(paging, "sync")
    account.asked.clear()
    account.listings = []
    assert run_through(paging, "sync")["vanished"] == 2
    assert account.asked == ["/listings/1", "/listing/by hand", "/listing/hidden"]
    assert set(states(paging).values()) == {"gone"}
    account.asked.clear()
    assert run_through(paging, "sync")["vanished"] == 0
    assert account.asked == ["/listings/1"]


def test_a_listing_that_stoflow_ended_itself_is_gone_without_a_question(
    paging: "Bench", account: SellersAccount
) -> None:
    product = list_product(paging, "a", SHOP)
    account.listings = [for_sale("a"), for_sale("b")]
    run_through(paging, "sync")
    paging.run(paging.submit(product, "end"))
    assert states(paging) == {"a": "gone", "b": "for_sale"}


def test_what_was_sold_and_then_ended_was_sold(paging: "Bench", account: SellersAccount) -> None:
    product = list_product(paging, "a", SHOP)
    account.listings = [for_sale("a")]
    run_through(paging, "sync")
    account.orders = [bought("o1", "a")]
    run_through(paging, "orders")
    paging.run(paging.submit(product, "end"))
    assert states(paging) == {"a": "sold"}


def test_a_product_that_a_job_is_at_is_left_to_that_job(paging: "Bench", account: SellersAccount) -> None:
    product = list_product(paging, "lost", SHOP)
    paging.submit(product, "update")
    assert run_through(paging, "sync")["vanished"] == 0
    assert account.asked == ["/listings/1"]


def test_a_cancelled_job_forgets_no_listing_that_it_saw_hidden(paging: "Bench", account: SellersAccount) -> None:
    product = list_product(paging, "a", SHOP)
    account.listings = [replace(for_sale("a"), state=ListingState.HIDDEN), for_sale("b"), for_sale("c")]
    job = paging.submit(None, "sync")
    paging.run(job)
    assert paging.cancel(job).status == "cancelled"
    assert paging.all(LISTINGS) == [{"product_id": product, "marketplace": SHOP, "external_id": "a", "visible": False}]


def test_a_listing_made_since_the_first_page_is_not_missed(paging: "Bench", account: SellersAccount) -> None:
    account.listings = [for_sale(str(number)) for number in range(3)]
    job = paging.submit(None, "sync")
    paging.run(job)
    product = list_product(paging, "fresh", SHOP)
    paging.all(f"UPDATE {{s}}.listings SET updated_at = clock_timestamp() WHERE product_id = {product}")
    while paging.run(job).move is not NextMove.NOTHING:
        pass
    assert "/listing/fresh" not in account.asked


def test_what_sold_here_is_removed_elsewhere_before_other_work(paging: "Bench", account: SellersAccount) -> None:
    product = list_product(paging, "a", SHOP, MARKET)
    other = list_product(paging, "b", SHOP, MARKET)
    account.orders = [bought("o1", "a")]
    result = run_through(paging, "orders")
    assert (result["orders"], result["sold"], result["oversold"]) == (1, 1, 0)
    assert asked_of(paging) == [(MARKET, "delete", product, 2)]
    sold = paging.one(f"SELECT status, stock_quantity FROM {{s}}.products WHERE id = {product}")
    assert sold == {"status": "sold", "stock_quantity": 0}
    left = [(row["product_id"], row["marketplace"]) for row in paging.all(LISTINGS) if row["visible"]]
    assert left == [(product, MARKET), (other, SHOP), (other, MARKET)]


def test_a_removal_that_failed_is_asked_for_again_the_next_time_and_one_that_was_cancelled_is_not(
    paging: "Bench", account: SellersAccount
) -> None:
    product = list_product(paging, "a", SHOP, MARKET)
    account.orders = [bought("o1", "a")]
    run_through(paging, "orders")
    for status, jobs in (("failed", 2), ("failed", 3), ("cancelled", 3), ("running", 3)):
        last = "(SELECT max(id) FROM {s}.marketplace_jobs WHERE product_id IS NOT NULL)"
        paging.all(f"UPDATE {{s}}.marketplace_jobs SET status = '{status}' WHERE id = {last}")
        run_through(paging, "orders")
        assert asked_of(paging) == [(MARKET, "delete", product, 2)] * jobs


def test_an_order_counts_once_however_often_it_is_seen(paging: "Bench", account: SellersAccount) -> None:
    product = list_product(paging, "a", SHOP, MARKET, quantity=3)
    account.orders = [bought("o1", "a"), bought("o1", "a")]
    run_through(paging, "orders")
    account.orders = [bought("o1", "a", state=OrderState.SHIPPED)]
    assert run_through(paging, "orders")["orders"] == 0
    assert paging.one(f"SELECT stock_quantity FROM {{s}}.products WHERE id = {product}") == {"stock_quantity": 2}
    assert paging.one("SELECT state FROM {s}.orders") == {"state": "shipped"}
    assert asked_of(paging) == [(MARKET, "update", product, 2)]


def test_a_cancelled_order_sells_nothing(paging: "Bench", account: SellersAccount) -> None:
    list_product(paging, "a", SHOP, MARKET)
    account.orders = [bought("o1", "a", state=OrderState.CANCELLED)]
    result = run_through(paging, "orders")
    assert (result["orders"], result["sold"]) == (1, 0)
    assert asked_of(paging) == []


def test_more_bought_than_there_was_is_said(paging: "Bench", account: SellersAccount) -> None:
    list_product(paging, "a", SHOP)
    account.orders = [bought("o1", "a"), bought("o2", "a"), bought("o3", "somebody else's")]
    result = run_through(paging, "orders")
    assert (result["oversold"], result["unknown"]) == (1, 1)


def test_a_sale_that_a_sync_saw_first_is_not_taken_for_a_second_one(paging: "Bench", account: SellersAccount) -> None:
    list_product(paging, "a", SHOP)
    account.listings = [for_sale("a")]
    run_through(paging, "sync")
    account.listings = [replace(for_sale("a"), state=ListingState.SOLD, quantity=0)]
    assert run_through(paging, "sync")["sold"] == 1
    account.orders = [bought("o1", "a")]
    result = run_through(paging, "orders")
    assert (result["orders"], result["sold"], result["oversold"]) == (1, 0, 0)


def test_fewer_of_a_thing_are_a_sale_and_no_edit(paging: "Bench", account: SellersAccount) -> None:
    list_product(paging, "a", SHOP, quantity=3)
    account.listings = [for_sale("a", quantity=3)]
    run_through(paging, "sync")
    account.orders = [bought("o1", "a")]
    run_through(paging, "orders")
    account.listings = [for_sale("a", quantity=2)]
    assert run_through(paging, "sync")["changed"] == 0


def test_a_later_run_asks_for_what_came_since_the_last_complete_one(paging: "Bench", account: SellersAccount) -> None:
    paging.all("INSERT INTO {s}.connections (marketplace, state) VALUES ('shop', 'connected')")
    run_through(paging, "orders")
    job = paging.submit(None, "orders")
    paging.run(job)
    assert paging.task(job, "page:1")["output"]["asked_since"] is True


def test_what_a_sync_finds_sold_is_removed_elsewhere_and_what_was_edited_is_put_right_where_that_is_wanted(
    paging: "Bench", account: SellersAccount
) -> None:
    sold = list_product(paging, "a", SHOP, MARKET)
    edited = list_product(paging, "b", SHOP)
    paging.all(
        "INSERT INTO {s}.connections (marketplace, state, settings) "
        """VALUES ('shop', 'connected', '{"sync_changes": "restore"}')"""
    )
    account.listings = [for_sale("a"), for_sale("b")]
    run_through(paging, "sync")
    account.listings = [
        replace(for_sale("a"), state=ListingState.SOLD, quantity=0),
        for_sale("b", price=Decimal("1.00")),
    ]
    result = run_through(paging, "sync")
    assert (result["sold"], result["changed"]) == (1, 1)
    assert sorted(asked_of(paging)) == [(MARKET, "delete", sold, 2), (SHOP, "update", edited, 2)]


def test_what_was_seen_is_read_page_by_page(paging: "Bench", account: SellersAccount) -> None:
    product = list_product(paging, "b", SHOP)
    account.listings = [for_sale("a", price=Decimal("9.00")), for_sale("b"), for_sale("c")]
    account.orders = [bought("o1", "b"), bought("o2", "x"), bought("o3", "y")]
    run_through(paging, "sync")
    run_through(paging, "orders")
    tenant = paging.tenant

    first = list_listings(paging, tenant, ListingFilter(SHOP, limit=2))
    rest = list_listings(paging, tenant, ListingFilter(SHOP, limit=2, cursor=first.next_cursor))
    assert [each.external_id for each in (*first.items, *rest.items)] == ["a", "b", "c"]
    assert rest.next_cursor is None
    (sold,) = list_listings(paging, tenant, ListingFilter(SHOP, state="sold", linked=True)).items
    assert (sold.external_id, sold.product_id) == ("b", product)

    newest = list_orders(paging, tenant, SHOP, 2, None)
    oldest = list_orders(paging, tenant, SHOP, 2, newest.next_cursor)
    orders = [*newest.items, *oldest.items]
    assert sorted(order.external_id for order in orders) == ["o1", "o2", "o3"]
    assert [line.product for order in orders for line in order.lines if order.external_id == "o1"] == [product]
    with pytest.raises(InputError, match="cursor"):
        list_orders(paging, tenant, SHOP, 2, "nonsense")


def keyed(bench: "Bench", sku: str) -> int:
    product = bench.product()
    bench.all(f"UPDATE {{s}}.products SET sku = '{sku}' WHERE id = {product}")
    return product


def test_a_listing_under_a_seller_s_own_sku_is_linked_when_all_of_the_account_was_seen(
    paging: "Bench", account: SellersAccount
) -> None:
    coat, hat, cap = keyed(paging, "COAT"), keyed(paging, "HAT"), keyed(paging, "CAP")
    list_product(paging, "7", SHOP)
    account.listings = [
        for_sale("1", sku="COAT"), for_sale("2", sku="HAT"), for_sale("3", sku="BELT"), for_sale("4", sku="HAT"),
        ObservedListing("5", ListingState.HIDDEN, sku="CAP"), for_sale("7"),
    ]  # fmt: skip
    run_through(paging, "sync")
    run_through(paging, "sync")
    linked = paging.all("SELECT external_id, product_id FROM {s}.remote_listings WHERE sku <> '' ORDER BY external_id")
    assert [row["product_id"] for row in linked] == [coat, None, None, None, None]
    rows = paging.all(f"SELECT * FROM {{s}}.listings WHERE product_id IN ({coat}, {hat}, {cap})")
    assert [(row["product_id"], row["external_id"], row["visible"]) for row in rows] == [(coat, "1", True)]


def test_what_is_linked_by_its_sku_is_removed_where_it_sold_elsewhere(paging: "Bench", account: SellersAccount) -> None:
    coat = keyed(paging, "COAT")
    account.listings = [for_sale("1", sku="COAT")]
    run_through(paging, "sync")
    paging.all(f"UPDATE {{s}}.products SET status = 'sold', stock_quantity = 0 WHERE id = {coat}")
    run_through(paging, "sync")
    assert asked_of(paging) == [(SHOP, "delete", coat, 2)]


ODD: Mapping[str, Any] = {
    "title": "A\x00 \ud800coat" + "x" * 1_000_000,
    "quantity": 10**30,
    "sku": "s" * 5_000,
    "product": 10**15,
}


def test_a_sync_goes_on_past_what_no_column_holds(paging: "Bench", account: SellersAccount) -> None:
    odd = ObservedListing("2", ListingState.FOR_SALE, price=Decimal("1e30"), currency="x" * 500, url="u" * 5_000, **ODD)
    account.listings = [for_sale("1"), odd, for_sale("9" * 10_000), for_sale("4")]
    result = run_through(paging, "sync")
    assert states(paging) == {"1": "for_sale", "2": "for_sale", "4": "for_sale"}
    assert [each["reason"] for each in result["unread"]] == ["Its id is none, or too long to be one."]


def test_orders_go_on_past_what_no_column_holds(paging: "Bench", account: SellersAccount) -> None:
    line = OrderLine("2-1", "2", amount=Decimal("NaN"), **ODD)
    odd = Order("2", OrderState.PAID, (line,), total=Decimal("Infinity"), currency="x" * 500)
    account.orders = [bought("1", "1"), odd, bought("", "3"), bought("4", "4")]
    result = run_through(paging, "orders")
    assert [row["external_id"] for row in paging.all("SELECT external_id FROM {s}.orders ORDER BY 1")] == [
        "1",
        "2",
        "4",
    ]
    assert len(result["unread"]) == 1
