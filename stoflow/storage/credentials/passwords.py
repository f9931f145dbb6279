"""The digest of each seller's password, found by e-mail address and changed by compare-and-set."""

from dataclasses import dataclass, field

from stoflow.domain.audit import Act, tenant_itself
from stoflow.domain.ids import TenantId
from stoflow.domain.mail import MailKind
from stoflow.storage.audit_log import add_entry
from stoflow.storage.credentials.token_families import RefreshToken, begin_on, revoke_all_on
from stoflow.storage.database.session import Database, Records

BY_EMAIL = "SELECT id, email, hashed_password, is_active FROM public.users WHERE email = %(email)s"
BY_TENANT = "SELECT id, email, hashed_password, is_active FROM public.users WHERE id = %(tenant)s"
CHANGE = """
UPDATE public.users SET hashed_password = %(new)s, updated_at = now()
WHERE id = %(tenant)s AND hashed_password = %(old)s RETURNING id
"""
FORGET_RESETS = "DELETE FROM public.account_tokens WHERE tenant = %(tenant)s AND kind = %(kind)s"


@dataclass(frozen=True, slots=True)
class StoredPassword:
    tenant: TenantId
    email: str
    hash: str = field(repr=False)
    is_active: bool


def find_by_email(database: Database, email: str) -> StoredPassword | None:
    return _find(database, BY_EMAIL, email=email)


def find_of_tenant(database: Database, tenant: TenantId) -> StoredPassword | None:
    return _find(database, BY_TENANT, tenant=tenant)


def change(database: Database, stored: StoredPassword, new_hash: str) -> RefreshToken | None:
    """Replace the password, end every sign-in of the tenant and begin one; None where another change came first."""
    with database.records() as connection:
        values = {"tenant": stored.tenant, "old": stored.hash, "new": new_hash}
        if connection.execute(CHANGE, values).fetchone() is None:
            return None
        revoke_all_on(connection, stored.tenant, "password")
        forget_resets_on(connection, stored.tenant)
        add_entry(connection, tenant_itself(stored.tenant), Act.PASSWORD_CHANGED, stored.tenant)
        return begin_on(connection, stored.tenant, new_hash)


def forget_resets_on(connection: Records, tenant: TenantId) -> None:
    """Let no mail that is still out change the password again."""
    connection.execute(FORGET_RESETS, {"tenant": tenant, "kind": MailKind.RESET})


def _find(database: Database, statement: str, **by: object) -> StoredPassword | None:
    with database.records() as connection:
        row = connection.execute(statement.encode(), by).fetchone()
    return StoredPassword(TenantId(row["id"]), row["email"], row["hashed_password"], row["is_active"]) if row else None
