"""What eBay may do, chosen when a seller is made: pages that repeat themselves, and a limit of revisions a day."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest


def error_of(reply: httpx.Response) -> tuple[int, int]:
    return reply.status_code, reply.json()["errors"][0]["errorId"]


def test_a_page_of_items_may_begin_with_the_end_of_the_one_before(make_ebay: Callable[..., Any]) -> None:
    ebay = make_ebay(repeated_items=1)
    for product in range(1, 6):
        ebay.inventory("PUT", f"/inventory_item/sf7p{product}", json=ebay.item())

    def page(number: int) -> dict[str, Any]:
        return ebay.inventory("GET", f"/inventory_item?limit=3&offset={number}").json()

    shown = [[item["sku"][-1] for item in page(number)["inventoryItems"]] for number in range(3)]
    assert shown == [["1", "2", "3"], ["3", "4", "5"], []]
    assert (page(0)["total"], page(0)["size"]) == (6, 2)


def test_a_listing_is_revised_so_often_a_day_and_no_more(make_ebay: Callable[..., Any]) -> None:
    ebay = make_ebay(revisions_a_day=2)
    ebay.publish()
    offer = ebay.shown()["offerId"]
    assert ebay.inventory("PUT", "/inventory_item/sf7p1", json=ebay.item()).status_code == 204
    assert ebay.inventory("PUT", f"/offer/{offer}", json=ebay.offer("sf7p1")).status_code == 204
    assert error_of(ebay.inventory("PUT", "/inventory_item/sf7p1", json=ebay.item(title="Robe"))) == (400, 25019)
    assert error_of(ebay.inventory("PUT", f"/offer/{offer}", json=ebay.offer("sf7p1"))) == (400, 25019)
    assert ebay.inventory("GET", "/inventory_item/sf7p1").json()["product"]["title"] == "Robe rouge"
    assert ebay.inventory("PUT", "/inventory_item/sf7p2", json=ebay.item()).status_code == 204


@pytest.mark.parametrize("quirks", [{"moods": 1}, {"revision_error": 1}, "many"])
def test_a_quirk_that_is_none_is_refused(http: httpx.Client, quirks: Any) -> None:
    body = {"marketplace": "ebay", "tenant": 7, "settings": {"quirks": quirks}}
    assert http.post("/control/sellers", json=body).status_code == 422
