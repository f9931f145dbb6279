"""The states of a listing on Etsy, in StoFlow's words."""

from collections.abc import Mapping

from stoflow.domain.observed import ListingState

ACTIVE, DRAFT = "active", "draft"
MEANING: Mapping[str, ListingState] = {
    ACTIVE: ListingState.FOR_SALE,
    "inactive": ListingState.HIDDEN,
    "sold_out": ListingState.SOLD,
    "expired": ListingState.HIDDEN,
    DRAFT: ListingState.HIDDEN,
}


def in_words(state: str) -> str:
    return state.replace("_", " ") or "in no known state"
