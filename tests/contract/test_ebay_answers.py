"""What eBay says beside doing what was asked, and what it does that its contract does not tell."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import Absent, Done, Refused
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.ebay.errors import warnings_in
from stoflow.marketplaces.ebay.marketplace import EBAY
from stoflow.resources.jobs.views import JobView
from stoflow.testing.acting import Acting, Site
from stoflow.testing.harness import Harness
from stoflow.testing.scenario import Scenario
from stoflow.testing.words import described
from stoflow_sandbox.ebay.market import EbayMarket
from stoflow_sandbox.ebay.shop import Shop
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.account import SellersAccount
from tests.harness.going import Going
from tests.harness.official import documents

INVENTORY = "/sell/inventory/v1"
PHOTO = ProductImage(1, "1.jpg")
SIZE = "Taille"
STANDARD = {"M": "Medium", "Bleu marine": "Bleu"}
"""A size that means the same, and a colour that does not."""


@pytest.fixture
def scenario(harness: Harness) -> Scenario:
    return harness.scenario(EBAY, "publish")


def shop_of(sandbox: Any, seller: str) -> Shop:
    market = next(market for market in sandbox.markets if isinstance(market, EbayMarket))
    return market._shops[seller]


def warns(scenario: Scenario, **warnings: list[int]) -> None:
    """Let eBay warn so at each success; operations are named with `_` for the dot."""
    shop = shop_of(scenario.sandbox, scenario.seller)
    by_operation = {name.replace("_", ".", 1): ids for name, ids in warnings.items()}
    shop.quirks = replace(shop.quirks, warnings=by_operation)


def standardises(sandbox: Any, seller: str) -> None:
    shop = shop_of(sandbox, seller)
    shop.quirks = replace(shop.quirks, standard_values=STANDARD)


def as_seller(site: Site, method: str, path: str) -> Any:
    """Make a call as the seller's other tool, of which StoFlow knows nothing."""
    reply = site.answer(Request(method, f"{INVENTORY}{path}", json={} if method == "POST" else None))
    assert isinstance(reply, Reply)
    assert reply.status < 300, reply.body
    return reply.body


def relist(shop: Shop, site: Site, listing: str) -> str:
    """End a listing and list its offer again; return the listing it then has."""
    offer = next(each for each in shop.offers.values() if each.listing_id == listing)
    as_seller(site, "POST", f"/offer/{offer.offer_id}/withdraw")
    again = as_seller(site, "POST", f"/offer/{offer.offer_id}/publish")["listingId"]
    assert again != listing
    return again


def finished(scenario: Scenario) -> JobView:
    view = scenario.finished()
    assert view.status is JobStatus.COMPLETED, described(view)
    return view


# Warnings


def test_warnings_reach_task_result_and_timeline_in_ebays_words(scenario: Scenario) -> None:
    warns(scenario, item_put=[25096], offer_create=[25028], offer_publish=[25124, 25402])
    scenario.begin(scenario.make_product(images=(PHOTO,)), {})

    view = finished(scenario)

    told = {task.name: [each["id"] for each in (task.output or {}).get("warnings", ())] for task in view.tasks}
    assert {name: ids for name, ids in told.items() if ids} == {
        "item": [25096],
        "create": [25028],
        "publish": [25124, 25402],
        "save": [25096, 25028, 25124, 25402],
    }
    assert view.result is not None
    assert [each["id"] for each in view.result["warnings"]] == [25096, 25028, 25124, 25402]
    assert view.result["warnings"][0]["message"] == "This listing is on hold due to a policy violation."
    assert timeline_warnings(scenario) == [("item", [25096]), ("create", [25028]), ("publish", [25124, 25402])]


def timeline_warnings(scenario: Scenario) -> list[tuple[str, list[int]]]:
    lines = scenario.bench.all(f"SELECT task, detail FROM {{s}}.job_timeline WHERE job_id = {scenario.job} ORDER BY id")
    warned = [(line["task"], line["detail"]["warnings"]) for line in lines if "warnings" in (line["detail"] or {})]
    return [(task, [each["id"] for each in said]) for task, said in warned]


