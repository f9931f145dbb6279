"""Etsy's shops."""

from stoflow.domain.call import Request

SHOPS = "/v3/application/shops"


def get_shop(shop_id: str) -> Request:
    """Show a shop: its currency, its country."""
    return Request("GET", f"{SHOPS}/{shop_id}")
