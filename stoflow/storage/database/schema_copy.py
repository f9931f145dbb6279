"""The SQL that makes a tenant's schema an exact copy of the template, read from PostgreSQL's own catalogue."""

from collections.abc import Sequence

import psycopg
from psycopg.rows import DictRow

from stoflow.storage.database.connecting import BY_INDEX
from stoflow.storage.database.guarding import setting_locally

TEMPLATE_SCHEMA = "template_tenant"

# What is in a schema depends on it, which has an index; all relations of all tenants would have to be looked through.
RELATIONS = """
WITH template AS MATERIALIZED (
  SELECT c.oid, c.relname, c.reloptions
  FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'r'
  WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = 'template_tenant'::regnamespace
    AND d.classid = 'pg_class'::regclass
)
"""

# Each query answers statements that still name the template; order matters: keys before what refers to them.
# How a column is stored comes with it, so that a table without a long value gets no TOAST (PostgreSQL 16 is the first
# that takes it in a list of columns). The quotes keep the name from being replaced.
TABLES = f"""{RELATIONS}
SELECT format('CREATE TABLE template_tenant.%I (LIKE "template_tenant".%I INCLUDING STORAGE INCLUDING IDENTITY)%s',
    c.relname, c.relname, coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '')) AS statement
FROM template c ORDER BY c.relname
"""

DEFAULTS = f"""{RELATIONS}
SELECT format('ALTER TABLE template_tenant.%I %s', c.relname, string_agg(
    format('ALTER COLUMN %I SET DEFAULT %s', (
        SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = d.adnum),
        pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY d.adnum)) AS statement
FROM template c JOIN pg_attrdef d ON d.adrelid = c.oid GROUP BY c.relname ORDER BY c.relname
"""

CONSTRAINTS = f"""{RELATIONS}
SELECT format('ALTER TABLE template_tenant.%I ADD CONSTRAINT %I %s', c.relname, k.conname,
    pg_get_constraintdef(k.oid)) AS statement
FROM template c
JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'u', 'c', 'f')
ORDER BY strpos('pucf', k.contype::text), c.relname, k.conname
"""

INDEXES = f"""{RELATIONS}
SELECT pg_get_indexdef(i.indexrelid) AS statement
FROM template c
JOIN pg_index i ON i.indrelid = c.oid
JOIN pg_class x ON x.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.conindid = i.indexrelid)
ORDER BY x.relname
"""

TRIGGERS = f"""{RELATIONS}
SELECT pg_get_triggerdef(t.oid) AS statement
FROM template c JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal ORDER BY t.tgname
"""

IN_ORDER = (TABLES, DEFAULTS, CONSTRAINTS, INDEXES, TRIGGERS)


def copy_of_template(connection: psycopg.Connection[DictRow], schema: str) -> Sequence[str]:
    """Return the statements that create `schema` as the template is now, its revision included.

    The names in them are qualified because the connection's search path is empty. What is read does not grow with the
    number of tenants.
    """
    connection.execute(setting_locally(BY_INDEX))
    statements = [f"CREATE SCHEMA {schema}"]
    for query in IN_ORDER:
        cursor = connection.execute(query)
        statements += [row["statement"].replace(f"{TEMPLATE_SCHEMA}.", f"{schema}.") for row in cursor]
    version = "SELECT version_num FROM template_tenant.alembic_version"
    return [*statements, f"INSERT INTO {schema}.alembic_version {version}"]
