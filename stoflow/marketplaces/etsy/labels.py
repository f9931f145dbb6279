"""The labels Etsy takes for who made a thing and when; they move every January, so they are data."""

from collections.abc import Mapping
from functools import cache

from stoflow.domain.attempt import Attempt
from stoflow.marketplaces.checks import product_of
from stoflow.marketplaces.tables import read_table

PACKAGE = "stoflow.marketplaces.etsy"


@cache
def labels() -> Mapping[str, frozenset[str]]:
    """Return the allowed values of who_made and when_made."""
    rows = read_table(PACKAGE, "labels")
    return {
        field: frozenset(row["value"] for row in rows if row["field"] == field) for field in ("who_made", "when_made")
    }


@cache
def vintage_labels() -> frozenset[str]:
    """Return the labels of when_made that say 20 years old or more, as someone else's work must be."""
    return frozenset(row["value"] for row in read_table(PACKAGE, "labels") if row["vintage"])


@cache
def categories() -> Mapping[str, str]:
    """Return Etsy's taxonomy id of each of StoFlow's categories."""
    return {row["category"]: row["taxonomy_id"] for row in read_table(PACKAGE, "categories")}


def declared(attempt: Attempt, field: str) -> str:
    """Return what the seller declared, on the product or for the whole account; "" where nothing was: never made up."""
    product = product_of(attempt)
    own = {"who_made": product.who_made, "when_made": product.when_made}[field]
    return (own or str(attempt.account.settings.get(field) or "")).strip()
