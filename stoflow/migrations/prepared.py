"""Whether a database is one that this StoFlow can work with: asked before the work begins."""

from stoflow.domain.errors import DatabaseNotPrepared, NotFound
from stoflow.domain.ids import TenantId
from stoflow.migrations.revisions import SHARED, TENANT, VERSION_TABLE, is_behind
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import check_tenant

REVISIONS = """
SELECT (SELECT max(version_num) FROM public.alembic_version) AS shared,
       (SELECT max(version_num) FROM template_tenant.alembic_version) AS template
"""


def check_prepared(database: Database) -> None:
    """Raise DatabaseNotPrepared where `stoflow migrate` has something to do for all tenants.

    A database that a newer StoFlow has brought further is good: the older one goes on while it is replaced.
    """
    with database.records() as connection:
        found = connection.execute(REVISIONS).fetchone()
    if found is None or is_behind(SHARED, found["shared"]) or is_behind(TENANT, found["template"]):
        raise DatabaseNotPrepared


def why_refused(database: Database, tenant: TenantId, reason: str) -> str:
    """Return the reason for which something of a tenant was refused, or the one that is behind it and what to do."""
    try:
        check_tenant_prepared(database, tenant)
    except (DatabaseNotPrepared, NotFound) as exact:
        return str(exact)
    return reason


def check_tenant_prepared(database: Database, tenant: TenantId) -> None:
    """Raise NotFound where there is no such tenant, DatabaseNotPrepared where its tables are not those of now."""
    check_tenant(database, tenant)
    try:
        with database.records() as connection:
            query = f"SELECT max(version_num) AS revision FROM {schema_name(tenant)}.{VERSION_TABLE}"
            found = connection.execute(query.encode()).fetchone()
    except DatabaseNotPrepared:
        raise DatabaseNotPrepared(
            f"What tenant {tenant} has stored is not there: bring it back from a backup, or keep the tenant out with"
            f" `stoflow tenant suspend {tenant}`."
        ) from None
    if found is None or is_behind(TENANT, found["revision"]):
        raise DatabaseNotPrepared(f"Tenant {tenant} is not prepared: run `stoflow migrate --tenant {tenant}`.")
