"""What buyers on Vinted would read of a product, as far as it can be said yet."""

from stoflow.domain.attempt import Attempt
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Preview
from stoflow.marketplaces.vinted.mapping import COLORS, catalog_id_of, description_for, title_for
from stoflow.marketplaces.vinted.tables import categories
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category
from stoflow.marketplaces.vocabulary.colours import colors_of
from stoflow.marketplaces.vocabulary.conditions import grade_of
from stoflow.marketplaces.vocabulary.wording import one_line


def preview_of(attempt: Attempt) -> Preview:
    product = checks.product_of(attempt)
    category, grade = resolve_category(product), grade_of(product.condition)
    known = category if isinstance(category, Category) and category.name in categories() else None
    return Preview(
        title=title_for(product),
        description=description_for(product),
        currency=checks.currency_of(attempt),
        category=str(catalog_id_of(known, product)) if known else "",
        attributes={
            "brand": one_line(product.brand),
            "size": one_line(product.size),
            "colors": list(colors_of(product))[:COLORS],
            "condition": str(grade) if grade else "",
        },
    )
