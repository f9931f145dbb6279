"""Mutant (a): publishing as one step that makes a visible listing at once, without a draft to choose or look for."""

from collections.abc import Generator
from uuid import uuid4

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Command, Response
from stoflow.domain.outcome import Done, Listed, Outcome, TryAgain
from stoflow.marketplaces.ebay.clients.inventory import create_or_replace_inventory_item
from stoflow.marketplaces.ebay.clients.offer import create_offer, publish_offer
from stoflow.marketplaces.ebay.mapping import content_language
from stoflow.marketplaces.ebay.publication import EbayPublication
from stoflow.marketplaces.etsy import handlers as etsy
from stoflow.marketplaces.etsy.clients.listing import (
    create_draft_listing,
    update_listing,
    update_listing_inventory,
    upload_listing_image,
)
from stoflow.marketplaces.etsy.publication import PHOTO_LIMIT_BYTES as ETSY_PHOTO_BYTES
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.outputs import in_order, text_in
from stoflow.marketplaces.photos import read_photo
from stoflow.marketplaces.replies import answer_of, is_success, reply_of
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted import handlers as vinted
from stoflow.marketplaces.vinted.publication import VintedPublication
from stoflow_sandbox.vinted import commands
from stoflow_sandbox.vinted.browser import Browser, SiteReply
from stoflow_sandbox.vinted.commands import Command as SiteCommand
from stoflow_sandbox.vinted.commands import FetchFile, Payload

Publishing = Generator[Call, Response, Outcome]
NOTHING_YET = {"listing_id": "0", "offer_id": "0", "adopted": False}
AGAIN = TryAgain("No good answer: it is simply done again.", charged=False)
ITEM_CREATE = "vinted.item.create"


def install() -> None:
    """Replace the steps of all three marketplaces, and teach the plugin to create an item directly."""
    for publication, later in ((EbayPublication, "create_offer"), (EtsyPublication, "create_draft")):
        setattr(publication, later, _nothing)
    VintedPublication.create_draft = _nothing  # type: ignore[method-assign]
    for module in (etsy, vinted):
        module.choose = _no_choice  # type: ignore[attr-defined]
    EtsyPublication.upload = _nothing  # type: ignore[method-assign]
    EtsyPublication.store_inventory = _nothing  # type: ignore[method-assign]
    EbayPublication.publish = _publish_on_ebay  # type: ignore[method-assign]
    EtsyPublication.activate = _publish_on_etsy  # type: ignore[method-assign]
    VintedPublication.complete = _publish_on_vinted  # type: ignore[method-assign]
    known: dict[str, SiteCommand] = dict(commands.COMMANDS)
    known[ITEM_CREATE] = SiteCommand(_create_item, acts=True)
    commands.COMMANDS = known  # type: ignore[misc]


def _nothing(_: object, attempt: Attempt) -> Outcome:
    del attempt
    return Done(NOTHING_YET)


def _no_choice(attempt: Attempt) -> Outcome:
    """Go on without anything recorded, where there is nothing to choose from."""
    return _nothing(None, attempt)


def _publish_on_ebay(_: object, attempt: Attempt) -> Publishing:
    mapped = attempt.outputs["map"]
    sku, language = f"x{uuid4().hex}", content_language(attempt)
    images = [output["image_url"] for output in in_order(attempt, "upload")]
    item = {**mapped["item"], "product": {**mapped["item"]["product"], "imageUrls": images}}
    put = reply_of((yield create_or_replace_inventory_item(sku, item, language=language)))
    offer = {**mapped["offer"], "sku": sku}
    made = reply_of((yield create_offer(offer, language=language)))
    if not (is_success(put) and is_success(made)):
        return AGAIN
    reply = reply_of((yield publish_offer(text_in(made.body, "offerId"))))
    return _listed(text_in(reply.body, "listingId")) if is_success(reply) else AGAIN


def _publish_on_etsy(_: object, attempt: Attempt) -> Publishing:
    mapped, shop = attempt.outputs["map"], attempt.account.external_id
    form = {**mapped["draft"], "description": mapped["description"]}
    made = reply_of((yield create_draft_listing(shop, form)))
    listing = text_in(made.body, "listing_id")
    if not is_success(made) or not listing:
        return AGAIN
    photo = read_photo(attempt, 1, limit_bytes=ETSY_PHOTO_BYTES)
    shown = reply_of((yield upload_listing_image(shop, listing, photo, rank=1)))
    stored = reply_of((yield update_listing_inventory(listing, mapped["inventory"])))
    if not (is_success(shown) and is_success(stored)):
        return AGAIN
    reply = reply_of((yield update_listing(shop, listing, {"state": "active"})))
    return _listed(listing) if is_success(reply) else AGAIN


def _publish_on_vinted(_: object, attempt: Attempt) -> Publishing:
    photos = [{"id": output["photo_id"], "orientation": 0} for output in in_order(attempt, "upload")]
    item = {**attempt.outputs["map"]["draft"], "id": None, "photos": photos, "assigned_photos": photos}
    answer = answer_of((yield Command(ITEM_CREATE, {"item": item})))
    if not answer.success:
        return AGAIN
    return _listed(text_in(failures.body_of(answer), "item", "id"))


def _listed(listing_id: str) -> Outcome:
    return Done({"listing_id": listing_id, "url": ""}, listed=Listed(listing_id, visible=True, url=""))


def _create_item(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    body = {"item": payload["item"], "upload_session_id": payload["item"]["temp_uuid"]}
    return browser.call("POST", f"{commands.UPLOAD}/items", attempt=request_id, json=body)
