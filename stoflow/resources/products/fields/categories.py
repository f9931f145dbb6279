"""The category a row names: the first of several that is known, an id looked up in its own marketplace's tree."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stoflow.domain.product import NewProduct
from stoflow.marketplaces.vocabulary.categories import category_of_id, first_known
from stoflow.resources.products.fields import values
from stoflow.resources.products.fields.columns import Columns
from stoflow.resources.products.fields.text import clean_line

BETWEEN_CATEGORIES = re.compile(r"\s*(?<!\\)[,;]\s*")
MAX_CHARACTERS = 255  # what the table of products holds


def category_of(columns: Columns, cells: Mapping[str, Any], product: NewProduct) -> str:
    """Return the category of a product as its row names it; "" where it names none."""
    named = dict.fromkeys(filter(_is_storable, _named(columns, cells, product)))
    return first_known(tuple(named), title=product.title, gender=product.gender) if named else product.category


def _named(columns: Columns, cells: Mapping[str, Any], product: NewProduct) -> Iterator[str]:
    for column, value in columns.filled(cells, "category"):
        text = clean_line(values.text(value))
        if text.isdecimal():
            yield category_of_id(columns.trees.get(column, ""), text, title=product.title, gender=product.gender)
        else:
            yield from (part.strip() for part in BETWEEN_CATEGORIES.split(text))
            yield text


def _is_storable(text: str) -> bool:
    return 0 < len(text) <= MAX_CHARACTERS and text.isprintable()
