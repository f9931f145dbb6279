"""Publishing on eBay: pictures, the inventory item, one offer per SKU, and the call that makes it visible."""

from collections.abc import Generator

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Response
from stoflow.domain.outcome import Absent, Broken, Done, Listed, LookResult, Outcome, Refused, Unknown
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.ebay.clients.inventory import create_or_replace_inventory_item
from stoflow.marketplaces.ebay.clients.offer import create_offer, get_offer, publish_offer, update_offer
from stoflow.marketplaces.ebay.mapping import content_language, inventory_item, listing_url, offer, sku_of
from stoflow.marketplaces.ebay.offers import find_offer, standing_listing, without_key
from stoflow.marketplaces.ebay.pictures import NAME, PHOTO_LIMIT_BYTES, send_picture, with_pictures
from stoflow.marketplaces.ebay.validation import ebay_errors
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import UnreadablePhoto, read_photo, sent_photos
from stoflow.marketplaces.replies import is_success, reply_of

Looking = Generator[Call, Response, LookResult]


class EbayPublication:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        errors = ebay_errors(attempt)
        return Refused("The product is not ready for eBay.", errors) if errors else Done()

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `item` and `offer`, the bodies as they will be sent."""
        return Done({"sku": sku_of(attempt), "item": inventory_item(attempt), "offer": offer(attempt)})

    def upload(self, attempt: Attempt) -> Conversation:
        """Send one photo; output: its address `image_url`, and its `fingerprint`."""
        try:
            photo = read_photo(attempt, attempt.index, limit_bytes=PHOTO_LIMIT_BYTES)
        except UnreadablePhoto as error:
            return Refused(str(error))
        return (yield from send_picture(photo))

    def store_item(self, attempt: Attempt) -> Conversation:
        """Put the inventory item whole, pictures in order: the same call again changes nothing."""
        mapped = attempt.outputs["map"]
        item = with_pictures(mapped["item"], attempt)
        put = create_or_replace_inventory_item(mapped["sku"], item, language=content_language(attempt))
        reply = reply_of((yield put))
        return Done({"sku": mapped["sku"]}) if is_success(reply) else failures.outcome_of(reply, unsafe=False)

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
            return found
        return _offer(found, adopted=True) if found else Absent("eBay has no offer for the SKU.")

    def revise(self, attempt: Attempt) -> Conversation:
        """Put this job's words and price into an adopted offer, which an earlier job may have made.

        Output: its `listing_id` where it is published already; nothing, and no call, for an offer of this job's own.
        """
        created = attempt.outputs["create"]
        if not created["adopted"]:
            return Done()
        body = without_key(attempt.outputs["map"]["offer"])
        put = update_offer(created["offer_id"], body, language=content_language(attempt))
        reply = reply_of((yield put))
        if not is_success(reply):
            return failures.outcome_of(reply, unsafe=False)
        found = reply_of((yield get_offer(created["offer_id"])))
        if not is_success(found):
            return failures.outcome_of(found, unsafe=False)
        return Done({"listing_id": standing_listing(found.body)})

    def publish(self, attempt: Attempt) -> Conversation:
        """Make the offer a listing that buyers see; one that is a listing already needs no call."""
        listing_id = attempt.outputs["revise"].get("listing_id")
        if listing_id:
            return _published(attempt, listing_id)
        reply = reply_of((yield publish_offer(attempt.outputs["create"]["offer_id"])))
        if is_success(reply):
            return _published(attempt, text_in(reply.body, "listingId"))
        if failures.may_be_published(reply):
            return (yield from self._refused(attempt, reply))
        return failures.outcome_of(reply, unsafe=True)

    def _refused(self, attempt: Attempt, refusal: Reply) -> Conversation:
        """Adopt the listing where the offer turns out to have one; else what eBay said is final."""
        found = reply_of((yield get_offer(attempt.outputs["create"]["offer_id"])))
        if is_success(found) and (listing_id := standing_listing(found.body)):
            return _published(attempt, listing_id)
        is_told = is_success(found) or failures.says_gone(found)
        return failures.outcome_of(refusal, unsafe=True) if is_told else Unknown(failures.EBAY_SAYS.reason(refusal))

    def look_for_listing(self, attempt: Attempt) -> Looking:
        """Read the offer's status."""
        reply = reply_of((yield get_offer(attempt.outputs["create"]["offer_id"])))
        if not is_success(reply):
            return failures.outcome_of(reply, unsafe=False)
        listing_id = standing_listing(reply.body)
        return _published(attempt, listing_id) if listing_id else Absent("eBay has not published the offer.")

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        published = attempt.outputs["publish"]
        return Done({key: published[key] for key in ("listing_id", "url")} | {"sku": attempt.outputs["map"]["sku"]})


def _offer(offer_id: str, *, adopted: bool) -> Outcome:
    return Done({"offer_id": offer_id, "adopted": adopted}) if offer_id else Broken("eBay made an offer without an id.")


def _published(attempt: Attempt, listing_id: str) -> Outcome:
    if not listing_id:
        return Broken("eBay published an offer without a listing id.")
    url = listing_url(attempt, listing_id)
    # A SKU has one offer on a site, and an offer one listing: another one that is recorded has ended.
    replaces = attempt.listing_id if attempt.listing_id != listing_id else ""
    listed = Listed(listing_id, visible=True, url=url, photos=sent_photos(attempt, NAME), replaces=replaces)
    return Done({"listing_id": listing_id, "url": url}, listed=listed)
