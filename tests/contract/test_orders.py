"""Every marketplace that sells shows each thing bought there, once it is asked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stoflow.domain.job import TaskKind
from stoflow.domain.observed import OrderState
from stoflow.domain.outcome import SellerMustAct, TryAgain
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Marketplace
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import REGISTRY, SiteMaker
from tests.harness.account import FIRST_PRODUCT, SellersAccount, failing, page_size
from tests.harness.going import Going

PLACES = REGISTRY.marketplaces.values()
ACTIONS = ("orders", "sync_orders")
pytestmark = pytest.mark.parametrize(
    ("place", "orders"),
    [
        pytest.param(place, action, id=f"{action}_{place.name}")
        for place in PLACES
        for action in ACTIONS
        if action in place.handlers
    ],
)
UNAVAILABLE = [pytest.param(status, TryAgain, id=str(status)) for status in (500, 502, 503, 504)]
FAILURES = [*UNAVAILABLE, pytest.param(429, TryAgain, id="429"), pytest.param(401, SellerMustAct, id="401")]


@pytest.fixture
def account(
    place: Marketplace, make_site: SiteMaker, sandbox: SandboxServer, product: Product, media_root: str
) -> SellersAccount:
    return SellersAccount(place, make_site(place), sandbox, product, media_root)


def sell_many(account: SellersAccount, count: int) -> list[str]:
    """Return the listing of each of so many orders."""
    listings = [account.publish(quantity=count)] * count if account.sells_several else account.publish_many(count)
    for listing in listings:
        account.behave("sell", listing)
    return list(listings)


def bought(going: Going) -> dict[str, list[str]]:
    """Return the listings of each order's lines, by order."""
    return {order.external_id: [line.listing_id for line in order.lines] for order in going.orders}


def test_where_nothing_was_bought_there_is_nothing(account: SellersAccount, orders: str) -> None:
    account.publish()
    going = account.going(orders)
    *pages, save = going.steps()
    assert (pages, save) == ([f"page:{number}" for number in range(1, len(pages) + 1)], "save")
    assert going.orders == []


def test_an_order_says_what_was_bought_and_for_how_much(account: SellersAccount, orders: str) -> None:
    listing = account.publish(price=Decimal("24.50"))
    account.behave("sell", listing)
    (order,) = account.going(orders).run().orders
    assert order.state is not OrderState.CANCELLED
    assert (order.total, order.currency) == (Decimal("24.50"), "EUR")
    assert order.ordered_at is not None
    assert abs(order.ordered_at - datetime.now(UTC)) < timedelta(minutes=5)
    (line,) = order.lines
    assert (line.listing_id, line.quantity, line.amount) == (listing, 1, Decimal("24.50"))
    assert line.product == (FIRST_PRODUCT if account.names_products else None)


def test_an_order_of_several_says_how_many(account: SellersAccount, orders: str) -> None:
    if not account.sells_several:
        pytest.skip("Every listing there is of one thing.")
    listing = account.publish(quantity=3)
    account.behave("sell", listing, quantity=2)
    (order,) = account.going(orders).run().orders
    assert [line.quantity for line in order.lines] == [2]


def test_everything_bought_is_seen_over_several_pages(account: SellersAccount, orders: str) -> None:
    going = account.going(orders)
    listings = sell_many(account, page_size(going) + 1)
    tasks = list(going.steps())
    assert tasks == [*(f"page:{number}" for number in range(1, len(tasks))), "save"]
    assert len(tasks) > 2
    assert going.completed_by == [tasks[-2]]
    assert len(bought(going)) == len(listings)
    assert sorted(listing for lines in bought(going).values() for listing in lines) == sorted(listings)


def test_what_is_bought_between_two_pages_hides_nothing(account: SellersAccount, orders: str) -> None:
    going = account.going(orders)
    more = account.publish(1)
    sell_many(account, page_size(going) + 1)
    before = bought(account.going(orders).run())
    steps = going.steps()
    assert next(steps) == "page:1"
    account.behave("sell", more)
    assert list(steps)[-1] == "save"
    assert before.keys() <= bought(going).keys()


def test_an_order_seen_again_is_the_same_order(account: SellersAccount, orders: str) -> None:
    account.behave("sell", account.publish())
    first, second = account.going(orders).run(), account.going(orders, since=datetime.now(UTC)).run()
    assert first.orders == second.orders
    assert len(first.orders) == 1


def test_a_later_run_sees_what_was_bought_since(account: SellersAccount, orders: str) -> None:
    account.publish()
    since = datetime.now(UTC)
    listing = account.publish(1)
    account.behave("sell", listing)
    assert list(bought(account.going(orders, since=since).run()).values()) == [[listing]]


def test_all_that_is_said_keeps_to_the_official_files(account: SellersAccount, orders: str) -> None:
    account.behave("sell", account.publish())
    assert account.judged_run(account.going(orders)).orders
    assert account.judged_run(account.going(orders, since=datetime.now(UTC))).orders


def test_each_page_is_the_paced_task_and_may_be_repeated(account: SellersAccount, orders: str) -> None:
    account.behave("sell", account.publish())
    going = account.going(orders, since=datetime.now(UTC))
    assert [plan.paced for plan in going.handler.create_tasks(None)] == [True]
    page = going.handler.step("page:2")
    assert (page.kind, page.paced) == (TaskKind.REPEATABLE, True)
    assert going.handler.step("save").propagates
    assert going.act("page:1") == going.act("page:1")


@pytest.mark.parametrize(("status", "means"), FAILURES)
def test_a_marketplace_that_cannot_now_is_asked_again(
    account: SellersAccount, orders: str, status: int, means: type
) -> None:
    account.behave("sell", account.publish())
    going = account.going(orders)
    going.act("page:1")
    for after in range(len(account.site.calls)):
        outcome = going.act("page:1", send=failing(account.site, status, after=after))
        assert isinstance(outcome, means), f"after {after}: {outcome}"
        assert not isinstance(outcome, TryAgain) or outcome.charged == (status != 429)
