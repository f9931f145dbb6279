"""Tokens that mails bring: each good once and for a while, kept as digests."""

import secrets
from hashlib import sha256
from typing import Final

from stoflow.domain.audit import Act, Actor, tenant_itself
from stoflow.domain.ids import TenantId
from stoflow.domain.mail import GOOD_FOR, MailKind
from stoflow.storage.audit_log import add_entry
from stoflow.storage.credentials.passwords import StoredPassword, forget_resets_on
from stoflow.storage.credentials.token_families import revoke_all_on
from stoflow.storage.database.session import Database, Records
from stoflow.storage.database.tenants import no_tenant

PREFIX: Final = "sfm_"
RANDOM_BYTES: Final = 32

ADD = """
INSERT INTO public.account_tokens (digest, tenant, kind, expires_at)
SELECT %(digest)s, id, %(kind)s, clock_timestamp() + %(good_for)s FROM public.users WHERE id = %(tenant)s
RETURNING tenant
"""
FORGET_OLD = "DELETE FROM public.account_tokens WHERE tenant = %(tenant)s AND expires_at <= clock_timestamp()"
FIND = """
SELECT u.id, u.email, u.hashed_password, u.is_active FROM public.account_tokens t JOIN public.users u ON u.id = t.tenant
WHERE t.digest = %(digest)s AND t.kind = %(kind)s AND t.expires_at > clock_timestamp() AND u.is_active
"""
# Of several who bring the same token one deletes it; it is gone for the others when they have waited.
USE = """
DELETE FROM public.account_tokens t USING public.users u
WHERE t.digest = %(digest)s AND t.kind = %(kind)s AND t.expires_at > clock_timestamp() AND u.id = t.tenant
  AND u.is_active
RETURNING t.tenant
"""
VERIFIED = "UPDATE public.users SET email_verified = true, updated_at = now() WHERE id = %(tenant)s"
RESET = "UPDATE public.users SET hashed_password = %(hash)s, updated_at = now() WHERE id = %(tenant)s"


def make_token(database: Database, tenant: TenantId, kind: MailKind, by: Actor | None = None) -> str:
    """Return a new token, which nobody can tell again; raise NotFound. `by` is told of where it is a person."""
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    values = {"digest": _digest(text), "tenant": tenant, "kind": kind, "good_for": GOOD_FOR[kind]}
    with database.records() as connection:
        connection.execute(FORGET_OLD, {"tenant": tenant})
        if connection.execute(ADD, values).fetchone() is None:
            raise no_tenant(tenant)
        if by is not None:
            add_entry(connection, by, Act.PASSWORD_TOKEN_MADE, tenant)
    return text


def find_by_token(database: Database, token: str, kind: MailKind) -> StoredPassword | None:
    """Return whose token that is, as long as it is good."""
    with database.records() as connection:
        row = connection.execute(FIND, {"digest": _digest(token), "kind": kind}).fetchone()
    return StoredPassword(TenantId(row["id"]), row["email"], row["hashed_password"], row["is_active"]) if row else None


def verify_email(database: Database, token: str) -> TenantId | None:
    """Note that whoever reads the tenant's mail is the tenant; None where the token is not good (any more)."""
    with database.records() as connection:
        tenant = _use(connection, token, MailKind.VERIFY)
        if tenant is not None:
            connection.execute(VERIFIED, {"tenant": tenant})
            add_entry(connection, tenant_itself(tenant), Act.EMAIL_VERIFIED, tenant)
    return tenant


def reset_password(database: Database, token: str, new_hash: str) -> TenantId | None:
    """Replace the password and end every sign-in; None where the token is not good (any more)."""
    with database.records() as connection:
        tenant = _use(connection, token, MailKind.RESET)
        if tenant is not None:
            connection.execute(RESET, {"tenant": tenant, "hash": new_hash})
            revoke_all_on(connection, tenant, "password")
            forget_resets_on(connection, tenant)
            add_entry(connection, tenant_itself(tenant), Act.PASSWORD_RESET, tenant)
    return tenant


def _use(connection: Records, token: str, kind: MailKind) -> TenantId | None:
    row = connection.execute(USE, {"digest": _digest(token), "kind": kind}).fetchone()
    return TenantId(row["tenant"]) if row else None


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
