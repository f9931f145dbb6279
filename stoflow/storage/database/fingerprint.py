"""A schema's fingerprint: everything about its shape, so that two schemas can be told apart or found equal."""

from hashlib import sha256

import psycopg
from psycopg.rows import DictRow

from stoflow.storage.database.schema_copy import TEMPLATE_SCHEMA

COLUMNS = """
SELECT format('column %I.%I %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END, 'identity ' || a.attidentity::text,
    coalesce(pg_get_expr(d.adbin, d.adrelid), '')) AS line
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r'
"""

# From PostgreSQL 18 on, NOT NULL is a constraint too ('n'); it is part of the column's line.
CONSTRAINTS = """
SELECT format('constraint %I.%I %s', c.relname, k.conname, pg_get_constraintdef(k.oid)) AS line
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = '{schema}'::regnamespace AND k.contype <> 'n'
"""

INDEXES = """
SELECT 'index ' || pg_get_indexdef(i.indexrelid) AS line
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = '{schema}'::regnamespace
"""

TRIGGERS = """
SELECT format('trigger %s %s', t.tgenabled, pg_get_triggerdef(t.oid)) AS line
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = '{schema}'::regnamespace AND NOT t.tgisinternal
"""

OTHERS = """
SELECT format('relation %s %I %s', c.relkind, c.relname, c.reloptions) AS line
FROM pg_class c WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind NOT IN ('i', 't')
UNION ALL
SELECT format('type %I %s', t.typname, array(
    SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder))
FROM pg_type t WHERE t.typnamespace = '{schema}'::regnamespace AND t.typtype IN ('e', 'd')
UNION ALL
SELECT format('function %I %s', p.proname, pg_get_functiondef(p.oid))
FROM pg_proc p WHERE p.pronamespace = '{schema}'::regnamespace AND p.prokind = 'f'
"""

ASPECTS = (COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS, OTHERS)


def shape_of(connection: psycopg.Connection[DictRow], schema: str) -> frozenset[str]:
    """Return one line for everything in a schema, without the schema's own name."""
    rows = connection.execute(" UNION ALL ".join(aspect.replace("{schema}", schema) for aspect in ASPECTS).encode())
    return frozenset(row["line"].replace(f"{schema}.", "") for row in rows)


def fingerprint_of(connection: psycopg.Connection[DictRow], schema: str) -> str:
    return sha256("\n".join(sorted(shape_of(connection, schema))).encode()).hexdigest()


def drift_of(connection: psycopg.Connection[DictRow], schema: str) -> tuple[str, ...]:
    """Return how a schema differs from the template: "+ line" is only in it, "- line" only in the template."""
    found, wanted = shape_of(connection, schema), shape_of(connection, TEMPLATE_SCHEMA)
    return tuple(f"+ {line}" for line in sorted(found - wanted)) + tuple(f"- {line}" for line in sorted(wanted - found))
