"""eBay's Taxonomy API: the tree of categories of each site, and what is asked in a category."""

from stoflow.domain.call import Request

TAXONOMY = "/commerce/taxonomy/v1"


def get_default_category_tree_id(marketplace_id: str) -> Request:
    """Say which tree a site has, and of which version it is."""
    return Request("GET", f"{TAXONOMY}/get_default_category_tree_id", query={"marketplace_id": marketplace_id})


def get_item_aspects_for_category(tree_id: str, category_id: str) -> Request:
    """Show every question about things in a leaf category, at once."""
    path = f"{TAXONOMY}/category_tree/{tree_id}/get_item_aspects_for_category"
    return Request("GET", path, query={"category_id": category_id})
