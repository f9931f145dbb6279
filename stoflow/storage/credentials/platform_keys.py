"""Keys of platforms, told once and kept as digests; and which tenants are a platform's own."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from stoflow.domain.audit import OPERATOR, Act
from stoflow.domain.ids import TenantId
from stoflow.domain.platform import PlatformScope
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.session import Database

PREFIX: Final = "sfk_"
RANDOM_BYTES: Final = 32

ADD = """
INSERT INTO public.platform_keys (platform, digest, scopes) VALUES (%(platform)s, %(digest)s, %(scopes)s) RETURNING id
"""
LIST = "SELECT id, platform, scopes, created_at, last_used_at, revoked_at FROM public.platform_keys ORDER BY id"
REVOKE = """
UPDATE public.platform_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %(id)s RETURNING id, platform
"""
USE = """
UPDATE public.platform_keys SET last_used_at = clock_timestamp()
WHERE digest = %(digest)s AND revoked_at IS NULL RETURNING platform, scopes
"""
TENANT_BY_EMAIL = """
SELECT u.id, u.is_active FROM public.users u JOIN public.platform_tenants p ON p.tenant = u.id
WHERE u.email = %(email)s AND p.platform = %(platform)s
"""
TENANT_BY_ID = """
SELECT u.id, u.is_active FROM public.users u JOIN public.platform_tenants p ON p.tenant = u.id
WHERE u.id = %(tenant)s AND p.platform = %(platform)s
"""


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """A key as operators see it."""

    id: int
    platform: str
    scopes: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Platform:
    """Who asks by a key, and what that key is good for."""

    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlatformTenant:
    id: TenantId
    is_active: bool


def add_key(database: Database, platform: str, scopes: Sequence[PlatformScope]) -> str:
    """Make a key; return its text, which nobody can tell again."""
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    values = {"platform": platform, "digest": _digest(text), "scopes": [*map(str, scopes)]}
    with database.records() as connection:
        row = connection.execute(ADD, values).fetchone()
        assert row is not None
        add_entry(connection, OPERATOR, Act.PLATFORM_KEY_MADE, None, key=row["id"], platform=platform)
    return text


def list_keys(database: Database) -> Sequence[PlatformKey]:
    with database.records() as connection:
        return [PlatformKey(**row) for row in connection.execute(LIST).fetchall()]


def revoke_key(database: Database, key: int) -> bool:
    """Let a key be good for nothing more; return whether there is one of that number."""
    with database.records() as connection:
        row = connection.execute(REVOKE, {"id": key}).fetchone()
        if row is not None:
            add_entry(connection, OPERATOR, Act.PLATFORM_KEY_REVOKED, key=key, platform=row["platform"])
    return row is not None


def find_platform(database: Database, text: str) -> Platform | None:
    """Return whose key that is, and note that it was used."""
    with database.records() as connection:
        row = connection.execute(USE, {"digest": _digest(text)}).fetchone()
    return Platform(row["platform"], frozenset(row["scopes"])) if row else None


def find_tenant(database: Database, platform: str, tenant: TenantId) -> PlatformTenant | None:
    """Return the tenant if it is this platform's own."""
    with database.records() as connection:
        row = connection.execute(TENANT_BY_ID, {"tenant": tenant, "platform": platform}).fetchone()
    return PlatformTenant(TenantId(row["id"]), row["is_active"]) if row else None


def find_tenant_by_email(database: Database, platform: str, email: str) -> PlatformTenant | None:
    with database.records() as connection:
        row = connection.execute(TENANT_BY_EMAIL, {"email": email, "platform": platform}).fetchone()
    return PlatformTenant(TenantId(row["id"]), row["is_active"]) if row else None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