def test_a_job_that_was_warned_of_nothing_says_nothing(scenario: Scenario) -> None:
    scenario.begin(scenario.make_product(images=(PHOTO,)), {})
    view = finished(scenario)
    assert "warnings" not in (view.result or {})
    assert timeline_warnings(scenario) == []


def test_a_sync_tells_what_it_was_warned_of_on_its_way(scenario: Scenario) -> None:
    scenario.done("publish", scenario.make_product(images=(PHOTO,)))
    warns(scenario, item_list=[25402])
    scenario.action = "sync"
    scenario.begin(None, {})
    view = finished(scenario)
    assert [each["id"] for each in (view.result or {})["warnings"]] == [25402]
    assert timeline_warnings(scenario) == [("page:1", [25402])]


@pytest.mark.parametrize("status", [200, 201, 207])
def test_the_warnings_of_every_success_are_read_also_of_each_thing_of_several(status: int) -> None:
    warning = {"errorId": 25028, "message": "Short.", "longMessage": "conditionDescription is dropped."}
    body = {"warnings": [warning], "responses": [{"sku": "a", "warnings": [{"errorId": 25127, "message": "So."}]}]}
    assert list(warnings_in(Reply(status, body=body))) == [
        {"id": 25028, "message": "conditionDescription is dropped."},
        {"id": 25127, "message": "So."},
    ]
    assert list(warnings_in(Reply(400, body=body))) == []


# What its contract does not tell


def test_a_call_with_nothing_to_say_says_it(make_site: SiteMaker) -> None:
    documents("ebay")
    site = make_site(EBAY)
    refused = site.answer(Request("POST", f"{INVENTORY}/offer/1/withdraw", json={}))
    assert isinstance(refused, Reply)
    assert refused.status == 404
    with pytest.raises(AssertionError, match="411"):
        site.answer(Request("POST", f"{INVENTORY}/offer/1/withdraw"))


def test_publishing_what_is_published_adopts_its_listing_and_keeps_the_warning(scenario: Scenario) -> None:
    def answered_twice(call: Call, act: Any) -> Response:
        act()
        return act()

    scenario.network.calls["publish"] = answered_twice
    product = scenario.make_product(images=(PHOTO,))
    scenario.begin(product, {})
    view = finished(scenario)
    assert view.result is not None
    assert view.result["listing_id"] == scenario.listing(product)
    assert [each["id"] for each in view.result["warnings"]] == [25402]


def test_a_policy_of_another_site_is_refused_in_words(make_site: SiteMaker, product: Product, media_root: str) -> None:
    policy = {"kind": "return_policy", "marketplace_id": "EBAY_DE"}
    site = make_site(EBAY, more_policies=[policy])
    settings = {**site.account.settings, "return_policy_id": f"{site.account.settings['fulfillment_policy_id']}01"}
    settings["return_policy_id"] = f"{site.account.settings['return_policy_id']}01"
    site.account = replace(site.account, settings=settings)
    acting = Acting(EBAY.handlers["publish"], site, product, media_root)
    acting.run(until="publish")
    refused = acting.act("publish")
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("This Offer is not available")
    said = {error.field: error.message for error in refused.errors}
    assert "choose the account's policies of EBAY_FR" in said["account.return_policy_id"]


# Its own values


@pytest.fixture
def account(sandbox: SandboxServer, make_site: SiteMaker, product: Product, media_root: str) -> SellersAccount:
    account = SellersAccount(EBAY, make_site(EBAY), sandbox, product, media_root)
    standardises(sandbox.sandbox, account.site.account.external_id)
    return account


def published(account: SellersAccount) -> Acting:
    product = replace(account.product, images=account.product.images[:1])
    acting = Acting(EBAY.handlers["publish"], account.site, product, account.media_root)
    acting.run()
    return acting


def test_a_value_that_ebay_replaced_by_its_own_is_done_and_told(account: SellersAccount) -> None:
    result = published(account).outputs["save"]
    assert result["standard"] == {SIZE: ["Medium"], "Couleur": ["Bleu"]}
    assert {warned["id"] for warned in result["warnings"]} == {25127}


