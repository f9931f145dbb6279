"""The catalogues of `product_attributes` filled from the package's own tables, again where those have become newer."""

import json
from dataclasses import asdict

from sqlalchemy import Connection

from stoflow.marketplaces.vocabulary.catalogues import CATALOGUES, entries_of, version_of

SCHEMA = "product_attributes"

IS_OLDER = """
SELECT NOT EXISTS (
    SELECT FROM product_attributes.catalogue_versions WHERE catalogue = %(name)s AND version >= %(version)s
)
"""

# Sellers' products hold names, so none is ever changed or deleted.
UPSERT = """
INSERT INTO product_attributes.{name} (name, position, labels, details, words, version)
SELECT e.name, e.position, e.labels, e.details, ARRAY(SELECT jsonb_array_elements_text(e.words)), %(version)s
FROM jsonb_to_recordset(%(entries)s::jsonb)
    AS e (name text, position integer, labels jsonb, details jsonb, words jsonb)
ORDER BY e.position
ON CONFLICT (name) DO UPDATE SET position = EXCLUDED.position, labels = EXCLUDED.labels, details = EXCLUDED.details,
    words = EXCLUDED.words, version = EXCLUDED.version, retired_at = NULL
"""

RETIRE = """
UPDATE product_attributes.{name} SET retired_at = clock_timestamp()
WHERE version <> %(version)s AND retired_at IS NULL
"""

REMEMBER = """
INSERT INTO product_attributes.catalogue_versions (catalogue, version) VALUES (%(name)s, %(version)s)
ON CONFLICT (catalogue) DO UPDATE SET version = EXCLUDED.version, seeded_at = clock_timestamp()
"""


def seed_catalogues(connection: Connection) -> tuple[str, ...]:
    """Bring each catalogue that is older than the package's to its version; return their names.

    An entry the package has no longer is retired: it stays for the products that name it, and is offered no more.
    """
    stale = tuple(name for name in CATALOGUES if _is_older(connection, name))
    for name in stale:
        _seed(connection, name)
    return stale


def _is_older(connection: Connection, name: str) -> bool:
    version = version_of(name)
    return bool(connection.exec_driver_sql(IS_OLDER, {"name": name, "version": version}).scalar_one())


def _seed(connection: Connection, name: str) -> None:
    entries = [{**asdict(entry), "position": position} for position, entry in enumerate(entries_of(name), start=1)]
    params = {"name": name, "version": version_of(name), "entries": json.dumps(entries)}
    for statement in (UPSERT, RETIRE, REMEMBER):
        connection.exec_driver_sql(statement.format(name=name), params)
