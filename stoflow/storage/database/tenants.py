"""Tenants: one row of `public.users` and one schema each."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from psycopg import errors

from stoflow.domain.audit import OPERATOR, Act, Actor
from stoflow.domain.errors import Conflict, InputError, NotFound, SchemaCreationError
from stoflow.domain.ids import TenantId
from stoflow.domain.mail import MailKind
from stoflow.domain.outcome import FieldError
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.schema_copy import copy_of_template
from stoflow.storage.database.session import LARGEST_TENANT, Database, Records, schema_name
from stoflow.storage.mails import ask_for_mail_on

TEMPLATE_LOCK = 0x53544F54  # "STOT": shared while a tenant is copied from the template, exclusive while it changes
NO_PASSWORD = "!"  # noqa: S105 — no hash looks like this, so nothing matches it
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LONGEST_EMAIL = 255
IS_LEAVING = "SELECT tenant FROM public.tenant_deletions WHERE tenant = %s"


@dataclass(frozen=True, slots=True)
class Tenant:
    id: TenantId
    email: str
    full_name: str | None
    is_active: bool
    created_at: datetime
    role: str


def create_tenant(
    database: Database,
    email: str,
    *,
    full_name: str | None = None,
    password_hash: str = NO_PASSWORD,
    role: str = "user",
    platform: str | None = None,
    verifies: bool = False,
) -> TenantId:
    """Create a user and their schema, both or neither; `platform` is whose own the tenant is.

    One who `verifies` is sent a mail by which they confirm the address.
    Raise InputError for what is no e-mail address, Conflict where it is taken, SchemaCreationError where
    the template cannot be copied.
    """
    address = email.strip().lower()
    if not EMAIL.fullmatch(address) or len(address) > LONGEST_EMAIL or not address.isprintable():
        raise InputError("A tenant needs an e-mail address.", (FieldError("email", f"{email!r} is none."),))
    with database.records() as connection, _worded(address):
        connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [TEMPLATE_LOCK])
        row = connection.execute(
            "INSERT INTO public.users (email, hashed_password, full_name, role) VALUES (%s, %s, %s, %s) RETURNING id",
            [address, password_hash, full_name, role],
        ).fetchone()
        assert row is not None
        tenant = TenantId(row["id"])
        if platform is not None:
            connection.execute("INSERT INTO public.platform_tenants VALUES (%s, %s)", [tenant, platform])
        if verifies:
            ask_for_mail_on(connection, tenant, MailKind.VERIFY)
        # Bytes: the statements come from PostgreSQL's own catalogue, in one round trip.
        connection.execute(";\n".join(copy_of_template(connection, schema_name(tenant))).encode())
    return tenant


@contextmanager
def _worded(address: str) -> Iterator[None]:
    try:
        yield
    except errors.UniqueViolation as error:
        raise Conflict(f"There is already a tenant with the address {address}.") from error
    except errors.DuplicateSchema as error:
        raise SchemaCreationError(
            "A tenant of the next number was deleted by half: try again, which takes the one after."
        ) from error


def list_tenants(database: Database) -> Sequence[Tenant]:
    with database.records() as connection:
        rows = connection.execute(
            "SELECT id, email, full_name, is_active, created_at, role FROM public.users ORDER BY id"
        ).fetchall()
    return [Tenant(**row) for row in rows]


def suspend_tenant(database: Database, tenant: TenantId, by: Actor = OPERATOR) -> None:
    """Let nothing new of this tenant begin; the engine hears of it like of a job."""
    _set_active(database, tenant, by, active=False)


def resume_tenant(database: Database, tenant: TenantId, by: Actor = OPERATOR) -> None:
    _set_active(database, tenant, by, active=True)


def _set_active(database: Database, tenant: TenantId, by: Actor, *, active: bool) -> None:
    with database.records() as connection:
        if active and connection.execute(IS_LEAVING, [tenant]).fetchone():
            raise Conflict(f"Tenant {tenant} is being deleted.")
        changed = connection.execute(
            "UPDATE public.users SET is_active = %s, updated_at = now() WHERE id = %s", [active, tenant]
        ).rowcount
        if not changed:
            raise no_tenant(tenant)
        connection.execute("INSERT INTO public.outbox (tenant, job) VALUES (%s, 0)", [tenant])
        add_entry(connection, by, Act.TENANT_RESUMED if active else Act.TENANT_SUSPENDED, tenant)


def check_tenant(database: Database, tenant: TenantId) -> bool:
    """Return whether a tenant is active; raise NotFound where there is none."""
    standing = are_active(database, [tenant]).get(tenant) if 0 < tenant <= LARGEST_TENANT else None
    if standing is None:
        raise no_tenant(tenant)
    return standing


def tenants_after(connection: Records, after: TenantId, *, limit: int) -> list[TenantId]:
    """Return the next tenants in the order of their numbers, active or not."""
    asked = "SELECT id FROM public.users WHERE id > %(after)s ORDER BY id LIMIT %(limit)s"
    return [TenantId(row["id"]) for row in connection.execute(asked, {"after": after, "limit": limit})]


def no_tenant(tenant: TenantId) -> NotFound:
    return NotFound(f"There is no tenant {tenant}: `stoflow tenant list` shows them.")


def are_active(database: Database, tenants: Sequence[TenantId]) -> Mapping[TenantId, bool]:
    """Return, for each of these that exists, whether it is active."""
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT id, is_active FROM public.users WHERE id = ANY(%s::int[])", [list(tenants)]
        ).fetchall()
    return {TenantId(row["id"]): row["is_active"] for row in rows}
