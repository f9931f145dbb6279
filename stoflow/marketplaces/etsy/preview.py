"""What buyers on Etsy would read of a product, as far as it can be said yet."""

from stoflow.domain.attempt import Attempt
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Preview
from stoflow.marketplaces.etsy.labels import categories, declared
from stoflow.marketplaces.etsy.mapping import description_for, materials_for, tags_for, taxonomy_id_of, title_for
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category


def preview_of(attempt: Attempt) -> Preview:
    product = checks.product_of(attempt)
    category = resolve_category(product)
    known = category if isinstance(category, Category) and category.name in categories() else None
    return Preview(
        title=title_for(product),
        description=description_for(product),
        currency=checks.currency_of(attempt),
        category=taxonomy_id_of(known, product) if known else "",
        attributes={
            "who_made": declared(attempt, "who_made"),
            "when_made": declared(attempt, "when_made"),
            "tags": list(tags_for(product, known)) if known else [],
            "materials": list(materials_for(product)),
        },
    )
