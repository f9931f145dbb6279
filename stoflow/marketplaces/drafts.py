"""Drafts made under a random marker, of which one is chosen and the others are collected."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.observed import ListingState
from stoflow.domain.outcome import Broken, CannotTell, Done, FieldError, Listed, LookResult, Outcome, Refused, TryAgain


def draft_made(listing_id: str, *, instead_of: str = "", known: Mapping[str, Any] | None = None) -> Outcome:
    """Return what creating or finding a draft means: the engine records the first such id as the product's listing.

    `instead_of` is what is recorded, on a marketplace that has one thing of a product: another one ended. `known` is
    what was read of one that is used again.
    """
    if not listing_id:
        return Broken("The marketplace made a draft without an id.")
    replaces = instead_of if instead_of != listing_id else ""
    return Done({"listing_id": listing_id, **(known or {})}, listed=Listed(listing_id, replaces=replaces))


def draft_found(listing_id: str) -> LookResult:
    """Return what a look that found the draft says."""
    if not listing_id:
        return CannotTell("The marketplace shows a draft without an id.")
    return Done({"listing_id": listing_id}, listed=Listed(listing_id))


def standing(state: ListingState) -> Mapping[str, str]:
    """Return what a result says of a listing that others have changed since: nothing while it is for sale."""
    return {} if state is ListingState.FOR_SALE else {"state": str(state)}


def already_sold(marketplace: str) -> Refused:
    """Return that what is to be published again was bought, as StoFlow does not know yet: it is not sold twice."""
    message = f"It has been sold on {marketplace}: once that order is in StoFlow, publish what is left of it."
    return Refused(message, (FieldError("quantity", message),))


def made_anew(attempt: Attempt) -> Outcome:
    """Return what it means that the marketplace has the product's recorded listing no more: another one is made."""
    reason = f"Listing {attempt.listing_id} is no longer there: another one is made."
    return TryAgain(reason, after_s=0.0, charged=False, ended=attempt.listing_id)


def choose(attempt: Attempt) -> Outcome:
    """Go on with the id recorded for the product, whichever draft this job's own creation made.

    Any other draft is an orphan: its marker leads the collection to it. Where none is recorded, what was made is
    another product's listing, and stays as it is.
    """
    if not attempt.listing_id:
        return Broken("What was made is not recorded as this product's listing.")
    return Done({"listing_id": attempt.listing_id})


def chosen(attempt: Attempt) -> str:
    """Return the id every later task works on."""
    return str(attempt.outputs["choose"]["listing_id"])
