"""Linking a product to a listing that the member has in the wardrobe already."""

from collections.abc import Mapping

from stoflow.domain.attempt import Attempt
from stoflow.domain.observed import ListingState
from stoflow.domain.outcome import Done, FieldError, Listed, Outcome, Refused
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.payloads import payload_errors
from stoflow.marketplaces.vinted.asking import LISTING, Link, number_in
from stoflow.marketplaces.vinted.items import PIECES, address_of, state_of
from stoflow.marketplaces.vinted.wardrobe import any_item, is_draft


class VintedLinking:
    """One method per task."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse what names no listing, and a product that has another one on Vinted."""
        errors = payload_errors(Link, attempt.payload)
        if errors:
            return Refused("The product cannot be linked.", errors)
        if attempt.listing_id not in {"", _wanted(attempt)}:
            return _refused(f"The product has the listing {attempt.listing_id} on Vinted already.")
        return Done()

    def read(self, attempt: Attempt) -> Conversation:
        """Find the listing among the member's own; output: `listing_id` and `url`."""
        wanted = _wanted(attempt)
        item = yield from any_item(attempt, wanted)
        if item is None:
            return _refused("The member has no such listing on Vinted.")
        if not isinstance(item, Mapping):
            return item
        if is_draft(item):
            return _refused("The listing is a draft: nobody can buy it yet.")
        state = state_of(item)
        if state is ListingState.SOLD:
            return _refused("The listing is sold.")
        return _found(attempt, address_of(attempt.account, wanted, item), visible=state is ListingState.FOR_SALE)

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads. The record gave the listing to this product, unless another has it."""
        if attempt.listing_id != _wanted(attempt):
            return _refused("Another product has this listing.")
        return Done(attempt.outputs["read"])


def _found(attempt: Attempt, url: str, *, visible: bool) -> Outcome:
    """Return the listing; one that is the product's already is recorded as it stands."""
    output = {LISTING: _wanted(attempt), "url": url}
    is_linked = attempt.listing_id == _wanted(attempt)
    return (
        Done(output)
        if is_linked
        else Done(output, listed=Listed(_wanted(attempt), visible=visible, url=url, quantity=PIECES))
    )


def _wanted(attempt: Attempt) -> str:
    return number_in(attempt.payload, LISTING)


def _refused(reason: str) -> Refused:
    return Refused(reason, (FieldError(f"payload.{LISTING}", reason),))
