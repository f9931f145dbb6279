"""Publishing on eBay: pictures, the inventory item, one offer per SKU, and the call that makes it visible."""

from collections.abc import Generator, Mapping
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Response
from stoflow.domain.observed import ListingState
from stoflow.domain.outcome import (
    Absent,
    Broken,
    CannotTell,
    Done,
    Listed,
    Outcome,
    Unknown,
    cannot_tell,
)
from stoflow.marketplaces import checks
from stoflow.marketplaces.calls import with_photo
from stoflow.marketplaces.contract import Conversation, Looking
from stoflow.marketplaces.drafts import already_sold, standing
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.ebay.clients.inventory import create_or_replace_inventory_item, get_inventory_item
from stoflow.marketplaces.ebay.clients.offer import create_offer, get_offer, publish_offer, update_offer
from stoflow.marketplaces.ebay.items import item_to_put, read_replaced, replaces_values
from stoflow.marketplaces.ebay.listings import left_of, state_of
from stoflow.marketplaces.ebay.mapping import (
    content_language,
    inventory_item,
    listing_url,
    marketplace_id,
    no_more_items,
    no_more_offered,
    offer,
    offered_in,
    sku_of,
)
from stoflow.marketplaces.ebay.offers import (
    PUBLISHED,
    find_offer,
    offer_to_put,
    published_listing,
    read_offer,
    standing_listing,
)
from stoflow.marketplaces.ebay.pictures import NAME, PHOTO_LIMIT_BYTES, send_picture, with_pictures
from stoflow.marketplaces.ebay.validation import ebay_errors
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import sent_photos
from stoflow.marketplaces.replies import is_success, reply_of


class EbayPublication:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        return checks.ready_unless(ebay_errors(attempt), "The product is not ready for eBay.")

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `item` and `offer`, the bodies as they will be sent."""
        return Done({"sku": sku_of(attempt), "item": inventory_item(attempt), "offer": offer(attempt)})

    def upload(self, attempt: Attempt) -> Conversation:
        """Send one photo; output: its address `image_url`, and its `fingerprint`."""
        return with_photo(attempt, PHOTO_LIMIT_BYTES, send_picture)

    def store_item(self, attempt: Attempt) -> Conversation:
        """Put the inventory item whole, pictures in order: the same call again changes nothing. What has sold of a
        listing is not put back; output: `left`, how many there were of what is for sale already, else None, and
        `standard`, eBay's own values of the item specifics that it put in the place of ours."""
        left = yield from _left(attempt)
        if not isinstance(left, int | None):
            return left
        mapped = attempt.outputs["map"]
        item = yield from _whole(attempt, no_more_items(with_pictures(mapped["item"], attempt), left))
        if not isinstance(item, Mapping):
            return item
        put = create_or_replace_inventory_item(mapped["sku"], item, language=content_language(attempt))
        reply = reply_of((yield put))
        if not is_success(reply):
            return failures.outcome_of(reply, unsafe=False)
        standard = (yield from read_replaced(mapped["sku"], item)) if replaces_values(reply) else {}
        return Done({"sku": mapped["sku"], "left": left, **({"standard": standard} if standard else {})})

    def create_offer(self, attempt: Attempt) -> Conversation:
        """Make the SKU's one offer; the one eBay says is already there is adopted. Output: `offer_id`, `adopted`."""
        body = attempt.outputs["map"]["offer"]
        reply = reply_of((yield create_offer(body, language=content_language(attempt))))
        if is_success(reply):
            return _offer(text_in(reply.body, "offerId"), adopted=False)
        twin = failures.duplicate_offer_id(reply)
        return _offer(twin, adopted=True) if twin else failures.outcome_of(reply, unsafe=True)

    def look_for_offer(self, attempt: Attempt) -> Looking:
        """Find the SKU's fixed-price offer on this site."""
        body = attempt.outputs["map"]["offer"]
        found = yield from find_offer(str(body["sku"]), str(body["marketplaceId"]))
        if not isinstance(found, str):
            return cannot_tell(found)
        return Done({"offer_id": found, "adopted": True}) if found else Absent("eBay has no offer for the SKU.")

    def revise(self, attempt: Attempt) -> Conversation:
        """Put this job's words and price into an adopted offer, which an earlier job may have made.

        Output: its `listing_id` where it is published already, else the one that `ended`; nothing, and no call, for an
        offer of this job's own. One that was sold meanwhile is left as it is.
        """
        created = attempt.outputs["create"]
        if not created["adopted"]:
            return Done()
        found = reply_of((yield get_offer(created["offer_id"])))
        if not is_success(found):
            return failures.outcome_of(found, unsafe=False)
        listing_id, standing_id = published_listing(found.body), standing_listing(found.body)
        if attempt.listing_visible and listing_id and state_of(found.body) is ListingState.SOLD:
            return Done({"listing_id": listing_id, **standing(ListingState.SOLD)})
        left = attempt.outputs.get("item", {}).get("left")
        body = offer_to_put(found.body, no_more_offered(attempt.outputs["map"]["offer"], left))
        put = update_offer(created["offer_id"], body, language=content_language(attempt))
        reply = reply_of((yield put))
        if not is_success(reply):
            return failures.outcome_of(reply, unsafe=False)
        return Done({"listing_id": standing_id, "ended": "" if standing_id else listing_id})

    def publish(self, attempt: Attempt) -> Conversation:
        """Make the offer a listing that buyers see; one that is a listing already needs no call."""
        revised = attempt.outputs["revise"]
        if revised.get("listing_id"):
            return _shown(attempt, revised["listing_id"], revised.get("state", ""))
        reply = reply_of((yield publish_offer(attempt.outputs["create"]["offer_id"])))
        if is_success(reply):
            listing_id = text_in(reply.body, "listingId")
            return _shown(attempt, listing_id) if listing_id else Broken("eBay published an offer without its listing.")
        if failures.may_be_published(reply):
            return (yield from self._refused(attempt, reply))
        return failures.outcome_of(reply, unsafe=True)

    def _refused(self, attempt: Attempt, refusal: Reply) -> Conversation:
        """Adopt the listing where the offer turns out to have one; else what eBay said is final."""
        found = reply_of((yield get_offer(attempt.outputs["create"]["offer_id"])))
        if is_success(found) and (listing_id := standing_listing(found.body)):
            return _shown(attempt, listing_id, standing(state_of(found.body)).get("state", ""))
        if is_success(found) and failures.is_not_available(refusal):
            return failures.stands_on_another_site(refusal, marketplace_id(attempt))
        is_told = is_success(found) or failures.says_gone(found)
        return failures.outcome_of(refusal, unsafe=True) if is_told else Unknown(failures.EBAY_SAYS.reason(refusal))

    def look_for_listing(self, attempt: Attempt) -> Looking:
        """Read the offer: a listing that it did not have before proves that it was published, whatever it is now, for
        it may have sold or been ended since."""
        reply = reply_of((yield get_offer(attempt.outputs["create"]["offer_id"])))
        if failures.says_gone(reply):
            return Absent("eBay has the offer no more.")
        if not is_success(reply):
            return cannot_tell(failures.outcome_of(reply, unsafe=False))
        if text_in(reply.body, "status") == PUBLISHED and not published_listing(reply.body):
            return CannotTell("eBay shows a published offer without its listing.")
        listing_id = published_listing(reply.body)
        if not listing_id or listing_id == attempt.outputs["revise"].get("ended"):
            return Absent("eBay has not published the offer.")
        return _shown(attempt, listing_id, standing(state_of(reply.body)).get("state", ""))

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        published = attempt.outputs["publish"]
        standard = attempt.outputs.get("item", {}).get("standard")
        replaced = {"standard": standard} if standard else {}
        return Done({**published, "sku": attempt.outputs["map"]["sku"], **replaced})


