"""What people did to accounts, and who they were: what the audit log has a row for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from stoflow.domain.ids import TenantId


class ActorKind(StrEnum):
    """Who did something."""

    OPERATOR = "operator"  # on the command line
    ADMIN = "admin"
    TENANT = "tenant"
    PLATFORM = "platform"
    STOFLOW = "stoflow"  # by itself, for what it saw


class Act(StrEnum):
    """What was done."""

    SIGNED_OUT = "sign_in.ended"
    SIGN_IN_REVOKED = "sign_in.revoked"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - what was done, no password
    PASSWORD_RESET = "password.reset"  # noqa: S105 - as above
    PASSWORD_TOKEN_MADE = "password.token_made"  # noqa: S105 - as above
    EMAIL_VERIFIED = "email.verified"
    PLATFORM_KEY_MADE = "platform_key.made"
    PLATFORM_KEY_REVOKED = "platform_key.revoked"
    TENANT_SUSPENDED = "tenant.suspended"
    TENANT_RESUMED = "tenant.resumed"
    DELETION_ASKED = "tenant.deletion_asked"
    TENANT_DELETED = "tenant.deleted"
    ROLE_CHANGED = "role.changed"
    QUOTAS_SET = "quotas.set"
    CREDITS_GRANTED = "credits.granted"
    JOBS_RETRIED = "jobs.retried"
    JOBS_CANCELLED = "jobs.cancelled"
    JOBS_RAISED = "jobs.priority_raised"


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is a tenant's number or a platform's name, "" where there is but one."""

    kind: str  # an ActorKind, also one that only a newer StoFlow knows
    name: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    id: int
    at: datetime
    actor: Actor
    act: str
    tenant: TenantId | None
    detail: Mapping[str, Any]


OPERATOR: Final = Actor(ActorKind.OPERATOR)
STOFLOW: Final = Actor(ActorKind.STOFLOW)


def tenant_itself(tenant: TenantId) -> Actor:
    return Actor(ActorKind.TENANT, str(tenant))


def admin(tenant: TenantId) -> Actor:
    return Actor(ActorKind.ADMIN, str(tenant))
