"""The catalogues of attributes that all tenants share, read page by page."""

from collections.abc import Sequence

from psycopg import Connection, sql
from psycopg.rows import DictRow

from stoflow.domain.catalogue import CatalogueEntry

SCHEMA = "product_attributes"

PAGE = sql.SQL("""
SELECT id, name, labels, details FROM {table}
WHERE id > %(after)s AND retired_at IS NULL
  AND (starts_with(lower(name), %(prefix)s) OR EXISTS (
      SELECT FROM unnest(words) AS word WHERE starts_with(word, %(prefix)s)))
ORDER BY id LIMIT %(limit)s
""")


def read_entries(
    connection: Connection[DictRow], catalogue: str, *, prefix: str, after: int, limit: int
) -> Sequence[tuple[int, CatalogueEntry]]:
    """Return the next entries with their ids; those one of whose words begins with the prefix."""
    statement = PAGE.format(table=sql.Identifier(SCHEMA, catalogue))
    rows = connection.execute(statement, {"prefix": prefix, "after": after, "limit": limit})
    return [(row["id"], CatalogueEntry(row["name"], row["labels"], row["details"])) for row in rows]
