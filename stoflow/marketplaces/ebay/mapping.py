"""A product in eBay's words: the inventory item and the offer."""

import html
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import TenantId
from stoflow.domain.page import LARGEST_ID
from stoflow.domain.product import Product
from stoflow.marketplaces import checks
from stoflow.marketplaces.ebay.aspects import specifics_of
from stoflow.marketplaces.ebay.offers import FIXED_PRICE
from stoflow.marketplaces.ebay.sites import categories, conditions, site_of
from stoflow.marketplaces.vocabulary.conditions import Grade, grade_of
from stoflow.marketplaces.vocabulary.wording import one_line, shorten, tidy

TITLE_CHARACTERS = 80
DESCRIPTION_CHARACTERS = 4_000
LISTING_DESCRIPTION_CHARACTERS = 500_000
CONDITION_DESCRIPTION_CHARACTERS = 1_000
SKU = re.compile(r"sf(?P<tenant>[0-9]+)p(?P<product>[1-9][0-9]{0,9})")
PRE_OWNED = frozenset({Grade.GOOD, Grade.SATISFACTORY})


def sku_of(attempt: Attempt) -> str:
    """Return the SKU: that of the listing which is there, else one that no other product or tenant has."""
    return attempt.listing_sku or sku_for(attempt.tenant, checks.product_of(attempt).id)


def sku_for(tenant: TenantId, product: int) -> str:
    """Return the SKU of a tenant's product."""
    return f"sf{tenant}p{product}"


def product_in(sku: str, tenant: TenantId) -> int | None:
    """Return the product that a SKU names, where it is one of ours for this tenant; None for every other."""
    match = SKU.fullmatch(sku)
    if match is None or int(match["product"]) > LARGEST_ID or match["tenant"] != str(tenant):
        return None
    return int(match["product"])


def inventory_item(attempt: Attempt) -> Mapping[str, Any]:
    """Return the body of PUT inventory_item, without its pictures."""
    product, category = checks.product_of(attempt), checks.category_of(attempt)
    grade = grade_of(product.condition) or Grade.SATISFACTORY
    item: dict[str, Any] = {
        "availability": {"shipToLocationAvailability": {"quantity": product.quantity}},
        "condition": conditions()[grade],
        "product": {
            "title": title_for(product),
            "description": _as_html(description_for(product), DESCRIPTION_CHARACTERS),
            "aspects": specifics_of(attempt, category, site_of_account(attempt)).values,
        },
    }
    if grade in PRE_OWNED:
        item["conditionDescription"] = shorten(f"Second-hand, {grade}.", CONDITION_DESCRIPTION_CHARACTERS)
    return item


def offer(attempt: Attempt) -> Mapping[str, Any]:
    """Return the body of POST offer."""
    product, settings, site = checks.product_of(attempt), attempt.account.settings, site_of_account(attempt)
    price = checks.settled_price(site["currency"], attempt)
    return {
        "sku": sku_of(attempt),
        "marketplaceId": marketplace_id(attempt),
        "format": FIXED_PRICE,
        "availableQuantity": product.quantity,
        "categoryId": categories()[checks.category_of(attempt).name]["category_id"],
        "includeCatalogProductDetails": False,
        "listingDescription": _as_paragraph(product),
        "listingDuration": "GTC",
        "merchantLocationKey": str(settings["merchant_location_key"]),
        "listingPolicies": {
            "fulfillmentPolicyId": str(settings["fulfillment_policy_id"]),
            "paymentPolicyId": str(settings["payment_policy_id"]),
            "returnPolicyId": str(settings["return_policy_id"]),
        },
        "pricingSummary": {"price": {"value": str(price), "currency": site["currency"]}},
    }


def no_more_items(item: Mapping[str, Any], left: int | None) -> Mapping[str, Any]:
    """Return an item with no more of the thing than are left of it; None where nothing is known of that."""
    if left is None:
        return item
    quantity = min(left, item["availability"]["shipToLocationAvailability"]["quantity"])
    return {**item, "availability": {"shipToLocationAvailability": {"quantity": quantity}}}


def no_more_offered(body: Mapping[str, Any], left: int | None) -> Mapping[str, Any]:
    """Return an offer with no more of the thing than are left of it, as above."""
    return body if left is None else {**body, "availableQuantity": min(left, body["availableQuantity"])}


def offered_in(attempt: Attempt) -> int:
    """Return how many of the product buyers can take, by what this job put."""
    left = attempt.outputs.get("item", {}).get("left")
    return int(no_more_offered(attempt.outputs["map"]["offer"], left)["availableQuantity"])


def marketplace_id(attempt: Attempt) -> str:
    """Return eBay's name of the site the seller sells on, such as EBAY_FR."""
    return site_of_account(attempt)["marketplace_id"]


def site_of_account(attempt: Attempt) -> Mapping[str, str]:
    """Return the site the seller sells on, in eBay's words and ours."""
    site = site_of(attempt.account)
    if site is None:
        raise ValueError("The eBay account names a site we do not know.")
    return site


def content_language(attempt: Attempt) -> str:
    """Return the language of every item and offer on the site, such as fr-FR."""
    return site_of_account(attempt)["content_language"]


def listing_url(attempt: Attempt, listing_id: str) -> str:
    """Return where buyers see the listing."""
    return f"https://www.{site_of_account(attempt)['domain']}/itm/{listing_id}"


def title_for(product: Product) -> str:
    """Return the title, as long as eBay takes it."""
    return shorten(one_line(product.title), TITLE_CHARACTERS)


def description_for(product: Product) -> str:
    """Return the seller's words."""
    return tidy(product.description) or one_line(product.title)


def _as_paragraph(product: Product) -> str:
    return f"<p>{_as_html(description_for(product), LISTING_DESCRIPTION_CHARACTERS - len('<p></p>'))}</p>"


def _as_html(text: str, limit: int) -> str:
    """Return the text as HTML of at most `limit` characters: what is too long is cut before it is escaped."""
    lengths = accumulate(len(_escaped(sign)) for sign in text)
    return _escaped(shorten(text, sum(1 for length in lengths if length <= limit)))


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")
