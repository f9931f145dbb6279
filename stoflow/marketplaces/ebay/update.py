"""Updating on eBay: what is there is read, and put back with StoFlow's fields laid over it, where they differ."""

from collections.abc import Generator, Mapping
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Response
from stoflow.domain.outcome import Absent, Done, Listed, LookResult, Outcome, Refused
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.ebay.clients.inventory import create_or_replace_inventory_item, get_inventory_item
from stoflow.marketplaces.ebay.clients.offer import get_offer, update_offer
from stoflow.marketplaces.ebay.mapping import content_language, inventory_item, marketplace_id, offer, sku_of
from stoflow.marketplaces.ebay.offers import read_offer, standing_listing, without_key
from stoflow.marketplaces.ebay.pictures import NAME, PHOTO_LIMIT_BYTES, send_picture, with_pictures
from stoflow.marketplaces.ebay.validation import ebay_errors
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.photos import UnreadablePhoto, read_photo, sent_before, sent_photos
from stoflow.marketplaces.replies import is_success, reply_of
from stoflow.marketplaces.revision import laid_over, says

SHOWN_OF_ITEM = frozenset({"sku", "locale", "groupIds", "inventoryItemGroupKeys"})
SHOWN_OF_OFFER = frozenset({"offerId", "status", "listing"})
"""What eBay shows and does not take back."""

Looking = Generator[Call, Response, LookResult]


class EbayUpdate:
    """One method per task; what a task learned is read from the outputs of those before it."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        errors = (*checks.listing_errors(attempt, "eBay"), *ebay_errors(attempt))
        return Refused("The listing cannot be updated on eBay.", errors) if errors else Done()

    def map(self, attempt: Attempt) -> Outcome:
        """Output: `item` and `offer`, what StoFlow says of them."""
        return Done({"sku": sku_of(attempt), "item": inventory_item(attempt), "offer": offer(attempt)})

    def upload(self, attempt: Attempt) -> Conversation:
        """Send one photo, if the listing has it not already."""
        try:
            photo = read_photo(attempt, attempt.index, limit_bytes=PHOTO_LIMIT_BYTES)
        except UnreadablePhoto as error:
            return Refused(str(error))
        known = sent_before(attempt, photo.fingerprint)
        if known:
            return Done({NAME: known, "fingerprint": photo.fingerprint})
        return (yield from send_picture(photo))

    def read(self, attempt: Attempt) -> Conversation:
        """Output: `offer_id`, and `item` and `offer` as they are to be put, none where nothing differs."""
        mapped = attempt.outputs["map"]
        found = yield from read_offer(mapped["sku"], marketplace_id(attempt))
        if not isinstance(found, Mapping):
            return found
        if not standing_listing(found):
            return Refused("The listing is no longer on eBay.")
        item = reply_of((yield get_inventory_item(sku_of(attempt))))
        if not is_success(item):
            return failures.outcome_of(item, unsafe=False)
        # What is said of the condition of a used thing would be refused of a new one.
        wanted = {"conditionDescription": None, **with_pictures(mapped["item"], attempt)}
        return Done(
            {
                "offer_id": text_in(found, "offerId"),
                "item": _to_put(item.body, wanted, SHOWN_OF_ITEM),
                "offer": _to_put(without_key(found), without_key(mapped["offer"]), SHOWN_OF_OFFER),
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
        """Read the offer."""
        read = attempt.outputs["read"]
        reply = reply_of((yield get_offer(read["offer_id"])))
        if not is_success(reply):
            return failures.outcome_of(reply, unsafe=False)
        is_there = says(reply.body, read["offer"])
        return Done({"changed": True}, acted=True) if is_there else Absent("The offer is as it was.")

    def put_item(self, attempt: Attempt) -> Conversation:
        """Put the item whole, where it differs: eBay changes the listing by itself."""
        item = attempt.outputs["read"]["item"]
        if not item:
            return _updated(attempt, changed=False)
        put = create_or_replace_inventory_item(sku_of(attempt), item, language=content_language(attempt))
        reply = reply_of((yield put))
        return _updated(attempt, changed=True) if is_success(reply) else failures.outcome_of(reply, unsafe=True)

    def look_at_item(self, attempt: Attempt) -> Looking:
        """Read the item."""
        reply = reply_of((yield get_inventory_item(sku_of(attempt))))
        if not is_success(reply):
            return failures.outcome_of(reply, unsafe=False)
        is_there = says(reply.body, attempt.outputs["read"]["item"])
        return _updated(attempt, changed=True) if is_there else Absent("The item is as it was.")

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        outputs = attempt.outputs
        changed = [name for name in ("offer", "item") if outputs[name]["changed"]]
        return Done({"listing_id": attempt.listing_id, "sku": outputs["map"]["sku"], "changed": changed})


def _to_put(body: Any, wanted: Mapping[str, Any], shown: frozenset[str]) -> Mapping[str, Any] | None:
    there = cast("Mapping[str, Any]", body) if isinstance(body, Mapping) else {}
    current = {name: value for name, value in there.items() if name not in shown}
    return None if says(current, wanted) else laid_over(current, wanted)


def _updated(attempt: Attempt, *, changed: bool) -> Outcome:
    listed = Listed(attempt.listing_id, visible=True, photos=sent_photos(attempt, NAME))
    return Done({"changed": changed}, listed=listed)
