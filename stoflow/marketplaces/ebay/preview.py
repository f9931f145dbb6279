"""What buyers on eBay would read of a product, as far as it can be said yet."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Preview
from stoflow.marketplaces.ebay.aspects import specifics_of
from stoflow.marketplaces.ebay.mapping import description_for, title_for
from stoflow.marketplaces.ebay.sites import categories, conditions, currency_of, site_of
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category
from stoflow.marketplaces.vocabulary.conditions import grade_of


def preview_of(attempt: Attempt) -> Preview:
    product = checks.product_of(attempt)
    category = resolve_category(product)
    known = category if isinstance(category, Category) and category.name in categories() else None
    return Preview(
        title=title_for(product),
        description=description_for(product),
        currency=currency_of(attempt.account, product),
        category=categories()[known.name]["category_id"] if known else "",
        attributes=_attributes(attempt, known),
    )


def _attributes(attempt: Attempt, category: Category | None) -> Mapping[str, Any]:
    grade, site = grade_of(checks.product_of(attempt).condition), site_of(attempt.account)
    condition = {"condition": conditions()[grade]} if grade else {}
    aspects = specifics_of(attempt, category, site).values if category and site else {}
    return {**condition, "aspects": dict(aspects)}
