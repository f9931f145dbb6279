"""The shop of a simulated Etsy seller, and what its listings name: profiles and policies."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stoflow.domain.errors import InputError
from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.etsy import listings
from stoflow_sandbox.etsy.shop import BELONGINGS, Shop


def more_in(wishes: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield what a shop is to have more of, and how many."""
    for name, count in wishes.get("more", {}).items():
        if name not in BELONGINGS or not isinstance(count, int):
            raise InputError(f"A shop may have a number more of {', '.join(BELONGINGS)}.")
        yield name, count


def show_me(shop: Shop, call: ReceivedCall) -> Answer:  # noqa: ARG001  # every shop work takes both
    """getMe."""
    return Answer(200, {"user_id": shop.user_id, "shop_id": shop.shop_id})


def show_shop(shop: Shop, call: ReceivedCall) -> Answer:
    """getShop."""
    listings.check_shop(shop, call)
    active = sum(listing.state == "active" for listing in shop.listings.values())
    return Answer(
        200,
        {
            "shop_id": shop.shop_id,
            "user_id": shop.user_id,
            "shop_name": shop.name,
            "currency_code": shop.currency,
            "is_vacation": False,
            "listing_active_count": active,
            "shop_location_country_iso": "FR",
        },
    )


def show_shipping_profiles(shop: Shop, call: ReceivedCall) -> Answer:
    """getShopShippingProfiles, all at once."""
    listings.check_shop(shop, call)
    same = {"user_id": shop.user_id, "origin_country_iso": "FR", "is_deleted": False, "profile_type": "manual"}
    return _all(
        [
            {"shipping_profile_id": number, "title": _numbered("Standard", count), **same}
            for count, number in enumerate(shop.all_of("shipping_profile_id"))
        ]
    )


def show_return_policies(shop: Shop, call: ReceivedCall) -> Answer:
    """getShopReturnPolicies, all at once."""
    listings.check_shop(shop, call)
    same = {"shop_id": shop.shop_id, "accepts_returns": True, "accepts_exchanges": False, "return_deadline": 14}
    return _all([{"return_policy_id": number, **same} for number in shop.all_of("return_policy_id")])


def show_readiness(shop: Shop, call: ReceivedCall) -> Answer:
    """getShopReadinessStateDefinitions, in pages."""
    listings.check_shop(shop, call)
    same = {
        "shop_id": shop.shop_id,
        "readiness_state": "ready_to_ship",
        "min_processing_days": 1,
        "max_processing_days": 3,
        "processing_days_display_label": "1-3 days",
    }
    found = [{"readiness_state_id": number, **same} for number in shop.all_of("readiness_state_id")]
    return Answer(200, {"count": len(found), "results": listings.shown_page(shop, found, call)})


def _all(found: Sequence[Mapping[str, Any]]) -> Answer:
    return Answer(200, {"count": len(found), "results": found})


def _numbered(title: str, count: int) -> str:
    return f"{title} {count + 1}" if count else title
