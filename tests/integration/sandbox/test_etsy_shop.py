"""The simulated Etsy's lists of listings and receipts, and what happens there behind StoFlow's back."""

import time
from typing import Any

import pytest

from stoflow.domain.errors import InputError
from stoflow_sandbox.etsy.market import EtsyMarket
from stoflow_sandbox.judge import judge
from stoflow_sandbox.sellers import Seller
from stoflow_sandbox.server import SandboxServer
from tests.integration.sandbox.test_answers_fit_the_contracts import Contract

DAY_S = 86_400


class Shop:
    """A seller's shop over HTTP."""

    def __init__(self, etsy: Any) -> None:
        self.etsy = etsy
        self.seller = Seller("etsy", etsy.made["external_id"], "Anna")

    def publish(self, sku: str = "sf7p1", **offering: Any) -> int:
        listing = self.etsy.make_draft()
        self.etsy.add_image(listing, rank="1")
        self.etsy.call("PUT", f"/listings/{listing}/inventory", json=self.etsy.inventory(sku, **offering))
        self.etsy.call("PATCH", f"{self.etsy.shop}/listings/{listing}", data={"state": "active"})
        return listing

    def behave(self, act: str, **wishes: Any) -> Any:
        """Return what the ledger remembers of it."""
        done = self.etsy.behave(act, **wishes)
        assert done.status_code == 200, done.text
        return done.json()

    def listings(self, query: str = "") -> Any:
        return self.etsy.call("GET", f"{self.etsy.shop}/listings?{query}")

    def receipts(self, query: str = "") -> Any:
        return self.etsy.call("GET", f"{self.etsy.shop}/receipts?{query}")

    def listing(self, number: int) -> Any:
        return self.etsy.call("GET", f"/listings/{number}").json() | {
            "inventory": self.etsy.call("GET", f"/listings/{number}/inventory").json()
        }


@pytest.fixture
def market(server: SandboxServer) -> EtsyMarket:
    return next(market for market in server.sandbox.markets if isinstance(market, EtsyMarket))


@pytest.fixture
def shop(etsy: Any) -> Shop:
    return Shop(etsy)


def ids(reply: Any, name: str = "listing_id") -> list[int]:
    return [each[name] for each in reply.json()["results"]]


def test_a_listing_is_in_the_list_of_its_state_and_in_no_other(shop: Shop) -> None:
    made = {
        "draft": shop.etsy.make_draft(),
        "active": shop.publish(),
        "inactive": shop.publish(),
        "sold_out": shop.publish(),
        "expired": shop.publish(),
    }
    shop.behave("delete", listing_id=made["inactive"], state="inactive")
    shop.behave("sell", listing_id=made["sold_out"])
    shop.behave("delete", listing_id=made["expired"], state="expired")
    for state, listing in made.items():
        assert ids(shop.listings(f"state={state}")) == [listing]
    assert ids(shop.listings()) == [made["active"]]


@pytest.mark.parametrize("wrong", ["limit=0", "limit=101", "offset=-1", "limit=x", "state=removed"])
def test_a_list_has_its_bounds(shop: Shop, wrong: str) -> None:
    assert shop.listings(wrong).status_code == 400


def test_a_list_shows_the_sku_where_it_is_asked_for(shop: Shop) -> None:
    shop.publish("sf7p3")
    assert "inventory" not in shop.listings().json()["results"][0]
    shown = shop.listings("includes=Inventory").json()["results"][0]
    assert shown["inventory"]["products"][0]["sku"] == "sf7p3"


def test_a_look_for_drafts_is_no_page_of_the_shop(shop: Shop) -> None:
    shop.listings("state=draft")
    shop.listings("state=active")
    shop.receipts()
    assert [entry["operation"] for entry in shop.etsy.ledger()] == ["draft.list", "listing.list", "receipt.list"]


def test_too_many_pages_at_once_are_over_the_limit_and_looks_for_drafts_are_not(
    shop: Shop, server: SandboxServer
) -> None:
    paces = {"etsy": {"sync": 60_000, "sync_orders": 60_000}}
    for counted, list_of in ((0, lambda: shop.listings("state=draft")), (1, shop.listings), (2, shop.receipts)):
        for _ in range(12):
            list_of()
        assert judge(server.sandbox.ledger.since(), [], paces).over_limit == counted


def test_a_shop_may_repeat_listings_and_count_them_twice(etsy: Any) -> None:
    shop = Shop(made(etsy, repeats_listings=True))
    listings = [shop.publish() for _ in range(5)]
    pages = [shop.listings(f"limit=4&offset={offset}") for offset in (0, 4)]
    assert [page.json()["count"] for page in pages] == [7, 7]
    assert set(ids(pages[0])) & set(ids(pages[1]))
    assert {*ids(pages[0]), *ids(pages[1])} == set(listings)


