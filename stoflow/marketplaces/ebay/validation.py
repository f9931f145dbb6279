"""Whether a product can be published on eBay: every reason at once."""

from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces import checks
from stoflow.marketplaces.categories import Category, resolve_category
from stoflow.marketplaces.checks import Limits
from stoflow.marketplaces.colours import colors_of
from stoflow.marketplaces.conditions import grade_of, new_grades
from stoflow.marketplaces.ebay.sites import categories, site_of
from stoflow.marketplaces.wording import one_line

LIMITS = Limits(lowest_price=Decimal(1), highest_quantity=1_000, most_photos=24)
SETTINGS = ("merchant_location_key", "fulfillment_policy_id", "payment_policy_id", "return_policy_id")


def ebay_errors(attempt: Attempt) -> tuple[FieldError, ...]:
    """Return every reason why eBay would not take this product from this account."""
    product, account = checks.product_of(attempt), attempt.account
    site = site_of(account)
    category = resolve_category(product)
    currency = site["currency"] if site else product.currency
    return (
        *_title_errors(product),
        *checks.price_errors(checks.price_in(currency, product, account), LIMITS, currency),
        *checks.quantity_errors(product, LIMITS),
        *checks.category_errors(category, categories(), "eBay"),
        *checks.condition_errors(product),
        *_category_rules(product, category),
        *checks.size_errors(product, category),
        *checks.photo_errors(attempt, LIMITS),
        *checks.setting_errors(account, SETTINGS, "eBay"),
        *(() if site else (FieldError("account.marketplace_id", "The eBay account names a site we do not know."),)),
    )


def _title_errors(product: Product) -> tuple[FieldError, ...]:
    return () if one_line(product.title) else (FieldError("title", "The product has no title."),)


def _category_rules(product: Product, category: Category | FieldError) -> tuple[FieldError, ...]:
    if isinstance(category, FieldError) or category.name not in categories():
        return ()
    row, errors = categories()[category.name], list[FieldError]()
    if row["new_only"] and grade_of(product.condition) not in {None, *new_grades()}:
        errors.append(FieldError("condition", f"eBay takes only new things in {category.name}."))
    if category.section in {"clothing", "shoes"} and not colors_of(product):
        errors.append(FieldError("colors", f"eBay needs a colour for {category.name}."))
    return tuple(errors)
