"""What a marketplace wants to know of the things in one of its categories, as its taxonomy answered."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aspect:
    """One question in the words of a site ("Taille"). With `closed` only `values` answer it, else any words do."""

    name: str
    required: bool = False
    closed: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryAspects:
    """What was said of one category in one version of a site's tree; not `known` where that tree has no such leaf."""

    tree_id: str
    tree_version: str
    known: bool = True
    aspects: tuple[Aspect, ...] = ()


TaxonomyAnswers = Mapping[tuple[str, str], CategoryAspects]
"""By site and category id."""
