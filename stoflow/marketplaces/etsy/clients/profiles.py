"""What listings of an Etsy shop name: how things are sent, how soon, and whether they are taken back."""

from stoflow.domain.call import Request
from stoflow.marketplaces.etsy.clients.shop import SHOPS


def get_shop_shipping_profiles(shop_id: str) -> Request:
    """Show how the shop sends things, all at once."""
    return Request("GET", f"{SHOPS}/{shop_id}/shipping-profiles")


def get_shop_readiness_state_definitions(shop_id: str, *, limit: int, offset: int) -> Request:
    """Show how soon the shop sends things: 1 to 100 processing profiles, after the first `offset`."""
    query = {"limit": str(limit), "offset": str(offset)}
    return Request("GET", f"{SHOPS}/{shop_id}/readiness-state-definitions", query=query)


def get_shop_return_policies(shop_id: str) -> Request:
    """Show how the shop takes things back, all at once."""
    return Request("GET", f"{SHOPS}/{shop_id}/policies/return")
