"""eBay's Inventory API: the places that a seller's things lie at."""

from stoflow.domain.call import Request

LOCATIONS = "/sell/inventory/v1/location"


def get_inventory_locations(*, limit: int, offset: int) -> Request:
    """Show places, at most `limit` of them, after the first `offset`."""
    return Request("GET", LOCATIONS, query={"limit": str(limit), "offset": str(offset)})
