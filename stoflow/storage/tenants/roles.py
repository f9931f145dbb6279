"""Which role a tenant has."""

from collections.abc import Mapping, Sequence

from stoflow.domain.audit import Act, Actor
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role, role_of
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import no_tenant

READ = "SELECT id, role FROM public.users WHERE id = ANY(%(tenants)s::int[])"
CHANGE = """
UPDATE public.users u SET role = %(role)s, updated_at = now()
FROM (SELECT id, role FROM public.users WHERE id = %(tenant)s FOR UPDATE) before
WHERE u.id = before.id RETURNING before.role
"""


def find_roles(database: Database, tenants: Sequence[TenantId]) -> Mapping[TenantId, Role]:
    """Return what PostgreSQL says now of each; who is not there is a user."""
    with database.reading() as connection:
        rows = connection.execute(READ, {"tenants": list(tenants)})
        found = {TenantId(row["id"]): role_of(row["role"]) for row in rows}
    return {tenant: found.get(tenant, Role.USER) for tenant in tenants}


def find_role(database: Database, tenant: TenantId) -> Role:
    """Return what PostgreSQL says now; who is not there is a user."""
    return find_roles(database, [tenant])[tenant]


def change_role(database: Database, tenant: TenantId, role: Role, by: Actor) -> None:
    """Give a tenant a role, which their next token says; raise NotFound."""
    with database.records() as connection:
        row = connection.execute(CHANGE, {"tenant": tenant, "role": role}).fetchone()
        if row is None:
            raise no_tenant(tenant)
        add_entry(connection, by, Act.ROLE_CHANGED, tenant, before=role_of(row["role"]), after=role)
