"""Whether a product can be published on eBay: every reason at once."""

from collections.abc import Mapping
from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces import checks
from stoflow.marketplaces.checks import Limits
from stoflow.marketplaces.ebay.account import REQUIRED, SITE
from stoflow.marketplaces.ebay.aspects import is_on_site, specifics_of
from stoflow.marketplaces.ebay.sites import categories, currency_of, site_of
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category
from stoflow.marketplaces.vocabulary.conditions import grade_of, new_grades
from stoflow.marketplaces.vocabulary.wording import one_line

LIMITS = Limits(lowest_price=Decimal(1), highest_quantity=1_000, most_photos=24)
UNKNOWN_SITE = (FieldError(f"account.{SITE}", "The eBay account names a site we do not know."),)


def ebay_errors(attempt: Attempt) -> tuple[FieldError, ...]:
    """Return every reason why eBay would not take this product from this account."""
    product, account = checks.product_of(attempt), attempt.account
    site = site_of(account)
    category = resolve_category(product)
    errors = (
        *_title_errors(product),
        *checks.sale_errors(attempt, LIMITS, currency_of(account, product)),
        *checks.category_errors(category, categories(), "eBay"),
        *checks.condition_errors(product),
        *_category_rules(product, category),
        *checks.size_errors(product, category),
        *checks.photo_errors(attempt, LIMITS),
        *checks.setting_errors(account, REQUIRED, "eBay"),
        *(() if site else UNKNOWN_SITE),
    )
    known = {error.field for error in errors}
    return (*errors, *(error for error in _site_errors(attempt, category, site) if error.field not in known))


def _title_errors(product: Product) -> tuple[FieldError, ...]:
    return () if one_line(product.title) else (FieldError("title", "The product has no title."),)


def _category_rules(product: Product, category: Category | FieldError) -> tuple[FieldError, ...]:
    if isinstance(category, FieldError) or category.name not in categories():
        return ()
    row, errors = categories()[category.name], list[FieldError]()
    if row["new_only"] and grade_of(product.condition) not in {None, *new_grades()}:
        errors.append(FieldError("condition", f"eBay takes only new things in {category.name}."))
    return tuple(errors)


def _site_errors(
    attempt: Attempt, category: Category | FieldError, site: Mapping[str, str] | None
) -> tuple[FieldError, ...]:
    """Return what the site asks of things in this category and the product does not say."""
    if isinstance(category, FieldError) or site is None or category.name not in categories():
        return ()
    if not is_on_site(attempt, category, site):
        number = categories()[category.name]["category_id"]
        message = f"{site['marketplace_id']} has no category {number} for {category.name}."
        return (FieldError("category", message),)
    return specifics_of(attempt, category, site).errors
