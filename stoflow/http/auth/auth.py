"""Who is asking: the token says which tenant, PostgreSQL says whether that tenant is still welcome."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from stoflow.domain.ids import TenantId
from stoflow.http.auth.tokens import Access, AccessTokens, NotAuthenticated
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.threads import Threads

STATUS_CACHE_S: Final = 1.0
STANDING_CACHE_TENANTS: Final = 10_000


class TenantStatus(StrEnum):
    """What PostgreSQL says of a tenant."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


Statuses = Callable[[Sequence[TenantId]], Mapping[TenantId, TenantStatus]]
"""Tells how tenants stand; who is missing is unknown."""


class Authentication:
    """Turns a token into an Access, or raises NotAuthenticated or NotAllowed."""

    def __init__(
        self,
        tokens: AccessTokens,
        statuses: Statuses,
        threads: Threads,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._statuses = statuses
        self._threads = threads
        self._clock = clock
        self._known: OrderedDict[TenantId, tuple[TenantStatus, float]] = OrderedDict()

    async def access(self, token: str) -> Access:
        access = self._tokens.read(token)
        match await self._status_of(access.tenant):
            case TenantStatus.ACTIVE:
                return access
            case TenantStatus.SUSPENDED:
                raise NotAllowed("This account is suspended.")
            case TenantStatus.UNKNOWN:
                raise NotAuthenticated("There is no such account any more.")

    async def statuses(self, tenants: Sequence[TenantId]) -> Mapping[TenantId, TenantStatus]:
        """Return what PostgreSQL says now, never a remembered answer."""
        return await self._threads.run(self._statuses, tenants)

    async def _status_of(self, tenant: TenantId) -> TenantStatus:
        status, until = self._known.get(tenant, (TenantStatus.UNKNOWN, 0.0))
        if until > self._clock():
            return status
        asked_at = self._clock()
        status = (await self.statuses([tenant])).get(tenant, TenantStatus.UNKNOWN)
        self._known[tenant] = (status, asked_at + STATUS_CACHE_S)
        self._known.move_to_end(tenant)
        while len(self._known) > STANDING_CACHE_TENANTS:
            self._known.popitem(last=False)
        return status


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("Send an access token in the header: Authorization: Bearer <token>.")
    return token.strip()