def _offer(offer_id: str, *, adopted: bool) -> Outcome:
    return Done({"offer_id": offer_id, "adopted": adopted}) if offer_id else Broken("eBay made an offer without an id.")


def _left(attempt: Attempt) -> Generator[Call, Response, int | Outcome | None]:
    """Return how many are left of what is for sale already, None where nothing is, or why it is not put again."""
    if not attempt.listing_visible:
        return None
    found = yield from read_offer(sku_of(attempt), marketplace_id(attempt))
    if not isinstance(found, Mapping):
        return found
    if not published_listing(found):
        return None
    return already_sold("eBay") if state_of(found) is ListingState.SOLD else left_of(found)


def _whole(attempt: Attempt, item: Mapping[str, Any]) -> Generator[Call, Response, Mapping[str, Any] | Outcome]:
    """Return the item with what only eBay has of it, where the product has been listed there before."""
    if not attempt.listing_id:
        return item
    reply = reply_of((yield get_inventory_item(sku_of(attempt))))
    if failures.says_gone(reply):
        return item
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    return item_to_put(reply.body, {"conditionDescription": None, **item})


def _shown(attempt: Attempt, listing_id: str, state: str = "") -> Done:
    """Return that buyers have seen the listing, and what became of it since."""
    url = listing_url(attempt, listing_id)
    # A SKU has one offer on a site, and an offer one listing: another one that is recorded has ended.
    replaces = attempt.listing_id if attempt.listing_id != listing_id else ""
    listed = Listed(
        listing_id,
        visible=True,
        url=url,
        photos=sent_photos(attempt, NAME),
        quantity=offered_in(attempt),
        replaces=replaces,
    )
    return Done({"listing_id": listing_id, "url": url, **({"state": state} if state else {})}, listed=listed)
