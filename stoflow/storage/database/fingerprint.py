"""A schema's fingerprint: everything about its shape, so that schemas are told apart or found equal, many at once."""

from collections.abc import Mapping, Sequence

import psycopg
from psycopg.rows import DictRow

from stoflow.storage.database.schema_copy import TEMPLATE_SCHEMA

Asked = psycopg.Connection[DictRow] | psycopg.Cursor[DictRow]

WANTED = "WITH wanted AS MATERIALIZED (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY(%(schemas)s))"

COLUMNS = """
SELECT n.nspname, format('column %%I.%%I %%s %%s %%s %%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END, 'identity ' || a.attidentity::text,
    coalesce(pg_get_expr(d.adbin, d.adrelid), '')) AS line
FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
"""

# From PostgreSQL 18 on, NOT NULL is a constraint too ('n'); it is part of the column's line.
CONSTRAINTS = """
SELECT n.nspname, format('constraint %%I.%%I %%s', c.relname, k.conname, pg_get_constraintdef(k.oid)) AS line
FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid
JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype <> 'n'
"""

INDEXES = """
SELECT n.nspname, 'index ' || pg_get_indexdef(i.indexrelid) AS line
FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid JOIN pg_index i ON i.indrelid = c.oid
"""

TRIGGERS = """
SELECT n.nspname, format('trigger %%s %%s', t.tgenabled, pg_get_triggerdef(t.oid)) AS line
FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
"""

OTHERS = """
SELECT n.nspname, format('relation %%s %%I %%s', c.relkind, c.relname, c.reloptions) AS line
FROM wanted n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind NOT IN ('i', 't')
UNION ALL
SELECT n.nspname, format('type %%I %%s', t.typname, array(
    SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder))
FROM wanted n JOIN pg_type t ON t.typnamespace = n.oid AND t.typtype IN ('e', 'd')
UNION ALL
SELECT n.nspname, format('function %%I %%s', p.proname, pg_get_functiondef(p.oid))
FROM wanted n JOIN pg_proc p ON p.pronamespace = n.oid AND p.prokind = 'f'
"""

LINES = f"{COLUMNS} UNION ALL {CONSTRAINTS} UNION ALL {INDEXES} UNION ALL {TRIGGERS} UNION ALL {OTHERS}"
SHAPES = f"{WANTED} SELECT nspname, replace(line, nspname || '.', '') AS line FROM ({LINES}) AS found"
FINGERPRINTS = f"""
SELECT nspname, encode(sha256(convert_to(string_agg(DISTINCT line, chr(10) ORDER BY line), 'UTF8')), 'hex') AS digest
FROM ({SHAPES}) AS shapes GROUP BY nspname
"""


def shape_of(asked: Asked, schema: str) -> frozenset[str]:
    """Return one line for everything in a schema, without the schema's own name."""
    return frozenset(row["line"] for row in asked.execute(SHAPES.encode(), {"schemas": [schema]}))


def fingerprints_of(asked: Asked, schemas: Sequence[str]) -> Mapping[str, str]:
    """Return the digest of each schema's shape, worked out by PostgreSQL for all of them in one statement."""
    found = asked.execute(FINGERPRINTS.encode(), {"schemas": list(schemas)})
    return {row["nspname"]: row["digest"] for row in found}


def fingerprint_of(asked: Asked, schema: str) -> str:
    return fingerprints_of(asked, [schema])[schema]


def drift_of(asked: Asked, schema: str) -> tuple[str, ...]:
    """Return how a schema differs from the template: "+ line" is only in it, "- line" only in the template."""
    found, wanted = shape_of(asked, schema), shape_of(asked, TEMPLATE_SCHEMA)
    return tuple(f"+ {line}" for line in sorted(found - wanted)) + tuple(f"- {line}" for line in sorted(wanted - found))
