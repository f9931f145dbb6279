"""What eBay's calls take, by its contracts: the parameters of each query."""

from collections.abc import Mapping

PAGE = frozenset({"limit", "offset"})
OF_A_SITE = frozenset({"marketplace_id"})
OF_AN_API = frozenset({"api_context", "api_name"})
QUERIES: Mapping[str, frozenset[str]] = {
    "item.list": PAGE,
    "offer.list": PAGE | {"format", "marketplace_id", "sku"},
    "order.list": PAGE | {"fieldGroups", "filter", "orderIds"},
    "order.get": frozenset({"fieldGroups"}),
    "location.list": PAGE,
    "fulfillment_policy.list": OF_A_SITE,
    "payment_policy.list": OF_A_SITE,
    "return_policy.list": OF_A_SITE,
    "tree.get": OF_A_SITE,
    "aspects.list": frozenset({"category_id"}),
    "rate_limits.get": OF_AN_API,
    "user_rate_limits.get": OF_AN_API,
}
"""By operation; one that is not named takes none."""