def test_a_shop_may_deny_that_there_is_an_empty_list(etsy: Any) -> None:
    shop = Shop(made(etsy, denies_empty_lists=True))
    assert [shop.listings().status_code, shop.receipts().status_code] == [404, 404]
    shop.behave("sell", listing_id=shop.publish(quantity=2))
    assert [shop.listings().status_code, shop.receipts().status_code] == [200, 200]
    assert shop.listings("offset=1").status_code == 404


def made(etsy: Any, **wishes: Any) -> Any:
    """Return another seller, with wishes."""
    reply = etsy.http.post("/control/sellers", json={"marketplace": "etsy", "tenant": 7, "settings": wishes})
    etsy.made, etsy.settings = reply.json(), reply.json()["settings"]
    etsy.headers["authorization"] = f"Bearer {etsy.made['access_token']}"
    etsy.shop = f"/shops/{etsy.settings['shop_id']}"
    return etsy


def test_a_sale_leaves_less_and_a_receipt(shop: Shop) -> None:
    listing = shop.publish("sf7p3", quantity=3, price=12.5)
    sold = shop.behave("sell", listing_id=listing, quantity=2)
    assert (sold["listing_id"], sold["sku"], sold["state"]) == (str(listing), "sf7p3", "active")
    shown = shop.listing(listing)
    assert (shown["quantity"], shown["inventory"]["products"][0]["offerings"][0]["quantity"]) == (1, 1)
    (receipt,) = shop.receipts().json()["results"]
    assert (receipt["status"], receipt["is_paid"], receipt["is_shipped"]) == ("paid", True, False)
    assert receipt["grandtotal"] == {"amount": 2500, "divisor": 100, "currency_code": "EUR"}
    (transaction,) = receipt["transactions"]
    bought = {name: transaction[name] for name in ("listing_id", "sku", "quantity", "price")}
    price = {"amount": 1250, "divisor": 100, "currency_code": "EUR"}
    assert bought == {"listing_id": listing, "sku": "sf7p3", "quantity": 2, "price": price}
    alone = shop.etsy.call("GET", f"{shop.etsy.shop}/receipts/{receipt['receipt_id']}")
    assert alone.json() == receipt


def test_what_is_sold_out_is_on_sale_again_when_it_is_made_active(shop: Shop) -> None:
    listing = shop.publish(quantity=2)
    assert shop.behave("sell", listing_id=listing, quantity=2)["state"] == "sold_out"
    assert (shop.listing(listing)["state"], shop.listing(listing)["quantity"]) == ("sold_out", 0)
    shop.etsy.call("PATCH", f"{shop.etsy.shop}/listings/{listing}", data={"state": "active"})
    renewed = shop.listing(listing)
    assert (renewed["state"], renewed["quantity"]) == ("active", 1)
    assert renewed["inventory"]["products"][0]["offerings"][0]["quantity"] == 1


def test_an_edit_changes_the_title_and_the_price_everywhere(shop: Shop) -> None:
    listing = shop.publish()
    assert shop.behave("edit", listing_id=listing, title="Robe bleue", price="19.90")["title"] == "Robe bleue"
    shown, price = shop.listing(listing), {"amount": 1990, "divisor": 100, "currency_code": "EUR"}
    assert (shown["title"], shown["price"]) == ("Robe bleue", price)
    assert shown["inventory"]["products"][0]["offerings"][0]["price"] == price


def test_a_deleted_listing_is_gone(shop: Shop) -> None:
    listing = shop.publish()
    assert shop.behave("delete", listing_id=listing)["state"] == "deleted"
    assert shop.etsy.call("GET", f"/listings/{listing}").status_code == 404


@pytest.mark.parametrize(
    ("act", "wishes", "field"),
    [
        ("dance", {}, "act"),
        ("sell", {"listing_id": 5}, "listing_id"),
        ("sell", {"listing_id": "x"}, "listing_id"),
        ("sell", {"quantity": 0}, "quantity"),
        ("sell", {"quantity": 2}, "quantity"),
        ("sell", {"quantity": "1"}, "quantity"),
        ("sell", {"state": "stolen"}, "state"),
        ("edit", {}, "title"),
        ("edit", {"title": ""}, "title"),
        ("edit", {"price": "cheap"}, "price"),
        ("delete", {"state": "active"}, "state"),
    ],
)
def test_what_cannot_be_done_names_its_field_and_changes_nothing(
    shop: Shop, market: EtsyMarket, act: str, wishes: dict[str, Any], field: str
) -> None:
    listing = shop.publish()
    before = shop.listing(listing)
    with pytest.raises(InputError) as refused:
        market.behave(shop.seller, act, {"listing_id": listing, **wishes})
    assert [error.field for error in refused.value.errors] == [field]
    assert shop.listing(listing) == before
    assert ids(shop.receipts(), "receipt_id") == []


