"""The judge over ledgers the sandbox wrote: clients that act blindly are found out, careful ones are not."""

from typing import Any

import httpx
import pytest

from stoflow_sandbox.judge import Verdict, judge

PACES = {"ebay": {"publish": 1.0}, "etsy": {"publish": 1.0}, "vinted": {"publish": 1.0}}


def verdict(seller: Any, *jobs: dict[str, Any]) -> Verdict:
    return judge(seller.ledger(), [{"id": 1, "action": "publish", "status": "completed", **job} for job in jobs], PACES)


def found(seller: Any, **job: Any) -> dict[str, int]:
    facts = {"tenant": 7, "product_id": 1, "marketplace": seller.marketplace, **job}
    return {name: count for name, count in verdict(seller, facts).counters.items() if count}


def make_visible(etsy: Any, listing: int) -> None:
    etsy.add_image(listing)
    etsy.call("PUT", f"/listings/{listing}/inventory", json=etsy.inventory("sf7p1"))
    etsy.call("PATCH", f"{etsy.shop}/listings/{listing}", data={"state": "active", "description": "Une robe."})


def drafts(etsy: Any) -> list[int]:
    return [each["listing_id"] for each in etsy.call("GET", f"{etsy.shop}/listings?state=draft").json()["results"]]


def test_a_client_that_creates_again_after_a_lost_answer_doubles(etsy: Any) -> None:
    etsy.script("listing.create_draft", "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        etsy.make_draft()
    etsy.make_draft()
    for listing in drafts(etsy):
        make_visible(etsy, listing)
    assert found(etsy) == {"doubled": 1, "excess_creates": 1}


def test_a_client_that_looks_after_a_lost_answer_does_not(etsy: Any) -> None:
    etsy.script("listing.create_draft", "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        etsy.make_draft()
    (draft,) = drafts(etsy)
    make_visible(etsy, draft)
    assert found(etsy) == {}


def test_a_draft_left_behind_by_a_blind_second_create_is_in_excess(vinted: Any) -> None:
    orphan, _ = vinted.make_draft(description="marker-orphan")
    draft, body = vinted.make_draft(description="marker-chosen")
    vinted.complete(draft, body)
    assert found(vinted, external_id=str(draft)) == {"excess_creates": 1}
    vinted.call("DELETE", f"/item_upload/drafts/{orphan}")
    assert found(vinted, external_id=str(draft), absences=1) == {}


def test_an_offer_of_another_tenants_product_has_a_wrong_owner(ebay: Any) -> None:
    offer = ebay.make_offer("sf8p1")
    ebay.inventory("POST", f"/offer/{offer}/publish")
    assert "wrong_owner" in found(ebay, tenant=8)


def test_a_late_publish_of_a_job_that_gave_up_is_unexpected(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.script("offer.publish", "5xx_after")
    assert ebay.inventory("POST", f"/offer/{offer}/publish").status_code == 500
    assert found(ebay, status="failed", error="eBay broke.") == {"unexpected": 1}
    assert found(ebay) == {}
