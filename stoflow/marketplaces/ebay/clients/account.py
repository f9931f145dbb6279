"""eBay's Account API: the business policies that offers name, each of one site."""

from stoflow.domain.call import Request

ACCOUNT = "/sell/account/v1"


def get_fulfillment_policies(marketplace_id: str, *, language: str) -> Request:
    """Show how the seller sends things on a site."""
    return _policies("fulfillment_policy", marketplace_id, language)


def get_payment_policies(marketplace_id: str, *, language: str) -> Request:
    """Show how the seller is paid on a site."""
    return _policies("payment_policy", marketplace_id, language)


def get_return_policies(marketplace_id: str, *, language: str) -> Request:
    """Show how the seller takes things back on a site."""
    return _policies("return_policy", marketplace_id, language)


def _policies(kind: str, marketplace_id: str, language: str) -> Request:
    """All of them at once: paging is declared for future use only. A site may have policies in several languages."""
    headers, query = {"Content-Language": language}, {"marketplace_id": marketplace_id}
    return Request("GET", f"{ACCOUNT}/{kind}", query=query, headers=headers)
