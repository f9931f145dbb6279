"""The values a product's attributes may have: brands, categories, colours …, as a form offers them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """`name` is what a product holds; `labels` are for people, by language; `details` is what else there is to know.

    `words` are what it is found by: its name and labels, lower case and without accents.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    details: Mapping[str, str] = field(default_factory=dict[str, str])
    words: tuple[str, ...] = ()
