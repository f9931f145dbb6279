"""Ending what a product has on Etsy: its listing, or the draft that was to become one."""

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done, Outcome
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import delete_listing
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of


class EtsyDeletion:
    """One method per task."""

    def end(self, attempt: Attempt) -> Conversation:
        """Delete the listing by its id, which no other will ever have; one that is gone already is as good."""
        listing_id = attempt.listing_id
        if not listing_id:
            return Done({"listing_id": "", "already_gone": True})
        reply = reply_of((yield delete_listing(listing_id)))
        if is_success(reply) or reply.status == NOT_FOUND:
            return Done({"listing_id": listing_id, "already_gone": not is_success(reply)}, ended=listing_id)
        return failures.outcome_of(reply, unsafe=False)

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        return Done(attempt.outputs["end"])
