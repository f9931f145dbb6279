"""Going through an Etsy shop: what is Etsy's own in its lists of listings and of receipts."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.observed import ListingsSeen, ListingState, ObservedListing, Order, OrdersSeen, OrderState
from stoflow.domain.outcome import Broken, Done, LookResult, Outcome, SellerMustAct, TryAgain
from stoflow.domain.product import Product
from stoflow.marketplaces.contract import Handler
from stoflow.marketplaces.etsy import lists, orders, sync
from stoflow.marketplaces.etsy.handlers import SyncEtsy, SyncOrdersEtsy
from stoflow.marketplaces.etsy.marketplace import ETSY
from stoflow.marketplaces.etsy.orders import FIRST_RUN_DAYS, OVERLAP_S, EtsyOrders
from stoflow.marketplaces.etsy.sync import STATES, EtsySync
from stoflow.marketplaces.paging import ASKED_AT_ONCE
from stoflow.marketplaces.replies import reply_of
from stoflow.testing.acting import Acting, Site, hold
from stoflow_sandbox.app import Sandbox
from stoflow_sandbox.etsy.market import EtsyMarket
from stoflow_sandbox.etsy.receipts import BUYER
from stoflow_sandbox.etsy.shop import Shop
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.official import documents

API = "/v3/application"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TENANT = TenantId(7)


@dataclass
class Going:
    """A job through a whole account, driven by hand. `missing` is what the engine would find that no page showed."""

    handler: Handler
    site: Site
    since: datetime | None = None
    missing: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    seen: list[ListingsSeen | OrdersSeen] = field(default_factory=list[ListingsSeen | OrdersSeen])

    def attempt(self, task: str) -> Attempt:
        return Attempt(
            tenant=TENANT,
            job=JobId(42),
            task_name=task,
            product=None,
            account=self.site.account,
            index=int(task.partition(":")[2] or 0),
            outputs=dict(self.outputs),
            since=self.since,
        )

    def act(self, task: str, send: Callable[[Call], Response] | None = None) -> Outcome | LookResult:
        begun = self.handler.step(task).do(self.attempt(task))
        assert isinstance(begun, Generator)
        return hold(begun, send or self.site.send)

    def do(self, task: str) -> str:
        """Do and record a task; return the one that follows."""
        done = self.act(task)
        assert isinstance(done, Done), done
        assert done.seen is not None
        self.seen.append(done.seen)
        self.outputs[task] = {**done.output, **({"missing": self.missing} if done.seen.complete else {})}
        return done.seen.then

    def run(self) -> "Going":
        task = self.handler.create_tasks(None)[0].name
        while task != "save":
            task = self.do(task)
        return self

    @property
    def listings(self) -> list[ObservedListing]:
        return [listing for seen in self.seen if isinstance(seen, ListingsSeen) for listing in seen.listings]

    @property
    def orders(self) -> list[Order]:
        return [order for seen in self.seen if isinstance(seen, OrdersSeen) for order in seen.orders]

    @property
    def queries(self) -> list[Mapping[str, str]]:
        return [call.query for call in self.site.calls if isinstance(call, Request)]


@dataclass
class EtsySeller:
    """One shop of the sandbox: what StoFlow publishes there, and what is done behind its back."""

    site: Site
    sandbox: Sandbox
    product: Product
    media_root: str

    @property
    def shop(self) -> Shop:
        market = next(market for market in self.sandbox.markets if isinstance(market, EtsyMarket))
        return market._shops[self.site.account.external_id]

    def acting(self, product: int = 5, **fields: Any) -> Acting:
        changed = replace(self.product, id=product, images=self.product.images[:1], **fields)
        return Acting(ETSY.handlers["publish"], self.site, changed, self.media_root)

    def publish(self, product: int = 5, **fields: Any) -> str:
        acting = self.acting(product, **fields)
        acting.run()
        self.site.calls.clear()
        return acting.listing_id

    def behave(self, act: str, listing_id: str, **wishes: Any) -> None:
        self.sandbox.control.behave("etsy", self.site.account.external_id, act, {"listing_id": listing_id, **wishes})

    def sync(self, **fields: Any) -> Going:
        return Going(ETSY.handlers["sync"], self.site, **fields)

    def sync_orders(self, **fields: Any) -> Going:
        return Going(ETSY.handlers["sync_orders"], self.site, **fields)


@pytest.fixture
def etsy(sandbox: SandboxServer, make_site: SiteMaker, product: Product, media_root: str) -> EtsySeller:
    return EtsySeller(make_site(ETSY), sandbox.sandbox, product, media_root)


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (lists, orders, sync):
        monkeypatch.setattr(module, "PAGE_SIZE", 2)


class CannedShop:
    """Answers the same to every call."""

    def __init__(self, status: int, body: Any = None) -> None:
        self.reply = Reply(status, body=body)

    def __call__(self, call: Call) -> Response:
        return self.reply


def canned(handler: Handler, status: int = 200, body: Any = None, **fields: Any) -> Going:
    return Going(handler, Site(Account("etsy", "123"), CannedShop(status, body)), **fields)


def listed(*listings: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"count": len(listings), "results": list(listings)}


SYNC, ORDERS = SyncEtsy(EtsySync()), SyncOrdersEtsy(EtsyOrders(lambda: NOON))


# Listings


def test_every_state_is_gone_through_and_says_what_buyers_see(etsy: EtsySeller) -> None:
    for_sale, hidden, sold, expired = (etsy.publish(number) for number in (1, 2, 3, 4))
    draft = etsy.acting(5)
    draft.run(until="activate")
    etsy.behave("delete", hidden, state="inactive")
    etsy.behave("sell", sold)
    etsy.behave("delete", expired, state="expired")
    etsy.site.calls.clear()
    going = etsy.sync().run()
    assert [query["state"] for query in going.queries] == ["active", "inactive", "sold_out", "expired"]
    assert {listing.external_id: listing.state for listing in going.listings} == {
        for_sale: ListingState.FOR_SALE,
        hidden: ListingState.HIDDEN,
        sold: ListingState.SOLD,
        expired: ListingState.HIDDEN,
    }
    assert [seen.complete for seen in going.seen] == [False, False, False, True, False]


def test_a_listing_says_what_it_is_and_whose_product(etsy: EtsySeller) -> None:
    listing = etsy.publish(9, quantity=3)
    etsy.behave("edit", listing, title="Robe d'été, ourlet refait", price="19.90")
    assert etsy.sync().run().listings == [
        ObservedListing(
            external_id=listing,
            state=ListingState.FOR_SALE,
            title="Robe d'été, ourlet refait",
            price=Decimal("19.90"),
            currency="EUR",
            quantity=3,
            url=f"https://www.etsy.com/listing/{listing}",
            sku="sf7p9",
            product=9,
        )
    ]


@pytest.mark.usefixtures("pages_of_two")
def test_a_state_ends_with_its_count_and_the_next_one_begins_anew(etsy: EtsySeller) -> None:
    made = [etsy.publish(number) for number in (1, 2, 3)]
    for listing in (etsy.publish(4), etsy.publish(5)):
        etsy.behave("sell", listing)
    going = etsy.sync().run()
    asked = [(query["state"], query["offset"], query["limit"]) for query in going.queries]
    assert asked[:4] == [("active", "0", "2"), ("active", "2", "2"), ("inactive", "0", "2"), ("sold_out", "0", "2")]
    assert asked[4:] == [("expired", "0", "2")]
    on_sale = [each.external_id for each in going.listings if each.state is ListingState.FOR_SALE]
    assert on_sale == list(reversed(made))


@pytest.mark.usefixtures("pages_of_two")
def test_pages_that_repeat_listings_hide_none(etsy: EtsySeller) -> None:
    made = {etsy.publish(number) for number in range(1, 6)}
    etsy.shop.repeats_listings = True
    going = etsy.sync().run()
    shown = [listing.external_id for listing in going.listings]
    assert set(shown) == made
    assert len(shown) == 7


@pytest.mark.usefixtures("pages_of_two")
def test_what_sells_between_two_pages_is_met_again_among_the_sold(etsy: EtsySeller) -> None:
    listing = etsy.publish(1)
    going = etsy.sync()
    task = going.do("page:1")
    etsy.behave("sell", listing)
    while task != "save":
        task = going.do(task)
    assert [each.state for each in going.listings] == [ListingState.FOR_SALE, ListingState.SOLD]


@pytest.mark.usefixtures("pages_of_two")
@pytest.mark.parametrize("action", ["sync", "sync_orders"])
def test_the_same_page_is_asked_for_in_the_same_words(etsy: EtsySeller, action: str) -> None:
    for number in (1, 2, 3):
        etsy.behave("sell", etsy.publish(number))
        etsy.publish(number + 3)
    going = Going(ETSY.handlers[action], etsy.site, since=NOON - timedelta(days=1))
    going.do("page:1")
    etsy.site.calls.clear()
    first, second = going.act("page:2"), going.act("page:2")
    assert etsy.site.calls[0] == etsy.site.calls[1]
    assert first == second


def test_a_denied_list_is_an_empty_one() -> None:
    going = canned(SYNC, 404, {"error": "Resource not found"}).run()
    assert [query["state"] for query in going.queries] == list(STATES)
    assert going.listings == []
    assert going.seen[3].complete


@pytest.mark.parametrize("body", [{}, "<html>", None, {"count": 1, "results": None}])
@pytest.mark.parametrize("handler", [SYNC, ORDERS])
def test_an_answer_without_a_list_is_not_an_empty_one(handler: Handler, body: Any) -> None:
    assert isinstance(canned(handler, 200, body).act("page:1"), Broken)


@pytest.mark.parametrize(("status", "means"), [(500, TryAgain), (503, TryAgain), (429, TryAgain), (401, SellerMustAct)])
@pytest.mark.parametrize(("handler", "task"), [(SYNC, "page:1"), (SYNC, "confirm:1"), (ORDERS, "page:1")])
def test_a_shop_that_cannot_be_read_now_is_read_later(
    handler: Handler, task: str, status: int, means: type[TryAgain | SellerMustAct]
) -> None:
    going = canned(handler, status)
    going.outputs["page:1"] = {"missing": [{"external_id": "1", "product": 5}]}
    assert isinstance(going.act(task), means)


@pytest.mark.parametrize(
    ("skus", "sku", "product"),
    [
        (["rouge", "sf7p12"], "sf7p12", 12),
        (["", "rouge"], "rouge", None),
        (["sf8p12"], "sf8p12", None),
        (["sf7p0"], "sf7p0", None),
        (["xsf7p12"], "xsf7p12", None),
        (["sf7p99999999999"], "sf7p99999999999", None),
        ([], "", None),
    ],
)
def test_only_this_sellers_own_sku_names_a_product(skus: list[str], sku: str, product: int | None) -> None:
    listing = {"listing_id": 1, "state": "active", "inventory": {"products": [{"sku": each} for each in skus]}}
    going = canned(SYNC, 200, listed(listing))
    going.do("page:1")
    assert [(each.sku, each.product) for each in going.listings] == [(sku, product)]


def test_a_title_is_read_out_of_html_and_a_listing_without_inventory_or_price_is_shown() -> None:
    listing = {"listing_id": 1, "state": "active", "title": "Robe d&#39;été &amp; co", "inventory": None}
    going = canned(SYNC, 200, listed(listing, {"state": "active"}, {"listing_id": 2, "state": "being_removed"}))
    going.do("page:1")
    assert going.listings == [
        ObservedListing("1", ListingState.FOR_SALE, title="Robe d'été & co", quantity=0),
        ObservedListing("2", ListingState.HIDDEN, quantity=0),  # in a state that nobody knows, and named with it
    ]
    assert going.outputs["page:1"]["unknown_states"] == [{"name": "2", "state": "being_removed"}]


def test_a_listing_that_no_page_showed_is_gone_where_etsy_denies_it_by_its_id(etsy: EtsySeller) -> None:
    there, sold, lost = etsy.publish(1), etsy.publish(2), etsy.publish(3)
    etsy.behave("sell", sold)
    etsy.behave("delete", lost)
    missing = [{"external_id": listing, "product": number} for number, listing in enumerate((there, sold, lost), 1)]
    going = etsy.sync(missing=missing).run()
    confirmed = going.seen[-1]
    assert isinstance(confirmed, ListingsSeen)
    found = [(listing.external_id, listing.state, listing.product) for listing in confirmed.listings]
    assert found == [(there, ListingState.FOR_SALE, 1), (sold, ListingState.SOLD, 2)]
    assert (confirmed.gone, confirmed.complete) == ((lost,), False)


def test_missing_listings_are_asked_for_a_few_at_a_time() -> None:
    missing = [{"external_id": str(number), "product": number} for number in range(1, ASKED_AT_ONCE + 2)]
    going = canned(SYNC, 404, missing=missing).run()
    gone = [len(seen.gone) for seen in going.seen if isinstance(seen, ListingsSeen)]
    assert gone == [0, 0, 0, 0, ASKED_AT_ONCE, 1]


# Orders


def test_a_sale_is_an_order_of_one_line(etsy: EtsySeller) -> None:
    listing = etsy.publish(9, quantity=3)
    etsy.behave("sell", listing, quantity=2)
    (receipt,) = etsy.shop.receipts.values()
    (order,) = etsy.sync_orders().run().orders
    assert (order.external_id, order.state) == (str(receipt.receipt_id), OrderState.PAID)
    assert order.ordered_at == datetime.fromtimestamp(receipt.created_at, UTC)
    assert (order.total, order.currency) == (Decimal("49.00"), "EUR")
    (line,) = order.lines
    assert (line.line_id, line.listing_id, line.quantity) == (str(receipt.transaction_id), listing, 2)
    assert (line.sku, line.product, line.amount) == ("sf7p9", 9, Decimal("49.00"))
    assert line.title == "Robe d'été à fleurs"


def test_nothing_of_the_buyer_is_kept(etsy: EtsySeller) -> None:
    etsy.behave("sell", etsy.publish())
    said = reply_of(etsy.site.send(Request("GET", f"{API}/shops/{etsy.shop.shop_id}/receipts")))
    buyers = [value for value in BUYER.values() if isinstance(value, str) and len(value) > 2]
    going = etsy.sync_orders().run()
    kept = json.dumps([repr(order) for order in going.orders] + [dict(each) for each in going.outputs.values()])
    for value in buyers:
        assert value in json.dumps(said.body, ensure_ascii=False).replace("\\n", "\n")
        assert value not in kept


@pytest.mark.parametrize(
    ("status", "flags", "state"),
    [
        ("open", (False, False), OrderState.UNPAID),
        ("payment processing", (False, False), OrderState.UNPAID),
        ("paid", (True, False), OrderState.PAID),
        ("completed", (True, True), OrderState.SHIPPED),
        ("partially refunded", (True, False), OrderState.PAID),
        ("partially refunded", (True, True), OrderState.SHIPPED),
        ("canceled", (True, False), OrderState.CANCELLED),
        ("fully refunded", (True, True), OrderState.CANCELLED),
        ("Fully Refunded", (True, True), OrderState.CANCELLED),
        ("Canceled", (False, False), OrderState.CANCELLED),
    ],
)
def test_a_receipts_status_is_read_in_small_letters_and_capitals(
    status: str, flags: tuple[bool, bool], state: OrderState
) -> None:
    receipt = {"receipt_id": 1, "status": status, "is_paid": flags[0], "is_shipped": flags[1]}
    going = canned(ORDERS, 200, listed(receipt)).run()
    assert [order.state for order in going.orders] == [state]


@pytest.mark.parametrize(
    ("wish", "state"),
    [
        ("paid", OrderState.PAID),
        ("unpaid", OrderState.UNPAID),
        ("shipped", OrderState.SHIPPED),
        ("cancelled", OrderState.CANCELLED),
        ("refunded", OrderState.CANCELLED),
    ],
)
def test_a_sale_is_seen_in_its_state(etsy: EtsySeller, wish: str, state: OrderState) -> None:
    etsy.behave("sell", etsy.publish(), state=wish)
    assert [order.state for order in etsy.sync_orders().run().orders] == [state]


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        ({"amount": 1250, "divisor": 100, "currency_code": "EUR"}, 2, Decimal("25.00")),
        ({"amount": 1250, "divisor": 1, "currency_code": "JPY"}, 1, Decimal(1250)),
        ({"amount": 1250, "divisor": 1000, "currency_code": "TND"}, 3, Decimal("3.75")),
        ({"amount": 0, "divisor": 100, "currency_code": "EUR"}, 1, Decimal(0)),
        ({"amount": 12, "divisor": 0, "currency_code": "EUR"}, 1, Decimal(12)),
        (None, 1, None),
    ],
)
def test_money_is_divided_by_what_it_says(price: Any, quantity: int, amount: Decimal | None) -> None:
    transaction = {"transaction_id": 2, "listing_id": 3, "quantity": quantity, "sku": None, "price": price}
    going = canned(ORDERS, 200, listed({"receipt_id": 1, "transactions": [transaction]})).run()
    (order,) = going.orders
    assert [(line.amount, line.sku, line.product) for line in order.lines] == [(amount, "", None)]


def test_receipts_are_asked_for_since_a_while_before_the_last_run() -> None:
    going = canned(ORDERS, 200, listed(), since=NOON).run()
    (query,) = going.queries
    assert query["min_last_modified"] == str(int(NOON.timestamp()) - OVERLAP_S)
    assert going.seen[0].complete


@pytest.mark.usefixtures("pages_of_two")
def test_a_first_run_asks_for_the_last_months_and_every_page_for_the_same_time(etsy: EtsySeller) -> None:
    for number in (1, 2, 3):
        etsy.behave("sell", etsy.publish(number), days_ago=FIRST_RUN_DAYS - number)
    etsy.behave("sell", etsy.publish(4), days_ago=FIRST_RUN_DAYS + 1)
    clock = iter(datetime.now(UTC) + timedelta(hours=hours) for hours in (0, 1, 2))
    going = Going(SyncOrdersEtsy(EtsyOrders(lambda: next(clock))), etsy.site).run()
    assert len({query["min_last_modified"] for query in going.queries}) == 1
    assert [query["offset"] for query in going.queries] == ["0", "2"]
    assert len(going.orders) == 3


@pytest.mark.usefixtures("pages_of_two")
def test_a_receipt_that_changes_while_the_list_is_read_passes_none_over(etsy: EtsySeller) -> None:
    listings = [etsy.publish(number) for number in range(1, 6)]
    for number, listing in enumerate(listings):
        etsy.behave("sell", listing, days_ago=10 - number)
    first = min(etsy.shop.receipts.values(), key=lambda receipt: receipt.receipt_id)
    going = etsy.sync_orders()
    task = going.do("page:1")
    first.changed_at += 20 * 86_400
    etsy.behave("sell", etsy.publish(6))
    while task != "save":
        task = going.do(task)
    assert sorted(order.lines[0].product or 0 for order in going.orders) == [1, 2, 3, 4, 5, 6]


def test_a_shop_that_denies_its_receipts_is_asked_for_the_same_time_again() -> None:
    going = canned(ORDERS, 404, {"error": "Resource not found"}).run()
    assert going.orders == []
    assert not going.seen[0].complete


# Both


def test_what_came_of_all_pages_is_added_up() -> None:
    counts = {"page:1": {"seen": 2, "next": {"state": "active", "offset": 2}}, "page:2": {"seen": 1, "missing": []}}
    attempt = replace(canned(SYNC).attempt("save"), outputs=counts)
    assert SYNC.step("save").do(attempt) == Done({"seen": 3, "pages": 2})


@pytest.mark.usefixtures("pages_of_two")
def test_every_request_and_answer_is_judged(etsy: EtsySeller) -> None:
    documents("etsy")
    listings = [etsy.publish(number) for number in (1, 2, 3, 4)]
    etsy.behave("sell", listings[0])
    before = etsy.site.judge.replies
    etsy.sync(missing=[{"external_id": listings[1], "product": 2}]).run()
    etsy.sync_orders(since=NOON).run()
    assert etsy.site.judge.replies - before == len(etsy.site.calls) == 8


@pytest.mark.parametrize(
    ("handler", "path"),
    [(SYNC, f"{API}/shops/{{shop_id}}/listings"), (ORDERS, f"{API}/shops/{{shop_id}}/receipts")],
)
def test_every_value_asked_for_is_one_the_contract_allows(handler: Handler, path: str) -> None:
    (document,) = documents("etsy")
    declared = {each["name"]: each["schema"] for each in document.root["paths"][path]["get"]["parameters"]}
    going = canned(handler, 200, {"count": 250, "results": [{}]}).run()
    assert len(going.queries) in {3, 3 * len(STATES)}
    for query in going.queries:
        for name, text in query.items():
            kind = declared[name]["type"]
            value = int(text) if kind == "integer" else text.split(",") if kind == "array" else text
            Draft202012Validator(declared[name]).validate(value)
