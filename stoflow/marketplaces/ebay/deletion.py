"""Ending what a product has on eBay: its offer, and with it the listing."""

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done, Outcome
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.ebay.clients.offer import delete_offer
from stoflow.marketplaces.ebay.mapping import marketplace_id, sku_of
from stoflow.marketplaces.ebay.offers import find_offer
from stoflow.marketplaces.replies import is_success, reply_of


class EbayDeletion:
    """One method per task. The offer's id is found and recorded first: a delete that eBay carries out late then
    meets nothing, where one by SKU would end the offer a later publish made."""

    def find(self, attempt: Attempt) -> Conversation:
        """Output: `offer_id`, "" where the SKU has no offer, and `sku`."""
        sku = sku_of(attempt)
        found = yield from find_offer(sku, marketplace_id(attempt))
        return Done({"offer_id": found, "sku": sku}) if isinstance(found, str) else found

    def end(self, attempt: Attempt) -> Conversation:
        """Delete the offer, which ends its listing; one that is gone already is as good."""
        offer_id = attempt.outputs["find"]["offer_id"]
        if not offer_id:
            return Done({"already_gone": True}, ended=attempt.listing_id)
        reply = reply_of((yield delete_offer(offer_id)))
        if is_success(reply) or failures.says_gone(reply):
            return Done({"already_gone": not is_success(reply)}, ended=attempt.listing_id)
        return failures.outcome_of(reply, unsafe=False)

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        return Done({**attempt.outputs["end"], "sku": attempt.outputs["find"].get("sku") or sku_of(attempt)})
