"""A seller's account on eBay through the engine: what is seen there is recorded, and what sold there goes elsewhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from stoflow.domain.call import Reply, Request
from stoflow.domain.product import NewProduct, ProductImage
from stoflow.domain.run import NextMove
from stoflow.marketplaces.ebay.profile import ebay_profile
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.products.snapshots import add_product
from stoflow.transports.direct.client import DirectClient
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.server import SandboxServer

if TYPE_CHECKING:
    from conftest import Bench

LISTINGS = "SELECT external_id, visible FROM {s}.listings WHERE marketplace = 'ebay' AND product_id = "
REMOTE = "SELECT state, title, price, quantity FROM {s}.remote_listings WHERE product_id = "


@dataclass
class Ebay:
    """The simulated eBay, called as one seller of the tenant."""

    server: SandboxServer
    client: DirectClient
    seller: dict[str, Any]

    def send(self, request: Request, *, deadline_s: float, **_: Any) -> Reply:
        profile = ebay_profile(f"{self.server.url}/ebay", client_id="", client_secret="")
        headers = profile.headers(self.seller["access_token"])
        return self.client.exchange(profile.base_url_of(request.path), request, headers=headers, deadline_s=deadline_s)

    def behave(self, act: str, listing: str, **wishes: Any) -> None:
        control = self.server.sandbox.control
        control.behave("ebay", self.seller["external_id"], act, {"listing_id": listing, **wishes})


@pytest.fixture
def ebay(bench: "Bench") -> Iterator[Ebay]:
    with SandboxServer(SandboxOptions(latency_ms=(0.0, 0.0))) as server:
        client = DirectClient(connections=1)
        yield Ebay(server, client, server.sandbox.control.make_seller("ebay", tenant=bench.tenant))
        client.close()


@pytest.fixture
def selling(bench: "Bench", ebay: Ebay, tmp_path: Path) -> "Bench":
    Image.new("RGB", (640, 480), "navy").save(tmp_path / "1.jpg")
    settings = json.dumps(ebay.seller["settings"])
    bench.all(
        f"INSERT INTO {{s}}.connections (marketplace, state, settings) VALUES ('ebay', 'connected', '{settings}')"
    )
    return replace(bench, engine=replace(bench.engine, transport=ebay, media_root=str(tmp_path)))


def finish(bench: "Bench", action: str, product: int | None = None) -> dict[str, Any]:
    """Do a new job on eBay to its end; return its result."""
    asked = SubmitJob("ebay", action, product)
    job, _ = submit(bench.engine.database, bench.engine.registry, bench.tenant, asked)
    while bench.run(job).move is not NextMove.NOTHING:
        bench.make_due()
    row = bench.row(job)
    assert row["status"] == "completed", row
    return row["result_data"]


def publish(bench: "Bench", *, quantity: int = 1) -> tuple[int, str]:
    """Return a product and its listing on eBay, which is listed on Etsy too."""
    product = NewProduct(
        title="Robe rouge",
        description="Portée deux fois.",
        price=Decimal("24.50"),
        category="women/dresses",
        brand="Zara",
        condition=8,
        size="M / 38 / 10",
        gender="women",
        quantity=quantity,
        images=(ProductImage(1, "1.jpg"),),
    )
    with bench.engine.database.tenant(bench.tenant) as session:
        number = add_product(session, product)
    listing = finish(bench, "publish", number)["listing_id"]
    bench.all(
        "INSERT INTO {s}.listings (product_id, marketplace, external_id, visible) "
        f"VALUES ({number}, 'etsy', 'etsy-{number}', true)"
    )
    return number, listing


def asked_on_etsy(bench: "Bench") -> list[tuple[str, int]]:
    rows = bench.all(
        "SELECT a.code, j.product_id FROM {s}.marketplace_jobs j "
        "JOIN public.marketplace_action_types a ON a.id = j.action_type_id WHERE j.marketplace = 'etsy' ORDER BY j.id"
    )
    return [(row["code"], row["product_id"]) for row in rows]


def test_what_is_on_sale_is_recorded_as_buyers_see_it(selling: "Bench", ebay: Ebay) -> None:
    product, listing = publish(selling)
    counts = {"new": 0, "changed": 0, "linked": 0, "sold": 0, "vanished": 0}
    assert finish(selling, "sync") == {**counts, "seen": 1, "pages": 1}
    as_listed = {"state": "for_sale", "title": "Robe rouge", "price": Decimal("24.50"), "quantity": 1}
    assert selling.one(f"{REMOTE}{product}") == as_listed
    ebay.behave("edit", listing, title="Robe bleue", price="19.00")
    assert finish(selling, "sync")["changed"] == 1
    assert selling.one(f"{REMOTE}{product}") == {**as_listed, "title": "Robe bleue", "price": Decimal("19.00")}


def test_what_sold_there_is_removed_elsewhere_and_counts_once(selling: "Bench", ebay: Ebay) -> None:
    sold, listing = publish(selling)
    publish(selling)
    ebay.behave("sell", listing)
    result = finish(selling, "sync_orders")
    assert (result["orders"], result["sold"], result["oversold"], result["unknown"]) == (1, 1, 0, 0)
    assert asked_on_etsy(selling) == [("delete", sold)]
    assert finish(selling, "sync_orders")["orders"] == 0
    assert finish(selling, "sync")["sold"] == 0
    assert asked_on_etsy(selling) == [("delete", sold)]
    order = selling.one("SELECT state, total, currency FROM {s}.orders")
    assert order == {"state": "paid", "total": Decimal("24.50"), "currency": "EUR"}


def test_what_is_left_of_several_is_told_elsewhere(selling: "Bench", ebay: Ebay) -> None:
    product, listing = publish(selling, quantity=3)
    ebay.behave("sell", listing, quantity=2)
    assert finish(selling, "sync_orders")["sold"] == 0
    assert selling.one(f"SELECT stock_quantity FROM {{s}}.products WHERE id = {product}") == {"stock_quantity": 1}
    assert asked_on_etsy(selling) == [("update", product)]


def test_a_sale_that_only_the_listing_shows_is_a_sale(selling: "Bench", ebay: Ebay) -> None:
    sold, listing = publish(selling)
    ebay.behave("sell", listing)
    assert finish(selling, "sync")["sold"] == 1
    assert asked_on_etsy(selling) == [("delete", sold)]


def test_what_the_seller_ended_has_no_listing_and_is_published_anew(selling: "Bench", ebay: Ebay) -> None:
    product, listing = publish(selling)
    ebay.behave("delete", listing)
    assert finish(selling, "sync")["vanished"] == 1
    assert selling.one(f"{LISTINGS}{product}") == {"external_id": None, "visible": False}
    again = finish(selling, "publish", product)["listing_id"]
    assert again != listing
    assert finish(selling, "sync")["vanished"] == 0
    assert selling.one(f"{LISTINGS}{product}") == {"external_id": again, "visible": True}


@pytest.mark.parametrize("status", ["ENDED", "EBAY_ENDED"])
def test_a_listing_that_ended_with_its_offer_still_published_is_published_anew(
    selling: "Bench", ebay: Ebay, status: str
) -> None:
    product, listing = publish(selling)
    ebay.behave("delete", listing, status=status)
    assert finish(selling, "sync")["vanished"] == 1
    again = finish(selling, "publish", product)["listing_id"]
    assert again != listing
    assert selling.one(f"{LISTINGS}{product}") == {"external_id": again, "visible": True}


def test_a_listing_that_ended_and_was_not_synced_is_published_anew_too(selling: "Bench", ebay: Ebay) -> None:
    product, listing = publish(selling)
    ebay.behave("delete", listing, status="ENDED")
    assert finish(selling, "publish", product)["listing_id"] != listing
