"""Etsy's receipts: what was bought in a shop."""

from typing import Literal

from stoflow.domain.call import Request

API = "/v3/application"

SortedBy = Literal["created", "updated", "receipt_id"]
Order = Literal["asc", "desc"]


def get_shop_receipts(
    shop_id: str,
    *,
    min_last_modified: int,
    sort_on: SortedBy,
    sort_order: Order,
    limit: int,
    offset: int,
    min_created: int | None = None,
) -> Request:
    """Show the receipts that changed since then, and were made since then, in epoch seconds, 1 to 100 at once, after
    the first `offset` of them, 12,000 at most."""
    query = {
        **({} if min_created is None else {"min_created": str(min_created)}),
        "min_last_modified": str(min_last_modified),
        "sort_on": sort_on,
        "sort_order": sort_order,
        "limit": str(limit),
        "offset": str(offset),
    }
    return Request("GET", f"{API}/shops/{shop_id}/receipts", query=query)
