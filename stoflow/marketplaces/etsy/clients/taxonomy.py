"""Etsy's seller taxonomy: the ids a listing may have, and the properties of what is listed under one."""

from stoflow.domain.call import Request

NODES = "/v3/application/seller-taxonomy/nodes"


def get_seller_taxonomy_nodes() -> Request:
    """Show the whole tree at once."""
    return Request("GET", NODES)


def get_properties_by_taxonomy_id(taxonomy_id: str) -> Request:
    """Show every property of things under one id, with the values Etsy knows."""
    return Request("GET", f"{NODES}/{taxonomy_id}/properties")
