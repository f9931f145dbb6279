"""The values a form may offer for a product's attributes: what `product_attributes` holds, catalogue by catalogue."""

from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.errors import NotFound
from stoflow.domain.page import Page, id_in
from stoflow.marketplaces.vocabulary.catalogues import CATALOGUES
from stoflow.marketplaces.vocabulary.wording import plain
from stoflow.resources.needs import Reads
from stoflow.storage.catalogues import read_entries


def list_attributes(needs: Reads, catalogue: str, search: str, limit: int, cursor: str | None) -> Page[CatalogueEntry]:
    """Return the entries that follow the cursor; with a search, those whose name or label begins so in any language."""
    if catalogue not in CATALOGUES:
        raise NotFound(f"There is no catalogue “{catalogue[:20]}”; there are {', '.join(CATALOGUES)}.")
    with needs.database.records() as connection:
        found = read_entries(connection, catalogue, prefix=plain(search), after=id_in(cursor) or 0, limit=limit + 1)
    items = tuple(entry for _, entry in found[:limit])
    return Page(items, str(found[limit - 1][0]) if len(found) > limit else None)
