"""Which words in the place of a brand name none: "vintage", "sans marque"."""

from functools import cache

from stoflow.marketplaces.vocabulary.tables import SHARED, read_table
from stoflow.marketplaces.vocabulary.wording import plain


def names_a_brand(text: str) -> bool:
    """Say whether the text names a brand, known to us or not."""
    return bool(plain(text)) and plain(text) not in _words_of_none()


@cache
def _words_of_none() -> frozenset[str]:
    return frozenset(plain(row["word"]) for row in read_table(SHARED, "unbranded"))
