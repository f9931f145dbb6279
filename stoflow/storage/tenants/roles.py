"""Which role a tenant has."""

from stoflow.domain.audit import Act, Actor
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role, role_of
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import no_tenant

READ = "SELECT role FROM public.users WHERE id = %(tenant)s"
CHANGE = """
UPDATE public.users u SET role = %(role)s, updated_at = now()
FROM (SELECT id, role FROM public.users WHERE id = %(tenant)s FOR UPDATE) before
WHERE u.id = before.id RETURNING before.role
"""


def find_role(database: Database, tenant: TenantId) -> Role:
    """Return what PostgreSQL says now; who is not there is a user."""
    with database.records() as connection:
        row = connection.execute(READ, {"tenant": tenant}).fetchone()
    return role_of(row["role"]) if row else Role.USER


def change_role(database: Database, tenant: TenantId, role: Role, by: Actor) -> None:
    """Give a tenant a role, which their next token says; raise NotFound."""
    with database.records() as connection:
        row = connection.execute(CHANGE, {"tenant": tenant, "role": role}).fetchone()
        if row is None:
            raise no_tenant(tenant)
        add_entry(connection, by, Act.ROLE_CHANGED, tenant, before=role_of(row["role"]), after=role)
