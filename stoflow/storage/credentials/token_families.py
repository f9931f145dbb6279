"""Who is signed in: a family of refresh tokens for each sign-in, one of which is good; only digests are stored."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.audit import STOFLOW, Act, Actor, tenant_itself
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role, role_of
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.session import Database

TOKEN_S: Final = 7 * 24 * 3600.0
FAMILY_S: Final = 30 * 24 * 3600.0  # then the password is asked for, however busy the seller was
RANDOM_BYTES: Final = 32
PREFIX: Final = "sfr_"  # so that one that leaked is known for what it is

# The password that was checked must still be the one that holds: the row is locked, and a change of it waits.
BEGIN = """
WITH welcome AS (
  UPDATE public.users SET last_login = clock_timestamp()
  WHERE id = %(tenant)s AND hashed_password = %(password_hash)s AND is_active RETURNING id
)
INSERT INTO public.token_families (tenant, ends_at)
SELECT id, clock_timestamp() + %(family_s)s::float8 * interval '1 second' FROM welcome RETURNING id
"""
ISSUE = """
INSERT INTO public.refresh_tokens (digest, family, expires_at)
SELECT %(digest)s, id, least(ends_at, clock_timestamp() + %(token_s)s::float8 * interval '1 second')
FROM public.token_families WHERE id = %(family)s
RETURNING expires_at, (SELECT role FROM public.users WHERE id = %(tenant)s) AS role
"""
# Of several who bring the same token one finds it unused: the others wait for that row, and look again.
USE = """
UPDATE public.refresh_tokens r SET used_at = clock_timestamp()
FROM public.token_families f JOIN public.users u ON u.id = f.tenant
WHERE r.digest = %(digest)s AND r.used_at IS NULL AND r.expires_at > clock_timestamp()
  AND f.id = r.family AND f.revoked_at IS NULL AND u.is_active
RETURNING f.id AS family, f.tenant
"""
REVOKE_REUSED = """
UPDATE public.token_families f SET revoked_at = clock_timestamp(), revoked_because = 'reuse'
FROM public.refresh_tokens r
WHERE r.digest = %(digest)s AND r.used_at IS NOT NULL AND f.id = r.family AND f.revoked_at IS NULL RETURNING f.tenant
"""
REVOKE = """
UPDATE public.token_families f SET revoked_at = clock_timestamp(), revoked_because = 'logout'
FROM public.refresh_tokens r WHERE r.digest = %(digest)s AND f.id = r.family AND f.revoked_at IS NULL RETURNING f.tenant
"""
REVOKE_ONE = """
UPDATE public.token_families SET revoked_at = clock_timestamp(), revoked_because = 'logout'
WHERE id = %(family)s AND tenant = %(tenant)s AND revoked_at IS NULL
"""
REVOKE_ALL = """
UPDATE public.token_families SET revoked_at = clock_timestamp(), revoked_because = %(because)s
WHERE tenant = %(tenant)s AND revoked_at IS NULL
"""
ENDED = """
SELECT asked.id::text FROM unnest(%(families)s::uuid[]) AS asked (id) WHERE NOT EXISTS (
  SELECT FROM public.token_families f WHERE f.id = asked.id AND f.revoked_at IS NULL AND f.ends_at > clock_timestamp())
"""
FORGET_OLD = "DELETE FROM public.token_families WHERE tenant = %(tenant)s AND ends_at <= clock_timestamp()"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One that was just made: its text is told once."""

    tenant: TenantId
    family: str
    text: str = field(repr=False)
    expires_at: datetime
    role: Role = Role.USER


@dataclass(frozen=True, slots=True)
class Reused:
    """Somebody brought a token that was used before: its family, this tenant's, is revoked."""

    tenant: TenantId


def begin_family(
    database: Database, tenant: TenantId, password_hash: str, lasts_s: float = FAMILY_S
) -> RefreshToken | None:
    """Sign the tenant in; None where the password has changed since it was checked, or the tenant is suspended."""
    with database.records() as connection:
        connection.execute(FORGET_OLD, {"tenant": tenant})
        return begin_on(connection, tenant, password_hash, lasts_s)


def begin_on(
    connection: Connection[DictRow], tenant: TenantId, password_hash: str, lasts_s: float = FAMILY_S
) -> RefreshToken | None:
    values = {"tenant": tenant, "password_hash": password_hash, "family_s": lasts_s}
    row = connection.execute(BEGIN, values).fetchone()
    return _issue(connection, tenant, str(row["id"])) if row else None


def rotate(database: Database, token: str) -> RefreshToken | Reused | None:
    """Return the token that takes this one's place, once; None for one that is not good (any more)."""
    digest = {"digest": _digest(token)}
    with database.records() as connection:
        used = connection.execute(USE, digest).fetchone()
        if used is not None:
            return _issue(connection, used["tenant"], str(used["family"]))
        reused = connection.execute(REVOKE_REUSED, digest).fetchone()
        if reused is None:
            return None
        add_entry(connection, STOFLOW, Act.SIGN_IN_REVOKED, reused["tenant"], because="reuse")
        return Reused(reused["tenant"])


def revoke_family(database: Database, token: str) -> TenantId | None:
    """End the family that a token is of, also one that was used or is too old; return whose it was, None for none."""
    with database.records() as connection:
        row = connection.execute(REVOKE, {"digest": _digest(token)}).fetchone()
        if row is None:
            return None
        add_entry(connection, tenant_itself(row["tenant"]), Act.SIGNED_OUT, row["tenant"])
    return row["tenant"]


def revoke_one(database: Database, tenant: TenantId, family: str) -> bool:
    """End one family of a tenant; return whether it was not over yet."""
    with database.records() as connection:
        ended = connection.execute(REVOKE_ONE, {"family": family, "tenant": tenant}).rowcount > 0
        if ended:
            add_entry(connection, tenant_itself(tenant), Act.SIGNED_OUT, tenant)
    return ended


def ended_of(database: Database, families: Sequence[str]) -> frozenset[str]:
    """Return those of these families that are over."""
    with database.reading() as connection:
        rows = connection.execute(ENDED, {"families": list(families)}).fetchall()
    return frozenset(row["id"] for row in rows)


def revoke_all(database: Database, tenant: TenantId, by: Actor) -> int:
    """End every sign-in of a tenant; return how many there were."""
    with database.records() as connection:
        ended = revoke_all_on(connection, tenant, "revoked")
        add_entry(connection, by, Act.SIGN_IN_REVOKED, tenant, ended=ended)
    return ended


def revoke_all_on(connection: Connection[DictRow], tenant: TenantId, because: str) -> int:
    return connection.execute(REVOKE_ALL, {"tenant": tenant, "because": because}).rowcount


def _issue(connection: Connection[DictRow], tenant: TenantId, family: str) -> RefreshToken:
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    values = {"digest": _digest(text), "family": family, "token_s": TOKEN_S, "tenant": tenant}
    row = connection.execute(ISSUE, values).fetchone()
    assert row is not None
    return RefreshToken(tenant, family, text, row["expires_at"], role_of(row["role"]))


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
