"""What only eBay does: lists of items that repeat and shrink, offers without a listing, and listings that ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.observed import ListingsSeen, ListingState, OrderState
from stoflow.domain.outcome import Done
from stoflow.domain.product import Product
from stoflow.marketplaces.ebay.marketplace import EBAY
from stoflow.marketplaces.ebay.orders import OVERLAP_S
from stoflow.marketplaces.ebay.sync import ITEMS_A_PAGE
from stoflow.testing.acting import Acting
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.account import FIRST_PRODUCT, SellersAccount

ITEM = "/sell/inventory/v1/inventory_item"
MakeAccount = Callable[..., SellersAccount]


@pytest.fixture
def make_account(make_site: SiteMaker, sandbox: SandboxServer, product: Product, media_root: str) -> MakeAccount:
    """Make a seller on eBay, where eBay has the quirks named."""
    return lambda **quirks: SellersAccount(EBAY, make_site(EBAY, quirks=quirks), sandbox, product, media_root)


@pytest.fixture
def account(make_account: MakeAccount) -> SellersAccount:
    return make_account()


def delete_item(account: SellersAccount, product: int) -> None:
    gone = account.site.answer(Request("DELETE", f"{ITEM}/sf7p{product}"))
    assert isinstance(gone, Reply)
    assert gone.status == 204


@pytest.mark.parametrize("repeated", [1, 7])
def test_items_that_a_page_repeats_are_one_listing_each(make_account: MakeAccount, repeated: int) -> None:
    account = make_account(repeated_items=repeated)
    published = account.publish_many(ITEMS_A_PAGE + 2)
    going = account.going("sync", listed=published).run()
    shown = [listing.external_id for listing in going.listings]
    assert len(shown) == len(published) + repeated
    assert set(shown) == published.keys()
    assert going.outputs["page:2"]["missing"] == []


def test_an_item_that_goes_between_two_pages_hides_another_which_is_then_asked_for(account: SellersAccount) -> None:
    published = account.publish_many(ITEMS_A_PAGE + 2)
    going = account.going("sync", listed=published)
    steps = going.steps()
    next(steps)
    delete_item(account, FIRST_PRODUCT)
    list(steps)
    (hidden,) = going.outputs["page:2"]["missing"]
    assert hidden["external_id"] not in {listing.external_id for listing in going.listings}
    assert going.gone == []


def test_a_list_that_ends_before_the_page_asked_for_is_at_its_end(account: SellersAccount) -> None:
    published = account.publish_many(ITEMS_A_PAGE + 1)
    going = account.going("sync", listed=published)
    steps = going.steps()
    next(steps)
    for product in list(published.values())[:3]:
        delete_item(account, product)
    assert list(steps) == ["page:2", "confirm:1", "save"]
    assert going.gone == []


def test_an_item_that_goes_between_the_list_and_its_offer_is_left_out(account: SellersAccount) -> None:
    account.publish(1)
    kept = account.publish(2)

    def going_under_our_eyes(call: Call) -> Response:
        reply = account.site.answer(call)
        if isinstance(call, Request) and call.path == ITEM:
            delete_item(account, 1)
        return reply

    outcome = account.going("sync").act("page:1", send=going_under_our_eyes)
    assert isinstance(outcome, Done)
    assert isinstance(outcome.seen, ListingsSeen)
    assert [listing.external_id for listing in outcome.seen.listings] == [kept]


def test_what_is_no_listing_is_none(account: SellersAccount) -> None:
    """An item without an offer, an offer never published, and one whose listing the seller ended."""
    for number, until in ((1, "create"), (2, "publish")):
        product = replace(account.product, id=number, images=account.product.images[:1])
        Acting(EBAY.handlers["publish"], account.site, product, account.media_root).run(until=until)
    account.behave("delete", account.publish(3))
    going = account.going("sync").run()
    assert going.listings == []
    asked = [call.query.get("sku") for call in account.site.calls if isinstance(call, Request)]
    assert asked == [None, "sf7p1", "sf7p2", "sf7p3"]


@pytest.mark.parametrize("status", ["ENDED", "EBAY_ENDED"])
@pytest.mark.parametrize("sold", [0, 1])
def test_a_listing_that_ended_with_some_left_is_gone_though_its_offer_names_it(
    account: SellersAccount, status: str, sold: int
) -> None:
    listing = account.publish(quantity=2)
    if sold:
        account.behave("sell", listing, quantity=sold)
    account.behave("delete", listing, status=status)
    going = account.going("sync", listed={listing: FIRST_PRODUCT}).run()
    assert going.listings == []
    assert set(going.gone) == {listing}


@pytest.mark.parametrize("status", ["ENDED", "EBAY_ENDED"])
def test_a_listing_that_ended_sold_out_is_sold(account: SellersAccount, status: str) -> None:
    listing = account.publish(quantity=2)
    account.behave("sell", listing, quantity=2)
    account.behave("delete", listing, status=status)
    going = account.going("sync", listed={listing: FIRST_PRODUCT}).run()
    assert [(seen.external_id, seen.state) for seen in going.listings] == [(listing, ListingState.SOLD)]
    assert going.gone == []


@pytest.mark.parametrize(
    ("state", "means"),
    [
        ("paid", OrderState.PAID),
        ("unpaid", OrderState.UNPAID),
        ("shipped", OrderState.SHIPPED),
        ("cancelled", OrderState.CANCELLED),
    ],
)
def test_how_far_an_order_is(account: SellersAccount, state: str, means: OrderState) -> None:
    account.behave("sell", account.publish(), state=state)
    assert [order.state for order in account.going("sync_orders").run().orders] == [means]


def test_nothing_of_the_buyer_is_kept(account: SellersAccount) -> None:
    account.behave("sell", account.publish())
    told: list[str] = []

    def listen(call: Call) -> Response:
        reply = account.site.answer(call)
        assert isinstance(reply, Reply)
        told.append(reply.text)
        return reply

    kept = repr(account.going("sync_orders").act("page:1", send=listen))
    for word in ("camille", "Nantes", "44000", "rue des Lilas", "0600000000"):
        assert word in told[0]
        assert word not in kept


def test_the_first_run_looks_back_as_far_as_ebay_does_by_itself(account: SellersAccount) -> None:
    listing = account.publish(quantity=3)
    for days_ago in (91, 89, 1):
        account.behave("sell", listing, days_ago=days_ago)
    assert len(account.going("sync_orders").run().orders) == 2


def test_a_later_run_looks_back_a_little_before_the_one_before(account: SellersAccount) -> None:
    listing = account.publish(quantity=2)
    account.behave("sell", listing)
    account.behave("sell", listing, days_ago=1)
    now = datetime.now(UTC)
    within = account.going("sync_orders", since=now + timedelta(seconds=OVERLAP_S / 2)).run()
    assert len(within.orders) == 1
    account.site.calls.clear()
    account.going("sync_orders", since=datetime(2026, 11, 20, 12, 0, tzinfo=UTC)).run()
    (asked,) = account.site.calls
    assert isinstance(asked, Request)
    assert asked.query["filter"] == "lastmodifieddate:[2026-11-20T11:00:00.000Z..]"


def test_every_page_of_orders_is_one_of_the_same_list(account: SellersAccount) -> None:
    listing = account.publish(quantity=150)
    for _ in range(150):
        account.behave("sell", listing)
    account.going("sync_orders").run()
    asked = [call.query for call in account.site.calls if isinstance(call, Request)]
    assert [query["offset"] for query in asked] == ["0", "90"]
    assert len({query["filter"] for query in asked}) == 1


FOREIGN = "This is an invalid value for a SKU. Only alphanumeric characters can be used for SKUs."


@pytest.mark.parametrize("numbers", [{0}, {0, 1}, {ITEMS_A_PAGE + 1}])
@pytest.mark.parametrize(("status", "number"), [(400, 25707), (400, 25709), (404, 99_999)])
def test_an_item_whose_offers_ebay_refuses_to_show_is_named_and_the_rest_is_seen(
    account: SellersAccount, numbers: set[int], status: int, number: int
) -> None:
    published = account.publish_many(ITEMS_A_PAGE + 2)
    honest, refused = account.site.answer, {f"sf7p{FIRST_PRODUCT + number}" for number in numbers}

    def answer(call: Call) -> Response:
        if isinstance(call, Request) and call.path.endswith("/offer") and call.query.get("sku") in refused:
            return Reply(status, body={"errors": [{"errorId": number, "message": FOREIGN}]})
        return honest(call)

    account.site.answer = answer
    going = account.going("sync", listed=published).run()
    assert len({each.external_id for each in going.listings}) == len(published) - len(refused)
    assert going.gone == []
    unread = going.outputs["save"]["unread"]
    assert {each["name"] for each in unread} == refused
    assert {each["reason"] for each in unread} == {FOREIGN}