def test_what_is_not_on_sale_is_not_sold(shop: Shop) -> None:
    refused = shop.etsy.behave("sell", listing_id=shop.etsy.make_draft())
    assert (refused.status_code, "1 to 0" in refused.json()["detail"]) == (422, True)


def test_receipts_are_found_by_time_state_and_order(shop: Shop) -> None:
    listing = shop.publish(quantity=5)
    for days, state in ((3, "paid"), (1, "unpaid"), (2, "shipped"), (0, "cancelled")):
        shop.behave("sell", listing_id=listing, days_ago=days, state=state)
    three, one, two, now = ids(shop.receipts("sort_on=receipt_id&sort_order=asc"), "receipt_id")
    assert ids(shop.receipts(), "receipt_id") == [now, one, two, three]
    yesterday = int(time.time() - 1.5 * DAY_S)
    assert ids(shop.receipts(f"min_last_modified={yesterday}"), "receipt_id") == [now, one]
    assert ids(shop.receipts(f"max_created={yesterday}&sort_order=up"), "receipt_id") == [three, two]
    assert ids(shop.receipts("was_shipped=true"), "receipt_id") == [two]
    assert ids(shop.receipts("was_paid=false"), "receipt_id") == [one]
    assert ids(shop.receipts("was_canceled=true"), "receipt_id") == [now]
    page = shop.receipts("limit=2&offset=1").json()
    assert (page["count"], [each["receipt_id"] for each in page["results"]]) == (4, [one, two])


@pytest.mark.parametrize(
    "wrong",
    ["limit=101", "min_last_modified=1", "min_created=yesterday", "sort_on=price", "sort_order=sideways", "was_paid=2"],
)
def test_receipts_are_asked_for_in_the_words_of_the_contract(shop: Shop, wrong: str) -> None:
    shop.behave("sell", listing_id=shop.publish())
    assert shop.receipts(wrong).status_code == 400


def test_another_sellers_receipts_are_closed(shop: Shop) -> None:
    shop.behave("sell", listing_id=shop.publish())
    receipt = ids(shop.receipts(), "receipt_id")[0]
    stranger = type(shop.etsy)(shop.etsy.http, tenant=8)
    assert stranger.call("GET", f"{shop.etsy.shop}/receipts").status_code == 403
    assert stranger.call("GET", f"{shop.etsy.shop}/receipts/{receipt}").status_code == 403
    assert stranger.call("GET", f"{stranger.shop}/receipts/{receipt}").status_code == 404


@pytest.mark.parametrize(
    ("fault", "error", "used_up", "wait_s"),
    [
        ("429", "Exceeded per second rate limit", "x-remaining-this-second", 1),
        ("429_today", "Exceeded daily rate limit", "x-remaining-today", 4320),  # a day, at twenty times the speed
    ],
)
def test_both_limits_are_answered_in_etsys_words(shop: Shop, fault: str, error: str, used_up: str, wait_s: int) -> None:
    shop.etsy.script("receipt.list", fault)
    refused = shop.receipts()
    assert (refused.status_code, refused.json()) == (429, {"error": error})
    assert (refused.headers[used_up], refused.headers["retry-after"]) == ("0", str(wait_s))
    limits = {"x-limit-per-second", "x-remaining-this-second", "x-limit-per-day", "x-remaining-today"}
    for reply in (refused, shop.receipts(), shop.listings()):
        assert limits <= reply.headers.keys()


def test_every_answer_fits_the_contract(shop: Shop) -> None:
    contract, path = Contract("etsy/openapi_v3_2026-07.json"), f"/v3/application{shop.etsy.shop}"
    listing = shop.publish(quantity=6)
    for state in ("paid", "unpaid", "shipped", "cancelled", "refunded"):
        shop.behave("sell", listing_id=listing, state=state)
    for query in ("state=active&includes=Inventory", "state=sold_out", "limit=101"):
        contract.check(shop.listings(query), f"{path}/listings")
    shop.behave("sell", listing_id=listing)
    contract.check(shop.listings("state=sold_out&includes=Inventory"), f"{path}/listings")
    for query in ("", "was_paid=true", "was_paid=perhaps"):
        contract.check(shop.receipts(query), f"{path}/receipts")
    for receipt in (*ids(shop.receipts(), "receipt_id"), 1):
        contract.check(shop.etsy.call("GET", f"{shop.etsy.shop}/receipts/{receipt}"), f"{path}/receipts/{receipt}")
