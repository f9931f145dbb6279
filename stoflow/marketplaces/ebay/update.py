"""Updating on eBay: what is there is read, and put back with StoFlow's fields laid over it, where they differ."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Reply
from stoflow.domain.observed import ListingState
from stoflow.domain.outcome import Absent, Done, Listed, LookResult, Outcome, Refused, cannot_tell
from stoflow.marketplaces import checks
from stoflow.marketplaces.calls import with_photo
from stoflow.marketplaces.contract import Conversation, Looking
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.ebay.clients.inventory import create_or_replace_inventory_item, get_inventory_item
from stoflow.marketplaces.ebay.clients.offer import get_offer, update_offer
from stoflow.marketplaces.ebay.items import as_put, item_to_put, says_item, was_put
from stoflow.marketplaces.ebay.listings import state_of
from stoflow.marketplaces.ebay.mapping import (
    content_language,
    inventory_item,
    listing_url,
    marketplace_id,
    offer,
    offered_in,
    sku_of,
)
from stoflow.marketplaces.ebay.offers import offer_to_put, read_offer, standing_listing, without_key
from stoflow.marketplaces.ebay.pictures import NAME, PHOTO_LIMIT_BYTES, send_picture, with_pictures
from stoflow.marketplaces.ebay.validation import ebay_errors
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import Photo, sent_before, sent_photos
from stoflow.marketplaces.replies import is_success, reply_of
from stoflow.marketplaces.revision import says

GONE = "The listing is no longer on eBay."


class EbayUpdate:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        return checks.ready_unless(
            (*checks.listing_errors(attempt, "eBay"), *ebay_errors(attempt)), "The listing cannot be updated on eBay."
        )

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `item` and `offer`, what StoFlow says of them."""
        return Done({"sku": sku_of(attempt), "item": inventory_item(attempt), "offer": offer(attempt)})

    def upload(self, attempt: Attempt) -> Conversation:
        """Send one photo, if the listing has it not already."""
        return with_photo(attempt, PHOTO_LIMIT_BYTES, lambda photo: _send_unless_sent(attempt, photo))

    def read(self, attempt: Attempt) -> Conversation:
        """Output: `offer_id`, and `item` and `offer` as they are to be put, none where nothing differs; the item as it
        `was`; and the `listing_id`, which is another one where the seller ended it and listed it again."""
        mapped = attempt.outputs["map"]
        found = yield from read_offer(mapped["sku"], marketplace_id(attempt))
        if not isinstance(found, Mapping):
            return found
        ended = _ended(found)
        if ended:
            return ended
        item = reply_of((yield get_inventory_item(sku_of(attempt))))
        if not is_success(item):
            return failures.outcome_of(item, unsafe=False)
        # What is said of the condition of a used thing would be refused of a new one.
        wanted = {"conditionDescription": None, **with_pictures(mapped["item"], attempt)}
        offered = without_key(mapped["offer"])
        return Done(
            {
                "offer_id": text_in(found, "offerId"),
                "listing_id": standing_listing(found),
                "item": None if says_item(attempt, item.body, wanted) else item_to_put(item.body, wanted),
                "was": as_put(item.body),
                "offer": None if says(found, offered) else offer_to_put(found, offered),
            }
        )

    def put_offer(self, attempt: Attempt) -> Conversation:
        """Put the offer whole, where it differs."""
        read = attempt.outputs["read"]
        if not read["offer"]:
            return Done({"changed": False})
        put = update_offer(read["offer_id"], read["offer"], language=content_language(attempt))
        reply = reply_of((yield put))
        return Done({"changed": True}, acted=True) if is_success(reply) else failures.outcome_of(reply, unsafe=True)

    def look_at_offer(self, attempt: Attempt) -> Looking:
        """Read the offer. Where its listing ended or sold it takes no change any more, and was changed where only the
        quantity differs."""
        read = attempt.outputs["read"]
        reply = reply_of((yield get_offer(read["offer_id"])))
        if not is_success(reply):
            return _unshown(reply)
        ended = _ended(reply.body)
        if says(reply.body, _without("availableQuantity", read["offer"]) if ended else read["offer"]):
            return Done({"changed": True}, acted=True)
        return ended or Absent("The offer is as it was.")

    def put_item(self, attempt: Attempt) -> Conversation:
        """Put the item whole, where it differs: eBay changes the listing by itself."""
        item = attempt.outputs["read"]["item"]
        if not item:
            return _updated(attempt, changed=False)
        put = create_or_replace_inventory_item(sku_of(attempt), item, language=content_language(attempt))
        reply = reply_of((yield put))
        return _updated(attempt, changed=True) if is_success(reply) else failures.outcome_of(reply, unsafe=True)

    def look_at_item(self, attempt: Attempt) -> Looking:
        """Read the item, and where it differs the offer, as above. Where none was to be put, nothing is left to do."""
        read = attempt.outputs["read"]
        if not read["item"]:
            return _updated(attempt, changed=False)
        reply = reply_of((yield get_inventory_item(sku_of(attempt))))
        if not is_success(reply):
            return _unshown(reply)
        if was_put(attempt, reply.body, read["item"], read.get("was", {})):
            return _updated(attempt, changed=True)
        offered = reply_of((yield get_offer(read["offer_id"])))
        if not is_success(offered):
            return _unshown(offered)
        ended = _ended(offered.body)
        if ended and was_put(attempt, reply.body, _without("availability", read["item"]), read.get("was", {})):
            return _updated(attempt, changed=True)
        return ended or Absent("The item is as it was.")

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        outputs = attempt.outputs
        changed = [name for name in ("offer", "item") if outputs[name]["changed"]]
        return Done({"listing_id": _listing_id(attempt), "sku": outputs["map"]["sku"], "changed": changed})


def _send_unless_sent(attempt: Attempt, photo: Photo) -> Conversation:
    known = sent_before(attempt, photo.fingerprint)
    if known:
        return Done({NAME: known, "fingerprint": photo.fingerprint})
    return (yield from send_picture(photo))


def _unshown(reply: Reply) -> LookResult:
    """Return what a look says to a reply that does not show what is looked at."""
    return Refused(GONE) if failures.says_gone(reply) else cannot_tell(failures.outcome_of(reply, unsafe=False))


def _ended(offer: Any) -> Refused | None:
    """Return that a listing takes no change any more, as others ended or bought it; None where it does."""
    if not standing_listing(offer):
        return Refused(GONE)
    return Refused("The listing has been sold on eBay.") if state_of(offer) is ListingState.SOLD else None


def _without(name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in body.items() if key != name}


def _listing_id(attempt: Attempt) -> str:
    return str(attempt.outputs["read"].get("listing_id") or attempt.listing_id)


def _updated(attempt: Attempt, *, changed: bool) -> Done:
    """Return that the listing is as it is to be; one that took the recorded one's place is recorded from now on."""
    listing_id = _listing_id(attempt)
    another = listing_id != attempt.listing_id
    listed = Listed(
        listing_id,
        visible=True,
        url=listing_url(attempt, listing_id) if another else "",
        photos=sent_photos(attempt, NAME),
        quantity=offered_in(attempt),
        replaces=attempt.listing_id if another else "",
    )
    return Done({"changed": changed}, listed=listed)
