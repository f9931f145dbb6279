"""The eBay sites we publish on: language, currency and the names of item specifics there.

The names on EBAY_US and EBAY_GB are eBay's own; the other languages' are ours until fetchItemAspects was asked there.
"""

from collections.abc import Mapping
from functools import cache

from stoflow.domain.account import Account
from stoflow.domain.product import Product
from stoflow.marketplaces.vocabulary.tables import read_table

DEFAULT_SITE = "EBAY_FR"
PACKAGE = "stoflow.marketplaces.ebay"


@cache
def sites() -> Mapping[str, Mapping[str, str]]:
    """Return every site by its marketplace id."""
    return {row["marketplace_id"]: row for row in read_table(PACKAGE, "sites")}


def site_of(account: Account) -> Mapping[str, str] | None:
    """Return the site of `account.settings["marketplace_id"]`, by default eBay France; None for one we do not know.

    Nothing is published by default: that stands in for reports on products, and for listings of before.
    """
    return sites().get(str(account.settings.get("marketplace_id") or DEFAULT_SITE))


def currency_of(account: Account, product: Product) -> str:
    """Return the currency of the site that the account names; the product's own where it names none."""
    site = site_of(account)
    return site["currency"] if site and account.settings.get("marketplace_id") else product.currency


@cache
def categories() -> Mapping[str, Mapping[str, str]]:
    """Return eBay's category of each of StoFlow's.

    In fashion the ids are the same on all our sites; those of jewellery and watches are the US tree's, and elsewhere
    not yet checked against the site's own.
    """
    return {row["category"]: row for row in read_table(PACKAGE, "categories")}


@cache
def conditions() -> Mapping[str, str]:
    """Return eBay's condition in apparel of each grade."""
    return {row["grade"]: row["condition"] for row in read_table(PACKAGE, "conditions")}
