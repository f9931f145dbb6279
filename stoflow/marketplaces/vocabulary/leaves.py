"""The finer category of a marketplace that a seller's own words name: a denim jacket, a mini skirt."""

import re
from collections.abc import Mapping
from functools import cache

from stoflow.domain.product import Product
from stoflow.marketplaces.vocabulary.categories import Category
from stoflow.marketplaces.vocabulary.tables import read_table, words_in
from stoflow.marketplaces.vocabulary.wording import last_phrase, plain, words_of


def leaf_of(package: str, category: Category, product: Product) -> str:
    """Return the id in `leaves` of the marketplace's package that the title names, else the seller's category, or "".

    A category must be the very words: "sweatshirts & hoodies" names no hoodie.
    """
    phrases = _leaves(package).get(category.name, {})
    *_, last_part = re.split("[.>/]", product.category)
    return last_phrase(words_of(product.title), phrases) or phrases.get(" ".join(words_of(last_part)), "")


@cache
def _leaves(package: str) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in read_table(package, "leaves"):
        phrases = dict.fromkeys(map(plain, words_in(row["words"])), row["leaf"])
        found.setdefault(row["category"], {}).update(phrases)
    return found
