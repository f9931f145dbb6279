"""Whether a product can be published on Vinted: every reason at once."""

from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces import checks
from stoflow.marketplaces.checks import Limits
from stoflow.marketplaces.vinted.tables import categories, size_id
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category
from stoflow.marketplaces.vocabulary.sizes import size_of
from stoflow.marketplaces.vocabulary.wording import one_line

LIMITS = Limits(lowest_price=Decimal(1), highest_quantity=10_000, most_photos=20, highest_price=Decimal(30_000))
SHORTEST_TITLE_CHARACTERS = 5


def vinted_errors(attempt: Attempt) -> tuple[FieldError, ...]:
    """Return every reason why Vinted would not take this product from this member."""
    product = checks.product_of(attempt)
    category = resolve_category(product)
    return (
        *_title_errors(product),
        *checks.sale_errors(attempt, LIMITS, checks.currency_of(attempt)),
        *checks.category_errors(category, categories(), "Vinted"),
        *checks.condition_errors(product),
        *checks.size_errors(product, category),
        *_size_errors(product, category),
        *checks.photo_errors(attempt, LIMITS),
    )


def _title_errors(product: Product) -> tuple[FieldError, ...]:
    if len(one_line(product.title)) >= SHORTEST_TITLE_CHARACTERS:
        return ()
    return (FieldError("title", f"Vinted needs a title of at least {SHORTEST_TITLE_CHARACTERS} characters."),)


def _size_errors(product: Product, category: Category | FieldError) -> tuple[FieldError, ...]:
    size = size_of(product.size)
    if isinstance(category, FieldError) or size is None or not category.needs_size or category.name not in categories():
        return ()
    if size_id(size, category):
        return ()
    return (FieldError("size", f"Vinted has no size “{size.text}” in {category.name}."),)