def test_a_size_that_ebay_put_in_its_own_words_is_no_change_to_be_sent(account: SellersAccount) -> None:
    shop = shop_of(account.sandbox.sandbox, account.site.account.external_id)
    shop.quirks = replace(shop.quirks, standard_values={"M": "Medium"})
    update = published(account).again(handler=EBAY.handlers["update"])
    update.run()
    assert update.outputs["save"]["changed"] == []


def test_a_look_takes_a_replaced_value_for_what_was_put(account: SellersAccount) -> None:
    acting = published(account)
    update = acting.again(handler=EBAY.handlers["update"], product=replace(acting.product, size="L / 40 / 12"))
    update.run(until="item")
    assert isinstance(update.look("item"), Absent)
    shop = shop_of(account.sandbox.sandbox, account.site.account.external_id)
    shop.quirks = replace(shop.quirks, standard_values={"L": "Grande"})
    assert isinstance(update.act("item"), Done)
    assert isinstance(update.look("item"), Done)


# What a put leaves out is lost


def test_publishing_again_keeps_what_only_ebay_has(account: SellersAccount) -> None:
    acting = published(account)
    shop = shop_of(account.sandbox.sandbox, account.site.account.external_id)
    item, (offer,) = shop.items["sf7p5"], shop.offers.values()
    item["product"]["ean"] = ["3614272049529"]
    item["packageWeightAndSize"] = {"weight": {"value": 0.4, "unit": "KILOGRAM"}}
    offer.body["storeCategoryNames"] = ["/Robes"]
    again = acting.again(product=replace(acting.product, price=Decimal("19.90")))
    again.run()
    item = shop.items["sf7p5"]
    assert item["product"]["ean"] == ["3614272049529"]
    assert item["packageWeightAndSize"]["weight"]["value"] == 0.4
    assert item["product"]["imageUrls"]
    assert item["product"]["description"]
    assert offer.body["storeCategoryNames"] == ["/Robes"]
    assert offer.body["pricingSummary"]["price"]["value"] == "19.90"


# Ended and listed again: another listing


def test_an_update_follows_a_listing_that_was_ended_and_listed_again(account: SellersAccount) -> None:
    acting = published(account)
    shop = shop_of(account.sandbox.sandbox, account.site.account.external_id)
    again = relist(shop, account.site, acting.listing_id)
    update = acting.again(handler=EBAY.handlers["update"], product=replace(acting.product, title="Robe rouge"))
    update.run()
    assert update.listing_id == update.outputs["save"]["listing_id"] == again


def test_a_look_follows_it_too(account: SellersAccount) -> None:
    acting = published(account)
    shop = shop_of(account.sandbox.sandbox, account.site.account.external_id)
    update = acting.again(handler=EBAY.handlers["update"], product=replace(acting.product, title="Robe rouge"))
    again = relist(shop, account.site, acting.listing_id)
    update.run(until="item")
    update.act("item")
    found = update.look("item")
    assert isinstance(found, Done)
    update.record("item", found)
    assert update.listing_id == again


def test_a_sync_follows_it(account: SellersAccount) -> None:
    acting = published(account)
    shop = shop_of(account.sandbox.sandbox, account.site.account.external_id)
    again = relist(shop, account.site, acting.listing_id)
    going: Going = account.going("sync", listed={acting.listing_id: acting.product.id}).run()
    assert [(listing.external_id, listing.product) for listing in going.listings] == [(again, acting.product.id)]
    assert going.gone == [acting.listing_id]


def test_the_record_follows_it_at_the_next_sync(scenario: Scenario, harness: Harness) -> None:
    product = scenario.make_product(images=(PHOTO,))
    listing = scenario.done("publish", product)
    shop = shop_of(scenario.sandbox, scenario.seller)
    offer = next(each for each in shop.offers.values() if each.listing_id == listing)
    offer.listing_id = again = str(int(listing) + 500_000)
    scenario.finished(scenario.submit("sync", None))
    scenario.finished_all()
    assert scenario.listing(product) == again
    assert scenario.done("update", product) == again
    scenario.finished(scenario.submit("delete", product))
    assert offer.offer_id not in shop.offers
